/**
 * What `import './app.bpf.o'` gives, for bundlers and for Node: the skeleton's module, made as it is asked for.
 */

import { existsSync, readFileSync } from 'node:fs';
import { openObjectFile } from '../object-file.js';
import { writeFileAtomic } from '../output.js';
import { nameOf, skeletonSource } from '../skeleton-source.js';

/** Files that are taken for BPF objects. */
export const OBJECT: RegExp = /\.bpf\.o$/;

/** Options of the plugins. */
export interface BridgeOptions {
  /**
   * Writes the types of each object beside it, `app.bpf.d.o.ts`, where TypeScript finds them with `allowArbitraryExtensions`.
   * Default: false; `skelgen skeleton --lang dts` writes them once.
   */
  readonly declarations?: boolean | undefined;
}

/** TypeScript of the skeleton of an object file. @throws SkelgenError */
export function skeletonModule(file: string, options: BridgeOptions = {}): string {
  const object = openObjectFile(file, nameOf(file, undefined));
  if (options.declarations) {
    const declarations = skeletonSource(file, object, { lang: 'dts' }, undefined);
    writeIfOther(file.replace(/\.o$/, '.d.o.ts'), declarations);
  }
  return skeletonSource(file, object, {}, undefined);
}

/** What watches the folder must not see a change where there is none. */
function writeIfOther(file: string, text: string): void {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileAtomic(file, text);
}
