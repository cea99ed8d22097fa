/**
 * Every type of map as a row: what it is called, which interface of `map-types.ts` it has in a generated skeleton, and which
 * types that interface takes. Pure data, for the generator and for {@link BpfMap}.
 *
 * Numbers: `enum bpf_map_type`, linux/include/uapi/linux/bpf.h of Linux 7.2.
 */

/** How a map is reached. */
export type MapAccess =
  /** Any key. */
  | 'hash'
  /** Keys are indices below `maxEntries`. */
  | 'array'
  /** No key: push, pop, peek. */
  | 'queue'
  | 'bloom'
  /** Keys are descriptors: of a socket, process, file or cgroup. */
  | 'storage'
  /** Records in one direction; no elements that user space could read. */
  | 'stream'
  /** Memory. */
  | 'arena'
  | 'struct_ops';

/** What a value is to user space. */
export type MapValue =
  /** Bytes of the declared type. */
  | 'data'
  /** One of the declared type for each possible CPU. */
  | 'per-cpu'
  /** Written as a descriptor, read as an id. */
  | 'map'
  | 'program'
  /** Written as a descriptor; cannot be read. */
  | 'perf-event'
  | 'cgroup'
  /** Written as a descriptor; read as a cookie where the value has 8 bytes. */
  | 'socket'
  | 'stack-trace'
  | 'none';

/** A type parameter of the interface, and so a codec that the map takes. */
export type MapTypeParameter = 'key' | 'value' | 'record' | 'inner';

/** A row of {@link mapKinds}. */
export interface MapKind {
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  /** Without `BPF_MAP_TYPE_`. */
  readonly name: string;
  /** Of `map-types.ts`. */
  readonly interfaceName: string;
  /** In the order of the interface's type parameters. */
  readonly parameters: readonly MapTypeParameter[];
  readonly access: MapAccess;
  readonly value: MapValue;
  /** In words, for messages: `ring buffer`. */
  readonly title: string;
}

function kind(
  type: number,
  name: string,
  interfaceName: string,
  parameters: readonly MapTypeParameter[],
  access: MapAccess,
  value: MapValue,
  title: string = name.toLowerCase().replaceAll('_', ' '),
): MapKind {
  return { type, name, interfaceName, parameters, access, value, title };
}

const KV = ['key', 'value'] as const;
const V = ['value'] as const;

/** By number. Types that this version does not know are not in it. */
export const mapKinds: readonly MapKind[] = [
  kind(0, 'UNSPEC', 'UnknownMap', [], 'hash', 'data', 'map of no type'),
  kind(1, 'HASH', 'HashMap', KV, 'hash', 'data'),
  kind(2, 'ARRAY', 'ArrayMap', V, 'array', 'data'),
  kind(3, 'PROG_ARRAY', 'ProgArray', [], 'array', 'program', 'program array'),
  kind(4, 'PERF_EVENT_ARRAY', 'PerfEventArray', ['record'], 'stream', 'perf-event'),
  kind(5, 'PERCPU_HASH', 'PerCpuHashMap', KV, 'hash', 'per-cpu', 'per-CPU hash'),
  kind(6, 'PERCPU_ARRAY', 'PerCpuArrayMap', V, 'array', 'per-cpu', 'per-CPU array'),
  kind(7, 'STACK_TRACE', 'StackTraceMap', [], 'hash', 'stack-trace'),
  kind(8, 'CGROUP_ARRAY', 'CgroupArray', [], 'array', 'cgroup'),
  kind(9, 'LRU_HASH', 'HashMap', KV, 'hash', 'data', 'LRU hash'),
  kind(10, 'LRU_PERCPU_HASH', 'PerCpuHashMap', KV, 'hash', 'per-cpu', 'LRU per-CPU hash'),
  kind(11, 'LPM_TRIE', 'LpmTrie', KV, 'hash', 'data', 'LPM trie'),
  kind(12, 'ARRAY_OF_MAPS', 'ArrayOfMaps', ['inner'], 'array', 'map'),
  kind(13, 'HASH_OF_MAPS', 'HashOfMaps', ['key', 'inner'], 'hash', 'map'),
  kind(14, 'DEVMAP', 'DevMap', [], 'array', 'data'),
  kind(15, 'SOCKMAP', 'SockMap', [], 'array', 'socket'),
  kind(16, 'CPUMAP', 'CpuMap', [], 'array', 'data'),
  kind(17, 'XSKMAP', 'XskMap', [], 'array', 'socket'),
  kind(18, 'SOCKHASH', 'SockHash', ['key'], 'hash', 'socket'),
  kind(19, 'CGROUP_STORAGE', 'CgroupStorage', KV, 'hash', 'data'),
  kind(20, 'REUSEPORT_SOCKARRAY', 'SockMap', [], 'array', 'socket'),
  kind(
    21,
    'PERCPU_CGROUP_STORAGE',
    'PerCpuCgroupStorage',
    KV,
    'hash',
    'per-cpu',
    'per-CPU cgroup storage',
  ),
  kind(22, 'QUEUE', 'QueueMap', V, 'queue', 'data'),
  kind(23, 'STACK', 'StackMap', V, 'queue', 'data'),
  kind(24, 'SK_STORAGE', 'SkStorage', V, 'storage', 'data', 'socket storage'),
  kind(25, 'DEVMAP_HASH', 'DevMap', [], 'hash', 'data'),
  kind(26, 'STRUCT_OPS', 'StructOpsMap', V, 'struct_ops', 'data', 'struct_ops map'),
  kind(27, 'RINGBUF', 'RingBuf', ['record'], 'stream', 'none', 'ring buffer'),
  kind(28, 'INODE_STORAGE', 'InodeStorage', V, 'storage', 'data'),
  kind(29, 'TASK_STORAGE', 'TaskStorage', V, 'storage', 'data'),
  kind(30, 'BLOOM_FILTER', 'BloomFilter', V, 'bloom', 'data'),
  kind(31, 'USER_RINGBUF', 'UserRingBuf', ['record'], 'stream', 'none', 'user ring buffer'),
  kind(32, 'CGRP_STORAGE', 'CgrpStorage', V, 'storage', 'data', 'cgroup storage'),
  kind(33, 'ARENA', 'ArenaMap', [], 'arena', 'none'),
  kind(34, 'INSN_ARRAY', 'ArrayMap', V, 'array', 'data', 'instruction array'),
  kind(35, 'RHASH', 'HashMap', KV, 'hash', 'data', 'resizable hash'),
];

/** The row of a type; a made-up one, handled like a hash of bytes, for a type newer than this version. */
export function mapKind(type: number): MapKind {
  return (
    mapKinds[type] ??
    kind(type, `TYPE_${type}`, 'UnknownMap', [], 'hash', 'data', `map of type ${type}`)
  );
}
