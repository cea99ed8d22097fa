/**
 * One ring as a stream sees it, whichever kind it is.
 */

import type { Codec } from '../codec.js';
import { BpfError } from '../errors.js';
import type { RecordHandler, StreamCounters } from './event-stream.js';
import type { RecordView } from './record-view.js';

export type SourceCounters = { -readonly [Name in keyof StreamCounters]: number };

/** One ring. */
export interface RecordSource<R> {
  readonly record: RecordView<R>;
  readonly counters: SourceCounters;
  readonly bytesPending: number;
  /** Calls back for the records that are there, at most `limit`. */
  consume(onRecord: RecordHandler<R>, limit: number): number;
  /** Decodes the next record into `result`. @returns false if there is none */
  takeOne(result: ReadResult<R>): boolean;
  /** Ends a {@link consume} that is under way after the record it is at. */
  stop(): void;
  /** Makes the room of what was read free. */
  settle(): void;
}

/** Where {@link RecordSource.takeOne} leaves what it read. */
export class ReadResult<R> {
  value: R | undefined;
  /** The record was shorter than its type and was reported; there is no value. */
  skipped = false;
  readonly #codec: Codec<R> | undefined;
  readonly #what: string;
  readonly #onMalformed: ((bytes: Uint8Array) => void) | undefined;
  #error: BpfError | undefined;

  constructor(
    codec: Codec<R> | undefined,
    what: string,
    onMalformed?: (bytes: Uint8Array) => void,
  ) {
    this.#codec = codec;
    this.#what = what;
    this.#onMalformed = onMalformed;
  }

  /** @internal */
  set(record: RecordView<R>, counters: SourceCounters): void {
    this.skipped = this.#codec !== undefined && record.length < this.#codec.size;
    if (!this.skipped) {
      counters.read++;
      this.value = record.decode();
      return;
    }
    counters.malformed++;
    if (this.#onMalformed !== undefined) this.#onMalformed(record.bytes());
    else {
      this.#error = new BpfError(
        'BPF_SHORT_RECORD',
        `${this.#what}: a record of ${record.length} bytes is shorter than its type, ${this.#codec!.size} bytes; read such records with consume(), or give onMalformed`,
      );
    }
  }

  /** The value, given away. @throws BpfError `BPF_SHORT_RECORD` for a record that nobody was told of */
  take(): R {
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
    const value = this.value as R;
    this.value = undefined;
    return value;
  }

  /** Whether the record was reported elsewhere, so that the next one is wanted. */
  get wasReported(): boolean {
    return this.skipped && this.#error === undefined;
  }
}
