/**
 * A BPF ring buffer, read from its mapped pages.
 *
 * Layout (linux/kernel/bpf/ringbuf.c): one page with the consumer position, writable; one page with the producer position and,
 * from 6.19 on, where overwriting has got to; then the data, mapped twice in a row so that no record is cut at the end.
 * Positions only grow; the ring is a power of two of at most 2 GiB, so their low 32 bits say how far apart they are, and the
 * high half of the consumer position is written when the low one wraps. A record is an 8-byte header, whose first word has its
 * length and the bits BUSY and DISCARD, and its bytes, rounded up to 8.
 */

import { BpfError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import type { RecordHandler } from './event-stream.js';
import type { ReadResult, RecordSource, SourceCounters } from './record-source.js';
import type { RecordView } from './record-view.js';

const DISCARD = 1 << 30;
const HEADER = 8;
const LOW = LITTLE ? 0 : 1;
/** Words of `overwrite_pos` after `producer_pos` and `pending_pos`. */
const OVERWRITE_LOW = 4 + LOW;
/** The kernel sees consumed room after at most this many bytes. */
const COMMIT_BYTES = 4096;

/** Machines whose loads are not reordered: there a plain load will do, which is ten times faster than an atomic one. */
const IS_ORDERED = ['x64', 'ia32', 's390x'].includes(process.arch);

/** The pages of a ring; for tests they may be any memory. */
export interface RingPages {
  /** One page, writable. */
  readonly consumer: ArrayBuffer;
  /** The producer's page, then the data twice. Never written. */
  readonly data: ArrayBuffer;
  readonly pageSize: number;
  /** Bytes of data, a power of two. */
  readonly size: number;
  /** Made with BPF_F_RB_OVERWRITE: the kernel replaces old records instead of failing. */
  readonly overwrites?: boolean;
}

/** Reads one ring. */
export class RingMemory<R> implements RecordSource<R> {
  readonly record: RecordView<R>;
  readonly counters: SourceCounters = {
    read: 0,
    discarded: 0,
    lost: 0,
    overwritten: 0,
    malformed: 0,
  };
  readonly size: number;
  readonly #what: string;
  readonly #consumer: Int32Array;
  readonly #consumerWide: BigUint64Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #page: number;
  readonly #mask: number;
  readonly #overwrites: boolean;
  readonly #commitBytes: number;
  /** Low 32 bits of the position of the next record. */
  #position: number;
  #committed: number;
  /** The callback wanted no more, or the stream is to be closed. */
  #stopped = false;

  constructor(pages: RingPages, record: RecordView<R>, what: string) {
    this.record = record;
    this.size = pages.size;
    this.#what = what;
    this.#consumer = new Int32Array(pages.consumer);
    this.#consumerWide = new BigUint64Array(pages.consumer, 0, 1);
    this.#words = new Int32Array(pages.data);
    this.#view = new DataView(pages.data);
    this.#page = pages.pageSize;
    this.#mask = pages.size - 1;
    this.#overwrites = pages.overwrites ?? false;
    this.#commitBytes = Math.min(COMMIT_BYTES, pages.size >>> 3);
    this.#position = Atomics.load(this.#consumer, LOW);
    this.#committed = this.#position;
  }

  get bytesPending(): number {
    return Math.min((Atomics.load(this.#words, LOW) - this.#position) >>> 0, this.size);
  }

  /** Bytes produced since the ring was made. */
  get producerPosition(): bigint {
    return this.#wide(this.#words, 0);
  }

  get consumerPosition(): bigint {
    return this.#wide(this.#consumer, 0);
  }

  consume(onRecord: RecordHandler<R>, limit: number): number {
    let count = 0;
    this.#stopped = false;
    try {
      // What is produced meanwhile is read as well.
      while (count < limit) {
        const available = this.#available();
        const before = this.#position;
        if (available > 0) count += this.#consumeSome(onRecord, available, limit - count);
        this.#commit();
        if (this.#position === before || this.#stopped) break;
      }
    } finally {
      this.record.end();
      this.#commit();
    }
    return count;
  }

  /** The hot loop: of `available` bytes, reads those that are committed. */
  #consumeSome(onRecord: RecordHandler<R>, available: number, limit: number): number {
    const words = this.#words;
    const record = this.record;
    const page = this.#page;
    const mask = this.#mask;
    const overwrites = this.#overwrites;
    let position = this.#position;
    let left = available;
    let uncommitted = 0;
    let count = 0;
    record.moveTo(this.#view, 0, 0);
    try {
      while (left > 0 && count < limit) {
        const start = page + (position & mask);
        const header = IS_ORDERED ? words[start >>> 2]! : Atomics.load(words, start >>> 2);
        // Reserved, not yet committed: what comes after it has to wait too.
        if (header < 0) break;
        if (overwrites && this.#wasOverwritten(position)) break;
        const length = header & ~DISCARD;
        const step = (length + HEADER + 7) & ~7;
        left -= step;
        if (left < 0) throw this.#corrupt(length);
        const at = position;
        position = (position + step) | 0;
        uncommitted += step;
        if (uncommitted >= this.#commitBytes) {
          this.#position = position;
          this.#commit();
          uncommitted = 0;
        }
        if (header >= DISCARD) {
          this.counters.discarded++;
          continue;
        }
        count++;
        record.move(start + HEADER, length);
        const wish = onRecord(record);
        if (overwrites && this.#wasOverwritten(at)) this.counters.overwritten++;
        if (wish === false) this.#stopped = true;
        if (this.#stopped) break;
      }
    } finally {
      this.#position = position;
      this.counters.read += count;
    }
    return count;
  }

  takeOne(result: ReadResult<R>): boolean {
    for (;;) {
      const available = this.#available();
      if (available === 0) {
        this.#commit();
        // A record that was committed before the kernel saw our position woke nobody.
        if (this.#available() === 0) return false;
        continue;
      }
      const start = this.#page + (this.#position & this.#mask);
      const header = Atomics.load(this.#words, start >>> 2);
      if (header < 0) {
        this.#commit();
        return Atomics.load(this.#words, start >>> 2) >= 0 ? this.takeOne(result) : false;
      }
      if (this.#overwrites && this.#wasOverwritten(this.#position)) continue;
      const length = header & ~DISCARD;
      const step = (length + HEADER + 7) & ~7;
      if (step > available) throw this.#corrupt(length);
      const at = this.#position;
      if (header >= DISCARD) {
        this.#position = (at + step) | 0;
        this.counters.discarded++;
        continue;
      }
      // Behind it already: a record that cannot be decoded is not met again.
      this.#position = (at + step) | 0;
      this.record.moveTo(this.#view, start + HEADER, length);
      try {
        result.set(this.record, this.counters);
      } finally {
        this.record.end();
      }
      if ((this.#position - this.#committed) >>> 0 >= this.#commitBytes) this.#commit();
      if (this.#overwrites && this.#wasOverwritten(at)) {
        this.counters.overwritten++;
        continue;
      }
      return true;
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Tells the kernel what has been read. */
  settle(): void {
    this.#commit();
  }

  /** Bytes between the next record and the end of what was produced. */
  #available(): number {
    const available = (Atomics.load(this.#words, LOW) - this.#position) >>> 0;
    if (available <= this.size && !this.#overwrites) return available;
    if (this.#overwrites) return this.#availableOverwriting();
    throw new BpfError(
      'BPF_RING_CORRUPT',
      `${this.#what}: producer and consumer are ${available} bytes apart, at most ${this.size} fit; somebody else wrote the consumer position`,
    );
  }

  /** Skips to the oldest record that is still there. */
  #availableOverwriting(): number {
    const oldest = Atomics.load(this.#words, OVERWRITE_LOW);
    const producer = Atomics.load(this.#words, LOW);
    if ((producer - this.#position) >>> 0 > (producer - oldest) >>> 0) this.#position = oldest;
    return (producer - this.#position) >>> 0;
  }

  #wasOverwritten(position: number): boolean {
    return ((Atomics.load(this.#words, OVERWRITE_LOW) - position) | 0) > 0;
  }

  #commit(): void {
    const position = this.#position;
    if (position === this.#committed) return;
    const wrapped = position >>> 0 < this.#committed >>> 0;
    this.#committed = position;
    if (!wrapped) {
      Atomics.store(this.#consumer, LOW, position);
      return;
    }
    const high = (this.#consumer[1 - LOW]! + 1) >>> 0;
    Atomics.store(this.#consumerWide, 0, (BigInt(high) << 32n) | BigInt(position >>> 0));
  }

  #wide(words: Int32Array, at: number): bigint {
    for (;;) {
      const high = Atomics.load(words, at + 1 - LOW);
      const low = Atomics.load(words, at + LOW);
      if (Atomics.load(words, at + 1 - LOW) === high)
        return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    }
  }

  #corrupt(length: number): BpfError {
    return new BpfError(
      'BPF_RING_CORRUPT',
      `${this.#what}: a record of ${length} bytes reaches past what was produced`,
    );
  }
}
