/**
 * Notes: small records that tools leave in a file for other tools, and the build id, which is one.
 *
 * Source of truth: linux/include/uapi/linux/elf.h, struct elf64_note (three 32-bit words in both classes), and the generic
 * ABI, "Note Section". Name and descriptor are padded to 4 bytes, or to 8 where the section is so aligned.
 */

import { NT_GNU_BUILD_ID, PT_NOTE, SHT_NOTE } from './constants.js';
import { viewOf } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSegment } from './segment.js';

const HEADER_SIZE = 12;

/** A note. */
export interface ElfNote {
  /** Who defines its type: `GNU`, `stapsdt`. */
  readonly name: string;
  /** Its type among those of `name`. */
  readonly type: number;
  /** The contents, a view. */
  readonly descriptor: Uint8Array;
  /** Byte offset in the file of the descriptor. */
  readonly offset: number;
}

/** Bytes that hold notes. */
interface NoteRange {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly alignment: number;
  readonly subject: string;
}

/**
 * The notes of a file, from its SHT_NOTE sections or, if it has no section headers, from its PT_NOTE segments.
 *
 * @param sectionName - only those of the sections of this name; all by default
 * @throws {@link ElfError} `ELF_BAD_NOTE` if a note passes the end of its section or segment
 */
export function readNotes(elf: ElfFile, sectionName?: string): readonly ElfNote[] {
  return noteRanges(elf, sectionName).flatMap((range) => readRange(range, elf.littleEndian));
}

/** The build id as lower-case hexadecimal digits; undefined if the file has none. */
export function readBuildId(elf: ElfFile): string | undefined {
  const note = readNotes(elf).find(({ name, type }) => name === 'GNU' && type === NT_GNU_BUILD_ID);
  if (note === undefined) return undefined;
  return Array.from(note.descriptor, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function noteRanges(elf: ElfFile, sectionName: string | undefined): NoteRange[] {
  const sections = elf.sections.filter(
    ({ sh_type, name }) =>
      sh_type === SHT_NOTE && (sectionName === undefined || name === sectionName),
  );
  if (elf.sections.length > 0 || sectionName !== undefined) {
    return sections.map((section) => ({
      data: section.data,
      offset: section.sh_offset,
      alignment: section.sh_addralign,
      subject: `section ${section.index} (${JSON.stringify(section.name)})`,
    }));
  }
  const segments = elf.segments.filter(({ p_type }) => p_type === PT_NOTE);
  checkSegments(segments);
  return segments.map((segment) => ({
    data: elf.range(segment.p_offset, segment.p_filesz),
    offset: segment.p_offset,
    alignment: Number(segment.p_align),
    subject: `program header ${segment.index}`,
  }));
}

/** Notes do not overlap, or thousands of forged headers could make of one note as many. */
function checkSegments(segments: readonly ElfSegment[]): void {
  const inOrder = [...segments].sort((a, b) => a.p_offset - b.p_offset);
  for (const [index, { p_offset, p_filesz, index: number }] of inOrder.entries()) {
    const next = inOrder[index + 1];
    if (next === undefined || next.p_offset >= p_offset + p_filesz) continue;
    throw new ElfError({
      code: 'ELF_BAD_NOTE',
      offset: p_offset,
      subject: `program header ${number}`,
      found: `${p_filesz} bytes that reach into those of program header ${next.index}`,
      expected: `at most ${next.p_offset - p_offset}`,
    });
  }
}

function readRange(
  { data, offset, alignment, subject }: NoteRange,
  littleEndian: boolean,
): ElfNote[] {
  const view = viewOf(data);
  const padding = alignment === 8 ? 8 : 4;
  const notes: ElfNote[] = [];
  // The last bytes may be padding.
  for (let at = 0; at + HEADER_SIZE <= data.length; ) {
    const nameSize = view.getUint32(at, littleEndian);
    const descriptorSize = view.getUint32(at + 4, littleEndian);
    const type = view.getUint32(at + 8, littleEndian);
    const name = at + HEADER_SIZE;
    const descriptor = roundUp(name + nameSize, padding);
    const end = descriptor + descriptorSize;
    if (end > data.length) {
      throw new ElfError({
        code: 'ELF_BAD_NOTE',
        offset: offset + at,
        subject: `note ${notes.length} of ${subject}`,
        found: `${nameSize} bytes of name and ${descriptorSize} of descriptor`,
        expected: `at most ${data.length - name} in all`,
      });
    }
    notes.push({
      name: readName(data.subarray(name, name + nameSize)),
      type,
      descriptor: data.subarray(descriptor, end),
      offset: offset + descriptor,
    });
    at = roundUp(end, padding);
  }
  return notes;
}

/** The name without the NUL that ends it. */
function readName(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
