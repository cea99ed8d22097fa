/**
 * A stream over rings: what {@link EventStream} promises, for any number of rings on one waiter.
 */

import { BpfError } from '../errors.js';
import type { Epoll } from '../sys/epoll.js';
import type {
  EventStream,
  RecordHandler,
  StreamCounters,
  StreamOptions,
  WaitOptions,
} from './event-stream.js';
import type { ReadResult, RecordSource } from './record-source.js';
import { Waiter } from './waiter.js';

/** What a stream is made of. */
export interface SourceStreamParts<R> {
  /** For messages: `ring buffer "events"`. */
  readonly what: string;
  /** May grow and shrink while the stream is open. */
  readonly sources: readonly (RecordSource<R> & { readonly result: ReadResult<R> })[];
  readonly epoll: Epoll;
  readonly options: StreamOptions<R>;
  /** Called on a wake-up that brought no record. */
  readonly onIdle?: () => void;
  readonly onClose: () => void;
}

/** See {@link EventStream}. */
export class SourceStream<R> implements EventStream<R> {
  readonly #parts: SourceStreamParts<R>;
  readonly #waiter: Waiter;
  #closed = false;
  #iterating = false;
  #reading = false;
  /** A callback that is reading it has closed it: done when that callback has returned. */
  #closing = false;
  /** The source to look at first, so that a busy one cannot starve the rest. */
  #turn = 0;

  constructor(parts: SourceStreamParts<R>) {
    this.#parts = parts;
    this.#waiter = new Waiter(parts.epoll.fd, parts.what);
  }

