/**
 * What to do about a map that the kernel refuses with a bare EINVAL: the mistakes that people make with each type.
 */

import { MAP_TYPES, type MapTypeName } from '../open/constants.js';
import type { MapSpec } from '../open/object-spec.js';
import { isLater } from './missing-kind.js';

/** Their definitions need no `max_entries`, or the loader fills it in. */
const WITHOUT_ENTRIES: readonly MapTypeName[] = [
  'SK_STORAGE',
  'INODE_STORAGE',
  'TASK_STORAGE',
  'CGRP_STORAGE',
  'CGROUP_STORAGE',
  'PERCPU_CGROUP_STORAGE',
  'PERF_EVENT_ARRAY',
  'STRUCT_OPS',
];
const WITHOUT_KEY: readonly MapTypeName[] = [
  'QUEUE',
  'STACK',
  'BLOOM_FILTER',
  'RINGBUF',
  'USER_RINGBUF',
  'ARENA',
];
const BPF_F_RB_OVERWRITE = 1 << 19;
/** Their definitions have neither key nor value. */
const MEMORY: readonly MapTypeName[] = ['RINGBUF', 'USER_RINGBUF', 'ARENA'];

/** @returns a sentence, or `undefined` if nothing about the definition is suspicious */
export function mapAdvice(spec: MapSpec): string | undefined {
  const name = MAP_TYPES[spec.type] as MapTypeName | undefined;
  if (name === undefined) return `${spec.type} is no type of map that is known`;
  const isOne = (list: readonly MapTypeName[]) => list.includes(name);
  if (spec.maxEntries === 0 && !isOne(WITHOUT_ENTRIES))
    return 'add __uint(max_entries, N), or set maxEntries before load()';
  if (isOne(MEMORY) && (spec.keySize !== 0 || spec.valueSize !== 0))
    return 'it is memory, without key and value: remove both from its definition';
  if (name === 'PERF_EVENT_ARRAY' && (spec.keySize !== 4 || spec.valueSize !== 4))
    return 'its keys and values are of 4 bytes: __uint(key_size, 4), __uint(value_size, 4)';
  if ((name === 'ARRAY_OF_MAPS' || name === 'HASH_OF_MAPS') && spec.inner === undefined)
    return 'it does not say what the maps in it are like: __array(values, struct inner_map)';
  if (spec.keySize === 0 && !isOne(WITHOUT_KEY)) return 'it has no key: __type(key, T)';
  if (name.includes('ARRAY') && spec.keySize !== 4) return 'its key is an index of 4 bytes';
  if (spec.valueSize === 0 && !isOne(MEMORY)) return 'it has no value: __type(value, T)';
  if (name === 'RINGBUF' && (spec.flags & BPF_F_RB_OVERWRITE) !== 0 && isLater('6.19'))
    return 'BPF_F_RB_OVERWRITE came with Linux 6.19';
  if (spec.mapExtra !== 0n && name !== 'BLOOM_FILTER' && name !== 'ARENA')
    return `map_extra ${spec.mapExtra} means nothing to it`;
  return undefined;
}
