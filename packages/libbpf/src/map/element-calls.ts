/**
 * The element commands of `bpf(2)` on one map, with an attribute, a key and a value that are allocated once.
 *
 * They lie in ArrayBuffers, which V8 allocates outside its moving heap, so that their addresses are written into the attribute
 * once and a call only sets what changes. `bpf(2)` is synchronous: nothing else can touch them meanwhile. The attribute has a
 * buffer of its own, since codecs get the other one and might write anywhere in it.
 */

import { SyscallError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import { BPF_COMMANDS, bpfRaw, lastErrno } from '../sys/bpf.js';
import { addressOf } from '../sys/native.js';

const LOOKUP = 1;
const UPDATE = 2;
const DELETE = 3;
const NEXT_KEY = 4;
const LOOKUP_AND_DELETE = 21;

const ATTR_BYTES = 32;
/** Up to the key: the kernel wants zeros in what a command does not use. */
const DELETE_BYTES = 16;
const KEY_POINTER = 8;
const VALUE_POINTER = 16;
const FLAGS = 24;

/** Where the key starts in {@link ElementCalls.view}. */
export const KEY_OFFSET = 0;

/** Buffers for the element commands of one map. */
export class ElementCalls {
  /** Over key and value. */
  readonly view: DataView;
  readonly bytes: Uint8Array;
  /** Where the value starts in `view`. */
  readonly valueOffset: number;
  readonly keySize: number;
  /** What the kernel reads and writes: for per-CPU maps that is a value for each possible CPU. */
  readonly valueSize: number;
  readonly fd: number;
  readonly #attribute: DataView;
  /** Of the attribute. */
  readonly #address: number;
  readonly #keyAddress: number;

  /**
   * @param keySize - 0 for maps without keys
   * @param valueSize - all that the kernel copies, or it writes past the end
   * @param room - bytes for the value where the kernel may copy more than is known
   */
  constructor(fd: number, keySize: number, valueSize: number, room: number = valueSize) {
    this.fd = fd;
    this.keySize = keySize;
    this.valueSize = valueSize;
    this.valueOffset = KEY_OFFSET + Math.ceil(keySize / 8) * 8;
    const buffer = new ArrayBuffer(this.valueOffset + Math.max(valueSize, room, keySize, 8));
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.#keyAddress = addressOf(buffer) + KEY_OFFSET;
    const attribute = new ArrayBuffer(ATTR_BYTES);
    this.#attribute = new DataView(attribute);
    this.#address = addressOf(attribute);
    this.#attribute.setInt32(0, fd, LITTLE);
    this.#setPointer(KEY_POINTER, keySize === 0 ? 0 : this.#keyAddress);
    this.#setPointer(VALUE_POINTER, this.#keyAddress - KEY_OFFSET + this.valueOffset);
  }

  /** Reads the value of the key. @returns an errno: 0, ENOENT (2), … */
  lookup(flags = 0): number {
    return this.#call(LOOKUP, flags);
  }

  update(flags = 0): number {
    return this.#call(UPDATE, flags);
  }

  delete(): number {
    return this.#call(DELETE, 0, DELETE_BYTES);
  }

  lookupAndDelete(flags = 0): number {
    return this.#call(LOOKUP_AND_DELETE, flags);
  }

  /** Replaces the key by the one after it, or by the first. @returns ENOENT after the last */
  nextKey(first: boolean): number {
    if (first) this.#setPointer(KEY_POINTER, 0);
    const errno = this.#call(NEXT_KEY, 0);
    if (first) this.#setPointer(KEY_POINTER, this.#keyAddress);
    if (errno === 0)
      this.bytes.copyWithin(KEY_OFFSET, this.valueOffset, this.valueOffset + this.keySize);
    return errno;
  }

  #call(command: number, flags: number, size = ATTR_BYTES): number {
    // A codec that gave the memory away, to another thread, left an address that is somebody else's.
    if (this.bytes.length === 0)
      throw new TypeError('a codec has transferred the buffer it was given to read or write');
    this.#attribute.setUint32(FLAGS + (LITTLE ? 0 : 4), flags, LITTLE);
    return bpfRaw(command, this.#address, size) < 0 ? lastErrno() : 0;
  }

  #setPointer(offset: number, address: number): void {
    this.#attribute.setBigUint64(offset, BigInt(address), LITTLE);
  }
}

/** What the kernel said, as a cause. */
export function elementCause(command: ElementCommand, errno: number): SyscallError {
  return new SyscallError('bpf', errno, BPF_COMMANDS[COMMANDS[command]]);
}

/** The calls on single elements. */
export type ElementCommand = 'lookup' | 'update' | 'delete' | 'nextKey' | 'lookupAndDelete';

const COMMANDS: Record<ElementCommand, number> = {
  lookup: LOOKUP,
  update: UPDATE,
  delete: DELETE,
  nextKey: NEXT_KEY,
  lookupAndDelete: LOOKUP_AND_DELETE,
};
