/**
 * A map: a specification until its object is loaded, a descriptor from then on.
 *
 * One class serves every type of map, since the type itself can be changed before loading; the interfaces of `map-types.ts`
 * say which of its members a type has, and what a call that makes no sense for a type throws says which call does. That is why
 * this file is longer than most; walks, batches and streams live in files of their own.
 */

import { statSync, unlinkSync } from 'node:fs';
import type { Codec } from '../codec.js';
import type { SectionMemory } from '../data/section-memory.js';
import { BpfError, type BpfErrorFacts } from '../errors.js';
import type { BpfLink } from '../link/bpf-link.js';
import { pinAt } from '../load/pin-at.js';
import type { MapSpec } from '../open/object-spec.js';
import type {
  EventStream,
  RecordHandler,
  StreamCounters,
  WaitOptions,
} from '../stream/event-stream.js';
import { openMapStream, type StreamMap } from '../stream/open-stream.js';
import type { PerfBufferOptions } from '../stream/perf-buffer.js';
import { UserRingBuffer } from '../stream/user-ring-buffer.js';
import { mapDeleteBatch, mapFreeze, mapUpdateBatch } from '../sys/bpf.js';
import { Fd } from '../sys/fd.js';
import type { Mapping } from '../sys/memory.js';
import { BatchWalk } from './batch-walk.js';
import { possibleCpus } from './cpus.js';
import { ElementCalls, elementCause, KEY_OFFSET } from './element-calls.js';
import { type BatchParts, BatchReader, writeBatches } from './map-batch.js';
import { bytesCodec, keyCodecFor, perCpuCodec, valueCodecFor } from './map-codecs.js';
import { type MapInfo, mapInfo } from './map-info.js';
import { KeyWalk, type MapIterator } from './map-iterator.js';
import { type MapKind, mapKind } from './map-kinds.js';
import { mapMemory } from './map-memory.js';
import { openMapById } from './open-map.js';
import { RawMap } from './raw-map.js';

/** What an object gives a map. */
export interface MapInit<K = unknown, V = unknown, R = unknown> {
  /** Shared with the object: it is what gets loaded. */
  readonly spec: MapSpec;
  readonly objectName?: string | undefined;
  readonly keyCodec?: Codec<K> | undefined;
  readonly valueCodec?: Codec<V> | undefined;
  readonly recordCodec?: Codec<R> | undefined;
  /** Of the inner maps of a map of maps. */
  readonly innerKeyCodec?: Codec<unknown> | undefined;
  readonly innerValueCodec?: Codec<unknown> | undefined;
  /** For messages: whether `load()` has happened. */
  readonly isObjectLoaded?: (() => boolean) | undefined;
  /** The memory of an internal map, which has its initial value. */
  readonly section?: (() => SectionMemory | undefined) | undefined;
  /** Of a struct_ops map. */
  readonly structOps?: StructOpsCalls | undefined;
}

/** What a struct_ops map leaves to its object, which knows the value with the programs in it. */
export interface StructOpsCalls {
  /** Registers it. */
  attach(): BpfLink;
  /** Makes it ready to take the place of another one behind a link. */
  beforeLink(): void;
}

/** How an element is read. */
export interface LookupOptions {
  /** Under the value's `bpf_spin_lock`. */
  readonly locked?: boolean;
}

/** How an element is written. */
export interface UpdateOptions extends LookupOptions {
  /** `no-exist` creates only, `exist` replaces only; default `any`. */
  readonly mode?: 'any' | 'no-exist' | 'exist';
}

/** Keys and values of many elements, index by index. */
export interface MapBatch<K, V> {
  readonly keys: K[];
  readonly values: V[];
}

const ENOENT = 2;
const E2BIG = 7;
const EEXIST = 17;
const BPF_NOEXIST = 1;
const BPF_EXIST = 2;
const BPF_F_LOCK = 4;

