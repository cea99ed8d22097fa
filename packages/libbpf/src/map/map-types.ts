/**
 * What each type of map can do, as interfaces: the fields of `skel.maps` in a generated skeleton. All of them are
 * {@link BpfMap} at run time. `map-kinds.ts` says which belongs to which type.
 */

import type { BpfLink } from '../link/bpf-link.js';
import type {
  EventStream,
  RecordHandler,
  StreamCounters,
  StreamOptions,
  WaitOptions,
} from '../stream/event-stream.js';
import type { PerfBufferOptions } from '../stream/perf-buffer.js';
import type { UserRingBuffer } from '../stream/user-ring-buffer.js';
import type { LookupOptions, MapBatch, UpdateOptions } from './element-options.js';
import type { FdLike, RedirectTarget } from './map-codecs.js';
import type { MapInfo } from './map-info.js';
import type { MapIterator } from './map-iterator.js';
import type { RawMap } from './raw-map.js';
import type { StackFrame } from './stack-trace.js';

/** A map before `load()`: every attribute can be set. */
export interface OpenMap {
  readonly name: string;
  /** BPF_MAP_TYPE_*. */
  type: number;
  /** Bytes. */
  keySize: number;
  /** Bytes. */
  valueSize: number;
  /** Elements; bytes of a ring buffer. */
  maxEntries: number;
  /** BPF_F_*. */
  flags: number;
  numaNode: number | undefined;
  ifindex: number;
  mapExtra: bigint;
  /** Whether `load()` creates it. */
  autocreate: boolean;
  pinPath: string | undefined;
}

/** A section's map before `load()`. */
export interface OpenSectionMap extends OpenMap {
  /** The section's bytes: a copy when read; set as a whole. */
  get initialValue(): Uint8Array | undefined;
  set initialValue(value: Uint8Array);
}

/** A struct_ops map before `load()`. */
export interface OpenStructOpsMap extends OpenMap {
  /** Whether a skeleton's `attach()` registers it. */
  autoattach: boolean;
}

/** What every map has once it is loaded. */
export interface LoadedMap extends Disposable {
  readonly name: string;
  readonly type: number;
  /** The type in words: `ring buffer`. */
  readonly kind: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** The descriptor; the map keeps it. */
  readonly fd: number;
  /** The kernel's id. */
  readonly id: number;
  /** What the kernel says of it, asked anew. */
  info(): MapInfo;
  /** No system call can change it any more; programs still can. */
  freeze(): void;
  /** Gives it a name in a bpf file system, by which it outlives this process. */
  pin(path?: string): void;
  unpin(path?: string): void;
  readonly pinPath: string | undefined;
  readonly isPinned: boolean;
  close(): void;
}

/** Reading by key. */
export interface ReadableMap<K, V> extends LoadedMap {
  /** The value of a key, owned; `undefined` if there is none. */
  lookup(key: K, options?: LookupOptions): V | undefined;
  has(key: K): boolean;
  /** All elements, as they are met; `statistics` of the iterator says how it went. */
  entries(): MapIterator<[K, V]>;
  keys(): MapIterator<K>;
  values(): MapIterator<V>;
  /** Calls back for every element; faster than {@link entries}. */
  forEach(callback: (value: V, key: K) => void): number;
  /** All elements at once, with few system calls. */
  lookupBatch(): MapBatch<K, V>;
  /** The same elements as bytes. */
  readonly raw: RawMap;
}

/** HASH, LRU_HASH, RHASH: any key. */
export interface HashMap<K, V> extends ReadableMap<K, V> {
  update(key: K, value: V, options?: UpdateOptions): void;
  /** @returns whether it was there */
  delete(key: K): boolean;
  lookupAndDelete(key: K, options?: LookupOptions): V | undefined;
  updateBatch(entries: Iterable<readonly [K, V]>, options?: UpdateOptions): number;
  deleteBatch(keys: Iterable<K>): number;
  lookupAndDeleteBatch(): MapBatch<K, V>;
}

/** ARRAY: an element for every index below `maxEntries`, zero at first. */
export interface ArrayMap<V> extends ReadableMap<number, V> {
  update(index: number, value: V, options?: UpdateOptions): void;
  updateBatch(entries: Iterable<readonly [number, V]>, options?: UpdateOptions): number;
  /** Of arrays with BPF_F_MMAPABLE: their memory, live. */
  memory(): ArrayBuffer;
}

