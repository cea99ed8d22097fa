/**
 * Object files for the commands.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stripDebug } from '@libbpf-ts/elf';
import { type ObjectSpec, parseObject, sanitizeIdentifier } from '@libbpf-ts/libbpf/open';
import { SkelgenError } from './failure.js';

/** Name of a skeleton by bpftool's rules: base name, at most 63 characters, without `.o`, made an identifier. */
export function skeletonName(file: string): string {
  const name = sanitizeIdentifier(basename(file).slice(0, 63).replace(/\.o$/, ''));
  return /^[0-9]/.test(name) || name === '' ? `_${name}` : name;
}

/** An object file, read. */
export interface ObjectFile {
  /** Without DWARF. */
  readonly bytes: Uint8Array;
  readonly object: ObjectSpec;
}

/**
 * Reads an object file.
 *
 * @throws SkelgenError `SKELGEN_BAD_OBJECT` that names the file
 */
export function openObjectFile(file: string, name: string): ObjectFile {
  return openObjectBytes(readInput(file), file, name);
}

/** A file's bytes. Errors name the file also where only reading it fails, as it does for folders. */
export function readInput(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw Object.assign(error as Error, { path: file });
  }
}

/** As {@link openObjectFile}, from bytes. */
export function openObjectBytes(whole: Uint8Array, file: string, name: string): ObjectFile {
  try {
    const object = parseObject(whole, { name });
    return { bytes: stripDebug(whole), object };
  } catch (cause) {
    if (!(cause instanceof Error) || !/^(BpfError|ElfError|BtfError)$/.test(cause.name))
      throw cause;
    const problem = cause.message.replace(/^BPF object "[^"]*": /, '');
    throw new SkelgenError('SKELGEN_BAD_OBJECT', `${file}: ${problem}`, { cause });
  }
}
