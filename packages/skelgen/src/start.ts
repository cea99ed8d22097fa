/**
 * Starts the command: loads its files, dist/cli/NAME.cjs, with what V8 made of them the last time.
 *
 * Half of a short run is compiling. What was compiled is kept beside the files, where only those may write who may change
 * the command itself; a name has the hash of the code and the version of V8 in it, so that nothing outlives what it was made
 * from. Node 22.8 has `module.enableCompileCache()` for this, in a folder that everybody shares; this does the same for every
 * Node. NODE_DISABLE_COMPILE_CACHE turns it off, as it does Node's own. Where the folder cannot be written, nothing is kept.
 *
 * What V8 optimises while a kernel's types are printed is not run often enough afterwards to earn that: it took a third of the
 * processor's time. So on Node 20 V8 waits until a function has done 30 times as much as usual, some milliseconds' worth; inputs
 * many times a kernel's take as long as before. Its cheap compiler, which does pay, gets to work after half as long. The young
 * generation, in which little survives, is collected by one thread, and does not grow: memory that was never touched before is
 * dearer than to go over the same again, and was a tenth of all time. Later versions decide by other measures and are left alone,
 * but for one thing: the heap is not marked little by little, beside the program. That starts at 12 MB, at what a kernel's types
 * need, and finds nothing to free.
 * Flags belong to what is kept: they are set before anything is loaded, for every command.
 */

import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/** Hash of all files of the command; build.mjs puts it in. */
declare const __buildId: string;

type Main = (args: readonly string[]) => Promise<number>;
type Body = (
  exports: object,
  require: (id: string) => unknown,
  module: { exports: object },
  file: string,
) => void;

/** Versions to come may not know a flag, and would say so on standard error. */
const FLAGS_OF: Readonly<Record<string, readonly string[]>> = {
  20: [
    '--no-incremental-marking',
    '--interrupt-budget=4000000',
    '--interrupt-budget-factor-for-feedback-allocation=4',
    '--no-parallel-scavenge',
    '--semi-space-growth-factor=1',
  ],
  22: ['--no-incremental-marking'],
  24: ['--no-incremental-marking'],
};

const folder = dirname(fileURLToPath(import.meta.url));
const ownRequire = createRequire(import.meta.url);
const isCached = process.env['NODE_DISABLE_COMPILE_CACHE'] === undefined;
const modules = new Map<string, { exports: object }>();
/** Scripts for which nothing usable was kept. */
const fresh = new Map<string, Script>();

const [nodeVersion = ''] = process.versions.node.split('.');
for (const flag of FLAGS_OF[nodeVersion] ?? []) setFlagsFromString(flag);
const { main } = load('main.cjs') as { main: Main };
main(process.argv.slice(2)).then((status) => {
  process.exitCode = status;
  if (isCached) keep();
  // What was written is written: nothing is gained by taking the heap apart first.
  process.exit();
});

/** As `require` does, for a file of this folder. */
function load(name: string): object {
  const known = modules.get(name);
  if (known !== undefined) return known.exports;
  const file = join(folder, name);
  const source = `(function (exports, require, module, __filename) {${readFileSync(file, 'utf8')}\n})`;
  const cachedData = isCached ? keptCode(name) : undefined;
  const script = new Script(source, { filename: file, ...(cachedData && { cachedData }) });
  if (cachedData === undefined || script.cachedDataRejected) fresh.set(name, script);
  const module = { exports: {} };
  modules.set(name, module);
  const body = script.runInThisContext() as Body;
  body(module.exports, (id) => (id.startsWith('./') ? load(id.slice(2)) : ownRequire(id)), module, file); // biome-ignore format: one call
  return module.exports;
}

function cacheFile(name: string): string {
  return join(folder, `${name}.${__buildId}.v8-${process.versions.v8}-${process.arch}.cache`);
}

/** V8 does not look whether the bytes are still those that it wrote, and would crash: a checksum follows them. */
function keptCode(name: string): Buffer | undefined {
  try {
    const file = readFileSync(cacheFile(name));
    const code = file.subarray(0, -4);
    return crc32(code) === file.readUInt32LE(code.length) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps what this run has compiled, in the end, when that is most. */
function keep(): void {
  if (fresh.size === 0) return;
  try {
    if (statSync(folder).uid !== process.geteuid?.()) return;
    for (const [name, script] of fresh) write(cacheFile(name), checked(script.createCachedData()));
  } catch {
    // A folder that is read-only or full: the next run compiles again.
  }
}

function checked(code: Buffer): Buffer {
  const file = Buffer.concat([code, Buffer.alloc(4)]);
  file.writeUInt32LE(crc32(code), code.length);
  return file;
}

/** Whole or not at all, also beside other runs. */
function write(path: string, data: Uint8Array): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, data);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
