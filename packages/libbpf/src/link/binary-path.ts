/**
 * Names of programs and libraries → files, as the shell and the dynamic loader would find them.
 *
 * A library is looked for in LD_LIBRARY_PATH, then in /etc/ld.so.cache, then in the standard directories (ld.so(8)); a program in
 * PATH. What has a slash in it is a path already.
 */

import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BpfError, didYouMean } from '../errors.js';

const CACHE = '/etc/ld.so.cache';

/** Directories with libraries by Node's name of the architecture: Debian's, then everybody's. */
const TRIPLETS: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  ia32: 'i386-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  arm: 'arm-linux-gnueabihf',
  s390x: 's390x-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
  loong64: 'loongarch64-linux-gnu',
};

/**
 * The file behind a name.
 *
 * @param name - a path, `libc.so.6` or `node`
 * @throws BpfError `BPF_NO_SUCH_FILE` with near matches
 */
export function findBinary(name: string): string {
  if (name.includes('/')) {
    if (isFile(name)) return name;
    throw new BpfError(
      'BPF_NO_SUCH_FILE',
      existsSync(name) ? `"${name}" is not a file` : `there is no file "${name}"`,
    );
  }
  const isLibrary = /\.so(\.|$)/.test(name);
  const found = isLibrary ? findLibrary(name) : findProgram(name);
  if (found !== undefined) return found;
  const known = isLibrary
    ? [...readCache().keys(), ...libraryDirectories().flatMap(names)]
    : splitPath(process.env['PATH']).flatMap(names);
  throw new BpfError(
    'BPF_NO_SUCH_FILE',
    isLibrary
      ? `there is no library "${name}" in LD_LIBRARY_PATH, ${CACHE} or the standard directories${didYouMean(name, known)}`
      : `there is no program "${name}" in PATH${didYouMean(name, known)}`,
  );
}

function findLibrary(name: string): string | undefined {
  const byEnvironment = splitPath(process.env['LD_LIBRARY_PATH'])
    .map((folder) => join(folder, name))
    .find(isFile);
  if (byEnvironment !== undefined) return byEnvironment;
  const cached = readCache().get(name);
  if (cached !== undefined && isFile(cached)) return cached;
  return libraryDirectories()
    .map((folder) => join(folder, name))
    .find(isFile);
}

function findProgram(name: string): string | undefined {
  return splitPath(process.env['PATH'])
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return isFile(path);
      } catch {
        return false;
      }
    });
}

function libraryDirectories(): string[] {
  const triplet = TRIPLETS[process.arch];
  return [
    ...(triplet === undefined ? [] : [`/lib/${triplet}`, `/usr/lib/${triplet}`]),
    ...['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'],
  ];
}

function splitPath(value: string | undefined): string[] {
  return (value ?? '').split(':').filter((folder) => folder !== '');
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_SIZE = 48;
const ENTRY_SIZE = 24;

/** Flags of an entry (glibc's sysdeps/generic/ldconfig.h): a libc6 library, and for which machine. */
const TYPE_MASK = 0xff;
const TYPE_LIBC6 = 3;
const MACHINES: Readonly<Record<string, number>> = {
  x64: 0x0300,
  arm64: 0x0a00,
  s390x: 0x0400,
  ppc64: 0x0500,
  riscv64: 0x1000,
};

/**
 * Name → path of /etc/ld.so.cache, for this machine; empty if there is none or it is of another form.
 *
 * The file is glibc's `struct cache_file_new` (elf/cache.c), possibly after an older header.
 */
function readCache(): Map<string, string> {
  const libraries = new Map<string, string>();
  let bytes: Buffer;
  try {
    bytes = readFileSync(CACHE);
  } catch {
    return libraries; // musl has none
  }
  const start = bytes.indexOf(MAGIC, 0, 'latin1');
  if (start === -1 || start + HEADER_SIZE > bytes.length) return libraries;
  const count = bytes.readUInt32LE(start + MAGIC.length);
  const machine = MACHINES[process.arch];
  for (let index = 0; index < count; index++) {
    const at = start + HEADER_SIZE + index * ENTRY_SIZE;
    if (at + ENTRY_SIZE > bytes.length) break;
    const flags = bytes.readUInt32LE(at);
    if ((flags & TYPE_MASK) !== TYPE_LIBC6) continue;
    if (machine !== undefined && (flags & 0xff00) !== machine) continue;
    const name = text(bytes, start + bytes.readUInt32LE(at + 4));
    if (!libraries.has(name)) libraries.set(name, text(bytes, start + bytes.readUInt32LE(at + 8)));
  }
  return libraries;
}

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at);
  return bytes.toString('utf8', at, end === -1 ? bytes.length : end);
}
