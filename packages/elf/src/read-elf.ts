/**
 * ELF files: relocatable objects, executables and shared libraries.
 *
 * Reading checks the header, every section header and program header and their ranges; symbols, strings, relocations and
 * notes are read, and checked, when they are asked for.
 */

import { SHT_DYNSYM, SHT_SYMTAB } from './constants.js';
import type { ElfHeader } from './header.js';
import { readEncoding, readHeader } from './header.js';
import type { ElfSource } from './image.js';
import { Image } from './image.js';
import { checkOverlap } from './overlap.js';
import type { ElfSection } from './section.js';
import { readSections, resolveHeader } from './section.js';
import type { ElfSegment } from './segment.js';
import { readSegments } from './segment.js';
import type { ElfSymbol, SymbolTable } from './symbol-table.js';
import { openSymbolTable } from './symbol-table.js';

/** An ELF file. */
export interface ElfFile {
  /** The whole file: the bytes it was read from. From an {@link ElfSource} this reads all of it. */
  readonly bytes: Uint8Array;
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly header: ElfHeader;
  /** Index = section index; 0 is the null section. Empty if the file has no section headers. */
  readonly sections: readonly ElfSection[];
  /** The program headers; none in a relocatable object. */
  readonly segments: readonly ElfSegment[];
  /** `.symtab`; undefined if there is none. */
  readonly symbolTable: SymbolTable | undefined;
  /** `.dynsym`; undefined if there is none. */
  readonly dynamicSymbolTable: SymbolTable | undefined;
  /** The symbols of `.symtab`, index = symbol index; made at the first access, none if there is no table. */
  readonly symbols: readonly ElfSymbol[];
  /** The symbols of `.dynsym`, likewise. */
  readonly dynamicSymbols: readonly ElfSymbol[];
  /** The first section of that name. */
  section(name: string): ElfSection | undefined;
  /**
   * Some bytes of the file: a view if it is in memory.
   *
   * @throws {@link ElfError} `ELF_TRUNCATED` if they pass the end of the file
   */
  range(offset: number, length: number): Uint8Array;
}

/**
 * Reads an ELF file.
 *
 * @param input - the bytes, which are kept and not copied; or a way to read parts of a large file
 * @throws {@link ElfError} if the file is not ELF, is cut short, or contradicts itself
 * @see linux/include/uapi/linux/elf.h
 */
export function readElf(input: Uint8Array | ElfSource): ElfFile {
  const image = new Image(input);
  const encoding = readEncoding(image);
  const header = resolveHeader(image, encoding, readHeader(image, encoding));
  const sections = readSections(image, encoding, header);
  const segments = readSegments(image, encoding, header);
  checkOverlap(header, sections);
  return new OpenElf(image, encoding.is64, encoding.littleEndian, header, sections, segments);
}

class OpenElf implements ElfFile {
  readonly is64: boolean;
  readonly littleEndian: boolean;
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
  readonly #image: Image;
  #byName: Map<string, ElfSection> | undefined;
  #tables = new Map<number, SymbolTable | undefined>();

  constructor(
    image: Image,
    is64: boolean,
    littleEndian: boolean,
    header: ElfHeader,
    sections: readonly ElfSection[],
    segments: readonly ElfSegment[],
  ) {
    this.#image = image;
    this.is64 = is64;
    this.littleEndian = littleEndian;
    this.header = header;
    this.sections = sections;
    this.segments = segments;
  }

  get bytes(): Uint8Array {
    return this.#image.bytes;
  }

  get symbolTable(): SymbolTable | undefined {
    return this.#table(SHT_SYMTAB);
  }

  get dynamicSymbolTable(): SymbolTable | undefined {
    return this.#table(SHT_DYNSYM);
  }

  get symbols(): readonly ElfSymbol[] {
    return this.symbolTable?.symbols ?? [];
  }

  get dynamicSymbols(): readonly ElfSymbol[] {
    return this.dynamicSymbolTable?.symbols ?? [];
  }

  section(name: string): ElfSection | undefined {
    if (this.#byName === undefined) {
      this.#byName = new Map();
      for (const section of this.sections) {
        if (!this.#byName.has(section.name)) this.#byName.set(section.name, section);
      }
    }
    return this.#byName.get(name);
  }

  range(offset: number, length: number): Uint8Array {
    return this.#image.range(offset, length, 'range');
  }

  #table(type: typeof SHT_SYMTAB | typeof SHT_DYNSYM): SymbolTable | undefined {
    if (!this.#tables.has(type)) this.#tables.set(type, openSymbolTable(this.sections, this, type));
    return this.#tables.get(type);
  }
}
