/**
 * Walking over a map that programs change meanwhile.
 *
 * The kernel only answers "which key follows this one?", and answers with the first key when this one is gone. So a walk can
 * start over, and without a bound need never end. This one asks for the next key before it gives a key out, so that deleting
 * what one was just given is harmless; it notices starting over, and ends after a fixed number of steps.
 */

import type { Codec } from '../codec.js';
import { type ElementCalls, KEY_OFFSET } from './element-calls.js';

/** What happened during a walk. */
export interface IterationStatistics {
  /** Entries given out. */
  readonly entries: number;
  /** How often it started over since the key it stood on had vanished; entries may then be given out again. */
  readonly restarts: number;
  /** Keys that vanished before their value could be read. */
  readonly vanished: number;
  /** False while it runs, and when it was given up since the map changed faster than it could be walked. */
  readonly complete: boolean;
}

/** A walk; `statistics` says how it went. */
export interface MapIterator<T> extends IterableIterator<T> {
  readonly statistics: IterationStatistics;
}

/** How a walk gets at a map. */
export interface WalkParts<K, V, T> {
  /** Not shared with anybody: other calls may come between two steps. */
  readonly calls: ElementCalls;
  readonly keyCodec: Codec<K>;
  /** Without it values are not read. */
  readonly valueCodec: Codec<V> | undefined;
  readonly give: (key: K, value: V) => T;
  readonly maxSteps: number;
  readonly fail: (command: 'lookup' | 'nextKey', errno: number) => Error;
  /** Throws when the map has been closed. */
  readonly checkOpen: () => void;
}

const ENOENT = 2;

/** Walks key by key. */
export class KeyWalk<K, V, T> implements MapIterator<T> {
  readonly #parts: WalkParts<K, V, T>;
  readonly #first: Uint8Array;
  /** The key to give out next; the walk has already looked past the one before. */
  readonly #next: Uint8Array;
  #state: 'new' | 'walking' | 'done' = 'new';
  #steps = 0;
  #entries = 0;
  #restarts = 0;
  #vanished = 0;
  #complete = false;

  constructor(parts: WalkParts<K, V, T>) {
    this.#parts = parts;
    this.#first = new Uint8Array(parts.calls.keySize);
    this.#next = new Uint8Array(parts.calls.keySize);
  }

  get statistics(): IterationStatistics {
    return {
      entries: this.#entries,
      restarts: this.#restarts,
      vanished: this.#vanished,
      complete: this.#complete,
    };
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T> {
    const { calls, keyCodec, valueCodec, give } = this.#parts;
    if (this.#state !== 'done') this.#parts.checkOpen();
    if (this.#state === 'new') this.#start();
    while (this.#state === 'walking') {
      calls.bytes.set(this.#next, KEY_OFFSET);
      let value: V | undefined;
      if (valueCodec !== undefined) {
        const errno = calls.lookup();
        if (errno !== 0 && errno !== ENOENT) throw this.#parts.fail('lookup', errno);
        if (errno === ENOENT) {
          this.#vanished++;
          this.#advance();
          continue;
        }
        value = valueCodec.decode(calls.view, calls.valueOffset);
      }
      const key = keyCodec.decode(calls.view, KEY_OFFSET);
      this.#advance();
      this.#entries++;
      return { done: false, value: give(key, value as V) };
    }
    return { done: true, value: undefined };
  }

  return(): IteratorResult<T> {
    this.#state = 'done';
    return { done: true, value: undefined };
  }

  #start(): void {
    const { calls, fail } = this.#parts;
    const errno = calls.nextKey(true);
    if (errno !== 0 && errno !== ENOENT) throw fail('nextKey', errno);
    this.#state = errno === ENOENT ? 'done' : 'walking';
    this.#complete = errno === ENOENT;
    this.#keep(this.#first);
    this.#keep(this.#next);
  }

  /** From the key that the calls hold to the one after it. */
  #advance(): void {
    const { calls, fail, maxSteps } = this.#parts;
    const errno = calls.nextKey(false);
    if (errno === ENOENT) {
      this.#state = 'done';
      this.#complete = true;
      return;
    }
    if (errno !== 0) throw fail('nextKey', errno);
    this.#keep(this.#next);
    if (this.#startedOver()) this.#restarts++;
    if (++this.#steps >= maxSteps) this.#state = 'done';
  }

  #startedOver(): boolean {
    for (let index = 0; index < this.#first.length; index++)
      if (this.#first[index] !== this.#next[index]) return false;
    return true;
  }

  #keep(key: Uint8Array): void {
    const { bytes, keySize } = this.#parts.calls;
    key.set(bytes.subarray(KEY_OFFSET, KEY_OFFSET + keySize));
  }
}
