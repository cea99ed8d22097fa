/**
 * The ring of one CPU of a perf buffer.
 *
 * Layout (`struct perf_event_mmap_page`, linux/include/uapi/linux/perf_event.h): a page with `data_head` at 1024, written by
 * the kernel, and `data_tail` at 1032, written by the reader; then the data. Records start with type, flags and size and are
 * multiples of 8 bytes; one that reaches past the end goes on at the start, and is put together in a buffer of its own here.
 */

import { BpfError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import { PERF_RECORD_LOST, PERF_RECORD_SAMPLE } from '../sys/perf-event.js';
import type { RecordHandler } from './event-stream.js';
import type { ReadResult, RecordSource, SourceCounters } from './record-source.js';
import type { RecordView } from './record-view.js';

const LOW = LITTLE ? 0 : 1;
const HEAD = 1024 / 4;
const TAIL = 1032 / 4;
const HEADER = 8;
/** `u32 size` before a sample's bytes. */
const SAMPLE_BYTES = HEADER + 4;

/** Reads the ring of one CPU. */
export class PerfMemory<R> implements RecordSource<R> {
  readonly record: RecordView<R>;
  readonly counters: SourceCounters = {
    read: 0,
    discarded: 0,
    lost: 0,
    overwritten: 0,
    malformed: 0,
  };
  /** Bytes of data, a power of two. */
  readonly size: number;
  readonly #what: string;
  readonly #onLost: ((count: number, cpu: number) => void) | undefined;
  readonly #words: Int32Array;
  readonly #tailWide: BigUint64Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #page: number;
  #joined: Uint8Array | undefined;
  #position: number;
  #committed: number;
  /** The stream is to be closed. */
  #stopped = false;

  /**
   * @param buffer - the mapped pages, or any memory in a test
   * @param pageSize - bytes before the data
   */
  constructor(
    buffer: ArrayBuffer,
    pageSize: number,
    record: RecordView<R>,
    what: string,
    onLost?: (count: number, cpu: number) => void,
  ) {
    this.record = record;
    this.size = buffer.byteLength - pageSize;
    this.#what = what;
    this.#onLost = onLost;
    this.#words = new Int32Array(buffer);
    this.#tailWide = new BigUint64Array(buffer, TAIL * 4, 1);
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
    this.#page = pageSize;
    this.#position = Atomics.load(this.#words, TAIL + LOW);
    this.#committed = this.#position;
  }

  get bytesPending(): number {
    return (Atomics.load(this.#words, HEAD + LOW) - this.#position) >>> 0;
  }

  consume(onRecord: RecordHandler<R>, limit: number): number {
    const before = this.counters.read;
    this.#stopped = false;
    try {
      while (!this.#stopped && this.counters.read - before < limit && this.#nextSample()) {
        this.counters.read++;
        if (onRecord(this.record) === false) break;
      }
    } finally {
      this.record.end();
      this.settle();
    }
    return this.counters.read - before;
  }

  takeOne(result: ReadResult<R>): boolean {
    if (!this.#nextSample()) {
      this.settle();
      return false;
    }
    try {
      result.set(this.record, this.counters);
    } finally {
      this.record.end();
    }
    if ((this.#position - this.#committed) >>> 0 >= this.size >>> 3) this.settle();
    return true;
  }

  stop(): void {
    this.#stopped = true;
  }

  settle(): void {
    const position = this.#position;
    if (position === this.#committed) return;
    const wrapped = position >>> 0 < this.#committed >>> 0;
    this.#committed = position;
    if (!wrapped) {
      Atomics.store(this.#words, TAIL + LOW, position);
      return;
    }
    const high = (this.#words[TAIL + 1 - LOW]! + 1) >>> 0;
    Atomics.store(this.#tailWide, 0, (BigInt(high) << 32n) | BigInt(position >>> 0));
  }

  /** Moves the record view to the next sample, counting losses on the way. */
  #nextSample(): boolean {
    for (;;) {
      const available = (Atomics.load(this.#words, HEAD + LOW) - this.#position) >>> 0;
      if (available === 0) return false;
      const at = this.#position & (this.size - 1);
      const type = this.#view.getUint32(this.#page + at, LITTLE);
      const bytes = this.#view.getUint16(this.#page + at + 6, LITTLE);
      if (available > this.size || bytes < HEADER || bytes > available) {
        throw new BpfError(
          'BPF_RING_CORRUPT',
          `${this.#what}: a record of ${bytes} bytes where ${available} were produced`,
        );
      }
      const wraps = at + bytes > this.size;
      const view = wraps ? this.#join(at, bytes) : this.#view;
      const start = wraps ? 0 : this.#page + at;
      this.#position = (this.#position + bytes) | 0;
      if (type === PERF_RECORD_SAMPLE) {
        const length = view.getUint32(start + HEADER, LITTLE);
        if (SAMPLE_BYTES + length > bytes) {
          throw new BpfError(
            'BPF_RING_CORRUPT',
            `${this.#what}: a sample of ${length} bytes in a record of ${bytes}`,
          );
        }
        this.record.moveTo(view, start + SAMPLE_BYTES, length);
        return true;
      }
      if (type !== PERF_RECORD_LOST) continue;
      this.#lost(Number(view.getBigUint64(start + HEADER + 8, LITTLE)));
      if (this.#stopped) return false;
    }
  }

  #lost(count: number): void {
    this.counters.lost += count;
    this.#onLost?.(count, this.record.source);
  }

  #join(at: number, bytes: number): DataView {
    this.#joined ??= new Uint8Array(1 << 16);
    const head = this.size - at;
    this.#joined.set(this.#bytes.subarray(this.#page + at, this.#page + this.size));
    this.#joined.set(this.#bytes.subarray(this.#page, this.#page + bytes - head), head);
    return new DataView(this.#joined.buffer);
  }
}
