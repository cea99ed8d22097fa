// A ring buffer in ordinary memory, filled as the kernel fills it.

import type { RingPages } from '../../src/stream/ring-memory.js';

const BUSY = 0x8000_0000;
const DISCARD = 0x4000_0000;

/** The kernel's side of a ring. */
export class FakeRing implements RingPages {
  readonly pageSize = 4096;
  readonly size: number;
  readonly consumer: ArrayBuffer = new ArrayBuffer(4096);
  readonly data: ArrayBuffer;
  readonly overwrites: boolean;
  readonly #view: DataView;
  #position: bigint;

  /** @param start - where both positions start, a multiple of 8 */
  constructor(size = 4096, start = 0n, overwrites = false) {
    this.size = size;
    this.overwrites = overwrites;
    this.data = new ArrayBuffer(this.pageSize + 2 * size);
    this.#view = new DataView(this.data);
    this.#position = start;
    new DataView(this.consumer).setBigUint64(0, start, true);
    this.#view.setBigUint64(0, start, true);
    this.#view.setBigUint64(16, start, true);
  }

  get consumerPosition(): bigint {
    return new DataView(this.consumer).getBigUint64(0, true);
  }

  /** Bytes that could still be reserved. */
  get room(): number {
    return this.size - Number(this.#position - this.consumerPosition);
  }

  /** Reserves a record and writes it. @returns what commits or discards it */
  reserve(bytes: Uint8Array): { submit(): void; discard(): void } {
    const at = Number(this.#position % BigInt(this.size));
    const total = Math.ceil((bytes.length + 8) / 8) * 8;
    const header = (flags: number): void => this.#write(at, u32(bytes.length | flags));
    header(BUSY);
    this.#write(at + 8, bytes);
    this.#position += BigInt(total);
    this.#view.setBigUint64(0, this.#position, true);
    return { submit: () => header(0), discard: () => header(DISCARD) };
  }

  submit(...values: number[]): void {
    for (const value of values) this.reserve(u32(value)).submit();
  }

  /** Says that what lies before `position` was overwritten. */
  overwriteUntil(position: bigint): void {
    this.#view.setBigUint64(16, position, true);
  }

  setHeader(at: number, value: number): void {
    this.#write(at, u32(value));
  }

  /** Writes into both copies of the data. */
  #write(at: number, bytes: Uint8Array): void {
    bytes.forEach((byte, index) => {
      const offset = (at + index) % this.size;
      this.#view.setUint8(this.pageSize + offset, byte);
      this.#view.setUint8(this.pageSize + this.size + offset, byte);
    });
  }
}

export function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}
