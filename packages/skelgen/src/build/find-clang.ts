/**
 * Which compiler to use, and what to install where there is none.
 */

import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SkelgenError } from '../failure.js';

const INSTALL =
  'install it (Debian, Ubuntu: apt-get install clang; Fedora: dnf install clang; Arch: pacman -S clang; Alpine: apk add clang), or name one with CLANG';

/**
 * The compiler that the variable CLANG names, else the newest `clang-N` on the path, else `clang`.
 *
 * @throws SkelgenError `SKELGEN_NO_CLANG`, which says what to install
 */
export function findClang(environment: NodeJS.ProcessEnv = process.env): string {
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const named = environment['CLANG'];
  if (named !== undefined && named !== '') {
    const found = named.includes('/') ? usable(named) : onPath(folders, named);
    if (found !== undefined) return found;
    throw new SkelgenError('SKELGEN_NO_CLANG', `CLANG=${named}: no such program; ${INSTALL}`);
  }
  const found = newest(folders) ?? onPath(folders, 'clang');
  if (found !== undefined) return found;
  throw new SkelgenError('SKELGEN_NO_CLANG', `clang is not on the path; ${INSTALL}`);
}

function newest(folders: readonly string[]): string | undefined {
  let best: { version: number; path: string } | undefined;
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const version = Number(/^clang-(\d+)$/.exec(name)?.[1] ?? 0);
      const path = version > (best?.version ?? 0) ? usable(join(folder, name)) : undefined;
      if (path !== undefined) best = { version, path };
    }
  }
  return best?.path;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function onPath(folders: readonly string[], name: string): string | undefined {
  for (const folder of folders) {
    const found = usable(join(folder, name));
    if (found !== undefined) return found;
  }
  return undefined;
}

function usable(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? path : undefined;
  } catch {
    return undefined;
  }
}

const HEADERS: readonly [header: RegExp, hint: string][] = [
  [
    /'bpf\/[\w.]+' file not found/,
    "libbpf's headers are missing; install them (Debian, Ubuntu: apt-get install libbpf-dev; Fedora: dnf install libbpf-devel; Arch: pacman -S libbpf; Alpine: apk add libbpf-dev), or name their folder with -I",
  ],
  [
    /'(linux|asm|asm-generic)\/[\w./-]+' file not found/,
    "the kernel's headers for user space are missing; install them (Debian, Ubuntu: apt-get install linux-libc-dev; Fedora: dnf install kernel-headers; Alpine: apk add linux-headers), or include vmlinux.h instead",
  ],
  [
    /'(gnu\/stubs|bits\/[\w-]+|stdio|stdlib|string|sys\/[\w]+)(-\d+)?\.h' file not found/,
    'BPF programs cannot use the C library; leave that header out',
  ],
];

/** What to do about headers that the compiler did not find. */
export function headerHint(messages: string): string | undefined {
  return HEADERS.find(([pattern]) => pattern.test(messages))?.[1];
}
