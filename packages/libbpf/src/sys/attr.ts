/**
 * `union bpf_attr` (linux/include/uapi/linux/bpf.h), filled field by field.
 *
 * One buffer serves every call that is not on a hot path: `bpf(2)` is synchronous and never nested. Pointers inside the
 * attribute are kept alive until the call has returned.
 */

import { addressOf, cString, offHeap } from './native.js';

const SIZE = 256;

/** One `bpf_attr` under construction; offsets are those of the kernel header. */
export class Attr {
  readonly view: DataView = new DataView(new ArrayBuffer(SIZE));
  readonly #bytes = new Uint8Array(this.view.buffer);
  readonly #kept: unknown[] = [];
  /** Bytes in use: past the last field that was set. Older kernels refuse non-zero bytes they don't know, zeros are fine. */
  size = 0;
  #address = 0;

  get address(): number {
    if (this.#address === 0) this.#address = addressOf(this.view.buffer);
    return this.#address;
  }

  reset(): this {
    this.#bytes.fill(0);
    this.#kept.length = 0;
    this.size = 0;
    return this;
  }

  u32(offset: number, value: number): this {
    this.view.setUint32(offset, value, LITTLE);
    return this.#used(offset + 4);
  }

  /** Also for negative descriptors and ids. */
  i32(offset: number, value: number): this {
    return this.u32(offset, value >>> 0);
  }

  u64(offset: number, value: bigint | number): this {
    this.view.setBigUint64(offset, BigInt(value), LITTLE);
    return this.#used(offset + 8);
  }

  /** A pointer to `bytes`, which the kernel may read or write during the call; 0 for `undefined` and for no bytes. */
  pointer(offset: number, bytes: Uint8Array | undefined): this {
    if (bytes === undefined || bytes.byteLength === 0) return this.u64(offset, 0);
    const still = offHeap(bytes);
    this.#kept.push(still);
    return this.u64(offset, addressOf(still));
  }

  /** A pointer to a NUL-terminated copy of `text`. */
  string(offset: number, text: string | undefined): this {
    return this.pointer(offset, text === undefined ? undefined : cString(text));
  }

  /** `text` itself in a field of `length` bytes, cut to leave a NUL (`BPF_OBJ_NAME_LEN` is 16). */
  chars(offset: number, text: string, length: number): this {
    const bytes = cString(text).subarray(0, length - 1);
    this.#bytes.set(bytes, offset);
    return this.#used(offset + length);
  }

  #used(end: number): this {
    if (end > this.size) this.size = end;
    return this;
  }
}

/** Byte order of the machine, which is that of every kernel structure. */
export const LITTLE: boolean = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

const shared = new Attr();

/** The shared attribute, zeroed. */
export function attr(): Attr {
  return shared.reset();
}
