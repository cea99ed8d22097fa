/**
 * BTF bytes → {@link Btf}. One pass measures the type records and notes where each starts; nothing is decoded, copied or
 * looked up until it is asked for, so that a kernel's BTF (6 MB, 127,000 types) opens in a few milliseconds.
 *
 * Source of truth: linux/include/uapi/linux/btf.h; what is refused follows libbpf `src/btf.c`, btf_parse_type_sec.
 */

import { Btf } from './btf.js';
import { BtfError } from './errors.js';
import { type BtfHeader, readBtfHeader } from './header.js';
import { type LayoutSection, sizeByLayout } from './layout.js';
import {
  ENTRY_BYTES,
  FIXED_BYTES,
  infoKind,
  infoVlen,
  RECORD_SIZE,
  UNKNOWN_KIND,
} from './record.js';

const HOST_IS_LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Words of a record without entries, and of each entry, by the top byte of `info`: kind and `kind_flag`. */
const FIXED_WORDS = new Int32Array(256);
const ENTRY_WORDS = new Int32Array(256);
/** More than any BTF has: a record of an unknown kind ends past the end. */
const TOO_MANY = 0x4000_0000;
for (let top = 0; top < 256; top++) {
  const fixed = FIXED_BYTES[top & 0x7f]!;
  FIXED_WORDS[top] = fixed === UNKNOWN_KIND ? TOO_MANY : (RECORD_SIZE + fixed) / 4;
  ENTRY_WORDS[top] = ENTRY_BYTES[top & 0x7f]! / 4;
}

/** Options of {@link parseBtf}. */
export interface ParseBtfOptions {
  /** What a split BTF continues: its ids and string offsets begin where those of the base end. None by default. */
  readonly base?: Btf | undefined;
  /** Bytes of a pointer; by default the size of the type called `long`, and 8 where there is none. */
  readonly pointerSize?: 4 | 8 | undefined;
}

/**
 * Opens BTF of either byte order.
 *
 * @param bytes - kept, not copied: must not change while the result is in use
 * @throws {@link BtfError} `BTF_TRUNCATED`, `BTF_BAD_MAGIC`, `BTF_BAD_VERSION`, `BTF_BAD_HEADER`, `BTF_BAD_STRINGS`,
 *   `BTF_BAD_KIND` for a kind that neither we nor the BTF's layout section know; type ids and string offsets inside the types
 *   are checked when a type is read, or all at once by `validateBtf`
 */
export function parseBtf(bytes: Uint8Array, options: ParseBtfOptions = {}): Btf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { base } = options;
  const header = readBtfHeader(view, base !== undefined);
  const startId = base === undefined ? 1 : base.typeCount;
  const own = bytes.subarray(header.layout.start, header.layout.end);
  const layout = own.length > 0 ? { bytes: own, offset: header.layout.start } : base?.layout;
  const recordOffsets = findRecords(view, header, startId, layout);
  return new Btf({
    bytes,
    view,
    base,
    littleEndian: header.littleEndian,
    startId,
    recordOffsets,
    typesEnd: header.typeEnd,
    strings: bytes.subarray(header.stringStart, header.stringEnd),
    layout,
    pointerSize: options.pointerSize,
  });
}

/** Byte offset of each record of the type section. */
function findRecords(
  view: DataView,
  header: BtfHeader,
  startId: number,
  layout: LayoutSection | undefined,
): Uint32Array {
  const isNative = header.littleEndian === HOST_IS_LITTLE && canSeeWords(view, header);
  return (
    (isNative ? measureWords(view, header) : undefined) ?? measure(view, header, startId, layout)
  );
}

function canSeeWords(view: DataView, { typeStart, typeEnd }: BtfHeader): boolean {
  return (view.byteOffset + typeStart) % 4 === 0 && (typeEnd - typeStart) % 4 === 0;
}

/**
 * As {@link measure}, in as few steps as can be: a process that opens one kernel's BTF is done before its code has been optimised.
 *
 * @returns `undefined` if there is anything that is not just a known kind with all its bytes
 */
function measureWords(
  view: DataView,
  { typeStart: start, typeEnd: end }: BtfHeader,
): Uint32Array | undefined {
  const words = new Int32Array(view.buffer, view.byteOffset + start, (end - start) >> 2);
  const limit = words.length;
  const offsets = new Uint32Array(Math.floor((end - start) / RECORD_SIZE));
  let count = 0;
  let at = 0;
  while (at < limit) {
    offsets[count++] = start + at * 4;
    const info = words[at + 1]!;
    const kind = info >>> 24;
    at += FIXED_WORDS[kind]! + (info & 0xff_ffff) * ENTRY_WORDS[kind]!;
  }
  return at === limit ? offsets.slice(0, count) : undefined;
}

function measure(
  view: DataView,
  { typeStart: start, typeEnd: end, littleEndian }: BtfHeader,
  startId: number,
  layout: LayoutSection | undefined,
): Uint32Array {
  // No record is smaller than 12 bytes: what this allocates is bounded by the input.
  const offsets = new Uint32Array(Math.floor((end - start) / RECORD_SIZE));
  let count = 0;
  for (let at = start; at < end; ) {
    if (end - at < RECORD_SIZE) throw truncatedType(startId + count, at, RECORD_SIZE, end - at);
    const info = view.getUint32(at + 4, littleEndian);
    const kind = infoKind(info);
    const fixed = FIXED_BYTES[kind]!;
    const size =
      fixed === UNKNOWN_KIND
        ? sizeByLayout(layout, { info, at, typeId: startId + count })
        : RECORD_SIZE + fixed + infoVlen(info) * ENTRY_BYTES[kind]!;
    if (size > end - at) throw truncatedType(startId + count, at, size, end - at);
    offsets[count++] = at;
    at += size;
  }
  return offsets.slice(0, count);
}

function truncatedType(
  typeId: number,
  offset: number,
  needed: number,
  available: number,
): BtfError {
  return new BtfError({
    code: 'BTF_TRUNCATED',
    format: 'BTF',
    what: `type ${typeId}`,
    offset,
    needed,
    available,
  });
}
