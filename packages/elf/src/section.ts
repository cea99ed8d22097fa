/**
 * The section headers, their names and contents.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_shdr, and the generic ABI, "Sections", for extended
 * numbering: a file with 0xff00 sections or more keeps their number in `sh_size` of section 0, the index of the section
 * names in its `sh_link` and the number of program headers in its `sh_info`.
 */

import { PN_XNUM, SHN_UNDEF, SHN_XINDEX, SHT_NOBITS, SHT_NULL, SHT_STRTAB } from './constants.js';
import type { ElfEncoding } from './cursor.js';
import { Cursor } from './cursor.js';
import { ElfError, hex } from './errors.js';
import type { ElfHeader } from './header.js';
import { headerFieldOffset, sizesOf } from './header.js';
import type { Image } from './image.js';
import { StringTable } from './string-table.js';

/** A section; fields of the header as the kernel spells them. */
export interface ElfSection {
  /** Section index. */
  readonly index: number;
  readonly name: string;
  /** Byte offset in the file of the section header, for messages. */
  readonly headerOffset: number;
  readonly sh_name: number;
  readonly sh_type: number;
  readonly sh_flags: number;
  /** Address in memory; 0 in a relocatable object. */
  readonly sh_addr: bigint;
  readonly sh_offset: number;
  readonly sh_size: number;
  readonly sh_link: number;
  readonly sh_info: number;
  readonly sh_addralign: number;
  readonly sh_entsize: number;
  /** The contents as they are in the file, a view; empty for SHT_NOBITS. A compressed section stays compressed. */
  readonly data: Uint8Array;
}

/** A section header without its name. */
type SectionFields = Omit<ElfSection, 'data' | 'name'>;

class SectionRecord implements ElfSection {
  readonly index: number;
  readonly name: string;
  readonly headerOffset: number;
  readonly sh_name: number;
  readonly sh_type: number;
  readonly sh_flags: number;
  readonly sh_addr: bigint;
  readonly sh_offset: number;
  readonly sh_size: number;
  readonly sh_link: number;
  readonly sh_info: number;
  readonly sh_addralign: number;
  readonly sh_entsize: number;
  readonly #image: Image;
  #data: Uint8Array | undefined;

  constructor(fields: SectionFields, name: string, image: Image) {
    this.index = fields.index;
    this.name = name;
    this.headerOffset = fields.headerOffset;
    this.sh_name = fields.sh_name;
    this.sh_type = fields.sh_type;
    this.sh_flags = fields.sh_flags;
    this.sh_addr = fields.sh_addr;
    this.sh_offset = fields.sh_offset;
    this.sh_size = fields.sh_size;
    this.sh_link = fields.sh_link;
    this.sh_info = fields.sh_info;
    this.sh_addralign = fields.sh_addralign;
    this.sh_entsize = fields.sh_entsize;
    this.#image = image;
  }

  get data(): Uint8Array {
    this.#data ??= hasBytes(this)
      ? this.#image.range(this.sh_offset, this.sh_size, describeSection(this))
      : new Uint8Array(0);
    return this.#data;
  }
}

/** Whether the section occupies bytes of the file. */
export function hasBytes(section: Pick<ElfSection, 'sh_type' | 'sh_size'>): boolean {
  return section.sh_type !== SHT_NOBITS && section.sh_type !== SHT_NULL && section.sh_size > 0;
}

/** `section 3 (".text")`: how messages name a section. */
export function describeSection(section: Pick<ElfSection, 'index' | 'name'>): string {
  return `section ${section.index} (${JSON.stringify(section.name)})`;
}

