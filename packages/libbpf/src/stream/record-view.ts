/**
 * The record that a zero-copy callback looks at: bytes in the ring itself.
 *
 * Ring memory is mapped read-only, and a store into it would end the process, so nobody gets the memory, a typed array or a
 * DataView over it: only reads, each checked against the record's length.
 */

import type { Codec } from '../codec.js';
import { LITTLE as isLittle } from '../sys/attr.js';

/** Of this module's own: V8 takes it for a constant then, unlike an import, which makes reading fields a tenth quicker. */
const LITTLE: boolean = isLittle;

const EMPTY = new DataView(new ArrayBuffer(8));

/** One record, for as long as the callback it was given to runs; after that every read throws a RangeError. */
export class RecordView<R = unknown> {
  #view: DataView = EMPTY;
  #start = 0;
  #length = 0;
  readonly #codec: Codec<R> | undefined;
  /** Which ring it came from: the index among the maps of a stream, or the CPU of a perf buffer. */
  readonly source: number;

  /** @internal */
  constructor(codec: Codec<R> | undefined, source: number) {
    this.#codec = codec;
    this.source = source;
  }

  /** Bytes. */
  get length(): number {
    return this.#length;
  }

  /** @internal Shows other bytes. */
  moveTo(view: DataView, start: number, length: number): void {
    this.#view = view;
    this.#start = start;
    this.#length = length;
  }

  /** @internal Shows other bytes of the same memory. */
  move(start: number, length: number): void {
    this.#start = start;
    this.#length = length;
  }

  /** @internal The callback has returned. */
  end(): void {
    this.moveTo(EMPTY, 0, 0);
  }

  /** An owned value; owned bytes where the object does not say what its records are. */
  decode(): R {
    if (this.#codec === undefined) return this.bytes() as R;
    if (this.#length < this.#codec.size) this.#outside(0, this.#codec.size);
    return this.#codec.decode(this.#view, this.#start);
  }

  /** A copy of all bytes, or of those in a range. */
  bytes(offset = 0, length: number = this.#length - offset): Uint8Array {
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#length))
      this.#outside(offset, length);
    return new Uint8Array(
      this.#view.buffer,
      this.#view.byteOffset + this.#start + offset,
      length,
    ).slice();
  }

  getInt8(offset: number): number {
    if (!(offset >= 0 && offset + 1 <= this.#length)) this.#outside(offset, 1);
    return this.#view.getInt8(this.#start + offset);
  }
  getUint8(offset: number): number {
    if (!(offset >= 0 && offset + 1 <= this.#length)) this.#outside(offset, 1);
    return this.#view.getUint8(this.#start + offset);
  }
  getInt16(offset: number): number {
    if (!(offset >= 0 && offset + 2 <= this.#length)) this.#outside(offset, 2);
    return this.#view.getInt16(this.#start + offset, LITTLE);
  }
  getUint16(offset: number): number {
    if (!(offset >= 0 && offset + 2 <= this.#length)) this.#outside(offset, 2);
    return this.#view.getUint16(this.#start + offset, LITTLE);
  }
  getInt32(offset: number): number {
    if (!(offset >= 0 && offset + 4 <= this.#length)) this.#outside(offset, 4);
    return this.#view.getInt32(this.#start + offset, LITTLE);
  }
  getUint32(offset: number): number {
    if (!(offset >= 0 && offset + 4 <= this.#length)) this.#outside(offset, 4);
    return this.#view.getUint32(this.#start + offset, LITTLE);
  }
  getBigInt64(offset: number): bigint {
    if (!(offset >= 0 && offset + 8 <= this.#length)) this.#outside(offset, 8);
    return this.#view.getBigInt64(this.#start + offset, LITTLE);
  }
  getBigUint64(offset: number): bigint {
    if (!(offset >= 0 && offset + 8 <= this.#length)) this.#outside(offset, 8);
    return this.#view.getBigUint64(this.#start + offset, LITTLE);
  }
  /** An unsigned 64-bit field as a number, several times faster than as a bigint. @throws RangeError past 2^53 - 1 */
  getSafeUint64(offset: number): number {
    if (!(offset >= 0 && offset + 8 <= this.#length)) this.#outside(offset, 8);
    const at = this.#start + offset;
    const high = this.#view.getUint32(LITTLE ? at + 4 : at, LITTLE);
    if (high > 0x1fffff)
      throw new RangeError(
        `record, offset ${offset}: a value of ${this.getBigUint64(offset)} is no safe integer; read it with getBigUint64`,
      );
    return high * 0x1_0000_0000 + this.#view.getUint32(LITTLE ? at : at + 4, LITTLE);
  }
  getFloat32(offset: number): number {
    if (!(offset >= 0 && offset + 4 <= this.#length)) this.#outside(offset, 4);
    return this.#view.getFloat32(this.#start + offset, LITTLE);
  }
  getFloat64(offset: number): number {
    if (!(offset >= 0 && offset + 8 <= this.#length)) this.#outside(offset, 8);
    return this.#view.getFloat64(this.#start + offset, LITTLE);
  }

  #outside(offset: number, bytes: number): never {
    if (this.#view === EMPTY)
      throw new RangeError(
        'record: it ended with the callback it was given to; copy what must outlive it with bytes() or decode()',
      );
    throw new RangeError(
      `record: ${bytes} bytes at offset ${offset} are not inside its ${this.#length} bytes`,
    );
  }
}
