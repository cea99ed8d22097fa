/** Finds the clang that compiles BPF programs. */

import { existsSync } from 'node:fs';
import { findProgram, output } from './command.js';

export interface Clang {
  readonly path: string;
  /** What `--version` prints first. */
  readonly version: string;
  /** The compiler's and the C library's headers, which `-target bpf` does not look for by itself. */
  readonly includes: readonly string[];
}

/** BTF_KIND_ENUM64 came with clang 15. */
const OLDEST = 15;
const NEWEST = 24;

/**
 * The newest clang there is, or the one that CLANG in the environment names.
 *
 * @throws Error saying what to install
 */
export async function findClang(): Promise<Clang> {
  const chosen = process.env['CLANG'];
  const versioned = Array.from(
    { length: NEWEST - OLDEST + 1 },
    (_, index) => `clang-${NEWEST - index}`,
  );
  for (const name of chosen === undefined ? [...versioned, 'clang'] : [chosen]) {
    const path = findProgram(name);
    if (path === undefined) continue;
    const version = (await output(path, ['--version'])).toString('utf8').split('\n')[0] ?? '';
    const major = Number(/version (\d+)/.exec(version)?.[1] ?? 0);
    if (major >= OLDEST) return { path, version, includes: await systemIncludes(path) };
    if (chosen !== undefined)
      throw new Error(`CLANG=${chosen}: version ${OLDEST} or newer needed, found "${version}"`);
  }
  const what = chosen === undefined ? `clang ${OLDEST} or newer` : `CLANG=${chosen}`;
  throw new Error(
    `${what}: not found; it compiles the BPF programs of the selftests (Debian: apt-get install clang-19 llvm-19 libbpf-dev, ` +
      'or clang-16 llvm-16 libbpf-dev)',
  );
}

async function systemIncludes(clang: string): Promise<string[]> {
  const found = (await output(clang, ['-print-file-name=include'])).toString('utf8').trim();
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const folders = [found, '/usr/local/include', `/usr/include/${triplet}`, '/usr/include'].filter(
    (folder) => existsSync(folder),
  );
  if (!folders.some((folder) => existsSync(`${folder}/bpf/bpf_helpers.h`))) {
    throw new Error(
      'bpf/bpf_helpers.h: not found; the BPF programs of the selftests include it (Debian: apt-get install libbpf-dev)',
    );
  }
  return folders;
}
