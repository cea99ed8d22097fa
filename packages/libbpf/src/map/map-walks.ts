/**
 * All elements of a map: walking over them, reading, writing and removing them in batches; key by key where the kernel has none.
 */

import { mapDeleteBatch, mapUpdateBatch } from '../sys/bpf.js';
import { BatchWalk } from './batch-walk.js';
import type { ElementCalls } from './element-calls.js';
import type { MapBatch, UpdateOptions } from './element-options.js';
import { type BatchParts, BatchReader, writeBatches } from './map-batch.js';
import { KeyWalk, type MapIterator } from './map-iterator.js';

const BPF_F_LOCK = 4;

/** What walks need of a map that is in the kernel. */
export interface WalkedMap<K, V> extends BatchParts<K, V> {
  readonly maxEntries: number;
  /** Whether to try batches: of a type that this version does not know, the kernel may copy more than there is room for. */
  readonly hasBatches: boolean;
  readonly newCalls: () => ElementCalls;
  readonly fail: (
    command: 'lookup' | 'lookupAndDelete' | 'update' | 'delete' | 'nextKey',
    errno: number,
  ) => Error;
  /** Throws when the map has been closed. */
  readonly checkOpen: (call: string) => void;
  readonly update: (key: K, value: V, options?: UpdateOptions) => void;
  readonly delete: (key: K) => boolean;
}

/** @param readsValues - without, only keys are walked over: values that cannot be read are no reason not to list them */
export function walk<K, V, T>(
  map: WalkedMap<K, V>,
  give: (key: K, value: V) => T,
  readsValues: boolean,
): MapIterator<T> {
  const fallBack = (): KeyWalk<K, V, T> => keyWalk(map, give, readsValues);
  if (!readsValues || !map.hasBatches) return fallBack();
  const { keyCodec, valueCodec, keySize, valueSize } = map;
  const checkOpen = (): void => map.checkOpen('iterating');
  const parts = { keyCodec, valueCodec, give, checkOpen, keySize, valueSize };
  return new BatchWalk(reader(map, false), parts, fallBack);
}

/** Calls back for every element. @returns how many */
export function forEach<K, V>(map: WalkedMap<K, V>, callback: (value: V, key: K) => void): number {
  const batches = reader(map, false);
  const { keySize, valueSize, keyCodec, valueCodec } = map;
  let entries = 0;
  for (let count = batches.read(); count > 0; count = batches.read()) {
    const { keys, values } = batches.view;
    for (let index = 0; index < count; index++)
      callback(
        valueCodec.decode(values, index * valueSize),
        keyCodec.decode(keys, index * keySize),
      );
    entries += count;
    map.checkOpen('forEach()');
  }
  if (!batches.unsupported) return entries;
  for (const _ of keyWalk(map, (key, value) => callback(value, key), true)) entries++;
  return entries;
}

/** @param drain - whether what was read is removed */
export function readBatch<K, V>(map: WalkedMap<K, V>, drain: boolean): MapBatch<K, V> {
  const batches = reader(map, drain);
  const { keySize, valueSize, keyCodec, valueCodec } = map;
  const keys: K[] = [];
  const values: V[] = [];
  for (let count = batches.read(); count > 0; count = batches.read()) {
    const { view } = batches;
    for (let index = 0; index < count; index++) {
      keys.push(keyCodec.decode(view.keys, index * keySize));
      values.push(valueCodec.decode(view.values, index * valueSize));
    }
  }
  if (!batches.unsupported) return { keys, values };
  for (const [key, value] of keyWalk(map, (key, value) => [key, value] as const, true)) {
    if (drain && !map.delete(key)) continue;
    keys.push(key);
    values.push(value);
  }
  return { keys, values };
}

/** Writes many elements. @returns how many */
export function updateBatch<K, V>(
  map: WalkedMap<K, V>,
  entries: Iterable<readonly [K, V]>,
  options: UpdateOptions | undefined,
): number {
  const keys: K[] = [];
  const values: V[] = [];
  for (const [key, value] of entries) {
    keys.push(key);
    values.push(value);
  }
  const flags = options?.locked ? BPF_F_LOCK : 0;
  // Batches know no modes.
  const isSimple = map.hasBatches && (options?.mode === undefined || options.mode === 'any');
  const done = isSimple
    ? writeBatches(map, 'update', mapUpdateBatch, keys, values, flags)
    : undefined;
  if (done !== undefined) return done;
  keys.forEach((key, index) => {
    map.update(key, values[index]!, options);
  });
  return keys.length;
}

/** Removes many elements. @returns how many were there */
export function deleteBatch<K, V>(map: WalkedMap<K, V>, keys: Iterable<K>): number {
  const list = [...keys];
  const done = map.hasBatches
    ? writeBatches(map, 'delete', mapDeleteBatch, list, undefined, 0)
    : undefined;
  return done ?? list.reduce((count, key) => count + (map.delete(key) ? 1 : 0), 0);
}

function reader<K, V>(map: WalkedMap<K, V>, drain: boolean): BatchReader<K, V> {
  return new BatchReader(map, {
    drain,
    maxEntries: map.maxEntries,
    unsupported: !map.hasBatches,
  });
}

function keyWalk<K, V, T>(
  map: WalkedMap<K, V>,
  give: (key: K, value: V) => T,
  readsValues: boolean,
): KeyWalk<K, V, T> {
  return new KeyWalk({
    calls: map.newCalls(),
    keyCodec: map.keyCodec,
    valueCodec: readsValues ? map.valueCodec : undefined,
    give,
    maxSteps: 2 * map.maxEntries + 16,
    fail: map.fail,
    checkOpen: () => map.checkOpen('iterating'),
  });
}
