/**
 * Symbol tables: `.symtab` and `.dynsym`.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_sym and elf32_sym; the generic ABI, "Symbol Table", for
 * section indexes past 0xff00, which are in a table of their own (SHT_SYMTAB_SHNDX).
 */

import {
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  type SHT_DYNSYM,
  SHT_STRTAB,
  type SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
} from './constants.js';
import type { ElfEncoding } from './cursor.js';
import { toSafeNumber, viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import { sizesOf } from './header.js';
import type { ElfSection } from './section.js';
import { describeSection, entryCount, linkedSectionOf } from './section.js';
import { StringTable } from './string-table.js';

/** A symbol. */
export interface ElfSymbol {
  /** Symbol index in its table. */
  readonly index: number;
  /**
   * @throws {@link ElfError} `ELF_BAD_STRING`, `ELF_NAME_TOO_LONG`
   */
  readonly name: string;
  /**
   * In a relocatable object the offset in its section, otherwise an address (see {@link ElfSymbol.address}).
   *
   * @throws {@link ElfError} `ELF_UNSAFE_INTEGER` if it is over 2^53 - 1, as in a kernel image
   */
  readonly value: number;
  /** The same as a bigint, whatever its size. */
  readonly address: bigint;
  /**
   * Bytes.
   *
   * @throws {@link ElfError} `ELF_UNSAFE_INTEGER` if it is over 2^53 - 1
   */
  readonly size: number;
  /** STB_*. */
  readonly binding: number;
  /** STT_*. */
  readonly type: number;
  /** STV_*. */
  readonly visibility: number;
  /**
   * Index of the section it belongs to, extended numbering resolved; or SHN_UNDEF, SHN_ABS or SHN_COMMON. Only in a file
   * of more than 65,280 sections can a section's own index look like one of those: there, ask `st_shndx`.
   */
  readonly sectionIndex: number;
  /** The section index as stored. */
  readonly st_shndx: number;
}

/** The size of a symbol and the offsets of its fields, in bytes; `st_name` is first. */
export interface ElfSymbolLayout {
  readonly size: number;
  readonly value: number;
  readonly valueSize: number;
  readonly info: number;
  readonly other: number;
  readonly sectionIndex: number;
}

const LAYOUT_32: ElfSymbolLayout = {
  size: 16,
  value: 4,
  valueSize: 8,
  info: 12,
  other: 13,
  sectionIndex: 14,
};
const LAYOUT_64: ElfSymbolLayout = {
  size: 24,
  value: 8,
  valueSize: 16,
  info: 4,
  other: 5,
  sectionIndex: 6,
};

const STRING_TABLES: ReadonlyMap<number, string> = new Map([[SHT_STRTAB, 'SHT_STRTAB']]);

class SymbolRecord implements ElfSymbol {
  readonly index: number;
  readonly binding: number;
  readonly type: number;
  readonly visibility: number;
  readonly sectionIndex: number;
  readonly st_shndx: number;
  readonly #table: SymbolTable;
  #name: string | undefined;

  constructor(table: SymbolTable, index: number) {
    const info = table.info(index);
    this.index = index;
    this.binding = info >>> 4;
    this.type = info & 0xf;
    this.visibility = table.other(index) & 3;
    this.st_shndx = table.rawSectionIndex(index);
    this.sectionIndex = table.sectionIndex(index);
    this.#table = table;
  }

  get name(): string {
    this.#name ??= this.#table.name(this.index);
    return this.#name;
  }

  get value(): number {
    return toSafeNumber(this.address, this.#subject('st_value'), this.#table.offsetOf(this.index));
  }

  get address(): bigint {
    return this.#table.address(this.index);
  }

  get size(): number {
    const size = this.#table.sizeOf(this.index);
    return toSafeNumber(size, this.#subject('st_size'), this.#table.offsetOf(this.index));
  }

  #subject(field: string): string {
    return `${this.#table.describe(this.index)} ${field}`;
  }
}

/**
 * A symbol table. Symbols become objects when asked for; the methods that take an index read one field and make none.
 * An index must be less than {@link SymbolTable.count}.
 */
export class SymbolTable {
  /** The section it is: SHT_SYMTAB or SHT_DYNSYM. */
  readonly section: ElfSection;
  /** Number of symbols, the null symbol included. */
  readonly count: number;
  readonly strings: StringTable;
  readonly littleEndian: boolean;
  /** Where in each symbol its fields are. */
  readonly layout: ElfSymbolLayout;
  /** The bytes of all symbols. */
  readonly view: DataView;
  private readonly is64: boolean;
  private readonly sectionCount: number;
  private readonly extended: DataView | undefined;
  private list: readonly ElfSymbol[] | undefined;

  /** @internal */
  constructor(section: ElfSection, sections: readonly ElfSection[], encoding: ElfEncoding) {
    this.section = section;
    this.is64 = encoding.is64;
    this.littleEndian = encoding.littleEndian;
    this.layout = encoding.is64 ? LAYOUT_64 : LAYOUT_32;
    this.count = entryCount(section, sizesOf(encoding.is64).symbol);
    this.view = viewOf(section.data);
    this.strings = openStrings(sections, section);
    this.sectionCount = sections.length;
    this.extended = openExtended(sections, section, this.count);
  }

  /** All symbols, index = symbol index; made at the first access. */
  get symbols(): readonly ElfSymbol[] {
    this.list ??= Array.from({ length: this.count }, (_, index) => this.at(index));
    return this.list;
  }

  /** One symbol, as an object. */
  at(index: number): ElfSymbol {
    return this.list?.[index] ?? new SymbolRecord(this, index);
  }

  /** Offset of the name in {@link SymbolTable.strings}. */
  nameOffset(index: number): number {
    return this.view.getUint32(index * this.layout.size, this.littleEndian);
  }

  name(index: number): string {
    return this.strings.at(this.nameOffset(index), () => ({
      subject: this.describe(index),
      offset: this.offsetOf(index),
    }));
  }

  /** `st_info`: binding in the upper four bits, type in the lower. */
  info(index: number): number {
    return this.view.getUint8(index * this.layout.size + this.layout.info);
  }

  /** `st_other`: visibility in the lowest two bits. */
  other(index: number): number {
    return this.view.getUint8(index * this.layout.size + this.layout.other);
  }

  /** `st_value`. */
  address(index: number): bigint {
    return this.word(index * this.layout.size + this.layout.value);
  }

  /** `st_size`. */
  sizeOf(index: number): bigint {
    return this.word(index * this.layout.size + this.layout.valueSize);
  }

  /** `st_shndx` as stored. */
  rawSectionIndex(index: number): number {
    const at = index * this.layout.size + this.layout.sectionIndex;
    return this.view.getUint16(at, this.littleEndian);
  }

  /**
   * The section a symbol belongs to, extended numbering resolved.
   *
   * @throws {@link ElfError} `ELF_BAD_SECTION_INDEX` if there is no such section
   */
  sectionIndex(index: number): number {
    const raw = this.rawSectionIndex(index);
    if (raw >= SHN_LORESERVE && raw !== SHN_XINDEX) return raw;
    const resolved =
      raw === SHN_XINDEX ? this.extended?.getUint32(index * 4, this.littleEndian) : raw;
    if (resolved !== undefined && resolved < this.sectionCount) return resolved;
    throw new ElfError({
      code: 'ELF_BAD_SECTION_INDEX',
      offset: this.offsetOf(index),
      subject: `${this.describe(index)} st_shndx`,
      found: resolved ?? 'SHN_XINDEX without a SHT_SYMTAB_SHNDX section',
      expected: `less than ${this.sectionCount}`,
    });
  }

  /** Where in the file the symbol is, for messages. */
  offsetOf(index: number): number {
    return this.section.sh_offset + index * this.layout.size;
  }

  /** How messages name a symbol. */
  describe(index: number): string {
    return `symbol ${index} of ${describeSection(this.section)}`;
  }

  private word(at: number): bigint {
    return this.is64
      ? this.view.getBigUint64(at, this.littleEndian)
      : BigInt(this.view.getUint32(at, this.littleEndian));
  }
}

function openStrings(sections: readonly ElfSection[], section: ElfSection): StringTable {
  const strings = linkedSectionOf(sections, section, STRING_TABLES);
  return new StringTable(strings.data, strings.sh_offset, describeSection(strings));
}

function openExtended(
  sections: readonly ElfSection[],
  symbols: ElfSection,
  count: number,
): DataView | undefined {
  const section = sections.find(
    (candidate) => candidate.sh_type === SHT_SYMTAB_SHNDX && candidate.sh_link === symbols.index,
  );
  if (section === undefined) return undefined;
  const found = entryCount(section, 4);
  if (found !== count) {
    throw new ElfError({
      code: 'ELF_BAD_SIZE',
      offset: section.headerOffset,
      subject: `${describeSection(section)} sh_size`,
      found: `${found} entries`,
      expected: `${count}, one for each symbol of ${describeSection(symbols)}`,
    });
  }
  return viewOf(section.data);
}

/** The table in the only section of type SHT_SYMTAB or SHT_DYNSYM; undefined if there is none. */
export function openSymbolTable(
  sections: readonly ElfSection[],
  encoding: ElfEncoding,
  type: typeof SHT_SYMTAB | typeof SHT_DYNSYM,
): SymbolTable | undefined {
  const [section, second] = sections.filter((candidate) => candidate.sh_type === type);
  if (second !== undefined) {
    throw new ElfError({
      code: 'ELF_DUPLICATE_SYMBOL_TABLE',
      offset: second.headerOffset,
      subject: describeSection(second),
      found: `sh_type ${type} as in ${describeSection(section!)}`,
      expected: 'one section of this type',
    });
  }
  return section && new SymbolTable(section, sections, encoding);
}

/** Whether a symbol is defined in this file, in a section of it. */
export function isDefined(symbol: ElfSymbol): boolean {
  return (
    symbol.st_shndx !== SHN_UNDEF &&
    (symbol.st_shndx < SHN_LORESERVE || symbol.st_shndx === SHN_XINDEX)
  );
}