/** A value for each possible CPU. `cpus` says whose they are. */
export interface PerCpuMap {
  readonly cpus: readonly number[];
}

/** PERCPU_HASH, LRU_PERCPU_HASH. A single value given to `update` is written for every CPU. */
export interface PerCpuHashMap<K, V> extends ReadableMap<K, V[]>, PerCpuMap {
  update(key: K, values: readonly V[] | V, options?: UpdateOptions): void;
  delete(key: K): boolean;
  lookupAndDelete(key: K, options?: LookupOptions): V[] | undefined;
  updateBatch(entries: Iterable<readonly [K, readonly V[] | V]>, options?: UpdateOptions): number;
  deleteBatch(keys: Iterable<K>): number;
  lookupAndDeleteBatch(): MapBatch<K, V[]>;
}

/** PERCPU_ARRAY. */
export interface PerCpuArrayMap<V> extends ReadableMap<number, V[]>, PerCpuMap {
  update(index: number, values: readonly V[] | V, options?: UpdateOptions): void;
  updateBatch(
    entries: Iterable<readonly [number, readonly V[] | V]>,
    options?: UpdateOptions,
  ): number;
}

/** LPM_TRIE: a key is a prefix length in bits and data; look-ups find the longest prefix. */
export interface LpmTrie<K, V> extends ReadableMap<K, V> {
  update(key: K, value: V, options?: UpdateOptions): void;
  delete(key: K): boolean;
  updateBatch(entries: Iterable<readonly [K, V]>, options?: UpdateOptions): number;
  deleteBatch(keys: Iterable<K>): number;
}

/** QUEUE, STACK. */
export interface QueueMap<V> extends LoadedMap {
  /** With mode `exist` a full queue drops its oldest value. */
  push(value: V, options?: UpdateOptions): void;
  /** `undefined` if it is empty. */
  pop(): V | undefined;
  peek(): V | undefined;
}
export interface StackMap<V> extends QueueMap<V> {}

/** BLOOM_FILTER. */
export interface BloomFilter<V> extends LoadedMap {
  push(value: V): void;
  /** False is certain, true is not. */
  mayHave(value: V): boolean;
}

/** STACK_TRACE: frames by the id that `bpf_get_stackid` gave, innermost first. */
export interface StackTraceMap extends ReadableMap<number, StackFrame[]> {
  delete(id: number): boolean;
}

/** PROG_ARRAY: written as programs, read as their ids. */
export interface ProgArray extends ReadableMap<number, number> {
  update(index: number, program: FdLike): void;
  delete(index: number): boolean;
}

/** CGROUP_ARRAY: written as descriptors of cgroup folders. */
export interface CgroupArray extends LoadedMap {
  update(index: number, cgroup: FdLike): void;
  delete(index: number): boolean;
}

/** ARRAY_OF_MAPS: `lookup` opens the inner map, for the caller to close; walks give ids. */
export interface ArrayOfMaps<Inner>
  extends Omit<ReadableMap<number, Inner>, 'entries' | 'values' | 'forEach' | 'lookupBatch'> {
  lookupId(index: number): number | undefined;
  update(index: number, map: FdLike): void;
  delete(index: number): boolean;
  entries(): MapIterator<[number, number]>;
}

/** HASH_OF_MAPS: `lookup` opens the inner map, for the caller to close; walks give ids. */
export interface HashOfMaps<K, Inner>
  extends Omit<ReadableMap<K, Inner>, 'entries' | 'values' | 'forEach' | 'lookupBatch'> {
  lookupId(key: K): number | undefined;
  update(key: K, map: FdLike, options?: UpdateOptions): void;
  delete(key: K): boolean;
  entries(): MapIterator<[K, number]>;
}

/** DEVMAP, DEVMAP_HASH: interfaces to redirect to, with a program where the value has 8 bytes. */
export interface DevMap extends ReadableMap<number, number | RedirectTarget> {
  update(key: number, value: number | RedirectTarget, options?: UpdateOptions): void;
  delete(key: number): boolean;
}

/** CPUMAP: queue sizes by CPU, with a program where the value has 8 bytes. */
export interface CpuMap extends ReadableMap<number, number | RedirectTarget> {
  update(cpu: number, value: number | RedirectTarget): void;
  delete(cpu: number): boolean;
}

/** XSKMAP: AF_XDP sockets by queue. */
export interface XskMap extends LoadedMap {
  update(queue: number, socket: FdLike): void;
  delete(queue: number): boolean;
}

