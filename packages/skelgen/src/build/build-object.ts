/**
 * BPF C → object: finds the compiler, makes vmlinux.h where it is missing, compiles, strips.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { hasColours } from '../colour.js';
import { SkelgenError } from '../failure.js';
import { onInterrupt } from '../interrupt.js';
import { type ObjectFile, openObjectBytes, readInput, skeletonName } from '../object-file.js';
import { writeFileAtomic } from '../output.js';
import { findClang, headerHint } from './find-clang.js';
import { vmlinuxHeader } from './vmlinux-header.js';

export interface BuildOptions {
  /** The compiler. Default: the one that CLANG names, the newest `clang-N`, `clang`. */
  readonly clang?: string | undefined;
  /** Folders for `-I`. */
  readonly includes?: readonly string[] | undefined;
  /** `NAME` or `NAME=VALUE` for `-D`. */
  readonly defines?: readonly string[] | undefined;
  /** More flags for clang, after all others. */
  readonly flags?: readonly string[] | undefined;
  /** Where to make vmlinux.h from, if the source includes it and none is there. Default: the running kernel. */
  readonly vmlinux?: string | undefined;
  /** Where to write vmlinux.h. Default: the folder of the source. */
  readonly output?: string | undefined;
  /** What clang says, unchanged. Default: to standard error. */
  readonly onMessages?: ((text: string) => void) | undefined;
}

/** An object, and what it was made from. */
export interface BuiltObject extends ObjectFile {
  /** The source and every file that it includes. */
  readonly dependencies: readonly string[];
}

/**
 * Compiles a BPF program.
 *
 * @returns the object without DWARF; nothing is written but vmlinux.h, if it was missing
 * @throws SkelgenError `SKELGEN_NO_CLANG`, `SKELGEN_COMPILE` after clang has said why, `SKELGEN_NO_BTF`, `SKELGEN_BAD_OBJECT`
 */
export async function buildObject(
  source: string,
  options: BuildOptions = {},
): Promise<BuiltObject> {
  readInput(source); // says so if it is not there
  const clang = options.clang ?? findClang();
  const output = options.output ?? dirname(source);
  const includes = [...(options.includes ?? []), ...vmlinuxFolder(source, output, options)];
  const scratch = mkdtempSync(join(tmpdir(), 'skelgen-build-'));
  const remove = () => rmSync(scratch, { recursive: true, force: true });
  const release = onInterrupt(remove);
  try {
    const object = join(scratch, 'object.o');
    const dependencies = join(scratch, 'object.d');
    const { status, messages } = await run(clang, [
      ...targetFlags(),
      ...includes.map((folder) => `-I${folder}`),
      ...(options.defines ?? []).map((define) => `-D${define}`),
      // Paths that differ from machine to machine stay out of the object.
      ...['-fdebug-compilation-dir=.', `-ffile-prefix-map=${process.cwd()}/=`],
      `-ffile-prefix-map=${resolve(dirname(source))}/=`,
      ...systemIncludes(),
      ...(hasColours() ? ['-fcolor-diagnostics'] : []),
      ...(options.flags ?? []),
      ...['-MMD', '-MF', dependencies, '-c', source, '-o', object],
    ]);
    if (messages !== '') (options.onMessages ?? ((text) => process.stderr.write(text)))(messages);
    if (status !== 0) throw compileError(source, clang, status, messages);
    const bytes = new Uint8Array(readFileSync(object));
    const name = source.replace(/\.c$/, '.o');
    return {
      ...openObjectBytes(bytes, name, skeletonName(name)),
      dependencies: dependenciesIn(readFileSync(dependencies, 'utf8')),
    };
  } finally {
    release();
    remove();
  }
}

function compileError(
  source: string,
  clang: string,
  status: number,
  messages: string,
): SkelgenError {
  const hint = headerHint(messages);
  return new SkelgenError(
    'SKELGEN_COMPILE',
    `${source}: ${hint ?? `${basename(clang)} failed with status ${status}`}`,
  );
}

/** `__TARGET_ARCH_…` of bpf_tracing.h, by Node's name of the processor. */
const TARGET_ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'x86',
  ia32: 'x86',
  arm64: 'arm64',
  arm: 'arm',
  s390x: 's390',
  ppc64: 'powerpc',
  riscv64: 'riscv',
  loong64: 'loongarch',
  mips: 'mips',
  mipsel: 'mips',
};

function targetFlags(): string[] {
  const architecture = TARGET_ARCHITECTURES[process.arch];
  return [
    ...['-target', 'bpf', '-O2', '-g', '-mcpu=v3', '-Wall'],
    // Kernels from 7.0 on have members that are structs with a tag and no name; without this they would be lost, with a warning.
    ...['-fms-extensions', '-Wno-microsoft-anon-tag'],
    ...(architecture === undefined ? [] : [`-D__TARGET_ARCH_${architecture}`]),
  ];
}

/** Folders of headers that depend on the processor: clang looks there for the host, but not for BPF. */
function systemIncludes(): string[] {
  const names = { x64: 'x86_64', arm64: 'aarch64', arm: 'arm', s390x: 's390x', riscv64: 'riscv64' };
  const name = names[process.arch as keyof typeof names] ?? process.arch;
  const candidates = [`${name}-linux-gnu`, `${name}-linux-gnueabihf`, 'powerpc64le-linux-gnu'];
  return candidates
    .map((triplet) => join('/usr/include', triplet))
    .filter((folder) => existsSync(join(folder, 'asm')))
    .flatMap((folder) => ['-idirafter', folder]);
}

/** Folders to look for vmlinux.h in; makes it if the source wants one that is nowhere. */
function vmlinuxFolder(source: string, output: string, options: BuildOptions): string[] {
  const text = readFileSync(source, 'utf8');
  if (!/^\s*#\s*include\s+["<]vmlinux\.h[">]/m.test(text)) return [];
  const folders = [dirname(source), ...(options.includes ?? [])];
  if (options.vmlinux === undefined) {
    if (folders.some((folder) => existsSync(join(folder, 'vmlinux.h')))) return [];
    if (existsSync(join(output, 'vmlinux.h'))) return [output];
  }
  mkdirSync(output, { recursive: true });
  writeFileAtomic(join(output, 'vmlinux.h'), vmlinuxHeader(options.vmlinux));
  return [output];
}

/** Milliseconds in which a signal to this process itself has arrived. */
const SIGNAL_GRACE = 200;

function run(
  command: string,
  args: readonly string[],
): Promise<{ status: number; messages: string }> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    child.on('error', (cause) =>
      fail(
        new SkelgenError('SKELGEN_NO_CLANG', `${command} could not be run: ${cause.message}`, {
          cause,
        }),
      ),
    );
    child.on('close', (status, signal) => {
      const killed = signal === null ? '' : `${command} was ended by ${signal}\n`;
      const messages = Buffer.concat(parts).toString('utf8') + killed;
      const finish = () => done({ status: status ?? 1, messages });
      if (signal !== 'SIGINT') return finish();
      // Ctrl-C ended it, and is meant for this process as well, which may only hear of it later.
      process.kill(process.pid, signal);
      setTimeout(finish, SIGNAL_GRACE);
    });
  });
}

/** Files in a rule as `make` reads it: separated by blanks, lines continued by backslashes. */
function dependenciesIn(rule: string): string[] {
  const text = rule.replace(/\\\r?\n/g, ' ').replace(/^[^:]*:\s/, '');
  const files = text.match(/(?:\\.|[^\s\\])+/g) ?? [];
  return files.map((file) => relative(process.cwd(), resolve(file.replace(/\\(.)/g, '$1'))));
}