  records(options: WaitOptions = {}): AsyncIterableIterator<R> {
    this.#checkOpen();
    return new RecordIterator(this, options.signal);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<R> {
    return this.records();
  }

  consume(onRecord: RecordHandler<R>, options: { readonly limit?: number } = {}): number {
    this.#checkOpen();
    this.#enter();
    try {
      return this.#consumeAll(onRecord, options.limit ?? Number.POSITIVE_INFINITY);
    } finally {
      this.#leave();
    }
  }

  take(limit: number = Number.POSITIVE_INFINITY): R[] {
    this.#checkOpen();
    const values: R[] = [];
    while (values.length < limit && !this.#closed) {
      const source = this._takeOne();
      if (source === undefined) break;
      values.push(source.result.take());
    }
    if (!this.#closed) this._settle();
    return values;
  }

  async ready(timeoutMs = -1, options: WaitOptions = {}): Promise<boolean> {
    this.#checkOpen();
    const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    for (;;) {
      if (this.bytesPending > 0) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      if (!(await this._wait(left, options.signal)) && this.#closed) return false;
    }
  }

  async poll(timeoutMs = -1, options: WaitOptions = {}): Promise<number> {
    const onRecord = this.#parts.options.onRecord;
    if (onRecord === undefined) {
      throw new TypeError(
        `${this.#parts.what}: poll() hands records to "onRecord", which the stream was opened without; give it to open(), or use ready() and consume()`,
      );
    }
    const deadline = timeoutMs < 0 ? Number.POSITIVE_INFINITY : performance.now() + timeoutMs;
    for (;;) {
      const count = this.consume(onRecord);
      const left = deadline - performance.now();
      if (count > 0 || left <= 0 || this.#closed) return count;
      await this._wait(left, options.signal);
      if (this.#closed) return 0;
    }
  }

  get counters(): StreamCounters {
    const sum = { read: 0, discarded: 0, lost: 0, overwritten: 0, malformed: 0 };
    for (const { counters } of this.#parts.sources) {
      sum.read += counters.read;
      sum.discarded += counters.discarded;
      sum.lost += counters.lost;
      sum.overwritten += counters.overwritten;
      sum.malformed += counters.malformed;
    }
    return sum;
  }

  get bytesPending(): number {
    this.#checkOpen();
    return this.#parts.sources.reduce((sum, source) => sum + source.bytesPending, 0);
  }

  get epollFd(): number {
    this.#checkOpen();
    return this.#parts.epoll.fd;
  }

  close(): void {
    if (this.#closed) return;
    if (this.#reading) {
      this.#closing = true;
      for (const source of this.#parts.sources) source.stop();
      return;
    }
    this._settle();
    this.#closed = true;
    this.#waiter.close();
    this.#parts.epoll.close();
    this.#parts.onClose();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  get _isClosed(): boolean {
    return this.#closed || this.#closing;
  }

  /** @internal Decodes the next record of any source; the source holds it. */
  _takeOne(): (RecordSource<R> & { readonly result: ReadResult<R> }) | undefined {
    this.#enter();
    try {
      const { sources } = this.#parts;
      for (let count = sources.length; count > 0; count--) {
        if (this.#turn >= sources.length) this.#turn = 0;
        const source = sources[this.#turn]!;
        while (source.takeOne(source.result)) {
          if (!source.result.wasReported) return source;
          if (this.#closing) return undefined;
        }
        this.#turn++;
      }
      return undefined;
    } finally {
      this.#leave();
    }
  }

  /** @internal */
  _settle(): void {
    for (const source of this.#parts.sources) source.settle();
  }

  /** @internal */
  async _wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const limit = timeoutMs === Number.POSITIVE_INFINITY ? -1 : timeoutMs;
    const ready = await this.#waiter.wait(limit, signal);
    if (!ready || this.#closed) return ready;
    if (this.bytesPending > 0) this.#waiter.quicken();
    else this.#parts.onIdle?.();
    return ready;
  }

  /** @internal */
  _cancelWait(): void {
    this.#waiter.cancel();
  }

  /** @internal One iteration at a time. */
  _beginIteration(): void {
    this.#checkOpen();
    if (this.#iterating) {
      throw new BpfError(
        'BPF_BUSY',
        `${this.#parts.what}: another "for await" reads it already; each record goes to one reader, so read it once and pass the records on`,
      );
    }
    this.#iterating = true;
  }

  /** @internal */
  _endIteration(): void {
    this.#iterating = false;
    if (!this.#closed) this._settle();
  }

  #consumeAll(onRecord: RecordHandler<R>, limit: number): number {
    let stopped = false;
    let count = 0;
    const sources = this.#parts.sources;
    const handler: RecordHandler<R> =
      sources.length === 1
        ? onRecord
        : (record) => {
            if (onRecord(record) !== false) return undefined;
            stopped = true;
            return false;
          };
    for (let index = 0; index < sources.length && count < limit; index++) {
      if (stopped || this.#closing) break;
      count += sources[index]!.consume(handler, limit - count);
    }
    return count;
  }

  #enter(): void {
    if (this.#reading) {
      throw new BpfError(
        'BPF_BUSY',
        `${this.#parts.what}: it was read from inside a callback that is reading it`,
      );
    }
    this.#reading = true;
  }

  #leave(): void {
    this.#reading = false;
    if (this.#closing) this.close();
  }

  #checkOpen(): void {
    if (this._isClosed)
      throw new BpfError(
        'BPF_CLOSED',
        `${this.#parts.what}: it is closed; open it again to read on`,
      );
  }
}

/** `for await` over a stream. Written by hand: a generator that never started would never clean up. */
class RecordIterator<R> implements AsyncIterableIterator<R> {
  readonly #stream: SourceStream<R>;
  readonly #signal: AbortSignal | undefined;
  #state: 'new' | 'reading' | 'done' = 'new';
  #pending: Promise<IteratorResult<R>> | undefined;

  constructor(stream: SourceStream<R>, signal: AbortSignal | undefined) {
    this.#stream = stream;
    this.#signal = signal;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R>> {
    // A second next() before the first has answered waits its turn.
    if (this.#pending !== undefined)
      return this.#pending.then(
        () => this.next(),
        () => this.next(),
      );
    try {
      if (this.#state === 'new') {
        this.#stream._beginIteration();
        this.#state = 'reading';
      }
      if (this.#state === 'done') return Promise.resolve({ done: true, value: undefined });
      this.#signal?.throwIfAborted();
      if (this.#stream._isClosed) return this.return();
      const source = this.#stream._takeOne();
      if (source !== undefined)
        return Promise.resolve({ done: false, value: source.result.take() });
    } catch (error) {
      this.#end();
      return Promise.reject(error);
    }
    this.#pending = this.#waitForOne().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  return(): Promise<IteratorResult<R>> {
    this.#end();
    if (this.#pending !== undefined) this.#stream._cancelWait();
    return Promise.resolve({ done: true, value: undefined });
  }

  async #waitForOne(): Promise<IteratorResult<R>> {
    try {
      for (;;) {
        await this.#stream._wait(-1, this.#signal);
        if (this.#stream._isClosed || this.#state === 'done') {
          this.#end();
          return { done: true, value: undefined };
        }
        const source = this.#stream._takeOne();
        if (source !== undefined) return { done: false, value: source.result.take() };
      }
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  #end(): void {
    if (this.#state === 'reading') this.#stream._endIteration();
    this.#state = 'done';
  }
}