/** Where the section headers are, and the header's counts with extended numbering resolved. */
export function resolveHeader(image: Image, encoding: ElfEncoding, header: ElfHeader): ElfHeader {
  if (header.e_shoff === 0) {
    checkNoSections(encoding, header);
    return header;
  }
  checkEntrySize(header.e_shentsize, encoding, 'e_shentsize');
  const extended =
    header.e_shnum === 0 || header.e_shstrndx === SHN_XINDEX || header.e_phnum === PN_XNUM;
  if (!extended) return header;
  const size = sizesOf(encoding.is64).section;
  const bytes = image.range(header.e_shoff, size, 'section 0 header');
  const first = readFields(bytes, encoding, header.e_shoff, 0);
  if (header.e_shnum === 0 && first.sh_size === 0) {
    throw new ElfError({
      code: 'ELF_BAD_HEADER',
      offset: headerFieldOffset(encoding.is64, 'e_shnum'),
      subject: 'ELF header e_shnum',
      found: '0, and sh_size of section 0 is 0',
      expected: 'the number of sections in one of them, because e_shoff is not 0',
    });
  }
  return {
    ...header,
    e_shnum: header.e_shnum === 0 ? first.sh_size : header.e_shnum,
    e_shstrndx: header.e_shstrndx === SHN_XINDEX ? first.sh_link : header.e_shstrndx,
    e_phnum: header.e_phnum === PN_XNUM ? first.sh_info : header.e_phnum,
  };
}

function checkNoSections({ is64 }: ElfEncoding, header: ElfHeader): void {
  for (const field of ['e_shnum', 'e_shstrndx'] as const) {
    if (header[field] === 0) continue;
    throw new ElfError({
      code: 'ELF_BAD_HEADER',
      offset: headerFieldOffset(is64, field),
      subject: `ELF header ${field}`,
      found: header[field],
      expected: '0, because e_shoff is 0',
    });
  }
}

/** Checks `e_shentsize` or `e_phentsize`. */
export function checkEntrySize(
  found: number,
  { is64 }: ElfEncoding,
  field: 'e_shentsize' | 'e_phentsize',
): void {
  const expected = field === 'e_shentsize' ? sizesOf(is64).section : sizesOf(is64).segment;
  if (found === expected) return;
  throw new ElfError({
    code: 'ELF_BAD_ENTRY_SIZE',
    offset: headerFieldOffset(is64, field),
    subject: `ELF header ${field}`,
    found,
    expected,
  });
}

/** All sections, their ranges checked against the file. */
export function readSections(image: Image, encoding: ElfEncoding, header: ElfHeader): ElfSection[] {
  const { e_shoff, e_shnum, e_shstrndx } = header;
  if (e_shoff === 0) return [];
  const { section: size } = sizesOf(encoding.is64);
  // Checked before anything is made for a count that may be forged.
  const table = image.range(e_shoff, e_shnum * size, `section headers (${e_shnum})`);
  const fields: SectionFields[] = [];
  for (let index = 0; index < e_shnum; index++) {
    const at = index * size;
    fields.push(readFields(table.subarray(at, at + size), encoding, e_shoff + at, index));
  }
  const names = openNames(image, encoding, fields, e_shstrndx);
  const sections: ElfSection[] = [];
  for (const field of fields) {
    const name = names?.at(field.sh_name, () => ({
      subject: `section ${field.index} sh_name`,
      offset: field.headerOffset,
    }));
    const section = new SectionRecord(field, name ?? '', image);
    checkSection(section, image.size);
    sections.push(section);
  }
  return sections;
}

/** @param bytes - the section header */
function readFields(
  bytes: Uint8Array,
  encoding: ElfEncoding,
  headerOffset: number,
  index: number,
): SectionFields {
  const cursor = new Cursor(bytes, encoding, headerOffset, `section ${index}`);
  return {
    index,
    headerOffset,
    sh_name: cursor.u32(),
    sh_type: cursor.u32(),
    sh_flags: cursor.word('sh_flags'),
    sh_addr: cursor.address(),
    sh_offset: cursor.word('sh_offset'),
    sh_size: cursor.word('sh_size'),
    sh_link: cursor.u32(),
    sh_info: cursor.u32(),
    sh_addralign: cursor.word('sh_addralign'),
    sh_entsize: cursor.word('sh_entsize'),
  };
}

