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
    const words = this.#words;
    const record = this.record;
    const view = this.#view;
    const page = this.#page;
    const mask = this.#mask;
    const before = this.counters.read;
    if (limit <= 0) return 0;
    try {
      for (;;) {
        let available = this.#available();
        if (available === 0) break;
        while (available > 0) {
          const start = page + (this.#position & mask);
          const header = Atomics.load(words, start >>> 2);
          if (header < 0) return this.counters.read - before;
          if (this.#overwrites && this.#wasOverwritten(this.#position)) break;
          const length = header & ~DISCARD;
          const step = (length + HEADER + 7) & ~7;
          available -= step;
          if (available < 0) throw this.#corrupt(length);
          const at = this.#position;
          this.#position = (at + step) | 0;
          if ((this.#position - this.#committed) >>> 0 >= this.#commitBytes) this.#commit();
          if (header >= DISCARD) {
            this.counters.discarded++;
            continue;
          }
          this.counters.read++;
          record.moveTo(view, start + HEADER, length);
          const wish = onRecord(record);
          if (this.#overwrites && this.#wasOverwritten(at)) this.counters.overwritten++;
          if (wish === false || this.counters.read - before >= limit)
            return this.counters.read - before;
        }
        this.#commit();
      }
    } finally {
      record.end();
      this.#commit();
    }
    return this.counters.read - before;
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
      this.record.moveTo(this.#view, start + HEADER, length);
      result.set(this.record, this.counters);
      this.#position = (at + step) | 0;
      this.record.end();
      if ((this.#position - this.#committed) >>> 0 >= this.#commitBytes) this.#commit();
      if (this.#overwrites && this.#wasOverwritten(at)) {
        this.counters.overwritten++;
        continue;
      }
      return true;
    }
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
