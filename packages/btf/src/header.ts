/**
 * Headers of BTF and BTF.ext: magic, byte order, and where the sections lie.
 *
 * Source of truth: linux/include/uapi/linux/btf.h, struct btf_header and struct btf_ext_header; which layouts are refused
 * follows libbpf `src/btf.c`, btf_parse_hdr and btf_ext_parse_hdr. Headers longer than known are read as far as known.
 */

import { BtfError, type BtfFormat } from './errors.js';

/** `magic` of both formats, in the writer's byte order. */
export const BTF_MAGIC = 0xeb9f;
/** Bytes of the header that every BTF has. */
export const BTF_HEADER_SIZE = 24;
/** Bytes of a header that also says where the layout section is (Linux 7.2). */
export const BTF_LAYOUT_HEADER_SIZE = 32;
/** Bytes of a BTF.ext header with the CO-RE part; old ones end after the line info, at 24. */
export const BTF_EXT_HEADER_SIZE = 32;

export interface BtfHeader {
  readonly littleEndian: boolean;
  readonly headerLength: number;
  /** Absolute byte offsets. */
  readonly typeStart: number;
  readonly typeEnd: number;
  readonly stringStart: number;
  readonly stringEnd: number;
  /** Empty where there is no layout section. */
  readonly layout: ByteRange;
}

