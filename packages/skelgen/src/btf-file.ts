/**
 * BTF out of files: raw, as the kernel shows it in /sys/kernel/btf, or the .BTF section of an ELF file.
 */

import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { type Btf, parseBtf } from '@libbpf-ts/btf';
import { readElf } from '@libbpf-ts/elf';
import { SkelgenError } from './failure.js';

const SYSFS = '/sys/kernel/btf/';
const VMLINUX = `${SYSFS}vmlinux`;
const ELF_MAGIC = 0x7f454c46;

/**
 * Opens the BTF of a file.
 *
 * @param base - file with what a split BTF continues; by default vmlinux for a module in /sys/kernel/btf, and the
 *   `.BTF.base` section of an ELF file that has one
 * @throws SkelgenError that names the file
 */
export function readBtfFile(file: string, base?: string): Btf {
  const isModule = file.startsWith(SYSFS) && file !== VMLINUX;
  const baseFile = base ?? (isModule ? VMLINUX : undefined);
  const below = baseFile === undefined ? undefined : readBtfFile(baseFile);
  const { bytes, distilled } = readSections(file);
  if (distilled !== undefined && below !== undefined) {
    const problem = 'has a base of its own (.BTF.base) that cannot be moved to another';
    throw new SkelgenError('SKELGEN_BAD_BTF', `${file}: ${problem}; leave out --base`);
  }
  return parse(bytes, distilled === undefined ? below : parse(distilled, undefined, file), file);
}

function parse(bytes: Uint8Array, base: Btf | undefined, file: string): Btf {
  try {
    return parseBtf(bytes, { base });
  } catch (cause) {
    throw new SkelgenError('SKELGEN_BAD_BTF', `${file}: ${(cause as Error).message}`, { cause });
  }
}

interface Sections {
  readonly bytes: Uint8Array;
  /** The part of its base that a module carries with it. */
  readonly distilled?: Uint8Array | undefined;
}

function readSections(file: string): Sections {
  const fd = openSync(file, 'r');
  try {
    const magic = new Uint8Array(4);
    const isElf =
      readSync(fd, magic, 0, 4, 0) === 4 && new DataView(magic.buffer).getUint32(0) === ELF_MAGIC;
    // A vmlinux with debug information has hundreds of megabytes: an ELF file is read in parts.
    return isElf ? readElfSections(file, fd) : { bytes: readFileSync(fd) };
  } catch (error) {
    throw namedAfter(error, file);
  } finally {
    closeSync(fd);
  }
}

function readElfSections(file: string, fd: number): Sections {
  const elf = readElf({
    size: fstatSync(fd).size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const count = readSync(fd, bytes, at, length - at, offset + at);
        if (count === 0) break;
        at += count;
      }
      return bytes;
    },
  });
  const btf = elf.section('.BTF');
  if (btf === undefined) {
    throw new SkelgenError('SKELGEN_NO_BTF', `${file}: no BTF: an ELF file without .BTF section`);
  }
  return { bytes: btf.data, distilled: elf.section('.BTF.base')?.data };
}

/** Errors of reading know no path, those of ELF no file. */
function namedAfter(error: unknown, file: string): unknown {
  if (!(error instanceof Error)) return error;
  if (error.name === 'ElfError') {
    return new SkelgenError('SKELGEN_BAD_ELF', `${file}: ${error.message}`, { cause: error });
  }
  const system = error as NodeJS.ErrnoException;
  return typeof system.code === 'string' &&
    system.path === undefined &&
    system.syscall !== undefined
    ? Object.assign(error, { path: file })
    : error;
}