/**
 * A map of an object, or one that was opened by id or path.
 *
 * Before `load()` its attributes can be changed; after it, it can be read and written. Every failure is a {@link BpfError}:
 * `BPF_PHASE` (too early or too late), `BPF_CLOSED`, `BPF_WRONG_KIND` (this type has no such operation), `BPF_KEY_EXISTS`,
 * `BPF_NO_KEY`, `BPF_MAP_FULL`, or `BPF_MAP_LOOKUP` and its like with the kernel's answer as the cause.
 */
export class BpfMap<K = unknown, V = unknown, R = unknown> {
  readonly #spec: MapSpec;
  readonly #init: MapInit<K, V, R>;
  #kind: MapKind;
  #fd: Fd | undefined;
  #closed = false;
  #info: MapInfo | undefined;
  #calls: ElementCalls | undefined;
  #keyCodec: Codec<K>;
  #valueCodec: Codec<V>;
  #stream: EventStream<R> | undefined;
  #userRing: UserRingBuffer<R> | undefined;
  #memory: Mapping | undefined;
  #autoattach = true;

  /** @internal Maps are made by `openObject`, {@link openMapById} and {@link openPinnedMap}. */
  constructor(init: MapInit<K, V, R>) {
    this.#init = init;
    this.#spec = init.spec;
    this.#kind = mapKind(init.spec.type);
    this.#keyCodec =
      init.keyCodec ?? (bytesCodec(init.spec.keySize, '') as Codec<unknown> as Codec<K>);
    this.#valueCodec =
      init.valueCodec ?? (bytesCodec(init.spec.valueSize, '') as Codec<unknown> as Codec<V>);
  }

  /** As in C; of internal maps the kernel's name (`runqslow.rodata`). */
  get name(): string {
    return this.#spec.name;
  }

  /** Whether the object made it for a section. */
  get isInternal(): boolean {
    return this.#spec.origin !== 'user';
  }

  // Attributes: settable until the object is loaded.

  /** BPF_MAP_TYPE_*. */
  get type(): number {
    return this.#spec.type;
  }
  set type(value: number) {
    this.#change('type');
    this.#spec.type = value;
    this.#kind = mapKind(value);
  }
  /** The type in words: `ring buffer`. */
  get kind(): string {
    return this.#kind.title;
  }
  /** Bytes. */
  get keySize(): number {
    return this.#spec.keySize;
  }
  set keySize(value: number) {
    this.#change('keySize');
    this.#spec.keySize = u32(value, `map "${this.name}": keySize`);
  }
  /** Bytes. Of an internal map: its section grows, filled with zeros. */
  get valueSize(): number {
    return this.#spec.valueSize;
  }
  set valueSize(value: number) {
    this.#change('valueSize');
    this.#spec.valueSize = u32(value, `map "${this.name}": valueSize`);
    if (this.#spec.initialValue === undefined) return;
    const resized = new Uint8Array(value);
    resized.set(this.initialValue!.subarray(0, value));
    this.#spec.initialValue = resized;
    this.#init.section?.()?.replace(resized);
  }
  /** Elements; bytes of a ring buffer; pages of an arena. */
  get maxEntries(): number {
    return this.#info?.maxEntries ?? this.#spec.maxEntries;
  }
  set maxEntries(value: number) {
    this.#change('maxEntries');
    this.#spec.maxEntries = u32(value, `map "${this.name}": maxEntries`);
  }
  /** BPF_F_*. */
  get flags(): number {
    return this.#spec.flags;
  }
  set flags(value: number) {
    this.#change('flags');
    this.#spec.flags = u32(value, `map "${this.name}": flags`);
  }
  /** Node to allocate on; `undefined` for any. */
  get numaNode(): number | undefined {
    return this.#spec.numaNode;
  }
  set numaNode(value: number | undefined) {
    this.#change('numaNode');
    this.#spec.numaNode = value;
  }
  get ifindex(): number {
    return this.#spec.ifindex;
  }
  set ifindex(value: number) {
    this.#change('ifindex');
    this.#spec.ifindex = u32(value, `map "${this.name}": ifindex`);
  }
  /** What it means depends on the type: hash functions of a bloom filter, address of an arena. */
  get mapExtra(): bigint {
    return this.#spec.mapExtra;
  }
  set mapExtra(value: bigint) {
    this.#change('mapExtra');
    this.#spec.mapExtra = value;
  }
  /** Whether it is created when the object is loaded. */
  get autocreate(): boolean {
    return this.#spec.autocreate;
  }
  set autocreate(value: boolean) {
    this.#change('autocreate');
    this.#spec.autocreate = value;
  }
  /** Of a struct_ops map: whether a skeleton's `attach()` registers it. */
  get autoattach(): boolean {
    return this.#autoattach;
  }
  set autoattach(value: boolean) {
    this.#structOps('autoattach');
    this.#autoattach = value;
  }
  /** Where it is found pinned, or pinned, when the object is loaded. */
  get pinPath(): string | undefined {
    return this.#spec.pinPath;
  }
  set pinPath(value: string | undefined) {
    this.#change('pinPath');
    this.#spec.pinPath = value;
  }
  /** Of an internal map: the section's bytes as they will be loaded, a copy. */
  get initialValue(): Uint8Array | undefined {
    const section = this.#fd === undefined && !this.#closed ? this.#init.section?.() : undefined;
    return section?.bytes() ?? this.#spec.initialValue?.slice();
  }
  set initialValue(value: Uint8Array) {
    this.#change('initialValue');
    const size = this.#spec.initialValue?.byteLength;
    if (size === undefined)
      throw this.#error(
        'BPF_WRONG_KIND',
        'it has no initial value; only maps of sections (.data, .rodata, .bss) do',
      );
    if (value.byteLength !== size)
      throw new RangeError(
        `map "${this.name}": initialValue: expected ${size} bytes, found ${value.byteLength}`,
      );
    this.#spec.initialValue = value.slice();
    this.#init.section?.()?.replace(value);
  }

