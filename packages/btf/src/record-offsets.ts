/**
 * Where each type record starts: ids are positions in this list. Records have no index in the file; finding one means measuring
 * all before it. They are measured as far as somebody asks, for a process that needs the first few thousand types of a
 * kernel's BTF is done before code for all 127,000 has been optimised.
 *
 * What is refused follows libbpf `src/btf.c`, btf_parse_type_sec.
 */

import { BtfError } from './errors.js';
import type { BtfHeader } from './header.js';
import { HOST_IS_LITTLE_ENDIAN } from './host-order.js';
import { type LayoutSection, sizeByLayout } from './layout.js';
import {
  ENTRY_BYTES,
  FIXED_BYTES,
  infoKind,
  infoVlen,
  RECORD_SIZE,
  UNKNOWN_KIND,
} from './record.js';

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

/** Records that are measured at a time. */
const STEP = 4096;
const ALL = 0x7fff_ffff;

export class RecordOffsets {
  readonly #view: DataView;
  readonly #header: BtfHeader;
  readonly #layout: LayoutSection | undefined;
  /** Id of the first record, for messages. */
  readonly #startId: number;
  /** Of the machine's own byte order and aligned. */
  readonly #words: Int32Array | undefined;
  #offsets: Uint32Array;
  #known = 0;
  /** Where the next record starts. */
  #at: number;

  constructor(
    view: DataView,
    header: BtfHeader,
    startId: number,
    layout: LayoutSection | undefined,
  ) {
    const { typeStart, typeEnd, littleEndian } = header;
    const length = typeEnd - typeStart;
    const first = view.byteOffset + typeStart;
    this.#view = view;
    this.#header = header;
    this.#startId = startId;
    this.#layout = layout;
    this.#at = typeStart;
    // No record is smaller than 12 bytes: what this allocates is bounded by the input.
    this.#offsets = new Uint32Array(Math.floor(length / RECORD_SIZE));
    if (littleEndian === HOST_IS_LITTLE_ENDIAN && first % 4 === 0 && length % 4 === 0)
      this.#words = new Int32Array(view.buffer, first, length / 4);
  }

  /** Byte offsets of the records that are {@link known}, ascending. Past those it may hold zeroes. */
  get list(): Uint32Array {
    return this.#offsets;
  }

  /** Records that were measured. */
  get known(): number {
    return this.#known;
  }

  get isComplete(): boolean {
    return this.#at === this.#header.typeEnd;
  }

  /** Byte offset of the first. */
  get start(): number {
    return this.#header.typeStart;
  }

  /** The records as words from {@link start} on; `undefined` where they can't be seen so. */
  get words(): Int32Array | undefined {
    return this.#words;
  }

  /**
   * Measures all records up to that position, and some more.
   *
   * @returns whether there is one
   * @throws {@link BtfError} `BTF_TRUNCATED`, `BTF_BAD_KIND` for what is wrong with one of them
   */
  reach(position: number): boolean {
    while (this.#known <= position && !this.isComplete) this.#measure(this.#known + STEP);
    return position < this.#known;
  }

  /** Measures all that are left. @returns {@link list} without anything past its last entry */
  complete(): Uint32Array {
    if (!this.isComplete) this.#measure(ALL);
    if (this.#offsets.length > this.#known) this.#offsets = this.#offsets.slice(0, this.#known);
    return this.#offsets;
  }

  /** Position of the record that starts at a byte offset; `undefined` if none does. */
  positionAt(offset: number): number | undefined {
    while (this.#at <= offset && !this.isComplete) this.reach(this.#known);
    let [low, high] = [0, this.#known - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const value = this.#offsets[middle]!;
      if (value === offset) return middle;
      if (value < offset) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  #measure(limit: number): void {
    if (this.#words === undefined || !this.#measureWords(this.#words, limit))
      this.#measureBytes(limit);
  }

  /**
   * Measures until that many records are known, in as few steps as can be.
   *
   * @returns `false`, and nothing is known that was not before, if there is anything but known kinds with all their bytes
   */
  #measureWords(words: Int32Array, limit: number): boolean {
    const start = this.#header.typeStart;
    const end = words.length;
    const offsets = this.#offsets;
    let count = this.#known;
    let at = (this.#at - start) / 4;
    while (at < end && count < limit) {
      offsets[count++] = start + at * 4;
      const info = words[at + 1]!;
      const kind = info >>> 24;
      at += FIXED_WORDS[kind]! + (info & 0xff_ffff) * ENTRY_WORDS[kind]!;
    }
    if (at > end) return false;
    this.#known = count;
    this.#at = start + at * 4;
    return true;
  }

  /** As {@link #measureWords}, whatever there is. */
  #measureBytes(limit: number): void {
    const { typeEnd: end, littleEndian } = this.#header;
    let count = this.#known;
    let at = this.#at;
    while (at < end && count < limit) {
      const typeId = this.#startId + count;
      if (end - at < RECORD_SIZE) throw truncated(typeId, at, RECORD_SIZE, end - at);
      const info = this.#view.getUint32(at + 4, littleEndian);
      const kind = infoKind(info);
      const fixed = FIXED_BYTES[kind]!;
      const size =
        fixed === UNKNOWN_KIND
          ? sizeByLayout(this.#layout, { info, at, typeId })
          : RECORD_SIZE + fixed + infoVlen(info) * ENTRY_BYTES[kind]!;
      if (size > end - at) throw truncated(typeId, at, size, end - at);
      this.#offsets[count++] = at;
      at += size;
    }
    this.#known = count;
    this.#at = at;
  }
}

function truncated(typeId: number, offset: number, needed: number, available: number): BtfError {
  return new BtfError({
    code: 'BTF_TRUNCATED',
    format: 'BTF',
    what: `type ${typeId}`,
    offset,
    needed,
    available,
  });
}
