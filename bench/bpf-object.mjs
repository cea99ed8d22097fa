// BPF objects for benchmarks: compiled on the spot, into the scratch folder.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const compilers = ['clang', 'clang-16', 'clang-19', 'clang-18', 'clang-17', 'clang-15', 'clang-14'];

/** Where Debian keeps what depends on the machine, <asm/types.h>. */
export const systemInclude = `/usr/include/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;

/**
 * Why cases that load programs can't run here, or `undefined`.
 *
 * @param objects - a folder of objects that are compiled already
 */
export function skipWithoutBpf(objects) {
  if (process.platform !== 'linux') return 'not run: needs Linux';
  if (process.geteuid() !== 0) return 'not run: loading programs needs root';
  if (objects === undefined && compiler() === undefined) return 'not run: no clang';
  return undefined;
}

/**
 * Compiles `c/NAME.bpf.c`, or takes it from `objects`.
 *
 * @returns where the object is, and its bytes
 */
export function compileObject(name, build, objects) {
  if (objects !== undefined) return readObject(join(objects, `${name}.bpf.o`));
  const path = join(build, `${name}.bpf.o`);
  const source = join(here, 'c', `${name}.bpf.c`);
  const args = [
    '-target',
    'bpf',
    '-mcpu=v3',
    '-O2',
    '-g',
    '-Wall',
    '-I',
    systemInclude,
    '-c',
    source,
    '-o',
    path,
  ];
  const { status, stderr } = spawnSync(compiler(), args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`clang ${name}.bpf.c: ${stderr.trim().slice(0, 500)}`);
  return readObject(path);
}

function readObject(path) {
  return { path, bytes: new Uint8Array(readFileSync(path)) };
}

/** The clang that there is, or `undefined`. */
export function compiler() {
  return compilers.find((one) => spawnSync(one, ['--version']).status === 0);
}