  /**
   * Uses a map that exists already in place of a new one: its attributes are taken over, its contents are left alone.
   *
   * @param map - a loaded map, or a descriptor; it stays its owner's, and must be open until the object is loaded
   */
  reuse(map: { readonly fd: number } | number): void {
    this.#change('reuse()');
    const fd = typeof map === 'number' ? map : map.fd;
    const { type, keySize, valueSize, maxEntries, flags, mapExtra } = mapInfo(fd);
    Object.assign(this.#spec, { type, keySize, valueSize, maxEntries, flags, mapExtra });
    this.#spec.reuseFd = fd;
    this.#kind = mapKind(type);
  }

  // Life.

  /**
   * @internal The object has created it.
   *
   * @param fd - owned from here on, even if this throws
   * @param memory - of an arena, which is mapped before programs are loaded; owned too
   */
  _adopt(fd: number, memory?: Mapping): void {
    this.#memory = memory;
    const owner = new Fd(fd);
    try {
      this.#info = mapInfo(fd);
    } catch (cause) {
      owner.close();
      throw this.#error(
        'BPF_MAP_INFO',
        `the kernel does not describe it: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.#fd = owner;
    const { keySize, valueSize } = this.#info;
    const key = `map "${this.name}", key`;
    const value = `map "${this.name}", value`;
    this.#keyCodec = keyCodecFor(this.#kind, keySize, this.#init.keyCodec, key) as Codec<K>;
    const one = valueCodecFor(
      this.#kind,
      valueSize,
      this.#init.valueCodec,
      value,
      this.#info.flags,
    );
    const all =
      this.#kind.value === 'per-cpu' ? perCpuCodec(one, possibleCpus().length, value) : one;
    this.#valueCodec = all as Codec<V>;
  }

  /** Whether it is in the kernel and not closed. */
  get isLoaded(): boolean {
    return this.#fd !== undefined && !this.#closed;
  }

  /** The descriptor; the map keeps it. */
  get fd(): number {
    return this.#loaded('fd').number;
  }

  /** The kernel's id. */
  get id(): number {
    this.#loaded('id');
    return this.#info!.id;
  }

  /** What the kernel says of it, asked anew. */
  info(): MapInfo {
    return mapInfo(this.#loaded('info()').number);
  }

  /** Ids of the CPUs that the values of a per-CPU array belong to, index by index. */
  get cpus(): readonly number[] {
    return possibleCpus();
  }

  /** Lets go of streams and of the descriptor; the map itself lives while programs or pins hold it. */
  close(): void {
    if (this.#closed) return;
    this.#stream?.close();
    this.#userRing?.close();
    this.#memory?.release();
    this.#closed = true;
    this.#calls = undefined;
    this.#fd?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  // struct_ops.

  /** Has the kernel use it, until the link is closed. */
  attach(): BpfLink {
    this.#loaded('attach()');
    return this.#structOps('attach()').attach();
  }

  /** @internal What {@link BpfLink.update} needs to have done. */
  _beforeLink(): void {
    this.#structOps('update() of a link').beforeLink();
  }

  #structOps(what: string): StructOpsCalls {
    const { structOps } = this.#init;
    if (structOps !== undefined) return structOps;
    throw this.#error('BPF_WRONG_KIND', `${what} is for struct_ops maps, this is a ${this.kind}`);
  }

  // Elements.

  /**
   * The value of a key, owned; `undefined` if there is none. Per-CPU maps give an array, maps of maps the inner map, which is
   * the caller's to close.
   */
  lookup(key: K, options?: LookupOptions): V | undefined {
    const calls = this.#calls ?? this.#elements('lookup()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookup(options?.locked ? BPF_F_LOCK : 0);
    if (errno !== 0) {
      if (errno === ENOENT) return undefined;
      throw this.#failed('lookup', errno);
    }
    const value = this.#valueCodec.decode(calls.view, calls.valueOffset);
    return this.#kind.value === 'map' ? (this.#openInner(value as number) as V) : value;
  }

  /** Writes an element. Values of per-CPU maps are an array over all possible CPUs, or one value for each of them. */
  update(key: K, value: V, options?: UpdateOptions): void {
    const calls = this.#calls ?? this.#elements('update()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.update(options === undefined ? 0 : updateFlags(options));
    if (errno !== 0) throw this.#failed('update', errno);
  }

  /** Whether there is an element of this key; nothing is decoded. */
  has(key: K): boolean {
    const calls = this.#calls ?? this.#elements('has()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('lookup', errno);
    return errno === 0;
  }

  /** Removes an element. @returns whether it was there */
  delete(key: K): boolean {
    const calls = this.#calls ?? this.#elements('delete()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.delete();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('delete', errno);
    return errno === 0;
  }

  /** Removes an element and gives its value, in one step (hashes: Linux 5.14). */
  lookupAndDelete(key: K, options?: LookupOptions): V | undefined {
    const calls = this.#calls ?? this.#elements('lookupAndDelete()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookupAndDelete(options?.locked ? BPF_F_LOCK : 0);
    if (errno !== 0) {
      if (errno === ENOENT) return undefined;
      throw this.#failed('lookupAndDelete', errno);
    }
    return this.#valueCodec.decode(calls.view, calls.valueOffset);
  }

  /** The id of the inner map at a key of a map of maps. */
  lookupId(key: K): number | undefined {
    if (this.#kind.value !== 'map')
      throw this.#wrongKind('lookupId()', 'it is for maps of maps; use lookup()');
    const calls = this.#calls ?? this.#elements('lookupId()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('lookup', errno);
    return errno === 0
      ? (this.#valueCodec.decode(calls.view, calls.valueOffset) as number)
      : undefined;
  }

  /** The same operations on bytes, whatever the types are. */
  get raw(): RawMap {
    const what = `map "${this.name}"`;
    return new RawMap(
      this.#elements('raw', true),
      what,
      (command, errno) => this.#failed(command, errno),
      () => void this.#loaded('raw'),
    );
  }

  // Queues, stacks and bloom filters.

  /** Puts a value into a queue, a stack or a bloom filter. `exist` makes room by dropping the oldest value of a queue. */
  push(value: V, options?: UpdateOptions): void {
    const calls = this.#queue('push()', true);
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.update(options === undefined ? 0 : updateFlags(options));
    if (errno !== 0) throw this.#failed('update', errno);
  }

  /** Takes the next value out of a queue or a stack; `undefined` if it is empty. */
  pop(): V | undefined {
    const calls = this.#queue('pop()', false);
    const errno = calls.lookupAndDelete();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('lookupAndDelete', errno);
    return errno === 0 ? this.#valueCodec.decode(calls.view, calls.valueOffset) : undefined;
  }

  /** The next value of a queue or a stack, left in it. */
  peek(): V | undefined {
    const calls = this.#queue('peek()', false);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('lookup', errno);
    return errno === 0 ? this.#valueCodec.decode(calls.view, calls.valueOffset) : undefined;
  }

  /** Whether a bloom filter may hold a value; false is certain. */
  mayHave(value: V): boolean {
    if (this.#kind.access !== 'bloom')
      throw this.#wrongKind('mayHave()', 'it is for bloom filters; use has()');
    const calls = this.#calls ?? this.#makeCalls();
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.#failed('lookup', errno);
    return errno === 0;
  }

  // Walks and batches.

  /** All elements, as they are met; `statistics` of the iterator says how it went. Maps of maps give ids. */
  entries(): MapIterator<[K, V]> {
    return this.#walk((key, value) => [key, value], true);
  }
  keys(): MapIterator<K> {
    return this.#walk((key) => key, false);
  }
  values(): MapIterator<V> {
    return this.#walk((_key, value) => value, true);
  }

  /** Calls back for every element; faster than {@link entries}. @returns how many */
  forEach(callback: (value: V, key: K) => void): number {
    const reader = this.#reader(false);
    const { keySize, valueSize } = this.#batchParts();
    let entries = 0;
    for (let count = reader.read(); count > 0; count = reader.read()) {
      const { keys, values } = reader.view;
      for (let index = 0; index < count; index++) {
        callback(
          this.#valueCodec.decode(values, index * valueSize),
          this.#keyCodec.decode(keys, index * keySize),
        );
      }
      entries += count;
      this.#loaded('forEach()');
    }
    if (!reader.unsupported) return entries;
    const walk = this.#keyWalk((key, value) => callback(value, key), true);
    for (const _ of walk) entries++;
    return entries;
  }

  /** All elements at once, with few system calls. */
  lookupBatch(): MapBatch<K, V> {
    return this.#readBatch(false);
  }

  /** All elements at once, removed from the map; what is written meanwhile stays. */
  lookupAndDeleteBatch(): MapBatch<K, V> {
    return this.#readBatch(true);
  }

  /** Writes many elements, with few system calls where the kernel can. @returns how many */
  updateBatch(entries: Iterable<readonly [K, V]>, options?: UpdateOptions): number {
    const parts = this.#batchParts();
    const keys: K[] = [];
    const values: V[] = [];
    for (const [key, value] of entries) {
      keys.push(key);
      values.push(value);
    }
    const flags = options?.locked ? BPF_F_LOCK : 0;
    // Batches know no modes.
    const simple = options?.mode === undefined || options.mode === 'any';
    const done = simple
      ? writeBatches(parts, 'update', mapUpdateBatch, keys, values, flags)
      : undefined;
    if (done !== undefined) return done;
    keys.forEach((key, index) => {
      this.update(key, values[index]!, options);
    });
    return keys.length;
  }

  /** Removes many elements. @returns how many were there */
  deleteBatch(keys: Iterable<K>): number {
    const list = [...keys];
    const done = writeBatches(this.#batchParts(), 'delete', mapDeleteBatch, list, undefined, 0);
    return done ?? list.reduce((count, key) => count + (this.delete(key) ? 1 : 0), 0);
  }

  // The map as a whole.

  /**
   * The memory of an arena, or of an array with BPF_F_MMAPABLE: live, mapped once. Elements of an array are 8-byte aligned.
   *
   * @throws BpfError `BPF_WRONG_KIND` for other maps
   */
  memory(): ArrayBuffer {
    const fd = this.#loaded('memory()').number;
    this.#memory ??= mapMemory(this.#kind, this.#info!, fd, (problem) =>
      this.#wrongKind('memory()', problem),
    );
    return this.#memory.buffer;
  }

  /** No system call can change it any more; programs still can. */
  freeze(): void {
    const fd = this.#loaded('freeze()').number;
    try {
      mapFreeze(fd);
    } catch (cause) {
      throw this.#error('BPF_MAP_FREEZE', `could not be frozen: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Gives it a name in a bpf file system, by which it outlives this process. */
  pin(path: string | undefined = this.#spec.pinPath): void {
    const fd = this.#loaded('pin()').number;
    if (path === undefined)
      throw this.#error('BPF_PIN', 'where to pin it was not said; give a path');
    pinAt(fd, path, (problem, cause) => this.#error('BPF_PIN', problem, { cause }));
    this.#spec.pinPath = path;
  }

  /** Takes a name away. */
  unpin(path: string | undefined = this.#spec.pinPath): void {
    this.#loaded('unpin()');
    if (path === undefined) throw this.#error('BPF_PIN', 'it is not pinned');
    try {
      unlinkSync(path);
    } catch (cause) {
      throw this.#error(
        'BPF_PIN',
        `could not be unpinned from "${path}": ${(cause as Error).message}`,
        { cause },
      );
    }
    if (path === this.#spec.pinPath) this.#spec.pinPath = undefined;
  }

  /** Whether there is something at its pin path. */
  get isPinned(): boolean {
    return (
      this.#spec.pinPath !== undefined &&
      statSync(this.#spec.pinPath, { throwIfNoEntry: false }) !== undefined
    );
  }

  // Streams.

  /**
   * Starts reading a ring buffer or perf event array, with options. Without this call the first read does so.
   *
   * @throws BpfError `BPF_BUSY` if it is being read already, by whomever
   */
  open(options: PerfBufferOptions<R> = {}): EventStream<R> {
    this.#stream = openMapStream(this._streamMap('open()'), options);
    return this.#stream;
  }

  /** @internal What a stream needs to know. */
  _streamMap(call: string): StreamMap<R> {
    const fd = this.#loaded(call).number;
    const kindName = this.#kind.name;
    if (kindName !== 'RINGBUF' && kindName !== 'PERF_EVENT_ARRAY') {
      throw this.#wrongKind(call, 'it is for ring buffers and perf event arrays');
    }
    const { id, maxEntries, flags } = this.#info!;
    const { recordCodec } = this.#init;
    return { name: this.name, fd, id, maxEntries, flags, recordCodec, kindName };
  }

  /** The stream that {@link open} made, or a new one with default options. */
  get stream(): EventStream<R> {
    if (this.#stream !== undefined && this.#streamIsOpen()) return this.#stream;
    return this.open();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<R> {
    return this.stream.records();
  }
  /** Owned values, as they come. */
  records(options?: WaitOptions): AsyncIterableIterator<R> {
    return this.stream.records(options);
  }
  /** Calls back for each record that is there now, without copying. */
  consume(onRecord: RecordHandler<R>, options?: { readonly limit?: number }): number {
    return this.stream.consume(onRecord, options);
  }
  /** Waits for records and hands them to `onRecord` of {@link open}. */
  poll(timeoutMs?: number, options?: WaitOptions): Promise<number> {
    return this.stream.poll(timeoutMs, options);
  }
  get counters(): StreamCounters {
    return this.stream.counters;
  }

  /** The writing end of a user ring buffer. */
  get writer(): UserRingBuffer<R> {
    const fd = this.#loaded('writer').number;
    if (this.#kind.name !== 'USER_RINGBUF')
      throw this.#wrongKind('writer', 'it is for user ring buffers');
    this.#userRing ??= new UserRingBuffer({
      name: this.name,
      fd,
      maxEntries: this.#info!.maxEntries,
      recordCodec: this.#init.recordCodec,
    });
    return this.#userRing;
  }

  // Helpers, in the order they are called.

  #change(attribute: string): void {
    if (this.#closed)
      throw this.#error('BPF_CLOSED', `${attribute} cannot be set, its object is closed`);
    if (this.#fd !== undefined || this.#init.isObjectLoaded?.()) {
      throw this.#error(
        'BPF_PHASE',
        `${attribute} cannot be set any more; set it between openObject() and load()`,
      );
    }
  }

  #loaded(call: string): Fd {
    if (this.#fd !== undefined && !this.#closed) return this.#fd;
    if (this.#closed) throw this.#error('BPF_CLOSED', `${call} after close()`);
    if (this.#init.isObjectLoaded?.()) {
      throw this.#error(
        'BPF_PHASE',
        `${call}: it was not created, since its autocreate is ${this.#spec.autocreate}`,
      );
    }
    throw this.#error(
      'BPF_PHASE',
      `${call} needs the map in the kernel; call load() on its object first`,
    );
  }

  #elements(call: string, any = false): ElementCalls {
    this.#loaded(call);
    const { access } = this.#kind;
    if (!any) {
      if (access === 'queue') throw this.#wrongKind(call, 'use push(), pop() and peek()');
      if (access === 'bloom') throw this.#wrongKind(call, 'use push() and mayHave()');
      if (access === 'arena') throw this.#wrongKind(call, 'it is memory');
      if (access === 'stream' && this.#kind.value === 'none')
        throw this.#wrongKind(call, 'it is a stream; use "for await", consume() or writer');
    }
    return this.#makeCalls();
  }

  /** Kept only for maps with keys, so that {@link lookup} need not look at the kind again. */
  #makeCalls(): ElementCalls {
    const calls = this.#newCalls();
    if (
      this.#kind.access !== 'queue' &&
      this.#kind.access !== 'bloom' &&
      this.#kind.value !== 'none'
    )
      this.#calls = calls;
    else this.#keyless = calls;
    return calls;
  }
  #keyless: ElementCalls | undefined;

  #newCalls(): ElementCalls {
    const fd = this.#loaded('this').number;
    const { keySize, valueSize } = this.#info!;
    return new ElementCalls(
      fd,
      keySize,
      this.#kind.value === 'per-cpu' ? this.#valueCodec.size : valueSize,
    );
  }

  #queue(call: string, bloomToo: boolean): ElementCalls {
    this.#loaded(call);
    const { access } = this.#kind;
    if (access !== 'queue' && !(bloomToo && access === 'bloom'))
      throw this.#wrongKind(call, 'it is for queues and stacks');
    return this.#keyless ?? this.#makeCalls();
  }

  #openInner(id: number): BpfMap {
    return openMapById(id, {
      keyCodec: this.#init.innerKeyCodec,
      valueCodec: this.#init.innerValueCodec,
    });
  }