/** SOCKMAP, REUSEPORT_SOCKARRAY: written as sockets; read as cookies where the value has 8 bytes. */
export interface SockMap extends ReadableMap<number, FdLike | bigint> {
  update(index: number, socket: FdLike, options?: UpdateOptions): void;
  delete(index: number): boolean;
}

/** SOCKHASH. */
export interface SockHash<K> extends ReadableMap<K, FdLike | bigint> {
  update(key: K, socket: FdLike, options?: UpdateOptions): void;
  delete(key: K): boolean;
}

/** CGROUP_STORAGE, made by the kernel for each attachment. */
export interface CgroupStorage<K, V> extends ReadableMap<K, V> {
  update(key: K, value: V): void;
}
/** PERCPU_CGROUP_STORAGE. */
export interface PerCpuCgroupStorage<K, V> extends ReadableMap<K, V[]>, PerCpuMap {
  update(key: K, values: readonly V[] | V): void;
}

/** A value for each object of a kind; keys are descriptors of such objects. */
export interface StorageMap<V> extends LoadedMap {
  lookup(owner: FdLike, options?: LookupOptions): V | undefined;
  has(owner: FdLike): boolean;
  update(owner: FdLike, value: V, options?: UpdateOptions): void;
  delete(owner: FdLike): boolean;
}
/** SK_STORAGE: keys are sockets. */
export interface SkStorage<V> extends StorageMap<V> {}
/** TASK_STORAGE: keys are descriptors from pidfd_open(2). */
export interface TaskStorage<V> extends StorageMap<V> {}
/** INODE_STORAGE: keys are open files. */
export interface InodeStorage<V> extends StorageMap<V> {}
/** CGRP_STORAGE: keys are open cgroup folders. */
export interface CgrpStorage<V> extends StorageMap<V> {}

/** STRUCT_OPS: a table of functions, attached as a whole. */
export interface StructOpsMap<V> extends LoadedMap {
  /** Whether a skeleton's `attach()` registers it. */
  autoattach: boolean;
  /**
   * Has the kernel use it, until the link is closed.
   *
   * @throws BpfError `BPF_ATTACH`
   */
  attach(): BpfLink;
  lookup(index: number): V | undefined;
}

/** ARENA: memory shared with programs. */
export interface ArenaMap extends LoadedMap {
  /** All of it, live. */
  memory(): ArrayBuffer;
}

/** Records from programs. One reader at a time; what is not read stays. */
export interface StreamMap<R> extends LoadedMap, AsyncIterable<R> {
  [Symbol.asyncIterator](): AsyncIterableIterator<R>;
  /** Owned values, as they come; ends when the map is closed. */
  records(options?: WaitOptions): AsyncIterableIterator<R>;
  /** Calls back for each record that is there now, without copying. @returns how many */
  consume(onRecord: RecordHandler<R>, options?: { readonly limit?: number }): number;
  /** Waits for records and hands them to `onRecord` of `open()`. @returns how many */
  poll(timeoutMs?: number, options?: WaitOptions): Promise<number>;
  /** What has been opened, or is now. */
  readonly stream: EventStream<R>;
  readonly counters: StreamCounters;
}

/** RINGBUF. */
export interface RingBuf<R> extends StreamMap<R> {
  /** Starts reading, with options. Without this the first read does so. */
  open(options?: StreamOptions<R>): EventStream<R>;
}

/** PERF_EVENT_ARRAY: a perf buffer. */
export interface PerfEventArray<R> extends StreamMap<R> {
  /** Starts reading, with options: pages, watermark, `onLost`. Without this the first read does so. */
  open(options?: PerfBufferOptions<R>): EventStream<R>;
  /** Puts a perf event of one's own into a slot, for `bpf_perf_event_read`. */
  update(index: number, event: FdLike): void;
  delete(index: number): boolean;
}

/** USER_RINGBUF: records to programs. */
export interface UserRingBuf<R> extends LoadedMap {
  readonly writer: UserRingBuffer<R>;
}

/** The map of a data section. Its variables are fields of the skeleton: `skel.bss.counter`. */
export interface SectionMap extends LoadedMap {
  lookup(index: number): Uint8Array | undefined;
}

/** A type that this version does not know: bytes. */
export interface UnknownMap extends HashMap<Uint8Array, Uint8Array> {}
