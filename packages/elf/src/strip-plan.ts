/**
 * Decides what goes and what stays, and numbers sections and symbols anew, for {@link stripSections}.
 */

import {
  SHF_INFO_LINK,
  SHN_LORESERVE,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_LLVM_ADDRSIG,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB_SHNDX,
} from './constants.js';
import { viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfFile } from './read-elf.js';
import { readRelocations } from './relocation.js';
import type { ElfSection } from './section.js';
import { describeSection, entryCount, linkedSection } from './section.js';
import type { StripOptions } from './strip.js';

/** In the numberings: this one is dropped. */
export const DROPPED: number = -1;

/** What {@link writeStripped} writes. */
export interface StripPlan {
  /** Old section index → new one, or {@link DROPPED}. */
  readonly sections: readonly number[];
  /** Old symbol index → new one, or {@link DROPPED}; empty if there is no symbol table. */
  readonly symbols: readonly number[];
  /** The sections that stay, in their order. */
  readonly kept: readonly ElfSection[];
  /** Old indexes of the sections that stay and whose group does not. */
  readonly ungrouped: ReadonlySet<number>;
}

/** Whether a section holds relocations. */
export function isRelocations({ sh_type }: ElfSection): boolean {
  return sh_type === SHT_REL || sh_type === SHT_RELA;
}

/** Whether `sh_info` of a section is a section index. */
export function infoIsSection(section: ElfSection): boolean {
  return isRelocations(section) || (section.sh_flags & SHF_INFO_LINK) !== 0;
}

/** The section indexes in a group, after its word of flags. */
export function groupMembers(elf: ElfFile, group: ElfSection): number[] {
  const count = entryCount(group, 4);
  const view = viewOf(group.data);
  const members: number[] = [];
  for (let index = 1; index < count; index++) {
    const member = view.getUint32(index * 4, elf.littleEndian);
    if (member === 0 || member >= elf.sections.length) {
      throw new ElfError({
        code: 'ELF_BAD_SECTION_INDEX',
        offset: group.sh_offset + index * 4,
        subject: `member ${index} of ${describeSection(group)}`,
        found: member,
        expected: `1..${elf.sections.length - 1}`,
      });
    }
    members.push(member);
  }
  return members;
}

/**
 * Asks `drop` and `dropSymbol`, adds what goes with what they drop, and checks that nothing kept needs it.
 *
 * @throws {@link ElfError} `ELF_SECTION_IN_USE`, and what the readers throw
 */
export function planStrip(
  elf: ElfFile,
  drop: (section: ElfSection) => boolean,
  options: StripOptions,
): StripPlan {
  const dropped = chooseSections(elf, drop);
  const kept = elf.sections.filter((section) => !dropped[section.index]);
  for (const section of kept) {
    if (section.index !== 0) checkLinks(elf, section, dropped);
  }
  const droppedSymbols = chooseSymbols(elf, kept, dropped, options);
  const ungrouped = new Set<number>();
  for (const section of elf.sections) {
    if (section.sh_type !== SHT_GROUP || !dropped[section.index]) continue;
    for (const member of groupMembers(elf, section)) ungrouped.add(member);
  }
  return { sections: renumber(dropped), symbols: renumber(droppedSymbols), kept, ungrouped };
}

function chooseSections(elf: ElfFile, drop: (section: ElfSection) => boolean): boolean[] {
  const { sections, header } = elf;
  const dropped = sections.map(
    (section) =>
      section.index !== 0 &&
      section.index !== header.e_shstrndx &&
      section.sh_type !== SHT_SYMTAB_SHNDX &&
      drop(section),
  );
  for (const section of sections) {
    if (isRelocations(section) && section.sh_info !== 0) {
      if (dropped[linkedSection(sections, section, 'sh_info').index]) dropped[section.index] = true;
    }
  }
  for (const section of sections) {
    if (isAboutNothing(elf, section, dropped)) dropped[section.index] = true;
  }
  return dropped;
}

/** A group whose members are all gone, and what belongs to a symbol table that is. */
function isAboutNothing(elf: ElfFile, section: ElfSection, dropped: readonly boolean[]): boolean {
  if (section.sh_type === SHT_GROUP) {
    const members = groupMembers(elf, section);
    return members.length > 0 && members.every((member) => dropped[member]);
  }
  const ofSymbols = section.sh_type === SHT_SYMTAB_SHNDX || section.sh_type === SHT_LLVM_ADDRSIG;
  return ofSymbols && dropped[section.sh_link] === true;
}

function checkLinks(elf: ElfFile, section: ElfSection, dropped: readonly boolean[]): void {
  const fields = infoIsSection(section)
    ? (['sh_link', 'sh_info'] as const)
    : (['sh_link'] as const);
  for (const field of fields) {
    if (section[field] === 0) continue;
    const target = linkedSection(elf.sections, section, field);
    if (dropped[target.index]) throw inUse(target, `${describeSection(section)} ${field}`);
  }
}

function chooseSymbols(
  elf: ElfFile,
  kept: readonly ElfSection[],
  dropped: readonly boolean[],
  { dropSymbol = () => false }: StripOptions,
): boolean[] {
  const table = elf.symbolTable;
  if (table === undefined || dropped[table.section.index]) return [];
  const used = usedSymbols(elf, kept, table.section);
  return elf.symbols.map((symbol) => {
    if (symbol.index === 0) return false;
    const user = used.get(symbol.index);
    const inSection = symbol.st_shndx < SHN_LORESERVE || symbol.st_shndx === SHN_XINDEX;
    if (inSection && dropped[symbol.sectionIndex]) {
      const section = elf.sections[symbol.sectionIndex]!;
      if (user !== undefined) throw inUse(section, `symbol ${symbol.index}, used by ${user}`);
      return true;
    }
    return user === undefined && dropSymbol(symbol);
  });
}

/** Symbol index → who needs it. */
function usedSymbols(
  elf: ElfFile,
  kept: readonly ElfSection[],
  table: ElfSection,
): Map<number, string> {
  const used = new Map<number, string>();
  for (const section of kept) {
    if (section.sh_link !== table.index) continue;
    if (isRelocations(section)) {
      const user = `a relocation of ${describeSection(section)}`;
      for (const { symbolIndex } of readRelocations(elf, section)) used.set(symbolIndex, user);
    } else if (section.sh_type === SHT_GROUP) {
      checkSignature(elf, section);
      used.set(section.sh_info, `the signature of ${describeSection(section)}`);
    }
  }
  return used;
}

function checkSignature(elf: ElfFile, group: ElfSection): void {
  if (group.sh_info < elf.symbols.length) return;
  throw new ElfError({
    code: 'ELF_BAD_SYMBOL_INDEX',
    offset: group.headerOffset,
    subject: `${describeSection(group)} sh_info`,
    found: group.sh_info,
    expected: `less than ${elf.symbols.length}`,
  });
}

function renumber(dropped: readonly boolean[]): number[] {
  let next = 0;
  return dropped.map((gone) => (gone ? DROPPED : next++));
}

function inUse(section: ElfSection, user: string): ElfError {
  return new ElfError({
    code: 'ELF_SECTION_IN_USE',
    offset: section.headerOffset,
    subject: describeSection(section),
    found: user,
    expected: 'nothing that refers to it',
  });
}
