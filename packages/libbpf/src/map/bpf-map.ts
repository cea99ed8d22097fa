/**
 * A map: a specification until its object is loaded, a descriptor from then on.
 *
 * One class serves every type of map, since the type itself can be changed before loading; the interfaces of `map-types.ts`
 * say which of its members a type has, and what a call that makes no sense for a type throws says which call does. That is why
 * this file is longer than most; attributes, walks, batches, streams and errors have files of their own.
 */

import { statSync, unlinkSync } from 'node:fs';
import type { Codec } from '../codec.js';
import type { BpfLink } from '../link/bpf-link.js';
import { pinAt } from '../load/pin-at.js';
import type {
  EventStream,
  RecordHandler,
  StreamCounters,
  WaitOptions,
} from '../stream/event-stream.js';
import { openMapStream, type StreamMap } from '../stream/open-stream.js';
import type { PerfBufferOptions } from '../stream/perf-buffer.js';
import { UserRingBuffer } from '../stream/user-ring-buffer.js';
import { mapFreeze } from '../sys/bpf.js';
import { Fd } from '../sys/fd.js';
import type { Mapping } from '../sys/memory.js';
import { possibleCpus } from './cpus.js';
import { ElementCalls, KEY_OFFSET } from './element-calls.js';
import type { LookupOptions, MapBatch, UpdateOptions } from './element-options.js';
import { MapAttributes, type MapInit } from './map-attributes.js';
import { bytesCodec, keyCodecFor, perCpuCodec, valueCodecFor } from './map-codecs.js';
import { withArticle } from './map-errors.js';
import { type MapInfo, mapInfo } from './map-info.js';
import type { MapIterator } from './map-iterator.js';
import { mapMemory } from './map-memory.js';
import { deleteBatch, forEach, readBatch, updateBatch, type WalkedMap, walk } from './map-walks.js';
import { openMapById } from './open-map.js';
import { RawMap } from './raw-map.js';

const ENOENT = 2;
const ARRAY = 2;
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
export class BpfMap<K = unknown, V = unknown, R = unknown> extends MapAttributes<K, V, R> {
  #fd: Fd | undefined;
  #closed = false;
  #info: MapInfo | undefined;
  #calls: ElementCalls | undefined;
  #keyCodec: Codec<K>;
  #valueCodec: Codec<V>;
  #stream: EventStream<R> | undefined;
  #userRing: UserRingBuffer<R> | undefined;
  #memory: Mapping | undefined;

  /** @internal Maps are made by `openObject`, {@link openMapById} and {@link openPinnedMap}. */
  constructor(init: MapInit<K, V, R>) {
    super(init);
    this.#keyCodec =
      init.keyCodec ?? (bytesCodec(init.spec.keySize, '') as Codec<unknown> as Codec<K>);
    this.#valueCodec =
      init.valueCodec ?? (bytesCodec(init.spec.valueSize, '') as Codec<unknown> as Codec<V>);
  }

  // Life.