  #walk<T>(give: (key: K, value: V) => T, withValues: boolean): MapIterator<T> {
    this.#elements('iterating');
    const fallBack = (): KeyWalk<K, V, T> => this.#keyWalk(give, withValues);
    // Values that cannot be read are no reason not to list keys.
    if (!withValues) return fallBack();
    const { keySize, valueSize } = this.#batchParts();
    const parts = {
      keyCodec: this.#keyCodec,
      valueCodec: this.#valueCodec,
      give,
      checkOpen: () => void this.#loaded('iterating'),
      keySize,
      valueSize,
    };
    return new BatchWalk(this.#reader(false), parts, fallBack);
  }

  #keyWalk<T>(give: (key: K, value: V) => T, withValues: boolean): KeyWalk<K, V, T> {
    return new KeyWalk({
      calls: this.#newCalls(),
      keyCodec: this.#keyCodec,
      valueCodec: withValues ? this.#valueCodec : undefined,
      give,
      maxSteps: 2 * this.maxEntries + 16,
      fail: (command, errno) => this.#failed(command, errno),
      checkOpen: () => void this.#loaded('iterating'),
    });
  }

  #readBatch(drain: boolean): MapBatch<K, V> {
    const reader = this.#reader(drain);
    const { keySize, valueSize } = this.#batchParts();
    const keys: K[] = [];
    const values: V[] = [];
    for (let count = reader.read(); count > 0; count = reader.read()) {
      const view = reader.view;
      for (let index = 0; index < count; index++) {
        keys.push(this.#keyCodec.decode(view.keys, index * keySize));
        values.push(this.#valueCodec.decode(view.values, index * valueSize));
      }
    }
    if (!reader.unsupported) return { keys, values };
    for (const [key, value] of this.#keyWalk((key, value) => [key, value] as const, true)) {
      if (drain && !this.delete(key)) continue;
      keys.push(key);
      values.push(value);
    }
    return { keys, values };
  }

  #reader(drain: boolean): BatchReader<K, V> {
    return new BatchReader(this.#batchParts(), { drain, maxEntries: this.maxEntries });
  }

  #batchParts(): BatchParts<K, V> {
    this.#elements('a batch');
    const { keySize } = this.#info!;
    const fd = this.#fd!.number;
    const valueSize =
      this.#kind.value === 'per-cpu' ? this.#valueCodec.size : this.#info!.valueSize;
    const fail = (
      command: 'lookup' | 'lookupAndDelete' | 'update' | 'delete',
      errno: number,
    ): Error => this.#failed(command, errno);
    return { fd, keySize, valueSize, keyCodec: this.#keyCodec, valueCodec: this.#valueCodec, fail };
  }

  #streamIsOpen(): boolean {
    return !(this.#stream as EventStream<R> & { readonly _isClosed?: boolean })._isClosed;
  }

  #failed(
    command: 'lookup' | 'update' | 'delete' | 'nextKey' | 'lookupAndDelete',
    errno: number,
  ): BpfError {
    const cause = elementCause(command, errno);
    if (command === 'update' && errno === EEXIST)
      return this.#error(
        'BPF_KEY_EXISTS',
        'update with mode "no-exist": the key is there already',
        { cause },
      );
    if (command === 'update' && errno === ENOENT)
      return this.#error('BPF_NO_KEY', 'update with mode "exist": there is no such key', { cause });
    if (command === 'update' && errno === E2BIG) {
      const problem =
        this.#kind.access === 'array'
          ? `the index is not below its ${this.maxEntries} entries`
          : `it is full: ${this.maxEntries} entries`;
      return this.#error('BPF_MAP_FULL', `update: ${problem}`, { cause });
    }
    const words = command.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const hint =
      errno === 1
        ? `; a ${this.#kind.title} may not allow it, it may be frozen, or this process may lack the right`
        : '';
    return this.#error(`BPF_MAP_${words}`, `${command}: ${cause.code}${hint}`, { cause });
  }

  #wrongKind(call: string, instead: string): BpfError {
    return this.#error('BPF_WRONG_KIND', `a ${this.#kind.title} has no ${call}; ${instead}`);
  }

  #error(code: string, problem: string, facts: BpfErrorFacts = {}): BpfError {
    const object = this.#init.objectName;
    return new BpfError(
      code,
      `${object === undefined ? '' : `object "${object}", `}map "${this.name}": ${problem}`,
      { ...facts, object, map: this.name },
    );
  }
}

function updateFlags({ mode, locked }: UpdateOptions): number {
  const flags = mode === 'no-exist' ? BPF_NOEXIST : mode === 'exist' ? BPF_EXIST : 0;
  return locked ? flags | BPF_F_LOCK : flags;
}

function u32(value: number, what: string): number {
  if (value >>> 0 !== value)
    throw new RangeError(`${what}: expected an integer from 0 to 4294967295, found ${value}`);
  return value;
}
