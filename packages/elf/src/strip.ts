/**
 * A relocatable object without some of its sections.
 *
 * What is kept is kept byte for byte; only numbers that refer to sections or symbols change, because both are numbered
 * anew: `sh_link` and `sh_info`, the section of a symbol, the symbol of a relocation, the members of a section group, the
 * list of address-significant symbols. Example: dropping section 3 of 5 turns `sh_link` 4 into 3, and if symbol 7 was its
 * section symbol, relocations against symbol 9 become relocations against symbol 8.
 *
 * With a section go the relocations that apply to it and the symbols in it. What makes it hard is that something kept may
 * need what goes: a relocation of `.text` against a string in a dropped `.rodata` cannot be kept and cannot be dropped, so
 * that is refused.
 *
 * The sections stay in the order they have in the file, each at an offset as aligned as it was; the section headers are
 * last. So the result is never longer than the object, and stripping it again changes nothing.
 *
 * Learned from LLVM's llvm-strip -g for which sections and symbols are debug information. Left out: executables, whose
 * segments fix their layout.
 */

import { ET_REL, SHF_ALLOC, STT_FILE } from './constants.js';
import { ElfError } from './errors.js';
import type { ElfSource } from './image.js';
import type { ElfFile } from './read-elf.js';
import { readElf } from './read-elf.js';
import type { ElfSection } from './section.js';
import { planStrip } from './strip-plan.js';
import { writeStripped } from './strip-write.js';
import type { ElfSymbol } from './symbol-table.js';

/** What else {@link stripSections} drops. */
export interface StripOptions {
  /** Whether to drop a symbol that is in no dropped section; none by default. One that a kept relocation uses stays. */
  readonly dropSymbol?: (symbol: ElfSymbol) => boolean;
}

/**
 * A copy of a relocatable object without the sections that `drop` returns true for.
 *
 * @param input - the object; if its bytes are given, it is read first
 * @param drop - is not asked about the null section, the section names and the extended section indexes of symbols, which go with
 *   their symbol table; relocations of a dropped section go with it, whatever it says
 * @throws {@link ElfError} `ELF_NOT_RELOCATABLE` for an executable or shared library; `ELF_SECTION_IN_USE` if something
 *   that is kept refers to something that is dropped; others if the object is malformed
 */
export function stripSections(
  input: Uint8Array | ElfSource | ElfFile,
  drop: (section: ElfSection) => boolean,
  options: StripOptions = {},
): Uint8Array {
  const elf = 'sections' in input ? input : readElf(input);
  if (elf.header.e_type !== ET_REL || elf.header.e_phnum !== 0) {
    throw new ElfError({
      code: 'ELF_NOT_RELOCATABLE',
      offset: 16,
      subject: 'ELF header e_type',
      found: `${elf.header.e_type} and ${elf.header.e_phnum} program headers`,
      expected: '1 (ET_REL) and none',
    });
  }
  return writeStripped(elf, planStrip(elf, drop, options));
}

/**
 * A copy of a relocatable object without DWARF: its sections, their relocations and symbols, and the names of source
 * files. `.BTF`, `.BTF.ext`, their relocations and all that runs stay, as with `llvm-strip -g`.
 *
 * @throws as {@link stripSections}
 */
export function stripDebug(input: Uint8Array | ElfSource | ElfFile): Uint8Array {
  return stripSections(input, isDebugSection, { dropSymbol: ({ type }) => type === STT_FILE });
}

/** Whether a section holds debug information that nothing needs to run: `.debug_info`, `.zdebug_line`, `.gdb_index`. */
export function isDebugSection({ name, sh_flags }: ElfSection): boolean {
  return (sh_flags & SHF_ALLOC) === 0 && (/^\.z?debug/.test(name) || name === '.gdb_index');
}
