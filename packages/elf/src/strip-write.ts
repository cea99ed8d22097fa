/**
 * Writes an object as a {@link StripPlan} says: contents copied, references numbered anew, section headers last.
 */

import { SHF_GROUP, SHN_LORESERVE, SHN_XINDEX, SHT_GROUP, SHT_SYMTAB } from './constants.js';
import { viewOf } from './cursor.js';
import { headerFieldOffset, sizesOf } from './header.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSection } from './section.js';
import { hasBytes } from './section.js';
import { renumberContents } from './strip-contents.js';
import type { StripPlan } from './strip-plan.js';
import { DROPPED, infoIsSection } from './strip-plan.js';

/** Byte offsets in a section header of the fields that change; all of `fields` are as wide as the class. */
interface HeaderLayout {
  readonly shoff: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
}

const LAYOUT_32: HeaderLayout = { shoff: 32, flags: 8, offset: 16, size: 20, link: 24, info: 28 };
const LAYOUT_64: HeaderLayout = { shoff: 40, flags: 8, offset: 24, size: 32, link: 40, info: 44 };

/** A section of the result. */
interface Placed {
  readonly section: ElfSection;
  readonly data: Uint8Array;
  offset: number;
}

/** The bytes of the object without what the plan drops. */
export function writeStripped(elf: ElfFile, plan: StripPlan): Uint8Array {
  const sizes = sizesOf(elf.is64);
  const placed = plan.kept.map((section) => ({
    section,
    data: renumberContents(elf, section, plan),
    offset: section.sh_offset,
  }));
  let end = place(placed, sizes.header);
  const { e_shoff } = elf.header;
  const headersAt = placed.length === 0 ? 0 : alignAs(e_shoff, end, elf.is64 ? 8 : 4);
  if (placed.length > 0) end = headersAt + placed.length * sizes.section;

  const bytes = new Uint8Array(end);
  bytes.set(elf.range(0, sizes.header));
  for (const { data, offset } of placed) bytes.set(data, data.length > 0 ? offset : 0);
  const writer = new FieldWriter(bytes, elf);
  if (placed.length > 0) writeHeader(elf, plan, writer, headersAt);
  for (const [index, entry] of placed.entries()) {
    const at = headersAt + index * sizes.section;
    bytes.set(elf.range(entry.section.headerOffset, sizes.section), at);
    if (index > 0) writeSectionHeader(elf, plan, writer, at, entry);
    else writeNullSection(elf, plan, writer, at);
  }
  return bytes;
}

/** Gives every section its offset, in the order the sections have in the file, and says where they end. */
function place(placed: readonly Placed[], start: number): number {
  let end = start;
  const inFileOrder = [...placed].sort((a, b) => a.section.sh_offset - b.section.sh_offset);
  for (const entry of inFileOrder) {
    const { section, data } = entry;
    if (section.index === 0) continue;
    if (hasBytes(section)) {
      entry.offset = alignAs(section.sh_offset, end, Math.max(section.sh_addralign, 1));
      end = entry.offset + data.length;
    } else {
      entry.offset = Math.min(end, section.sh_offset);
    }
  }
  return end;
}

/** `at`, aligned if `original` was: so an alignment that the file does not keep itself is not believed. */
function alignAs(original: number, at: number, alignment: number): number {
  return original % alignment === 0 ? Math.ceil(at / alignment) * alignment : at;
}

function writeHeader(elf: ElfFile, plan: StripPlan, writer: FieldWriter, headersAt: number): void {
  const { is64, header } = elf;
  const count = plan.kept.length;
  const names = plan.sections[header.e_shstrndx]!;
  writer.word(layoutOf(is64).shoff, headersAt);
  writer.u16(headerFieldOffset(is64, 'e_shnum'), count < SHN_LORESERVE ? count : 0);
  writer.u16(headerFieldOffset(is64, 'e_shstrndx'), names < SHN_LORESERVE ? names : SHN_XINDEX);
}

/** Section 0 holds the counts that do not fit into the header. */
function writeNullSection(elf: ElfFile, plan: StripPlan, writer: FieldWriter, at: number): void {
  const layout = layoutOf(elf.is64);
  const count = plan.kept.length;
  const names = plan.sections[elf.header.e_shstrndx]!;
  writer.word(at + layout.size, count < SHN_LORESERVE ? 0 : count);
  writer.u32(at + layout.link, names < SHN_LORESERVE ? 0 : names);
}

function writeSectionHeader(
  elf: ElfFile,
  plan: StripPlan,
  writer: FieldWriter,
  at: number,
  { section, data, offset }: Placed,
): void {
  const layout = layoutOf(elf.is64);
  writer.word(at + layout.offset, offset);
  if (hasBytes(section)) writer.word(at + layout.size, data.length);
  writer.u32(at + layout.link, plan.sections[section.sh_link]!);
  writer.u32(at + layout.info, renumberInfo(section, plan));
  if (plan.ungrouped.has(section.index)) {
    const low = (section.sh_flags % 0x1_0000_0000) & ~SHF_GROUP;
    writer.word(
      at + layout.flags,
      section.sh_flags - (section.sh_flags % 0x1_0000_0000) + (low >>> 0),
    );
  }
}

function renumberInfo(section: ElfSection, plan: StripPlan): number {
  const { sh_info: info, sh_type } = section;
  if (infoIsSection(section)) return plan.sections[info]!;
  if (sh_type === SHT_GROUP) return plan.symbols[info] ?? info;
  if (sh_type !== SHT_SYMTAB) return info;
  // One past the last local symbol.
  return info - plan.symbols.slice(0, info).filter((symbol) => symbol === DROPPED).length;
}

function layoutOf(is64: boolean): HeaderLayout {
  return is64 ? LAYOUT_64 : LAYOUT_32;
}

/** Writes fields in the file's class and byte order. */
class FieldWriter {
  private readonly view: DataView;
  private readonly is64: boolean;
  private readonly littleEndian: boolean;

  constructor(bytes: Uint8Array, { is64, littleEndian }: ElfFile) {
    this.view = viewOf(bytes);
    this.is64 = is64;
    this.littleEndian = littleEndian;
  }

  u16(at: number, value: number): void {
    this.view.setUint16(at, value, this.littleEndian);
  }

  u32(at: number, value: number): void {
    this.view.setUint32(at, value, this.littleEndian);
  }

  /** A field as wide as the class. */
  word(at: number, value: number): void {
    if (this.is64) this.view.setBigUint64(at, BigInt(value), this.littleEndian);
    else this.u32(at, value);
  }
}
