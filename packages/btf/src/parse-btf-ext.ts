/**
 * BTF.ext: which instruction belongs to which function, source line and CO-RE access. Three parts, each a record size and
 * then, per ELF section of code, a name, a count and the records. Records longer than known are read as far as known.
 *
 * Source of truth: linux/include/uapi/linux/btf.h, bpf.h (bpf_func_info, bpf_line_info, bpf_core_relo); what is refused
 * follows libbpf `src/btf.c`, btf_ext_setup_info.
 */

import type { Btf } from './btf.js';
import type { CoreKind } from './core-kind.js';
import { BtfError } from './errors.js';
import { type ByteRange, readBtfExtHeader } from './header.js';

/** A function starts here. */
export interface FuncInfo {
  /** Bytes from the start of the section. */
  readonly insnOffset: number;
  /** Of the FUNC. */
  readonly typeId: number;
}

/** Instructions from here on come from this source line. */
export interface LineInfo {
  /** Bytes from the start of the section. */
  readonly insnOffset: number;
  /** Where the file's name lies in the strings of the BTF. */
  readonly fileNameOffset: number;
  /** Where the text of the line lies in the strings of the BTF. */
  readonly lineOffset: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** One access that depends on the running kernel's types. */
export interface CoreRelocation {
  /** Bytes from the start of the section: the instruction to patch. */
  readonly insnOffset: number;
  /** The type that the access starts from, in the object's own BTF. */
  readonly typeId: number;
  /** `0:1:2` for fields, an index for enumerators, `0` for types. */
  readonly accessString: string;
  /** One of {@link CoreKind}; hostile input may hold others. */
  readonly kind: CoreKind;
}

/** The records of one ELF section, in the order they are stored. */
export interface BtfExtSection<Item> {
  readonly sectionName: string;
  readonly records: readonly Item[];
}

/** One part of BTF.ext. */
export interface BtfExtPart<Item> {
  /** Bytes of a record as stored; what is known is the start of it. The known size where the part is missing. */
  readonly recordSize: number;
  readonly sections: readonly BtfExtSection<Item>[];
}

/** BTF.ext as plain data. */
export interface BtfExt {
  readonly littleEndian: boolean;
  readonly funcInfo: BtfExtPart<FuncInfo>;
  readonly lineInfo: BtfExtPart<LineInfo>;
  readonly coreRelocations: readonly BtfExtSection<CoreRelocation>[];
}

/** Bytes of a record as this package writes and at least expects it. */
export const FUNC_INFO_SIZE = 8;
export const LINE_INFO_SIZE = 16;
export const CORE_RELOCATION_SIZE = 16;

/**
 * Reads BTF.ext.
 *
 * @param btf - the BTF that it came with, for section names and access strings
 * @throws {@link BtfError} `BTF_TRUNCATED`, `BTF_BAD_MAGIC`, `BTF_BAD_VERSION`, `BTF_BAD_HEADER`, `BTF_BAD_RECORD`,
 *   `BTF_BAD_STRING_OFFSET`
 */
export function parseBtfExt(bytes: Uint8Array, btf: Btf): BtfExt {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readBtfExtHeader(view);
  const { littleEndian } = header;
  const u32 = (at: number): number => view.getUint32(at, littleEndian);
  const string = (at: number, subject: string): string => stringAt(btf, u32(at), at, subject);
  return {
    littleEndian,
    funcInfo: readPart(
      view,
      littleEndian,
      header.funcInfo,
      'func_info',
      FUNC_INFO_SIZE,
      string,
      (at) => ({
        insnOffset: u32(at),
        typeId: u32(at + 4),
      }),
    ),
    lineInfo: readPart(
      view,
      littleEndian,
      header.lineInfo,
      'line_info',
      LINE_INFO_SIZE,
      string,
      (at) => ({
        insnOffset: u32(at),
        fileNameOffset: u32(at + 4),
        lineOffset: u32(at + 8),
        line: u32(at + 12) >>> 10,
        column: u32(at + 12) & 0x3ff,
      }),
    ),
    coreRelocations: readPart(
      view,
      littleEndian,
      header.coreRelocations,
      'core_relo',
      CORE_RELOCATION_SIZE,
      string,
      (at) => ({
        insnOffset: u32(at),
        typeId: u32(at + 4),
        accessString: string(at + 8, 'BTF.ext core_relo access string'),
        kind: u32(at + 12) as CoreKind,
      }),
    ).sections,
  };
}

function readPart<Item>(
  view: DataView,
  littleEndian: boolean,
  range: ByteRange,
  name: string,
  knownSize: number,
  string: (at: number, subject: string) => string,
  read: (at: number) => Item,
): BtfExtPart<Item> {
  const { start, end } = range;
  if (start === end) return { recordSize: knownSize, sections: [] };
  if (end - start < 4) throw truncated(`${name} record size`, start, 4, end - start);
  const recordSize = view.getUint32(start, littleEndian);
  if (recordSize < knownSize || recordSize % 4 !== 0) {
    const expected = `a multiple of 4, at least ${knownSize}`;
    throw badRecord(start, `BTF.ext ${name}`, 'bad record size', recordSize, expected);
  }
  if (end - start === 4) throw truncated(`${name} section header`, start + 4, 8, 0);
  const sections: BtfExtSection<Item>[] = [];
  for (let at = start + 4; at < end; ) {
    if (end - at < 8) throw truncated(`${name} section header`, at, 8, end - at);
    const sectionName = string(at, `BTF.ext ${name} section name`);
    const count = view.getUint32(at + 4, littleEndian);
    const subject = `BTF.ext ${name} of section "${sectionName}"`;
    if (count === 0) throw badRecord(at + 4, subject, 'bad number of records', 0, 'at least 1');
    at += 8;
    if (count * recordSize > end - at) {
      throw truncated(`${name} of section "${sectionName}"`, at, count * recordSize, end - at);
    }
    const records: Item[] = [];
    for (let index = 0; index < count; index++, at += recordSize) records.push(read(at));
    sections.push({ sectionName, records });
  }
  return { recordSize, sections };
}

function stringAt(btf: Btf, found: number, offset: number, subject: string): string {
  if (found < btf.stringsEnd) return btf.string(found);
  throw new BtfError({
    code: 'BTF_BAD_STRING_OFFSET',
    offset,
    subject,
    found,
    limit: btf.stringsEnd,
  });
}

function truncated(what: string, offset: number, needed: number, available: number): BtfError {
  return new BtfError({
    code: 'BTF_TRUNCATED',
    format: 'BTF.ext',
    what,
    offset,
    needed,
    available,
  });
}

function badRecord(
  offset: number,
  subject: string,
  problem: string,
  found: number,
  expected: string,
): BtfError {
  return new BtfError({ code: 'BTF_BAD_RECORD', offset, subject, problem, found, expected });
}
