/**
 * What ring buffers and perf buffers have in common for their readers.
 */

import type { RecordView } from './record-view.js';

/** Called for each record; returning `false` ends the reading after it. The view is good until the callback returns. */
export type RecordHandler<R> = (record: RecordView<R>) => unknown;

/** How much went through a stream since it was opened. */
export interface StreamCounters {
  /** Records delivered. */
  readonly read: number;
  /** Records that the program had reserved and then discarded. */
  readonly discarded: number;
  /** Records the kernel had no room for: perf buffers only; a ring buffer's program sees its own failures. */
  readonly lost: number;
  /** Records that a ring in overwrite mode replaced while they were being read. */
  readonly overwritten: number;
  /** Records shorter than their type. */
  readonly malformed: number;
}

/** Options of every stream. */
export interface StreamOptions<R = unknown> {
  /** Receives the records of {@link EventStream.poll}. */
  readonly onRecord?: RecordHandler<R>;
  /** Told of records that a perf buffer had no room for. */
  readonly onLost?: (count: number, cpu: number) => void;
  /** Told of records shorter than their type, as a copy; without it they are thrown as `BPF_SHORT_RECORD`. */
  readonly onMalformed?: (bytes: Uint8Array) => void;
}

export interface WaitOptions {
  /** Ends the waiting by throwing its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Records on their way from BPF programs. One reader at a time; what is not read stays in the ring.
 *
 * `for await (const record of stream)` gives owned values; {@link consume} is the zero-copy form.
 */
export interface EventStream<R> extends AsyncIterable<R> {
  /** Owned values, as they come. Ends when the stream is closed. @throws BpfError `BPF_BUSY` while another iteration waits */
  records(options?: WaitOptions): AsyncIterableIterator<R>;
  /** Calls back for each record that is there now, without copying. @returns how many, discarded ones not counted */
  consume(onRecord: RecordHandler<R>, options?: { readonly limit?: number }): number;
  /** Owned values of the records that are there now, at most `limit`. */
  take(limit?: number): R[];
  /** Waits until a record may be there. @returns false when the time was up; a negative time waits for ever */
  ready(timeoutMs?: number, options?: WaitOptions): Promise<boolean>;
  /** Waits for records and hands them to `onRecord` of the options. @returns how many, 0 when the time was up */
  poll(timeoutMs?: number, options?: WaitOptions): Promise<number>;
  readonly counters: StreamCounters;
  /** Bytes waiting in the ring, headers included. */
  readonly bytesPending: number;
  /** Readable while records are there, for event loops of one's own. Not to be closed. */
  readonly epollFd: number;
  close(): void;
  [Symbol.dispose](): void;
}
