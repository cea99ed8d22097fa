/**
 * What a map is made of: its attributes, settable until the object is loaded.
 */

import type { Codec } from '../codec.js';
import type { SectionMemory } from '../data/section-memory.js';
import type { BpfLink } from '../link/bpf-link.js';
import type { MapSpec } from '../open/object-spec.js';
import { MapErrors, withArticle } from './map-errors.js';
import { type MapInfo, mapInfo } from './map-info.js';
import { type MapKind, mapKind } from './map-kinds.js';

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

/** The attributes of {@link BpfMap}. */
export abstract class MapAttributes<K = unknown, V = unknown, R = unknown> {
  readonly #init: MapInit<K, V, R>;
  readonly #errors: MapErrors;
  #kind: MapKind;
  #autoattach = true;

  constructor(init: MapInit<K, V, R>) {
    this.#init = init;
    this.#kind = mapKind(init.spec.type);
    this.#errors = new MapErrors(init.spec, init.objectName);
  }

  // Getters, so that printing a map does not show them.

  protected get init(): MapInit<K, V, R> {
    return this.#init;
  }
  protected get spec(): MapSpec {
    return this.#init.spec;
  }
  protected get errors(): MapErrors {
    return this.#errors;
  }
  protected get mapKind(): MapKind {
    return this.#kind;
  }
  /** Of the map itself: loaded while it has a descriptor. */
  protected abstract get phase(): 'open' | 'loaded' | 'closed';
  /** What the kernel said when it was loaded. */
  protected abstract get loadedInfo(): MapInfo | undefined;

  /** As in C; of internal maps the kernel's name (`runqslow.rodata`). */
  get name(): string {
    return this.spec.name;
  }

  /** Whether the object made it for a section. */
  get isInternal(): boolean {
    return this.spec.origin !== 'user';
  }

  // Attributes: settable until the object is loaded.

  /** BPF_MAP_TYPE_*. */
  get type(): number {
    return this.spec.type;
  }
  set type(value: number) {
    this.change('type');
    this.spec.type = value;
    this.#kind = mapKind(value);
  }
  /** The type in words: `ring buffer`. */
  get kind(): string {
    return this.mapKind.title;
  }
  /** Bytes. */
  get keySize(): number {
    return this.spec.keySize;
  }
  set keySize(value: number) {
    this.change('keySize');
    this.spec.keySize = u32(value, `map "${this.name}": keySize`);
  }
  /** Bytes. Of an internal map: its section grows, filled with zeros. */
  get valueSize(): number {
    return this.spec.valueSize;
  }
  set valueSize(value: number) {
    this.change('valueSize');
    this.spec.valueSize = u32(value, `map "${this.name}": valueSize`);
    if (this.spec.initialValue === undefined) return;
    const resized = new Uint8Array(value);
    resized.set(this.initialValue!.subarray(0, value));
    this.spec.initialValue = resized;
    this.init.section?.()?.replace(resized);
  }
  /** Elements; bytes of a ring buffer; pages of an arena. */
  get maxEntries(): number {
    return this.loadedInfo?.maxEntries ?? this.spec.maxEntries;
  }
  set maxEntries(value: number) {
    this.change('maxEntries');
    this.spec.maxEntries = u32(value, `map "${this.name}": maxEntries`);
  }
  /** BPF_F_*. */
  get flags(): number {
    return this.spec.flags;
  }
  set flags(value: number) {
    this.change('flags');
    this.spec.flags = u32(value, `map "${this.name}": flags`);
  }
  /** Node to allocate on; `undefined` for any. */
  get numaNode(): number | undefined {
    return this.spec.numaNode;
  }
  set numaNode(value: number | undefined) {
    this.change('numaNode');
    this.spec.numaNode = value;
  }
  get ifindex(): number {
    return this.spec.ifindex;
  }
  set ifindex(value: number) {
    this.change('ifindex');
    this.spec.ifindex = u32(value, `map "${this.name}": ifindex`);
  }
  /** What it means depends on the type: hash functions of a bloom filter, address of an arena. */
  get mapExtra(): bigint {
    return this.spec.mapExtra;
  }
  set mapExtra(value: bigint) {
    this.change('mapExtra');
    this.spec.mapExtra = value;
  }
  /** Whether it is created when the object is loaded. */
  get autocreate(): boolean {
    return this.spec.autocreate;
  }
  set autocreate(value: boolean) {
    this.change('autocreate');
    this.spec.autocreate = value;
  }
  /** Of a struct_ops map: whether a skeleton's `attach()` registers it. */
  get autoattach(): boolean {
    return this.#autoattach;
  }
  set autoattach(value: boolean) {
    this.structOps('autoattach');
    this.#autoattach = value;
  }
  /** Where it is found pinned, or pinned, when the object is loaded. */
  get pinPath(): string | undefined {
    return this.spec.pinPath;
  }
  set pinPath(value: string | undefined) {
    this.change('pinPath');
    this.spec.pinPath = value;
  }
  /** Of an internal map: the section's bytes as they will be loaded, a copy. */
  get initialValue(): Uint8Array | undefined {
    const section = this.phase === 'open' ? this.init.section?.() : undefined;
    return section?.bytes() ?? this.spec.initialValue?.slice();
  }
  set initialValue(value: Uint8Array) {
    this.change('initialValue');
    const size = this.spec.initialValue?.byteLength;
    if (size === undefined)
      throw this.errors.error(
        'BPF_WRONG_KIND',
        'it has no initial value; only maps of sections (.data, .rodata, .bss) do',
      );
    if (value.byteLength !== size)
      throw new RangeError(
        `map "${this.name}": initialValue: expected ${size} bytes, found ${value.byteLength}`,
      );
    this.spec.initialValue = value.slice();
    this.init.section?.()?.replace(value);
  }

  /**
   * Uses a map that exists already in place of a new one: its attributes are taken over, its contents are left alone.
   *
   * @param map - a loaded map, or a descriptor; it stays its owner's, and must be open until the object is loaded
   */
  reuse(map: { readonly fd: number } | number): void {
    this.change('reuse()');
    const fd = typeof map === 'number' ? map : map.fd;
    const { type, keySize, valueSize, maxEntries, flags, mapExtra } = mapInfo(fd);
    Object.assign(this.spec, { type, keySize, valueSize, maxEntries, flags, mapExtra });
    this.spec.reuseFd = fd;
    this.#kind = mapKind(type);
  }

  /** @throws BpfError `BPF_WRONG_KIND` for other maps */
  protected structOps(what: string): StructOpsCalls {
    const { structOps } = this.init;
    if (structOps !== undefined) return structOps;
    throw this.errors.error(
      'BPF_WRONG_KIND',
      `${what} is for struct_ops maps, this is ${withArticle(this.kind)}`,
    );
  }

  /** @throws BpfError if it is too late */
  protected change(attribute: string): void {
    if (this.phase === 'closed')
      throw this.errors.error('BPF_CLOSED', `${attribute} cannot be set, its object is closed`);
    if (this.phase === 'loaded' || this.init.isObjectLoaded?.()) {
      throw this.errors.error(
        'BPF_PHASE',
        `${attribute} cannot be set any more; set it between openObject() and load()`,
      );
    }
  }
}

function u32(value: number, what: string): number {
  if (value >>> 0 !== value)
    throw new RangeError(`${what}: expected an integer from 0 to 4294967295, found ${value}`);
  return value;
}
