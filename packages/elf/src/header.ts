/**
 * The ELF header.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_hdr and elf32_hdr, which have the same fields in the same
 * order. The counts here are as stored; extended numbering is resolved where the tables are read.
 */

import { ELFCLASS32, ELFCLASS64, ELFDATA2LSB, ELFDATA2MSB, EV_CURRENT } from './constants.js';
import type { ElfEncoding } from './cursor.js';
import { Cursor } from './cursor.js';
import { ElfError } from './errors.js';
import type { Image } from './image.js';

const EI_CLASS = 4;
const EI_DATA = 5;
const EI_VERSION = 6;
const EI_NIDENT = 16;

/** The ELF header, its fields spelled as in the kernel's header. */
export interface ElfHeader {
  readonly e_type: number;
  readonly e_machine: number;
  readonly e_version: number;
  /** Address of the entry point. */
  readonly e_entry: bigint;
  readonly e_phoff: number;
  readonly e_shoff: number;
  readonly e_flags: number;
  readonly e_ehsize: number;
  readonly e_phentsize: number;
  /** Number of program headers, extended numbering resolved. */
  readonly e_phnum: number;
  readonly e_shentsize: number;
  /** Number of sections, extended numbering resolved. */
  readonly e_shnum: number;
  /** Index of the section that holds the section names, extended numbering resolved; 0 if there is none. */
  readonly e_shstrndx: number;
}

/** Sizes in bytes of the fixed structures, for one class. */
export interface ElfSizes {
  readonly header: number;
  readonly section: number;
  readonly segment: number;
  readonly symbol: number;
  readonly rel: number;
  readonly rela: number;
}

const SIZES_32: ElfSizes = { header: 52, section: 40, segment: 32, symbol: 16, rel: 8, rela: 12 };
const SIZES_64: ElfSizes = { header: 64, section: 64, segment: 56, symbol: 24, rel: 16, rela: 24 };

/** The sizes of the class. */
export function sizesOf(is64: boolean): ElfSizes {
  return is64 ? SIZES_64 : SIZES_32;
}

/** Class and byte order, out of the first 16 bytes. */
export function readEncoding(image: Image): ElfEncoding {
  const ident = image.range(0, EI_NIDENT, 'ELF identification');
  if (ident[0] !== 0x7f || ident[1] !== 0x45 || ident[2] !== 0x4c || ident[3] !== 0x46) {
    throw new ElfError({
      code: 'ELF_NOT_ELF',
      offset: 0,
      subject: 'ELF magic',
      found: [...ident.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' '),
      expected: '7f 45 4c 46',
    });
  }
  const [fileClass, data, version] = [ident[EI_CLASS]!, ident[EI_DATA]!, ident[EI_VERSION]!];
  if (fileClass !== ELFCLASS32 && fileClass !== ELFCLASS64) {
    throw identError('ELF_BAD_CLASS', EI_CLASS, 'EI_CLASS', fileClass, '1 (ELF32) or 2 (ELF64)');
  }
  if (data !== ELFDATA2LSB && data !== ELFDATA2MSB) {
    throw identError(
      'ELF_BAD_DATA',
      EI_DATA,
      'EI_DATA',
      data,
      '1 (little-endian) or 2 (big-endian)',
    );
  }
  if (version !== EV_CURRENT) {
    throw identError('ELF_BAD_VERSION', EI_VERSION, 'EI_VERSION', version, '1');
  }
  return { is64: fileClass === ELFCLASS64, littleEndian: data === ELFDATA2LSB };
}

function identError(
  code: 'ELF_BAD_CLASS' | 'ELF_BAD_DATA' | 'ELF_BAD_VERSION',
  offset: number,
  subject: string,
  found: number,
  expected: string,
): ElfError {
  return new ElfError({ code, offset, subject, found, expected });
}

/** The header with its counts as stored. */
export function readHeader(image: Image, encoding: ElfEncoding): ElfHeader {
  const { header: size } = sizesOf(encoding.is64);
  const bytes = image.range(0, size, 'ELF header');
  const cursor = new Cursor(bytes, encoding, 0, 'ELF header');
  cursor.skip(EI_NIDENT);
  const header: ElfHeader = {
    e_type: cursor.u16(),
    e_machine: cursor.u16(),
    e_version: cursor.u32(),
    e_entry: cursor.address(),
    e_phoff: cursor.word('e_phoff'),
    e_shoff: cursor.word('e_shoff'),
    e_flags: cursor.u32(),
    e_ehsize: cursor.u16(),
    e_phentsize: cursor.u16(),
    e_phnum: cursor.u16(),
    e_shentsize: cursor.u16(),
    e_shnum: cursor.u16(),
    e_shstrndx: cursor.u16(),
  };
  if (header.e_version !== EV_CURRENT) {
    throw identError('ELF_BAD_VERSION', 20, 'ELF header e_version', header.e_version, '1');
  }
  if (header.e_ehsize !== size) {
    throw new ElfError({
      code: 'ELF_BAD_ENTRY_SIZE',
      offset: size - 12,
      subject: 'ELF header e_ehsize',
      found: header.e_ehsize,
      expected: size,
    });
  }
  return header;
}

/** Where in the file a field of the header is that follows `e_flags`, by its distance from the header's end. */
export function headerFieldOffset(is64: boolean, field: CountField): number {
  const fromEnd = { e_phentsize: 10, e_phnum: 8, e_shentsize: 6, e_shnum: 4, e_shstrndx: 2 };
  return sizesOf(is64).header - fromEnd[field];
}

/** A field of the header that counts or measures the tables. */
export type CountField = 'e_phentsize' | 'e_phnum' | 'e_shentsize' | 'e_shnum' | 'e_shstrndx';
