/**
 * A walk over a map by batches; key by key where the kernel has none.
 */

import type { BatchReader } from './map-batch.js';
import type { IterationStatistics, KeyWalk, MapIterator, WalkParts } from './map-iterator.js';

/** Walks in chunks. */
export class BatchWalk<K, V, T> implements MapIterator<T> {
  readonly #reader: BatchReader<K, V>;
  readonly #parts: Omit<WalkParts<K, V, T>, 'calls' | 'maxSteps' | 'fail'> & {
    readonly keySize: number;
    readonly valueSize: number;
  };
  readonly #fallBack: () => KeyWalk<K, V, T>;
  #walk: KeyWalk<K, V, T> | undefined;
  #count = 0;
  #at = 0;
  #entries = 0;
  #ended = false;

  constructor(
    reader: BatchReader<K, V>,
    parts: Omit<WalkParts<K, V, T>, 'calls' | 'maxSteps' | 'fail'> & {
      readonly keySize: number;
      readonly valueSize: number;
    },
    fallBack: () => KeyWalk<K, V, T>,
  ) {
    this.#reader = reader;
    this.#parts = parts;
    this.#fallBack = fallBack;
  }

  get statistics(): IterationStatistics {
    if (this.#walk !== undefined) return this.#walk.statistics;
    const complete = this.#reader.done && this.#at >= this.#count;
    return { entries: this.#entries, restarts: 0, vanished: 0, complete };
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T> {
    if (this.#walk !== undefined) return this.#walk.next();
    if (this.#ended) return { done: true, value: undefined };
    if (this.#at >= this.#count) {
      this.#parts.checkOpen();
      this.#count = this.#reader.read();
      this.#at = 0;
      if (this.#reader.unsupported) {
        this.#walk = this.#fallBack();
        return this.#walk.next();
      }
      if (this.#count === 0) {
        this.#ended = true;
        return { done: true, value: undefined };
      }
    }
    const { keyCodec, valueCodec, give, keySize, valueSize } = this.#parts;
    const { keys, values } = this.#reader.view;
    const index = this.#at++;
    this.#entries++;
    const key = keyCodec.decode(keys, index * keySize);
    return { done: false, value: give(key, valueCodec?.decode(values, index * valueSize) as V) };
  }

  return(): IteratorResult<T> {
    this.#ended = true;
    this.#walk?.return();
    return { done: true, value: undefined };
  }
}
