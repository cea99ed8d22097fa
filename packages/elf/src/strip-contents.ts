/**
 * The contents of the sections that refer to other sections and to symbols by number, numbered anew; all other contents
 * are what they were.
 */

import {
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_LLVM_ADDRSIG,
  SHT_RELA,
  SHT_SYMTAB_SHNDX,
} from './constants.js';
import { viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import { sizesOf } from './header.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSection } from './section.js';
import { describeSection } from './section.js';
import type { StripPlan } from './strip-plan.js';
import { DROPPED, groupMembers, isRelocations } from './strip-plan.js';
import type { SymbolTable } from './symbol-table.js';

/** What a section that stays holds in the result: the same view if nothing changes. */
export function renumberContents(elf: ElfFile, section: ElfSection, plan: StripPlan): Uint8Array {
  if (section.sh_type === SHT_GROUP) return renumberGroup(elf, section, plan);
  const table = elf.symbolTable;
  if (table === undefined) return section.data;
  if (section === table.section) return renumberSymbols(elf, table, plan);
  if (section.sh_link !== table.section.index) return section.data;
  if (section.sh_type === SHT_SYMTAB_SHNDX) return renumberExtended(elf, table, plan);
  if (section.sh_type === SHT_LLVM_ADDRSIG) return renumberSignificant(elf, section, plan);
  if (isRelocations(section)) return renumberRelocations(elf, section, plan);
  return section.data;
}

function renumberSymbols(elf: ElfFile, table: SymbolTable, plan: StripPlan): Uint8Array {
  const { size, sectionIndex } = table.layout;
  const kept = keptSymbols(plan);
  const bytes = new Uint8Array(kept.length * size);
  const view = viewOf(bytes);
  for (const [index, old] of kept.entries()) {
    bytes.set(table.section.data.subarray(old * size, (old + 1) * size), index * size);
    const raw = table.rawSectionIndex(old);
    if (raw >= SHN_LORESERVE && raw !== SHN_XINDEX) continue;
    // Only the null symbol can stay without its section, and should have had none.
    const section = Math.max(plan.sections[table.sectionIndex(old)]!, SHN_UNDEF);
    const stored = section < SHN_LORESERVE ? section : SHN_XINDEX;
    view.setUint16(index * size + sectionIndex, stored, elf.littleEndian);
  }
  return bytes;
}

/** The section indexes that did not fit into the symbols, 0 for those that did. */
function renumberExtended(elf: ElfFile, table: SymbolTable, plan: StripPlan): Uint8Array {
  const kept = keptSymbols(plan);
  const bytes = new Uint8Array(kept.length * 4);
  const view = viewOf(bytes);
  for (const [index, old] of kept.entries()) {
    if (table.rawSectionIndex(old) !== SHN_XINDEX) continue;
    const section = plan.sections[table.sectionIndex(old)]!;
    view.setUint32(index * 4, section < SHN_LORESERVE ? 0 : section, elf.littleEndian);
  }
  return bytes;
}

function keptSymbols(plan: StripPlan): number[] {
  return plan.symbols.flatMap((symbol, index) => (symbol === DROPPED ? [] : [index]));
}

/** `r_info` is symbol and type: 32 and 32 bits in ELF64, 24 and 8 in ELF32. The plan has checked the symbols. */
function renumberRelocations(elf: ElfFile, section: ElfSection, plan: StripPlan): Uint8Array {
  const { is64, littleEndian } = elf;
  const sizes = sizesOf(is64);
  const size = section.sh_type === SHT_RELA ? sizes.rela : sizes.rel;
  const bytes = section.data.slice();
  const view = viewOf(bytes);
  for (let at = 0; at < bytes.length; at += size) {
    if (is64) {
      const symbolAt = at + (littleEndian ? 12 : 8);
      const symbol = plan.symbols[view.getUint32(symbolAt, littleEndian)]!;
      view.setUint32(symbolAt, symbol, littleEndian);
    } else {
      const info = view.getUint32(at + 4, littleEndian);
      const symbol = plan.symbols[info >>> 8]!;
      view.setUint32(at + 4, ((symbol << 8) | (info & 0xff)) >>> 0, littleEndian);
    }
  }
  return bytes;
}

/** A word of flags, then the members. */
function renumberGroup(elf: ElfFile, section: ElfSection, plan: StripPlan): Uint8Array {
  const members = groupMembers(elf, section)
    .map((member) => plan.sections[member]!)
    .filter((member) => member !== DROPPED);
  const bytes = section.data.slice(0, 4 + members.length * 4);
  const view = viewOf(bytes);
  for (const [index, member] of members.entries()) {
    view.setUint32(4 + index * 4, member, elf.littleEndian);
  }
  return bytes;
}

/** Symbol indexes in ULEB128: seven bits a byte, the lowest first, the highest bit set in all but the last. */
function renumberSignificant(elf: ElfFile, section: ElfSection, plan: StripPlan): Uint8Array {
  const out: number[] = [];
  let value = 0;
  let weight = 1;
  for (const [at, byte] of section.data.entries()) {
    value += (byte & 0x7f) * weight;
    weight *= 0x80;
    const done = byte < 0x80;
    const endless = !done && (weight > 2 ** 32 || at + 1 === section.data.length);
    if (value >= plan.symbols.length || endless) {
      throw new ElfError({
        code: 'ELF_BAD_SYMBOL_INDEX',
        offset: section.sh_offset + at,
        subject: describeSection(section),
        found: endless ? 'a number without end' : value,
        expected: `less than ${elf.symbols.length}`,
      });
    }
    if (!done) continue;
    const symbol = plan.symbols[value]!;
    if (symbol !== DROPPED) pushUleb128(out, symbol);
    value = 0;
    weight = 1;
  }
  return Uint8Array.from(out);
}

function pushUleb128(out: number[], value: number): void {
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) out.push((left & 0x7f) | 0x80);
  out.push(left);
}
