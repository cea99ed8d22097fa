/**
 * No byte of a file belongs to two sections, or to a section and to the headers.
 *
 * No compiler or linker shares bytes. Whoever relocates or rewrites one section counts on not changing another; and
 * reading every section takes time in proportion to the file only if a byte is read once, not once for each of thousands
 * of forged headers.
 */

import { ElfError, hex } from './errors.js';
import type { ElfHeader } from './header.js';
import type { ElfSection } from './section.js';
import { describeSection, hasBytes } from './section.js';

interface Extent {
  readonly start: number;
  readonly end: number;
  readonly owner: ElfSection | string;
}

/**
 * Checks all sections against each other and the headers.
 *
 * @throws {@link ElfError} `ELF_SECTION_OVERLAP` with the offset of the first byte that two of them share
 */
export function checkOverlap(header: ElfHeader, sections: readonly ElfSection[]): void {
  const extents: Extent[] = [{ start: 0, end: header.e_ehsize, owner: 'the ELF header' }];
  if (header.e_shnum > 0) {
    const end = header.e_shoff + header.e_shnum * header.e_shentsize;
    extents.push({ start: header.e_shoff, end, owner: 'the section headers' });
  }
  for (const section of sections) {
    if (!hasBytes(section)) continue;
    const { sh_offset: start, sh_size } = section;
    extents.push({ start, end: start + sh_size, owner: section });
  }
  extents.sort((a, b) => a.start - b.start);
  for (let index = 1; index < extents.length; index++) {
    const [before, after] = [extents[index - 1]!, extents[index]!];
    if (after.start >= before.end) continue;
    throw new ElfError({
      code: 'ELF_SECTION_OVERLAP',
      offset: after.start,
      subject: describeOwner(after),
      found: `start at ${hex(after.start)} inside ${describeOwner(before)}`,
      expected: `${hex(before.end)} or later`,
    });
  }
}

function describeOwner({ owner }: Extent): string {
  return typeof owner === 'string' ? owner : describeSection(owner);
}
