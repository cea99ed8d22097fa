// Where the numbers of an ELF file are: what a mutator should change to get past the first check, and what a test sets to
// 0, -1 and huge.

import {
  type ElfFile,
  type ElfSection,
  readElf,
  SHF_COMPRESSED,
  SHT_DYNSYM,
  SHT_GNU_VERDEF,
  SHT_GNU_VERNEED,
  SHT_GNU_VERSYM,
  SHT_GROUP,
  SHT_NOTE,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from '../src/index.js';

/** A number in the file. */
export interface ElfField {
  /** `section 3 sh_size`. */
  readonly name: string;
  readonly offset: number;
  /** Bytes: 1, 2, 4 or 8. */
  readonly size: number;
}

type Shape = readonly (readonly [name: string, size: number])[];
type Shapes = Record<
  'header' | 'section' | 'segment' | 'symbol' | 'rel' | 'rela' | 'compression',
  Shape
>;

/** Entries of a table that are listed: a mutator needs no more to reach all code. */
const MOST_ENTRIES = 64;

/** All fields of the headers and the first ones of every table. */
export function listElfFields(bytes: Uint8Array): ElfField[] {
  const elf = readElf(bytes);
  const { header } = elf;
  const shapes = shapesOf(elf.is64);
  const fields = [...layOut('ELF header', 0, shapes.header)];
  for (const section of elf.sections) {
    fields.push(...layOut(`section ${section.index}`, section.headerOffset, shapes.section));
  }
  for (const { index } of elf.segments) {
    const offset = header.e_phoff + index * header.e_phentsize;
    fields.push(...layOut(`program header ${index}`, offset, shapes.segment));
  }
  for (const section of elf.sections) fields.push(...listEntries(section, shapes));
  return fields;
}

function listEntries(section: ElfSection, shapes: Shapes): ElfField[] {
  const shape = shapeOfEntries(section, shapes);
  if (shape === undefined) return [];
  const size = shape.reduce((sum, [, width]) => sum + width, 0);
  const once = section.sh_type === SHT_NOTE || (section.sh_flags & SHF_COMPRESSED) !== 0;
  const count = once ? 1 : Math.min(Math.floor(section.data.length / size), MOST_ENTRIES);
  return Array.from({ length: count }, (_, index) => [
    ...layOut(`section ${section.index} entry ${index}`, section.sh_offset + index * size, shape),
  ]).flat();
}

function shapeOfEntries(section: ElfSection, shapes: Shapes): Shape | undefined {
  if ((section.sh_flags & SHF_COMPRESSED) !== 0) return shapes.compression;
  switch (section.sh_type) {
    case SHT_SYMTAB:
    case SHT_DYNSYM:
      return shapes.symbol;
    case SHT_REL:
      return shapes.rel;
    case SHT_RELA:
      return shapes.rela;
    case SHT_NOTE:
      return [
        ['n_namesz', 4],
        ['n_descsz', 4],
        ['n_type', 4],
      ];
    case SHT_GROUP:
    case SHT_SYMTAB_SHNDX:
    case SHT_GNU_VERDEF:
    case SHT_GNU_VERNEED:
      return [['word', 4]];
    case SHT_GNU_VERSYM:
      return [['half', 2]];
    default:
      return undefined;
  }
}

function* layOut(owner: string, offset: number, shape: Shape): Generator<ElfField> {
  let at = offset;
  for (const [name, size] of shape) {
    if (name !== '') yield { name: `${owner} ${name}`, offset: at, size };
    at += size;
  }
}

function shapesOf(is64: boolean): Shapes {
  const word = is64 ? 8 : 4;
  return {
    header: [
      ['EI_MAG', 4],
      ['EI_CLASS', 1],
      ['EI_DATA', 1],
      ['EI_VERSION', 1],
      ['', 9],
      ['e_type', 2],
      ['e_machine', 2],
      ['e_version', 4],
      ['e_entry', word],
      ['e_phoff', word],
      ['e_shoff', word],
      ['e_flags', 4],
      ['e_ehsize', 2],
      ['e_phentsize', 2],
      ['e_phnum', 2],
      ['e_shentsize', 2],
      ['e_shnum', 2],
      ['e_shstrndx', 2],
    ],
    section: [
      ['sh_name', 4],
      ['sh_type', 4],
      ['sh_flags', word],
      ['sh_addr', word],
      ['sh_offset', word],
      ['sh_size', word],
      ['sh_link', 4],
      ['sh_info', 4],
      ['sh_addralign', word],
      ['sh_entsize', word],
    ],
    segment: is64
      ? [
          ['p_type', 4],
          ['p_flags', 4],
          ['p_offset', 8],
          ['p_vaddr', 8],
          ['p_paddr', 8],
          ['p_filesz', 8],
          ['p_memsz', 8],
          ['p_align', 8],
        ]
      : [
          ['p_type', 4],
          ['p_offset', 4],
          ['p_vaddr', 4],
          ['p_paddr', 4],
          ['p_filesz', 4],
          ['p_memsz', 4],
          ['p_flags', 4],
          ['p_align', 4],
        ],
    symbol: is64
      ? [
          ['st_name', 4],
          ['st_info', 1],
          ['st_other', 1],
          ['st_shndx', 2],
          ['st_value', 8],
          ['st_size', 8],
        ]
      : [
          ['st_name', 4],
          ['st_value', 4],
          ['st_size', 4],
          ['st_info', 1],
          ['st_other', 1],
          ['st_shndx', 2],
        ],
    rel: [
      ['r_offset', word],
      ['r_info', word],
    ],
    rela: [
      ['r_offset', word],
      ['r_info', word],
      ['r_addend', word],
    ],
    compression: [
      ['ch_type', 4],
      ['', is64 ? 4 : 0],
      ['ch_size', word],
      ['ch_addralign', word],
    ],
  };
}

/** Writes the low bytes of `value` into a field. */
export function writeField(
  bytes: Uint8Array,
  { offset, size }: Pick<ElfField, 'offset' | 'size'>,
  value: bigint,
  littleEndian: boolean,
): void {
  for (let index = 0; index < size; index++) {
    const at = littleEndian ? offset + index : offset + size - 1 - index;
    if (at < bytes.length) bytes[at] = Number((value >> BigInt(index * 8)) & 0xffn);
  }
}

/** Reads a field. */
export function readField(
  bytes: Uint8Array,
  { offset, size }: Pick<ElfField, 'offset' | 'size'>,
  littleEndian: boolean,
): bigint {
  let value = 0n;
  for (let index = 0; index < size; index++) {
    const at = littleEndian ? offset + size - 1 - index : offset + index;
    value = (value << 8n) | BigInt(bytes[at] ?? 0);
  }
  return value;
}

/** The field of a name. */
export function fieldNamed(bytes: Uint8Array, name: string): ElfField {
  const found = listElfFields(bytes).find((field) => field.name === name);
  if (found === undefined) throw new RangeError(`no field ${name}`);
  return found;
}

/** A section by name, which must be there. */
export function sectionNamed(elf: ElfFile, name: string): ElfSection {
  const section = elf.section(name);
  if (section === undefined) throw new RangeError(`no section ${name}`);
  return section;
}
