/**
 * User ring buffers: records from user space to BPF programs, `BPF_MAP_TYPE_USER_RINGBUF`, Linux 6.1 and later.
 *
 * The same pages as a ring buffer with the roles exchanged: the consumer's page is read-only, the producer's page and the data
 * are writable. The kernel looks at the ring when a program drains it, and checks what it finds.
 */

import type { Codec } from '../codec.js';
import { BpfError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import { Epoll } from '../sys/epoll.js';
import { Mapping, pageSize } from '../sys/memory.js';
import type { WaitOptions } from './event-stream.js';
import { openError } from './open-error.js';
import { claimRing } from './ring-claim.js';
import { Waiter } from './waiter.js';

const BUSY = 1 << 31;
const DISCARD = 1 << 30;
const HEADER = 8;
const LOW = LITTLE ? 0 : 1;

/** Room in the ring, to be filled and then submitted or discarded, once. */
export interface UserRecord {
  /** The record's bytes in the ring: a view, zeroed or old. Not to be used after submit or discard. */
  readonly bytes: Uint8Array;
  /** The same bytes. */
  readonly view: DataView;
  /** Gives it to the programs. */
  submit(): void;
  /** Takes it back; programs skip it. */
  discard(): void;
}

/** The pages of a user ring; for tests they may be any memory. */
export interface UserRingPages {
  /** One page, never written. */
  readonly consumer: ArrayBuffer;
  /** The producer's page, then the data twice. */
  readonly data: ArrayBuffer;
  readonly pageSize: number;
  /** Bytes of data, a power of two. */
  readonly size: number;
}

/** Writes one user ring. */
export class UserRingMemory {
  readonly size: number;
  readonly #what: string;
  readonly #consumer: Int32Array;
  readonly #words: Int32Array;
  readonly #wide: BigUint64Array;
  readonly #buffer: ArrayBuffer;
  readonly #page: number;
  #position: number;

  constructor(pages: UserRingPages, what: string) {
    this.size = pages.size;
    this.#what = what;
    this.#consumer = new Int32Array(pages.consumer);
    this.#words = new Int32Array(pages.data);
    this.#wide = new BigUint64Array(pages.data, 0, 1);
    this.#buffer = pages.data;
    this.#page = pages.pageSize;
    this.#position = Atomics.load(this.#words, LOW);
  }

  /** Bytes that programs have not drained yet, headers included. */
  get bytesPending(): number {
    return (this.#position - Atomics.load(this.#consumer, LOW)) >>> 0;
  }

  /**
   * @param size - bytes; room is taken in multiples of 8
   * @returns `undefined` while there is no room
   * @throws RangeError for a size that the ring can never hold
   */
  reserve(size: number): UserRecord | undefined {
    const total = Math.ceil((size + HEADER) / 8) * 8;
    if (!Number.isInteger(size) || size < 0 || total > this.size) {
      throw new RangeError(
        `${this.#what}: a record has 0 to ${this.size - HEADER} bytes, found ${size}`,
      );
    }
    if (this.size - this.bytesPending < total) return undefined;
    const start = this.#page + (this.#position & (this.size - 1));
    const header = start >>> 2;
    this.#words[header + 1] = 0;
    Atomics.store(this.#words, header, size | BUSY);
    this.#advance(total);
    return new Reserved(this.#words, header, new Uint8Array(this.#buffer, start + HEADER, size));
  }

  #advance(bytes: number): void {
    const before = this.#position;
    this.#position = (before + bytes) | 0;
    if (this.#position >>> 0 >= before >>> 0) {
      Atomics.store(this.#words, LOW, this.#position);
      return;
    }
    const high = (this.#words[1 - LOW]! + 1) >>> 0;
    Atomics.store(this.#wide, 0, (BigInt(high) << 32n) | BigInt(this.#position >>> 0));
  }
}

class Reserved implements UserRecord {
  readonly bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #header: number;
  #done = false;

  constructor(words: Int32Array, header: number, bytes: Uint8Array) {
    this.#words = words;
    this.#header = header;
    this.bytes = bytes;
  }

  get view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  submit(): void {
    this.#finish(0);
  }

  discard(): void {
    this.#finish(DISCARD);
  }

  #finish(flag: number): void {
    if (this.#done)
      throw new BpfError(
        'BPF_RECORD_DONE',
        'user ring buffer: this record was submitted or discarded before; reserve another',
      );
    this.#done = true;
    Atomics.store(this.#words, this.#header, this.bytes.byteLength | flag);
  }
}

/** The writing end of a user ring buffer. */
export class UserRingBuffer<R = Uint8Array> {
  readonly #what: string;
  readonly #codec: Codec<R> | undefined;
  readonly #memory: UserRingMemory;
  readonly #epoll: Epoll;
  readonly #waiter: Waiter;
  readonly #undo: (() => void)[] = [];
  #closed = false;

  /** @internal Opened by the map. */
  constructor(map: {
    name: string;
    fd: number;
    maxEntries: number;
    recordCodec: Codec<R> | undefined;
  }) {
    this.#what = `user ring buffer "${map.name}"`;
    this.#codec = map.recordCodec;
    const page = pageSize();
    const size = map.maxEntries;
    try {
      const consumer = this.#map(map.fd, page, { offset: 0, writable: false });
      const data = this.#map(map.fd, page + 2 * size, { offset: page, writable: true });
      const claim = claimRing(data.buffer, this.#what);
      this.#undo.push(() => claim.release());
      this.#memory = new UserRingMemory(
        { consumer: consumer.buffer, data: data.buffer, pageSize: page, size },
        this.#what,
      );
      this.#epoll = new Epoll();
      this.#undo.push(() => this.#epoll.close());
      this.#epoll.addForRoom(map.fd, 0);
      this.#waiter = new Waiter(this.#epoll.fd, this.#what);
    } catch (error) {
      this.#release();
      throw openError(this.#what, error);
    }
  }

  /** Bytes of the ring. */
  get size(): number {
    return this.#memory.size;
  }

  /** Bytes that programs have not drained yet, headers included. */
  get bytesPending(): number {
    this.#checkOpen();
    return this.#memory.bytesPending;
  }

  /**
   * Room for a record of `size` bytes, or `undefined` while there is none.
   *
   * @throws RangeError for a size that the ring can never hold
   */
  reserve(size: number): UserRecord | undefined {
    this.#checkOpen();
    return this.#memory.reserve(size);
  }

  /**
   * As {@link reserve}, waiting for programs to make room.
   *
   * @param timeoutMs - negative to wait for ever
   * @returns `undefined` when the time was up or the ring was closed
   */
  async reserveBlocking(
    size: number,
    timeoutMs = -1,
    options: WaitOptions = {},
  ): Promise<UserRecord | undefined> {
    const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    for (;;) {
      const record = this.reserve(size);
      if (record !== undefined) return record;
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      this.#epoll.ready();
      const late = this.reserve(size);
      if (late !== undefined) return late;
      await this.#waiter.wait(left === Number.POSITIVE_INFINITY ? -1 : left, options.signal);
      if (this.#closed) return undefined;
    }
  }

  /** Writes one record. @returns false if there was no room */
  send(value: R): boolean {
    const size = this.#codec?.size ?? (value as Uint8Array).byteLength;
    const record = this.reserve(size);
    if (record === undefined) return false;
    try {
      if (this.#codec !== undefined) this.#codec.encode(record.view, 0, value);
      else record.bytes.set(value as Uint8Array);
    } catch (error) {
      record.discard();
      throw error;
    }
    record.submit();
    return true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiter.close();
    this.#release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #map(fd: number, length: number, options: { offset: number; writable: boolean }): Mapping {
    try {
      const mapping = Mapping.ofFd(fd, length, options);
      this.#undo.push(() => mapping.release());
      return mapping;
    } catch (cause) {
      throw new BpfError(
        'BPF_RING_OPEN',
        `${this.#what}: its memory (${length} bytes) could not be mapped: ${(cause as Error).message}`,
        { cause },
      );
    }
  }

  #release(): void {
    for (const step of this.#undo.reverse()) step();
    this.#undo.length = 0;
  }

  #checkOpen(): void {
    if (this.#closed) throw new BpfError('BPF_CLOSED', `${this.#what}: it is closed`);
  }
}
