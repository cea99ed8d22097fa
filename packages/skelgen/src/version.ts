/**
 * This package's version.
 */

import { readFileSync } from 'node:fs';

let known: string | undefined;

export function version(): string {
  if (known === undefined) {
    // The command is in dist/cli/, the library in dist/ or src/.
    const path = import.meta.url.includes('/dist/cli/') ? '../../package.json' : '../package.json';
    const text = readFileSync(new URL(path, import.meta.url), 'utf8');
    known = (JSON.parse(text) as { version: string }).version;
  }
  return known;
}
