/**
 * Relocations: SHT_REL and SHT_RELA sections.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_rel, elf64_rela and their 32-bit forms. Left out: the
 * three-type `r_info` of 64-bit little-endian MIPS.
 */

import { SHT_DYNSYM, SHT_REL, SHT_RELA, SHT_SYMTAB } from './constants.js';
import { toSafeNumber, unsafeInteger, viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import { sizesOf } from './header.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSection } from './section.js';
import { describeSection, entryCount, linkedSectionOf } from './section.js';

const SYMBOL_TABLES: ReadonlyMap<number, string> = new Map([
  [SHT_SYMTAB, 'SHT_SYMTAB'],
  [SHT_DYNSYM, 'SHT_DYNSYM'],
]);

/** One relocation. */
export interface ElfRelocation {
  /** In a relocatable object a byte offset in the section that `sh_info` names, otherwise an address. */
  readonly offset: number;
  /** R_BPF_* or the type of another machine. */
  readonly type: number;
  /** Index in the symbol table that `sh_link` names; 0 if no symbol is used. */
  readonly symbolIndex: number;
  /** The addend of SHT_RELA; 0 for SHT_REL, whose addend is in the place to be relocated. */
  readonly addend: number;
}

/**
 * The relocations in a section, in file order.
 *
 * @param section - of type SHT_REL or SHT_RELA
 * @throws {@link ElfError} `ELF_BAD_SECTION_TYPE` for another type; `ELF_BAD_ENTRY_SIZE`, `ELF_BAD_SIZE`,
 *   `ELF_BAD_SECTION_INDEX`, `ELF_BAD_SYMBOL_INDEX`, `ELF_UNSAFE_INTEGER`
 */
export function readRelocations(elf: ElfFile, section: ElfSection): readonly ElfRelocation[] {
  const { is64, littleEndian } = elf;
  const rela = isRela(section);
  const size = rela ? sizesOf(is64).rela : sizesOf(is64).rel;
  const count = entryCount(section, size);
  const symbolCount = countSymbols(elf, section);
  const view = viewOf(section.data);
  const relocations: ElfRelocation[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * size;
    const place = section.sh_offset + at;
    const describe = (): string => `relocation ${index} of ${describeSection(section)}`;
    let offset: number;
    let type: number;
    let symbolIndex: number;
    let addend = 0;
    if (is64) {
      offset = safeUint64(view, at, littleEndian, () => `${describe()} r_offset`, place);
      const info = at + 8;
      type = view.getUint32(littleEndian ? info : info + 4, littleEndian);
      symbolIndex = view.getUint32(littleEndian ? info + 4 : info, littleEndian);
      if (rela) {
        const value = view.getBigInt64(at + 16, littleEndian);
        addend = toSafeNumber(value, `${describe()} r_addend`, place + 16);
      }
    } else {
      offset = view.getUint32(at, littleEndian);
      const info = view.getUint32(at + 4, littleEndian);
      type = info & 0xff;
      symbolIndex = info >>> 8;
      if (rela) addend = view.getInt32(at + 8, littleEndian);
    }
    if (symbolIndex >= symbolCount) {
      throw new ElfError({
        code: 'ELF_BAD_SYMBOL_INDEX',
        offset: place,
        subject: describe(),
        found: symbolIndex,
        expected: `less than ${symbolCount}`,
      });
    }
    relocations.push({ offset, type, symbolIndex, addend });
  }
  return relocations;
}

function isRela(section: ElfSection): boolean {
  if (section.sh_type === SHT_RELA) return true;
  if (section.sh_type === SHT_REL) return false;
  throw new ElfError({
    code: 'ELF_BAD_SECTION_TYPE',
    offset: section.headerOffset,
    subject: describeSection(section),
    found: `sh_type ${section.sh_type}`,
    expected: `${SHT_REL} (SHT_REL) or ${SHT_RELA} (SHT_RELA)`,
  });
}

/** Number of symbols that relocations may refer to; without a symbol table only 0, which is no symbol. */
function countSymbols(elf: ElfFile, section: ElfSection): number {
  if (section.sh_link === 0) return 1;
  const table = linkedSectionOf(elf.sections, section, SYMBOL_TABLES);
  return entryCount(table, sizesOf(elf.is64).symbol);
}

/** A 64-bit offset read as two halves: a bigint for each of many relocations costs twice as much. */
function safeUint64(
  view: DataView,
  at: number,
  littleEndian: boolean,
  subject: () => string,
  fileOffset: number,
): number {
  const low = view.getUint32(littleEndian ? at : at + 4, littleEndian);
  const high = view.getUint32(littleEndian ? at + 4 : at, littleEndian);
  if (high >= 0x20_0000) {
    throw unsafeInteger(subject(), fileOffset, view.getBigUint64(at, littleEndian));
  }
  return high * 0x1_0000_0000 + low;
}
