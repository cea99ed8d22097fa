// The public API as a ledger: packages/*/api.txt lists the exported names of every entry, from the built declarations.
// `pnpm api` rewrites it; `pnpm api --check` fails if it would change. A new line is the part of a review that deserves most time.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', 'packages');
const check = process.argv.includes('--check');
let stale = 0;

for (const name of readdirSync(root).sort()) {
  const folder = join(root, name);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(
    ([key, entry]) => entry.types && key !== './internal',
  );
  const text = entries
    .map(
      ([key, { types }]) =>
        `# ${key}\n${[...exportedNames(join(folder, types))].sort().join('\n')}\n`,
    )
    .join('\n');
  const ledger = join(folder, 'api.txt');
  const old = existsSync(ledger) ? readFileSync(ledger, 'utf8') : '';
  if (old === text) continue;
  if (check) {
    console.error(
      `packages/${name}/api.txt is not what the package exports; run pnpm api and review the difference`,
    );
    stale++;
  } else {
    writeFileSync(ledger, text);
    console.log(`packages/${name}/api.txt written`);
  }
}
process.exitCode = stale > 0 ? 1 : 0;

/** Names that a declaration file exports, with those that it re-exports from its neighbours. */
function exportedNames(file) {
  const names = new Set();
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
  for (const [, list] of text.matchAll(/export (?:type )?\{([^}]*)\}/g)) {
    for (const part of list.split(',')) {
      const exported = part
        .trim()
        .replace(/^type /, '')
        .replace(/^.* as /, '');
      if (exported !== '') names.add(exported);
    }
  }
  for (const [, target] of text.matchAll(/export (?:type )?\* from '([^']+)'/g)) {
    for (const inner of exportedNames(join(dirname(file), target.replace(/\.js$/, '.d.ts'))))
      names.add(inner);
  }
  const declaration =
    /^export (?:declare )?(?:abstract )?(?:const|function|class|interface|type|namespace) ([\w$]+)/gm;
  for (const [, own] of text.matchAll(declaration)) names.add(own);
  return names;
}
