/**
 * A map's elements as bytes.
 */

import { type ElementCalls, KEY_OFFSET } from './element-calls.js';

type Command = 'lookup' | 'update' | 'delete' | 'nextKey' | 'lookupAndDelete';
const ENOENT = 2;

/** Elements of a map as bytes in the machine's byte order; copies, in and out. */
export class RawMap {
  readonly #calls: ElementCalls;
  readonly #what: string;
  readonly #fail: (command: Command, errno: number) => Error;
  readonly #checkOpen: () => void;

  /** @internal */
  constructor(
    calls: ElementCalls,
    what: string,
    fail: (command: Command, errno: number) => Error,
    checkOpen: () => void,
  ) {
    this.#calls = calls;
    this.#what = what;
    this.#fail = fail;
    this.#checkOpen = checkOpen;
  }

  /** Bytes of a key. */
  get keySize(): number {
    return this.#calls.keySize;
  }

  /** Bytes that the kernel reads and writes for a value: of per-CPU maps those of all possible CPUs. */
  get valueSize(): number {
    return this.#calls.valueSize;
  }

  lookup(key: Uint8Array, flags = 0): Uint8Array | undefined {
    this.#setKey(key);
    return this.#value('lookup', this.#calls.lookup(flags));
  }

  /** @param flags - BPF_ANY (0), BPF_NOEXIST (1), BPF_EXIST (2), BPF_F_LOCK (4) */
  update(key: Uint8Array, value: Uint8Array, flags = 0): void {
    this.#setKey(key);
    if (value.byteLength !== this.valueSize)
      throw new RangeError(
        `${this.#what}, value: expected ${this.valueSize} bytes, found ${value.byteLength}`,
      );
    this.#calls.bytes.set(value, this.#calls.valueOffset);
    const errno = this.#calls.update(flags);
    if (errno !== 0) throw this.#fail('update', errno);
  }

  /** @returns whether it was there */
  delete(key: Uint8Array): boolean {
    this.#setKey(key);
    const errno = this.#calls.delete();
    if (errno !== 0 && errno !== ENOENT) throw this.#fail('delete', errno);
    return errno === 0;
  }

  lookupAndDelete(key: Uint8Array, flags = 0): Uint8Array | undefined {
    this.#setKey(key);
    return this.#value('lookupAndDelete', this.#calls.lookupAndDelete(flags));
  }

  /** The key after `key`, or the first one: also if `key` is gone. */
  nextKey(key?: Uint8Array): Uint8Array | undefined {
    if (key === undefined) this.#checkOpen();
    else this.#setKey(key);
    const errno = this.#calls.nextKey(key === undefined);
    if (errno !== 0 && errno !== ENOENT) throw this.#fail('nextKey', errno);
    return errno === 0 ? this.#calls.bytes.slice(KEY_OFFSET, KEY_OFFSET + this.keySize) : undefined;
  }

  #setKey(key: Uint8Array): void {
    this.#checkOpen();
    if (key.byteLength !== this.keySize)
      throw new RangeError(
        `${this.#what}, key: expected ${this.keySize} bytes, found ${key.byteLength}`,
      );
    this.#calls.bytes.set(key, KEY_OFFSET);
  }

  #value(command: Command, errno: number): Uint8Array | undefined {
    if (errno !== 0 && errno !== ENOENT) throw this.#fail(command, errno);
    const { bytes, valueOffset } = this.#calls;
    return errno === 0 ? bytes.slice(valueOffset, valueOffset + this.valueSize) : undefined;
  }
}
