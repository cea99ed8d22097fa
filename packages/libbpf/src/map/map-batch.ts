/**
 * Many elements with one system call: `BPF_MAP_*_BATCH`, Linux 5.6 and later, for the types of map that have it.
 *
 * A walk by batches goes bucket by bucket: entries that stay are given out once, and nothing makes it start over. Where the
 * kernel has no batches, {@link isUnsupported} tells from the first answer, and the caller goes key by key.
 */

import type { Codec } from '../codec.js';
import {
  type MapBatchAttr,
  type MapBatchResult,
  mapLookupAndDeleteBatch,
  mapLookupBatch,
} from '../sys/bpf.js';

const EAGAIN = 11;
const EINTR = 4;
const ENOENT = 2;
const ENOSPC = 28;
const UNSUPPORTED = new Set([22, 38, 95, 524]);
const CHUNK_BYTES = 1 << 20;
const MAX_GROWTHS = 24;

/** What batch calls need to know of a map. */
export interface BatchParts<K, V> {
  readonly fd: number;
  readonly keyCodec: Codec<K>;
  readonly valueCodec: Codec<V>;
  readonly keySize: number;
  /** All that the kernel copies for one element. */
  readonly valueSize: number;
  readonly fail: (
    command: 'lookup' | 'lookupAndDelete' | 'update' | 'delete',
    errno: number,
  ) => Error;
}

/** Whether an errno of a batch call says that this map has no such call. */
export function isUnsupported(errno: number): boolean {
  return UNSUPPORTED.has(errno);
}

/** Reads a map in chunks. */
export class BatchReader<K, V> {
  view: { keys: DataView; values: DataView };
  readonly #parts: BatchParts<K, V>;
  readonly #call: (options: MapBatchAttr) => MapBatchResult;
  readonly #command: 'lookup' | 'lookupAndDelete';
  readonly #token: Uint8Array;
  readonly #nextToken: Uint8Array;
  #keys: Uint8Array;
  #values: Uint8Array;
  #capacity: number;
  #started = false;
  /** After the last chunk. */
  done = false;
  /** The kernel cannot do this for this map; nothing was read. */
  unsupported = false;

  /**
   * @param drain - whether what was read is deleted
   * @param unsupported - known from the start
   */
  constructor(
    parts: BatchParts<K, V>,
    options: {
      readonly drain?: boolean;
      readonly maxEntries: number;
      readonly unsupported?: boolean;
    },
  ) {
    this.#parts = parts;
    this.unsupported = options.unsupported ?? false;
    this.done = this.unsupported;
    this.#command = options.drain ? 'lookupAndDelete' : 'lookup';
    this.#call = options.drain ? mapLookupAndDeleteBatch : mapLookupBatch;
    const perChunk = Math.floor(CHUNK_BYTES / (parts.keySize + parts.valueSize));
    this.#capacity = Math.max(1, Math.min(options.maxEntries, Math.max(perChunk, 16)));
    // A token is a bucket's number for hashes, a key for others.
    const tokenSize = Math.max(8, parts.keySize);
    this.#token = new Uint8Array(new ArrayBuffer(tokenSize));
    this.#nextToken = new Uint8Array(new ArrayBuffer(tokenSize));
    this.#keys = new Uint8Array(0);
    this.#values = this.#keys;
    this.view = this.#allocate();
  }

  /** Reads the next chunk into `view`. @returns entries in it; 0 when done */
  read(): number {
    for (let growths = 0; !this.done; ) {
      const { count, errno } = this.#call({
        mapFd: this.#parts.fd,
        inBatch: this.#started ? this.#token : undefined,
        outBatch: this.#nextToken,
        keys: this.#keys,
        values: this.#values,
        count: this.#capacity,
      });
      if (errno === 0 || errno === ENOENT) {
        this.done = errno === ENOENT;
        this.#started = true;
        this.#token.set(this.#nextToken);
        if (count > 0) return count;
        continue;
      }
      if (errno === ENOSPC && growths++ < MAX_GROWTHS) {
        // One bucket holds more than fits.
        this.#capacity *= 2;
        this.view = this.#allocate();
        continue;
      }
      if (errno === EAGAIN || errno === EINTR) continue;
      if (!this.#started && isUnsupported(errno)) {
        this.unsupported = true;
        this.done = true;
        return 0;
      }
      throw this.#parts.fail(this.#command, errno);
    }
    return 0;
  }

  #allocate(): { keys: DataView; values: DataView } {
    this.#keys = new Uint8Array(new ArrayBuffer(this.#capacity * this.#parts.keySize));
    this.#values = new Uint8Array(new ArrayBuffer(this.#capacity * this.#parts.valueSize));
    return { keys: new DataView(this.#keys.buffer), values: new DataView(this.#values.buffer) };
  }
}

/**
 * Writes or deletes elements by batches.
 *
 * @param call - `mapUpdateBatch` or `mapDeleteBatch`
 * @returns elements that were handled, or `undefined` if the kernel cannot do this for this map
 */
export function writeBatches<K, V>(
  parts: BatchParts<K, V>,
  command: 'update' | 'delete',
  call: (options: MapBatchAttr) => MapBatchResult,
  keys: readonly K[],
  values: readonly V[] | undefined,
  elemFlags: number,
): number | undefined {
  const perElement = parts.keySize + (values === undefined ? 0 : parts.valueSize);
  const chunk = Math.max(16, Math.min(keys.length, Math.floor(CHUNK_BYTES / perElement)));
  const keyBytes = new Uint8Array(new ArrayBuffer(chunk * parts.keySize));
  const valueBytes = values && new Uint8Array(new ArrayBuffer(chunk * parts.valueSize));
  const keyView = new DataView(keyBytes.buffer);
  const valueView = valueBytes && new DataView(valueBytes.buffer);
  let handled = 0;
  let from = 0;
  while (from < keys.length) {
    const count = Math.min(chunk, keys.length - from);
    for (let index = 0; index < count; index++) {
      parts.keyCodec.encode(keyView, index * parts.keySize, keys[from + index]!);
      if (values !== undefined)
        parts.valueCodec.encode(valueView!, index * parts.valueSize, values[from + index]!);
    }
    const result = call({
      mapFd: parts.fd,
      keys: keyBytes,
      values: valueBytes,
      count,
      elemFlags: BigInt(elemFlags),
    });
    if (result.errno !== 0) {
      // A kernel that has no such call leaves the count as it was; one that failed on the way has lowered it.
      const untouched = result.count === count || result.count === 0;
      if (handled === 0 && untouched && isUnsupported(result.errno)) return undefined;
      // A key that is gone ends a delete batch in front of it; go on behind it.
      if (command === 'delete' && result.errno === ENOENT) {
        handled += result.count;
        from += result.count + 1;
        continue;
      }
      throw parts.fail(command, result.errno);
    }
    handled += result.count;
    from += count;
  }
  return handled;
}