  protected override get phase(): 'open' | 'loaded' | 'closed' {
    return this.#closed ? 'closed' : this.#fd === undefined ? 'open' : 'loaded';
  }
  protected override get loadedInfo(): MapInfo | undefined {
    return this.#info;
  }

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
      throw this.errors.error(
        'BPF_MAP_INFO',
        `the kernel does not describe it: ${(cause as Error).message}`,
        { cause },
      );
    }
    this.#fd = owner;
    this.#checkSection(this.#info);
    const { keySize, valueSize } = this.#info;
    const key = `map "${this.name}", key`;
    const value = `map "${this.name}", value`;
    this.#keyCodec = keyCodecFor(this.mapKind, keySize, this.init.keyCodec, key) as Codec<K>;
    const one = valueCodecFor(
      this.mapKind,
      valueSize,
      this.init.valueCodec,
      value,
      this.#info.flags,
    );
    const all =
      this.mapKind.value === 'per-cpu' ? perCpuCodec(one, possibleCpus().length, value) : one;
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
    return this.structOps('attach()').attach();
  }

  /** @internal What {@link BpfLink.update} needs to have done. */
  _beforeLink(): void {
    this.structOps('update() of a link').beforeLink();
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
      throw this.errors.failed('lookup', errno);
    }
    const value = this.#valueCodec.decode(calls.view, calls.valueOffset);
    return this.mapKind.value === 'map' ? (this.#openInner(value as number) as V) : value;
  }

  /** Writes an element. Values of per-CPU maps are an array over all possible CPUs, or one value for each of them. */
  update(key: K, value: V, options?: UpdateOptions): void {
    const calls = this.#calls ?? this.#elements('update()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.update(options === undefined ? 0 : updateFlags(options));
    if (errno !== 0) throw this.errors.failed('update', errno);
  }

  /** Whether there is an element of this key; nothing is decoded. */
  has(key: K): boolean {
    const calls = this.#calls ?? this.#elements('has()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('lookup', errno);
    return errno === 0;
  }

  /** Removes an element. @returns whether it was there */
  delete(key: K): boolean {
    const calls = this.#calls ?? this.#elements('delete()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.delete();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('delete', errno);
    return errno === 0;
  }

  /** Removes an element and gives its value, in one step (hashes: Linux 5.14). */
  lookupAndDelete(key: K, options?: LookupOptions): V | undefined {
    const calls = this.#calls ?? this.#elements('lookupAndDelete()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookupAndDelete(options?.locked ? BPF_F_LOCK : 0);
    if (errno !== 0) {
      if (errno === ENOENT) return undefined;
      throw this.errors.failed('lookupAndDelete', errno);
    }
    return this.#valueCodec.decode(calls.view, calls.valueOffset);
  }

  /** The id of the inner map at a key of a map of maps. */
  lookupId(key: K): number | undefined {
    if (this.mapKind.value !== 'map')
      throw this.errors.wrongKind('lookupId()', 'it is for maps of maps; use lookup()');
    const calls = this.#calls ?? this.#elements('lookupId()');
    this.#keyCodec.encode(calls.view, KEY_OFFSET, key);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('lookup', errno);
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
      (command, errno) => this.errors.failed(command, errno),
      () => void this.#loaded('raw'),
    );
  }

  // Queues, stacks and bloom filters.

  /** Puts a value into a queue, a stack or a bloom filter. `exist` makes room by dropping the oldest value of a queue. */
  push(value: V, options?: UpdateOptions): void {
    const calls = this.#queue('push()', true);
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.update(options === undefined ? 0 : updateFlags(options));
    if (errno !== 0) throw this.errors.failed('update', errno);
  }

  /** Takes the next value out of a queue or a stack; `undefined` if it is empty. */
  pop(): V | undefined {
    const calls = this.#queue('pop()', false);
    const errno = calls.lookupAndDelete();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('lookupAndDelete', errno);
    return errno === 0 ? this.#valueCodec.decode(calls.view, calls.valueOffset) : undefined;
  }

  /** The next value of a queue or a stack, left in it. */
  peek(): V | undefined {
    const calls = this.#queue('peek()', false);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('lookup', errno);
    return errno === 0 ? this.#valueCodec.decode(calls.view, calls.valueOffset) : undefined;
  }

  /** Whether a bloom filter may hold a value; false is certain. */
  mayHave(value: V): boolean {
    if (this.mapKind.access !== 'bloom')
      throw this.errors.wrongKind('mayHave()', 'it is for bloom filters; use has()');
    const calls = this.#calls ?? this.#makeCalls();
    this.#valueCodec.encode(calls.view, calls.valueOffset, value);
    const errno = calls.lookup();
    if (errno !== 0 && errno !== ENOENT) throw this.errors.failed('lookup', errno);
    return errno === 0;
  }

  // Walks and batches.

  /** All elements, as they are met; `statistics` of the iterator says how it went. Maps of maps give ids. */
  entries(): MapIterator<[K, V]> {
    return walk(this.#walked('iterating'), (key, value) => [key, value], true);
  }
  keys(): MapIterator<K> {
    return walk(this.#walked('iterating'), (key) => key, false);
  }
  values(): MapIterator<V> {
    return walk(this.#walked('iterating'), (_key, value) => value, true);
  }

  /** Calls back for every element; faster than {@link entries}. @returns how many */
  forEach(callback: (value: V, key: K) => void): number {
    return forEach(this.#walked('forEach()'), callback);
  }

  /** All elements at once, with few system calls. */
  lookupBatch(): MapBatch<K, V> {
    return readBatch(this.#walked('lookupBatch()'), false);
  }

  /** All elements at once, removed from the map; what is written meanwhile stays. */
  lookupAndDeleteBatch(): MapBatch<K, V> {
    return readBatch(this.#walked('lookupAndDeleteBatch()'), true);
  }

  /** Writes many elements, with few system calls where the kernel can. @returns how many */
  updateBatch(entries: Iterable<readonly [K, V]>, options?: UpdateOptions): number {
    return updateBatch(this.#walked('updateBatch()'), entries, options);
  }

  /** Removes many elements. @returns how many were there */
  deleteBatch(keys: Iterable<K>): number {
    return deleteBatch(this.#walked('deleteBatch()'), keys);
  }

  // The map as a whole.

  /**
   * The memory of an arena, or of an array with BPF_F_MMAPABLE: live, mapped once. Elements of an array are 8-byte aligned.
   *
   * @throws BpfError `BPF_WRONG_KIND` for other maps
   */
  memory(): ArrayBuffer {
    const fd = this.#loaded('memory()').number;
    this.#memory ??= mapMemory(this.mapKind, this.#info!, fd, (problem) =>
      this.errors.wrongKind('memory()', problem),
    );
    return this.#memory.buffer;
  }

  /** No system call can change it any more; programs still can. */
  freeze(): void {
    const fd = this.#loaded('freeze()').number;
    try {
      mapFreeze(fd);
    } catch (cause) {
      throw this.errors.error(
        'BPF_MAP_FREEZE',
        `could not be frozen: ${(cause as Error).message}`,
        {
          cause,
        },
      );
    }
  }

  /** Gives it a name in a bpf file system, by which it outlives this process. */
  pin(path: string | undefined = this.spec.pinPath): void {
    const fd = this.#loaded('pin()').number;
    if (path === undefined)
      throw this.errors.error('BPF_PIN', 'where to pin it was not said; give a path');
    pinAt(fd, path, (problem, cause) => this.errors.error('BPF_PIN', problem, { cause }));
    this.spec.pinPath = path;
  }

  /** Takes a name away. */
  unpin(path: string | undefined = this.spec.pinPath): void {
    this.#loaded('unpin()');
    if (path === undefined) throw this.errors.error('BPF_PIN', 'it is not pinned');
    try {
      unlinkSync(path);
    } catch (cause) {
      throw this.errors.error(
        'BPF_PIN',
        `could not be unpinned from "${path}": ${(cause as Error).message}`,
        { cause },
      );
    }
    if (path === this.spec.pinPath) this.spec.pinPath = undefined;
  }

  /** Whether there is something at its pin path. */
  get isPinned(): boolean {
    return (
      this.spec.pinPath !== undefined &&
      statSync(this.spec.pinPath, { throwIfNoEntry: false }) !== undefined
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
    const kindName = this.mapKind.name;
    if (kindName !== 'RINGBUF' && kindName !== 'PERF_EVENT_ARRAY') {
      throw this.errors.wrongKind(call, 'it is for ring buffers and perf event arrays');
    }
    const { id, maxEntries, flags } = this.#info!;
    const { recordCodec } = this.init;
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
    if (this.mapKind.name !== 'USER_RINGBUF')
      throw this.errors.wrongKind('writer', 'it is for user ring buffers');
    this.#userRing ??= new UserRingBuffer({
      name: this.name,
      fd,
      maxEntries: this.#info!.maxEntries,
      recordCodec: this.init.recordCodec,
    });
    return this.#userRing;
  }

  // Helpers, in the order they are called.

  /** A map used in place of a section's own must be just as large: what is read goes into a buffer of the section's size. */
  #checkSection({ type, keySize, valueSize, maxEntries }: MapInfo): void {
    const section = this.init.section?.();
    if (section === undefined) return;
    if (type === ARRAY && keySize === 4 && valueSize === section.size && maxEntries === 1) return;
    throw this.errors.error(
      'BPF_MAP_MISMATCH',
      `section "${section.name}" needs an array of one value of ${section.size} bytes, found ${withArticle(this.kind)} of ${maxEntries} of ${valueSize} bytes; reuse the map that another process made for the same section`,
    );
  }

  #loaded(call: string): Fd {
    if (this.#fd !== undefined && !this.#closed) return this.#fd;
    if (this.#closed) throw this.errors.error('BPF_CLOSED', `${call} after close()`);
    if (this.init.isObjectLoaded?.()) {
      throw this.errors.error(
        'BPF_PHASE',
        `${call}: it was not created, since its autocreate is ${this.spec.autocreate}`,
      );
    }
    throw this.errors.error(
      'BPF_PHASE',
      `${call} needs the map in the kernel; call load() on its object first`,
    );
  }

  #elements(call: string, any = false): ElementCalls {
    this.#loaded(call);
    const { access } = this.mapKind;
    if (!any) {
      if (access === 'queue') throw this.errors.wrongKind(call, 'use push(), pop() and peek()');
      if (access === 'bloom') throw this.errors.wrongKind(call, 'use push() and mayHave()');
      if (access === 'arena') throw this.errors.wrongKind(call, 'it is memory');
      if (access === 'stream' && this.mapKind.value === 'none')
        throw this.errors.wrongKind(call, 'it is a stream; use "for await", consume() or writer');
    }
    return this.#makeCalls();
  }

  /** Kept only for maps with keys, so that {@link lookup} need not look at the kind again. */
  #makeCalls(): ElementCalls {
    const calls = this.#newCalls();
    if (
      this.mapKind.access !== 'queue' &&
      this.mapKind.access !== 'bloom' &&
      this.mapKind.value !== 'none'
    )
      this.#calls = calls;
    else this.#keyless = calls;
    return calls;
  }
  #keyless: ElementCalls | undefined;

  #newCalls(): ElementCalls {
    const fd = this.#loaded('this').number;
    const { keySize } = this.#info!;
    return new ElementCalls(fd, keySize, this.#valueSize, this.#roomForValue);
  }

  /** What the kernel copies for one value. */
  get #valueSize(): number {
    return this.mapKind.value === 'per-cpu' ? this.#valueCodec.size : this.#info!.valueSize;
  }

  /** Of a type that this version does not know, the kernel may copy a value for each CPU. */
  get #roomForValue(): number {
    const { valueSize } = this.#info!;
    if (this.mapKind.interfaceName !== 'UnknownMap') return this.#valueSize;
    return Math.ceil(valueSize / 8) * 8 * possibleCpus().length;
  }

  #queue(call: string, bloomToo: boolean): ElementCalls {
    this.#loaded(call);
    const { access } = this.mapKind;
    if (access !== 'queue' && !(bloomToo && access === 'bloom'))
      throw this.errors.wrongKind(call, 'it is for queues and stacks');
    return this.#keyless ?? this.#makeCalls();
  }

  #openInner(id: number): BpfMap {
    return openMapById(id, {
      keyCodec: this.init.innerKeyCodec,
      valueCodec: this.init.innerValueCodec,
    });
  }

  #walked(call: string): WalkedMap<K, V> {
    this.#elements(call);
    return {
      fd: this.#fd!.number,
      keySize: this.#info!.keySize,
      valueSize: this.#valueSize,
      maxEntries: this.maxEntries,
      hasBatches: this.mapKind.interfaceName !== 'UnknownMap',
      keyCodec: this.#keyCodec,
      valueCodec: this.#valueCodec,
      newCalls: () => this.#newCalls(),
      fail: (command, errno) => this.errors.failed(command, errno),
      checkOpen: (after) => void this.#loaded(after),
      update: (key, value, options) => this.update(key, value, options),
      delete: (key) => this.delete(key),
    };
  }

  #streamIsOpen(): boolean {
    return !(this.#stream as EventStream<R> & { readonly _isClosed?: boolean })._isClosed;
  }
}

function updateFlags({ mode, locked }: UpdateOptions): number {
  const flags = mode === 'no-exist' ? BPF_NOEXIST : mode === 'exist' ? BPF_EXIST : 0;
  return locked ? flags | BPF_F_LOCK : flags;
}
