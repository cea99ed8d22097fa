/**
 * An executable or library as a target of probes: functions by name → offsets in the file. Read in parts: only the tables that are
 * looked at.
 */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  type ElfFile,
  filterFunctions,
  findFunction,
  findFunctions,
  isElfError,
  readElf,
} from '@libbpf-ts/elf';
import { nearest } from '../errors.js';
import { type Attempt, noTarget } from './attachable.js';
import { matchesGlob } from './glob.js';

/** Opens a file as ELF for as long as `use` runs. @throws BpfError `BPF_NO_ATTACH_TARGET` if it is none */
export function withElf<T>(what: Attempt, path: string, use: (elf: ElfFile) => T): T {
  const fd = openSync(path, 'r');
  try {
    const elf = readElf({
      size: fstatSync(fd).size,
      read: (offset, length) => readAll(fd, offset, length),
    });
    return use(elf);
  } catch (cause) {
    if (isElfError(cause)) throw noTarget(what, `"${path}": ${cause.message}`, cause);
    throw cause;
  } finally {
    closeSync(fd);
  }
}

function readAll(fd: number, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) return bytes.subarray(0, done);
    done += count;
  }
  return bytes;
}

/** Where a function is in the file. */
export function functionOffset(what: Attempt, path: string, name: string): number {
  return withElf(what, path, (elf) => {
    const found = findFunction(elf, name);
    if (found === undefined) throw noFunction(what, elf, path, name);
    return found.fileOffset;
  });
}

/** Where functions are in the file, in the order of their names. */
export function functionOffsets(what: Attempt, path: string, names: readonly string[]): number[] {
  return withElf(what, path, (elf) =>
    findFunctions(elf, names).map((found, index) => {
      if (found === undefined) throw noFunction(what, elf, path, names[index]!);
      return found.fileOffset;
    }),
  );
}

/** Where the functions whose names match a pattern are in the file. */
export function matchingOffsets(what: Attempt, path: string, pattern: string): number[] {
  return withElf(what, path, (elf) => {
    const found = filterFunctions(elf, (name) => matchesGlob(name, pattern));
    if (found.length === 0) throw noTarget(what, `no function in "${path}" matches "${pattern}"`);
    return found.map(({ fileOffset }) => fileOffset);
  });
}

function noFunction(what: Attempt, elf: ElfFile, path: string, name: string) {
  const names: string[] = [];
  filterFunctions(elf, (other) => {
    names.push(other);
    return false;
  });
  const stripped =
    elf.symbolTable === undefined
      ? ' among its exported ones; the file is stripped, so give an offset for others'
      : '';
  const near = nearest(name.split('@')[0]!, names);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  return noTarget(what, `"${path}" has no function "${name}"${stripped}${hint}`);
}
