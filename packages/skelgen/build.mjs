// Puts each command into one file, dist/cli/: starting up is mostly finding and compiling modules and starting the loader of
// ES modules, and one CommonJS file needs little of it. The library stays as tsc wrote it. @libbpf-ts/libbpf itself, which
// only `verify` needs, is found where it is installed.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { build } from 'esbuild';

const require = createRequire(import.meta.url);
const commands = readdirSync('src/commands').map((name) => name.replace(/\.ts$/, ''));

/** What stays a file of its own, beside the one that asks for it. */
const split = {
  name: 'split',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/commands\/[\w-]+\.js$/ }, ({ path }) => ({
      path: `./${path.slice('./commands/'.length, -'.js'.length)}.cjs`,
      external: true,
    }));
    onResolve({ filter: /^commander$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: './commander.cjs', external: true },
    );
    onResolve({ filter: /^(@libbpf-ts\/libbpf|esbuild)$/ }, ({ path }) => ({
      path,
      external: true,
    }));
    // commander only runs programs for subcommands in files of their own, and there are none.
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      importer.includes('commander') ? { path: 'none', namespace: 'none' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'none' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** What all files have in common. */
const common = {
  outdir: 'dist/cli',
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  supported: { 'dynamic-import': false },
  conditions: ['@libbpf-ts/source'],
  minify: true,
  legalComments: 'none',
  define: { 'import.meta.url': '__moduleUrl' },
  banner: { js: "const __moduleUrl = 'file://' + encodeURI(__filename);" },
  plugins: [split],
};

const { outputFiles } = await build({
  ...common,
  write: false,
  entryPoints: {
    main: 'src/main.ts',
    commander: require.resolve('commander'),
    ...Object.fromEntries(commands.map((name) => [name, `src/commands/${name}.ts`])),
  },
});
const hash = createHash('sha256');
for (const { path, contents } of outputFiles) hash.update(basename(path)).update(contents);
const buildId = hash.digest('hex').slice(0, 16);

mkdirSync('dist/cli', { recursive: true });
for (const { path, contents } of outputFiles) writeFileSync(path, contents);
for (const name of readdirSync('dist/cli'))
  if (name.endsWith('.cache') && !name.includes(buildId)) rmSync(`dist/cli/${name}`);
await build({
  ...common,
  entryPoints: { start: 'src/start.ts' },
  define: { ...common.define, __buildId: JSON.stringify(buildId) },
});

// The man page, from the definitions of the commands, as tsc has just compiled them.
const { manPage } = await import('./dist/man-page.js');
const { allCommands } = await import('./dist/main.js');
mkdirSync('dist/man', { recursive: true });
writeFileSync('dist/man/skelgen.1', manPage(await allCommands()));
