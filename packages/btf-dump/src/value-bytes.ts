/** Bytes of a value: integers of any width and bit-fields, in the byte order of their BTF. */

import { BtfDumpError } from './errors.js';

export class ValueBytes {
  readonly view: DataView;
  readonly #littleEndian: boolean;
  readonly #typeId: number;

  /** @param typeId - what the bytes are a value of, for messages */
  constructor(bytes: Uint8Array, littleEndian: boolean, typeId: number) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
    this.#typeId = typeId;
  }

  byte(at: number): number {
    this.#check(at, 1);
    return this.view.getUint8(at);
  }

  /** An integer of `size` bytes. */
  integer(at: number, size: number, signed: boolean): bigint {
    return this.bits(at * 8, size * 8, signed);
  }

  /**
   * `width` bits from bit `start` on. Bits count from the least significant of a byte in little-endian order, from the
   * most significant in big-endian order (libbpf btf_dump.c, btf_dump_get_bitfield_value).
   */
  bits(start: number, width: number, signed: boolean): bigint {
    const first = start >>> 3;
    const count = Math.ceil((start - first * 8 + width) / 8);
    this.#check(first, count);
    let all = 0n;
    for (let i = 0; i < count; i++) {
      const at = this.#littleEndian ? first + count - 1 - i : first + i;
      all = (all << 8n) | BigInt(this.view.getUint8(at));
    }
    const below = this.#littleEndian ? start - first * 8 : count * 8 - (start - first * 8) - width;
    const value = BigInt.asUintN(width, all >> BigInt(below));
    return signed ? BigInt.asIntN(width, value) : value;
  }

  float(at: number, size: 4 | 8): number {
    this.#check(at, size);
    return size === 4
      ? this.view.getFloat32(at, this.#littleEndian)
      : this.view.getFloat64(at, this.#littleEndian);
  }

  /** Whether `size` bytes from `at` on are all zero. */
  isZero(at: number, size: number): boolean {
    this.#check(at, size);
    for (let i = at; i < at + size; i++) if (this.view.getUint8(i) !== 0) return false;
    return true;
  }

  /** The value as a whole was checked, but a malformed struct can have members outside of it. */
  #check(at: number, size: number): void {
    const available = this.view.byteLength;
    if (at + size <= available) return;
    const missing = at + size - available;
    throw new BtfDumpError('BTF_DUMP_TRUNCATED', { typeId: this.#typeId, available, missing });
  }
}