function openNames(
  image: Image,
  { is64 }: ElfEncoding,
  fields: readonly SectionFields[],
  index: number,
): StringTable | undefined {
  if (index === SHN_UNDEF) return undefined;
  const offset = headerFieldOffset(is64, 'e_shstrndx');
  const section = fields[index];
  if (section === undefined) {
    throw new ElfError({
      code: 'ELF_BAD_SECTION_INDEX',
      offset,
      subject: 'ELF header e_shstrndx',
      found: index,
      expected: `less than ${fields.length}`,
    });
  }
  if (section.sh_type !== SHT_STRTAB) {
    throw new ElfError({
      code: 'ELF_BAD_SECTION_TYPE',
      offset,
      subject: 'ELF header e_shstrndx',
      found: `section ${index} of sh_type ${section.sh_type}`,
      expected: `${SHT_STRTAB} (SHT_STRTAB)`,
    });
  }
  const bytes = image.range(section.sh_offset, section.sh_size, `section ${index} (section names)`);
  return new StringTable(bytes, section.sh_offset, `section ${index} (section names)`);
}

function checkSection(section: ElfSection, fileSize: number): void {
  if (hasBytes(section) && section.sh_offset + section.sh_size > fileSize) {
    throw new ElfError({
      code: 'ELF_SECTION_OUT_OF_RANGE',
      offset: section.headerOffset,
      subject: describeSection(section),
      found: `${section.sh_size} bytes at ${hex(section.sh_offset)}`,
      expected: `at most ${fileSize} bytes in all`,
    });
  }
  const alignment = section.sh_addralign;
  if (alignment > 1 && !Number.isInteger(Math.log2(alignment))) {
    throw new ElfError({
      code: 'ELF_BAD_ALIGNMENT',
      offset: section.headerOffset,
      subject: `${describeSection(section)} sh_addralign`,
      found: hex(alignment),
      expected: 'a power of two',
    });
  }
}

/**
 * The section a `sh_link` or `sh_info` points to.
 *
 * @throws {@link ElfError} `ELF_BAD_SECTION_INDEX` if there is none
 */
export function linkedSection(
  sections: readonly ElfSection[],
  section: ElfSection,
  field: 'sh_link' | 'sh_info',
): ElfSection {
  const linked = sections[section[field]];
  if (linked !== undefined && linked.index !== SHN_UNDEF) return linked;
  throw new ElfError({
    code: 'ELF_BAD_SECTION_INDEX',
    offset: section.headerOffset,
    subject: `${describeSection(section)} ${field}`,
    found: section[field],
    expected: `1..${sections.length - 1}`,
  });
}

/**
 * The section that `sh_link` points to, which must be of one of these types.
 *
 * @param types - sh_type → its name
 * @throws {@link ElfError} `ELF_BAD_SECTION_INDEX`, `ELF_BAD_SECTION_TYPE`
 */
export function linkedSectionOf(
  sections: readonly ElfSection[],
  section: ElfSection,
  types: ReadonlyMap<number, string>,
): ElfSection {
  const linked = linkedSection(sections, section, 'sh_link');
  if (types.has(linked.sh_type)) return linked;
  throw new ElfError({
    code: 'ELF_BAD_SECTION_TYPE',
    offset: section.headerOffset,
    subject: `${describeSection(section)} sh_link`,
    found: `${describeSection(linked)} of sh_type ${linked.sh_type}`,
    expected: [...types].map(([type, name]) => `${type} (${name})`).join(' or '),
  });
}

/**
 * Number of entries of a section that is a table.
 *
 * @throws {@link ElfError} `ELF_BAD_ENTRY_SIZE`, `ELF_BAD_SIZE`
 */
export function entryCount(section: ElfSection, entrySize: number): number {
  if (section.sh_entsize !== entrySize) {
    throw new ElfError({
      code: 'ELF_BAD_ENTRY_SIZE',
      offset: section.headerOffset,
      subject: `${describeSection(section)} sh_entsize`,
      found: section.sh_entsize,
      expected: entrySize,
    });
  }
  const count = section.data.length / entrySize;
  if (Number.isInteger(count)) return count;
  throw new ElfError({
    code: 'ELF_BAD_SIZE',
    offset: section.headerOffset,
    subject: `${describeSection(section)} sh_size`,
    found: section.sh_size,
    expected: `a multiple of ${entrySize}`,
  });
}
