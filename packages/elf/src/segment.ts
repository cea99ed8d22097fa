/**
 * Program headers, and the way from an address to a place in the file.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_phdr and elf32_phdr, which differ in where `p_flags` is.
 */

import { PF_X, PT_LOAD } from './constants.js';
import type { ElfEncoding } from './cursor.js';
import { Cursor, toSafeNumber } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfHeader } from './header.js';
import { headerFieldOffset, sizesOf } from './header.js';
import type { Image } from './image.js';
import { checkEntrySize } from './section.js';

/** A program header, its fields spelled as in the kernel's header. */
export interface ElfSegment {
  /** Index among the program headers. */
  readonly index: number;
  readonly p_type: number;
  readonly p_flags: number;
  readonly p_offset: number;
  readonly p_vaddr: bigint;
  readonly p_paddr: bigint;
  readonly p_filesz: number;
  readonly p_memsz: number;
  readonly p_align: bigint;
}

/** All program headers. That their contents are inside the file is not checked: in a debug file they are not. */
export function readSegments(image: Image, encoding: ElfEncoding, header: ElfHeader): ElfSegment[] {
  const { e_phoff, e_phnum } = header;
  if (e_phnum === 0) return [];
  checkEntrySize(header.e_phentsize, encoding, 'e_phentsize');
  if (e_phoff === 0) {
    throw new ElfError({
      code: 'ELF_BAD_HEADER',
      offset: headerFieldOffset(encoding.is64, 'e_phnum'),
      subject: 'ELF header e_phnum',
      found: e_phnum,
      expected: '0, because e_phoff is 0',
    });
  }
  const { segment: size } = sizesOf(encoding.is64);
  const bytes = image.range(e_phoff, e_phnum * size, `program headers (${e_phnum})`);
  const segments: ElfSegment[] = [];
  for (let index = 0; index < e_phnum; index++) {
    const at = index * size;
    segments.push(readSegment(bytes.subarray(at, at + size), encoding, e_phoff + at, index));
  }
  return segments;
}

function readSegment(
  bytes: Uint8Array,
  encoding: ElfEncoding,
  offset: number,
  index: number,
): ElfSegment {
  const cursor = new Cursor(bytes, encoding, offset, `program header ${index}`);
  const p_type = cursor.u32();
  const flagsFirst = encoding.is64 ? cursor.u32() : undefined;
  const p_offset = cursor.word('p_offset');
  const p_vaddr = cursor.address();
  const p_paddr = cursor.address();
  const p_filesz = cursor.word('p_filesz');
  // Then every offset inside the segment is a safe number too.
  toSafeNumber(BigInt(p_offset) + BigInt(p_filesz), `program header ${index} end`, offset);
  const p_memsz = cursor.word('p_memsz');
  const p_flags = flagsFirst ?? cursor.u32();
  const p_align = cursor.address();
  return { index, p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align };
}

/**
 * The PT_LOAD segment that an address is in, or undefined.
 *
 * @param options.executable - only consider segments with PF_X; false by default
 */
export function findLoadSegment(
  segments: readonly ElfSegment[],
  address: bigint,
  { executable = false }: { readonly executable?: boolean } = {},
): ElfSegment | undefined {
  return segments.find(
    (segment) =>
      segment.p_type === PT_LOAD &&
      (!executable || (segment.p_flags & PF_X) !== 0) &&
      address >= segment.p_vaddr &&
      address < segment.p_vaddr + BigInt(segment.p_memsz),
  );
}

/**
 * Where in the file the byte at an address of an executable or shared library is, which is what the kernel wants for a
 * uprobe; undefined if no PT_LOAD segment holds the address, or only with zeroes that are not in the file.
 *
 * @param address - as in the file: a symbol's value, before any load bias
 */
export function addressToFileOffset(
  elf: { readonly segments: readonly ElfSegment[] },
  address: bigint,
): number | undefined {
  const segment = findLoadSegment(elf.segments, address);
  if (segment === undefined) return undefined;
  const inSegment = address - segment.p_vaddr;
  if (inSegment >= BigInt(segment.p_filesz)) return undefined;
  return segment.p_offset + Number(inSegment);
}
