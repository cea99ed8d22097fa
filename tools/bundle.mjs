// Puts a package's modules into a file for each of its entries and what they share, in dist/, beside the declarations that tsc has
// written there: finding, reading and compiling a hundred small files takes a process a tenth of a second, these few a fifth of that.
// Entries are those of the package's `exports`. Other packages stay what they are: imports by name.
//
//   node ../../tools/bundle.mjs      in the folder of a package, after tsc

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'));
const entries = Object.values(exports).filter((entry) => entry['@libbpf-ts/source'] !== undefined);

const { metafile } = await build({
  entryPoints: entries.map((entry) => ({
    in: entry['@libbpf-ts/source'],
    out: entry.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'),
  })),
  outdir: 'dist',
  chunkNames: 'shared-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  packages: 'external',
  external: ['node:*'],
  keepNames: false,
  legalComments: 'none',
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
});

const made = new Set(Object.keys(metafile.outputs).map((path) => resolve(path)));
for (const name of readdirSync('dist', { recursive: true })) {
  const path = resolve(join('dist', name));
  if (/\.js(\.map)?$/.test(name) && !made.has(path)) rmSync(path);
}

for (const path of made) {
  if (!path.endsWith('.js')) continue;
  const text = readFileSync(path, 'utf8');
  const better = withConstants(withoutEmptyImports(text));
  if (better !== text) writeFileSync(path, better);
}

/**
 * Where an entry uses nothing of what it shares with others, an import for its effects is left over. There are none, as the packages
 * declare, and other bundlers warn about it. An empty line keeps the places in the source map.
 */
function withoutEmptyImports(text) {
  return text.replaceAll(/^import "[./]+shared-\w+\.js";$/gm, '');
}

/**
 * esbuild makes variables of a module's constants and classes, which V8 has to look up each time: in a loop over records of a ring
 * that took half as long again. Those that nothing assigns to become constants again, as wide as before for the source map's sake.
 */
function withConstants(text) {
  return text.replaceAll(/^var ([\w$]+) = /gm, (declaration, name) => {
    const escaped = name.replaceAll('$', '\\$');
    const assignment = `(?<![\\w$.#])${escaped} *(?:=(?![=>])|[-+*/%&|^?<>]{1,3}=|\\+\\+|--)|(?:\\+\\+|--) *${escaped}(?![\\w$])`;
    const [, ...others] = text.match(new RegExp(assignment, 'g')) ?? [];
    return others.length === 0 ? `const ${name}=` : declaration;
  });
}
