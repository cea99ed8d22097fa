/**
 * Symbol versions of a shared library or executable.
 *
 * `.gnu.version` has a number for each dynamic symbol; `.gnu.version_d` names the numbers this file defines,
 * `.gnu.version_r` those it needs of others. Both are chains of records that say how far the next one is.
 *
 * Source of truth: the Linux Standard Base, "Symbol Versioning", and glibc's elf.h, Elf64_Verdef and Elf64_Verneed.
 */

import { SHT_DYNSYM, SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_GNU_VERSYM } from './constants.js';
import { viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSection } from './section.js';
import { describeSection, entryCount, linkedSection } from './section.js';
import { StringTable } from './string-table.js';

const VERSYM_HIDDEN = 0x8000;
/** Numbers below are no versions: 0 is local, 1 is global without one. */
const FIRST_VERSION = 2;
const VERDEF_SIZE = 20;
const VERDAUX_SIZE = 8;
const VERNEED_SIZE = 16;
const VERNAUX_SIZE = 16;

/** The version of a dynamic symbol. */
export interface ElfSymbolVersion {
  /** `GLIBC_2.34`. */
  readonly name: string;
  /** Set for `name@VERSION`, which is found only by whoever asks for it; clear for `name@@VERSION`, the default. */
  readonly hidden: boolean;
  /** The library that has to provide it: `libc.so.6`; undefined if this file defines it. */
  readonly file: string | undefined;
}

/** A version by its number. */
type Version = Omit<ElfSymbolVersion, 'hidden'>;

/** The versions of the dynamic symbols of one file. */
export interface ElfSymbolVersions {
  /** The version of a symbol of `.dynsym`; undefined if it has none. */
  of(symbolIndex: number): ElfSymbolVersion | undefined;
}

/**
 * The versions of the dynamic symbols; undefined if the file has none.
 *
 * @throws {@link ElfError} `ELF_BAD_VERSION_TABLE`, `ELF_BAD_ENTRY_SIZE`, `ELF_BAD_SIZE`, `ELF_BAD_SECTION_INDEX`,
 *   `ELF_BAD_STRING`
 */
export function readSymbolVersions(elf: ElfFile): ElfSymbolVersions | undefined {
  const versym = elf.sections.find(({ sh_type }) => sh_type === SHT_GNU_VERSYM);
  if (versym === undefined || elf.dynamicSymbolTable === undefined) return undefined;
  const symbols = linkedSection(elf.sections, versym, 'sh_link');
  const count = entryCount(versym, 2);
  if (symbols.sh_type !== SHT_DYNSYM || count !== elf.dynamicSymbolTable.count) {
    throw new ElfError({
      code: 'ELF_BAD_VERSION_TABLE',
      offset: versym.headerOffset,
      subject: describeSection(versym),
      found: `${count} entries for ${describeSection(symbols)}`,
      expected: `${elf.dynamicSymbolTable.count} entries for ${describeSection(elf.dynamicSymbolTable.section)}`,
    });
  }
  const versions = readVersions(elf);
  const view = viewOf(versym.data);
  return {
    of(symbolIndex) {
      const raw = view.getUint16(symbolIndex * 2, elf.littleEndian);
      const version = versions.get(raw & ~VERSYM_HIDDEN);
      return version && { ...version, hidden: (raw & VERSYM_HIDDEN) !== 0 };
    },
  };
}

/** Version number → version. */
function readVersions(elf: ElfFile): Map<number, Version> {
  const versions = new Map<number, Version>();
  for (const section of elf.sections) {
    if (section.sh_type === SHT_GNU_VERDEF) readDefinitions(elf, section, versions);
    if (section.sh_type === SHT_GNU_VERNEED) readNeeds(elf, section, versions);
  }
  return versions;
}

function readDefinitions(elf: ElfFile, section: ElfSection, versions: Map<number, Version>): void {
  if (section.data.length === 0) return;
  const chain = new Chain(elf, section);
  let at = 0;
  for (let next = -1; next !== 0; at += next) {
    chain.need(at, VERDEF_SIZE);
    const number = chain.u16(at + 4);
    // The first of the names is the version's; the others are versions it inherits from.
    if (number >= FIRST_VERSION && chain.u16(at + 6) > 0) {
      const aux = at + chain.u32(at + 12);
      chain.need(aux, VERDAUX_SIZE);
      versions.set(number, { name: chain.name(aux), file: undefined });
    }
    next = chain.u32(at + 16);
  }
}

function readNeeds(elf: ElfFile, section: ElfSection, versions: Map<number, Version>): void {
  if (section.data.length === 0) return;
  const chain = new Chain(elf, section);
  let at = 0;
  for (let next = -1; next !== 0; at += next) {
    chain.need(at, VERNEED_SIZE);
    const file = chain.name(at + 4);
    let aux = at + chain.u32(at + 8);
    for (let left = chain.u16(at + 2); left > 0; left--) {
      chain.need(aux, VERNAUX_SIZE);
      const number = chain.u16(aux + 6) & ~VERSYM_HIDDEN;
      if (number >= FIRST_VERSION) versions.set(number, { name: chain.name(aux + 8), file });
      aux += chain.u32(aux + 12);
    }
    next = chain.u32(at + 12);
  }
}

/** Reads records of a section that overlapping chains cannot make more of than it has room for. */
class Chain {
  private readonly view: DataView;
  private readonly strings: StringTable;
  private readonly section: ElfSection;
  private readonly littleEndian: boolean;
  private records = 0;

  constructor(elf: ElfFile, section: ElfSection) {
    const strings = linkedSection(elf.sections, section, 'sh_link');
    this.view = viewOf(section.data);
    this.strings = new StringTable(strings.data, strings.sh_offset, describeSection(strings));
    this.section = section;
    this.littleEndian = elf.littleEndian;
  }

  need(at: number, size: number): void {
    this.records++;
    if (at + size <= this.view.byteLength && this.records <= this.view.byteLength / VERDAUX_SIZE) {
      return;
    }
    throw new ElfError({
      code: 'ELF_BAD_VERSION_TABLE',
      offset: this.section.sh_offset + Math.min(at, this.view.byteLength),
      subject: `record ${this.records} of ${describeSection(this.section)}`,
      found: `${size} bytes at ${at}`,
      expected: `records inside the ${this.view.byteLength} bytes of the section`,
    });
  }

  u16(at: number): number {
    return this.view.getUint16(at, this.littleEndian);
  }

  u32(at: number): number {
    return this.view.getUint32(at, this.littleEndian);
  }

  /** The string whose offset is stored at `at`. */
  name(at: number): string {
    return this.strings.at(this.u32(at), () => ({
      subject: `version name in ${describeSection(this.section)}`,
      offset: this.section.sh_offset + at,
    }));
  }
}
