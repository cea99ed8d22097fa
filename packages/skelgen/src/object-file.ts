/**
 * Object files for the commands.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stripDebug } from '@libbpf-ts/elf';
import { BpfError, isBpfError } from '@libbpf-ts/libbpf';
import { type ObjectSpec, parseObject, sanitizeIdentifier } from '@libbpf-ts/libbpf/open';

/** Name of a skeleton by bpftool's rules: base name, at most 63 characters, without `.o`, made an identifier. */
export function skeletonName(file: string): string {
  return sanitizeIdentifier(basename(file).slice(0, 63).replace(/\.o$/, ''));
}

/**
 * Reads an object file.
 *
 * @returns its bytes without DWARF, and what is in it
 * @throws BpfError that names the file
 */
export function openObjectFile(
  file: string,
  name: string,
): { readonly bytes: Uint8Array; readonly object: ObjectSpec } {
  const whole = readFileSync(file);
  try {
    const object = parseObject(whole, { name });
    return { bytes: stripDebug(whole), object };
  } catch (cause) {
    if (!isBpfError(cause)) throw cause;
    const problem = cause.message.replace(/^BPF object "[^"]*": /, '');
    throw new BpfError(cause.code, `${file}: ${problem}`, { cause });
  }
}
