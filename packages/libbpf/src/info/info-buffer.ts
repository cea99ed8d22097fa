/**
 * The structures of BPF_OBJ_GET_INFO_BY_FD: fixed fields that the kernel fills, and pointers to room that the caller offers. Fields
 * that an older kernel does not know stay zero.
 */

import { LITTLE } from '../sys/attr.js';
import { objGetInfoByFd } from '../sys/bpf.js';
import { keepAliveDuring } from '../sys/keep-alive.js';
import { addressOf } from '../sys/native.js';

/** One info structure. Offsets are those of linux/include/uapi/linux/bpf.h. */
export class InfoBuffer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #rooms: Uint8Array[] = [];

  constructor(size: number) {
    this.#bytes = new Uint8Array(new ArrayBuffer(size));
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Asks the kernel. */
  read(fd: number): this {
    keepAliveDuring(this.#rooms, () => objGetInfoByFd(fd, this.#bytes));
    return this;
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset, LITTLE);
  }
  i32(offset: number): number {
    return this.#view.getInt32(offset, LITTLE);
  }
  u64(offset: number): bigint {
    return this.#view.getBigUint64(offset, LITTLE);
  }
  setU32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, LITTLE);
  }
  bytes(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }
  /** A string inside of the structure. */
  chars(offset: number, length: number): string {
    return text(this.#bytes.subarray(offset, offset + length));
  }

  /** Offers `size` bytes at a pointer field; the kernel writes to what is returned. */
  room(pointerOffset: number, size: number): Uint8Array {
    const bytes = new Uint8Array(new ArrayBuffer(size));
    this.#rooms.push(bytes);
    this.#view.setBigUint64(
      pointerOffset,
      BigInt(size === 0 ? 0 : addressOf(bytes.buffer)),
      LITTLE,
    );
    return bytes;
  }
}

/** Bytes up to the first NUL as text. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
