// One executable out of a tool: Node itself, the tool's code with its BPF object, and the FFI library, by Node's single
// executable applications. It runs where there is no Node, no compiler and no package manager.
//
//   node tools/package.mjs NAME               samples/NAME → samples/NAME/dist/NAME
//   node tools/package.mjs ENTRY.js -o OUT    a tool of one's own; without -o, ENTRY beside it
//   … --bundle                                its code in one file instead, for a Node and a koffi that are there
//
// The entry must import '@libbpf-ts/libbpf/sea' first, and must not await at its top level. Needs esbuild, postject and koffi.

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { inject } from 'postject';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: 'string', short: 'o' },
    bundle: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
if (name === undefined || positionals.length > 1) {
  console.error('usage: pnpm package NAME | ENTRY.js -o OUT [--bundle]');
  process.exit(2);
}
// pnpm runs scripts in the folder of their package.json, and says where it was itself.
const given = resolve(process.env.INIT_CWD ?? '.', name);
const isFile = statSync(given, { throwIfNoEntry: false })?.isFile() === true;
const entry = isFile ? given : join(root, 'samples', name, 'dist/main.js');
if (!existsSync(entry)) {
  console.error(`package: ${entry}: no such file; expected the name of a sample, or a built entry`);
  process.exit(1);
}
const output =
  values.output === undefined
    ? join(dirname(entry), isFile ? parse(entry).name : name)
    : resolve(process.env.INIT_CWD ?? '.', values.output);
if (output === entry) {
  console.error(`package: ${output}: that is the entry itself; name another file with -o`);
  process.exit(1);
}
const scratch = mkdtempSync(join(tmpdir(), 'libbpf-ts-package-'));
try {
  await bundle();
  mkdirSync(dirname(output), { recursive: true });
  if (values.bundle) copyFileSync(join(scratch, 'tool.cjs'), output);
  else await assemble();
  const megabytes = (statSync(output).size / 1e6).toFixed(1);
  const platform = `Node ${process.version} for ${process.platform} ${process.arch}`;
  console.log(`${output}: ${megabytes} MB, ${values.bundle ? 'for any Node' : platform}`);
} catch (error) {
  console.error(`package: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** All of the tool's code in one CommonJS file, the only form that the executable takes on every Node. */
async function bundle() {
  await build({
    entryPoints: [entry],
    outfile: join(scratch, 'tool.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minify: true,
    keepNames: true,
    external: ['koffi'],
    // A name of a file in the bundle's folder, from which koffi is found; an executable carries its own.
    define: { 'import.meta.url': '__filename' },
    logLevel: 'warning',
  });
}

async function assemble() {
  if (!readFileSync(process.execPath).includes(FUSE))
    throw new Error(
      `${process.execPath} has no place for a program in it: it was built without single executables, or its code is in a shared ` +
        'library (libnode, as in some distributions); run this with a Node from nodejs.org',
    );
  writeFileSync(
    join(scratch, 'sea.json'),
    JSON.stringify({
      main: join(scratch, 'tool.cjs'),
      output: join(scratch, 'tool.blob'),
      disableExperimentalSEAWarning: true,
      assets: { 'koffi.node': koffiModule() },
    }),
  );
  execFileSync(process.execPath, ['--experimental-sea-config', join(scratch, 'sea.json')], {
    stdio: ['ignore', 'ignore', 'pipe'], // what it says of a failure is part of the error
  });
  const target = `${output}.new`;
  copyFileSync(process.execPath, target);
  chmodSync(target, 0o755);
  // postject's ELF library complains about notes of Node's own that it leaves alone.
  const { warn } = console;
  console.warn = (text) => String(text).includes("Can't find string offset") || warn(text);
  await inject(target, 'NODE_SEA_BLOB', readFileSync(join(scratch, 'tool.blob')), {
    sentinelFuse: FUSE,
  });
  console.warn = warn;
  renameSync(target, output);
}

/** koffi's native module for this machine, from its package. */
function koffiModule() {
  const fromLibbpf = createRequire(join(root, 'packages/libbpf/package.json'));
  const fromKoffi = createRequire(fromLibbpf.resolve('koffi'));
  const folder = dirname(fromKoffi.resolve(`@koromix/koffi-${process.platform}-${process.arch}`));
  const file = join(folder, `${process.platform}_${process.arch}`, 'koffi.node');
  if (!existsSync(file))
    throw new Error(
      `koffi has no native module for ${process.platform} ${process.arch} (looked for ${file})`,
    );
  return file;
}