export interface BtfExtHeader {
  readonly littleEndian: boolean;
  readonly headerLength: number;
  /** Absolute byte ranges; empty where the part is missing. */
  readonly funcInfo: ByteRange;
  readonly lineInfo: ByteRange;
  readonly coreRelocations: ByteRange;
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Reads and checks the header of BTF; `isSplit` allows a string section that is empty. */
export function readBtfHeader(view: DataView, isSplit: boolean): BtfHeader {
  const { littleEndian, headerLength } = readPreamble(view, 'BTF', BTF_HEADER_SIZE);
  const field = (at: number): number => view.getUint32(at, littleEndian);
  const [typeOffset, typeLength, stringOffset, stringLength] = [
    field(8),
    field(12),
    field(16),
    field(20),
  ];
  const left = view.byteLength - headerLength;
  if (typeOffset % 4 !== 0) throw badHeader('BTF', 'type_off', 8, typeOffset, 'a multiple of 4');
  if (typeOffset > left)
    throw badHeader('BTF', 'type_off', 8, typeOffset, `at most 0x${left.toString(16)}`);
  if (stringOffset > left)
    throw badHeader('BTF', 'str_off', 16, stringOffset, `at most 0x${left.toString(16)}`);
  if (typeLength > left - typeOffset) {
    throw truncated(
      'BTF',
      'type section',
      headerLength + typeOffset,
      typeLength,
      left - typeOffset,
    );
  }
  if (stringLength > left - stringOffset) {
    throw truncated(
      'BTF',
      'string section',
      headerLength + stringOffset,
      stringLength,
      left - stringOffset,
    );
  }
  if (typeOffset + typeLength > stringOffset) {
    const expected = `at least 0x${(typeOffset + typeLength).toString(16)}, where the types end`;
    throw badHeader('BTF', 'str_off', 16, stringOffset, expected);
  }
  const stringStart = headerLength + stringOffset;
  const stringEnd = stringStart + stringLength;
  checkStrings(view, stringStart, stringEnd, isSplit);
  const typeStart = headerLength + typeOffset;
  return {
    littleEndian,
    headerLength,
    typeStart,
    typeEnd: typeStart + typeLength,
    stringStart,
    stringEnd,
    layout: readLayoutRange(view, headerLength, littleEndian),
  };
}

/** The layout section, wherever it lies: nothing says that it can't overlap what it describes. */
function readLayoutRange(view: DataView, headerLength: number, littleEndian: boolean): ByteRange {
  const nothing = { start: headerLength, end: headerLength };
  if (headerLength < BTF_LAYOUT_HEADER_SIZE) return nothing;
  const [offset, length] = [view.getUint32(24, littleEndian), view.getUint32(28, littleEndian)];
  if (length === 0) return nothing;
  if (offset % 4 !== 0) throw badHeader('BTF', 'layout_off', 24, offset, 'a multiple of 4');
  if (length % 4 !== 0) throw badHeader('BTF', 'layout_len', 28, length, 'a multiple of 4');
  const left = view.byteLength - headerLength;
  if (offset > left)
    throw badHeader('BTF', 'layout_off', 24, offset, `at most 0x${left.toString(16)}`);
  const start = headerLength + offset;
  if (length > left - offset)
    throw truncated('BTF', 'layout section', start, length, left - offset);
  return { start, end: start + length };
}

/** Reads and checks the header of BTF.ext. */
export function readBtfExtHeader(view: DataView): BtfExtHeader {
  const { littleEndian, headerLength } = readPreamble(view, 'BTF.ext', BTF_HEADER_SIZE);
  const range = (at: number, name: string): ByteRange => {
    if (at + 8 > headerLength) return { start: headerLength, end: headerLength };
    const offset = view.getUint32(at, littleEndian);
    const length = view.getUint32(at + 4, littleEndian);
    if (length === 0) return { start: headerLength, end: headerLength };
    const left = view.byteLength - headerLength;
    if (offset % 4 !== 0) throw badHeader('BTF.ext', `${name}_off`, at, offset, 'a multiple of 4');
    if (offset > left)
      throw badHeader('BTF.ext', `${name}_off`, at, offset, `at most 0x${left.toString(16)}`);
    const start = headerLength + offset;
    if (length > left - offset)
      throw truncated('BTF.ext', `${name} section`, start, length, left - offset);
    return { start, end: start + length };
  };
  return {
    littleEndian,
    headerLength,
    funcInfo: range(8, 'func_info'),
    lineInfo: range(16, 'line_info'),
    coreRelocations: range(24, 'core_relo'),
  };
}

/** The first 8 bytes, which both formats share. */
function readPreamble(
  view: DataView,
  format: BtfFormat,
  minimum: number,
): { littleEndian: boolean; headerLength: number } {
  if (view.byteLength < 8) throw truncated(format, 'header', 0, minimum, view.byteLength);
  const magic = view.getUint16(0, true);
  const littleEndian = magic === BTF_MAGIC;
  if (!littleEndian && view.getUint16(0, false) !== BTF_MAGIC) {
    throw new BtfError({ code: 'BTF_BAD_MAGIC', format, offset: 0, found: magic });
  }
  const version = view.getUint8(2);
  if (version !== 1)
    throw new BtfError({ code: 'BTF_BAD_VERSION', format, offset: 2, found: version });
  const headerLength = view.getUint32(4, littleEndian);
  if (headerLength < minimum) {
    throw badHeader(format, 'hdr_len', 4, headerLength, `at least 0x${minimum.toString(16)}`);
  }
  if (headerLength > view.byteLength)
    throw truncated(format, 'header', 0, headerLength, view.byteLength);
  return { littleEndian, headerLength };
}

/** Strings end with NUL, and offset 0 of a base is the empty string. */
function checkStrings(view: DataView, start: number, end: number, isSplit: boolean): void {
  if (start === end) {
    if (isSplit) return;
    throw badHeader('BTF', 'str_len', 20, 0, 'at least 0x1, for the empty string');
  }
  const last = view.getUint8(end - 1);
  if (last !== 0)
    throw new BtfError({ code: 'BTF_BAD_STRINGS', offset: end - 1, found: last, where: 'last' });
  const first = view.getUint8(start);
  if (!isSplit && first !== 0) {
    throw new BtfError({ code: 'BTF_BAD_STRINGS', offset: start, found: first, where: 'first' });
  }
}

function badHeader(
  format: BtfFormat,
  field: string,
  offset: number,
  found: number,
  expected: string,
): BtfError {
  return new BtfError({ code: 'BTF_BAD_HEADER', format, field, offset, found, expected });
}

function truncated(
  format: BtfFormat,
  what: string,
  offset: number,
  needed: number,
  available: number,
): BtfError {
  return new BtfError({ code: 'BTF_TRUNCATED', format, what, offset, needed, available });
}
