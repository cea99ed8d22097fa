/**
 * A BPF object through its life: open, loaded, closed. One object, two types: what {@link openObject} returns can be changed,
 * what its `load()` returns (the same object) can be attached and read.
 */

import { compileCodec } from '@libbpf-ts/btf';
import type { Codec } from './codec.js';
import { SectionMemory } from './data/section-memory.js';
import { BpfError, didYouMean } from './errors.js';
import { type LoadOptions, loadObject } from './load/load-object.js';
import { BpfMap } from './map/bpf-map.js';
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG } from './open/constants.js';
import type { MapSpec, ObjectSpec } from './open/object-spec.js';
import { type ParseOptions, parseObject } from './open/parse-object.js';
import { BpfProgram, type LoadedBpfProgram, type OpenBpfProgram } from './program.js';
import { closeFd } from './sys/fd.js';

export interface OpenOptions extends ParseOptions, LoadOptions {}

/** Codecs of one map, from generated code; without them they are compiled from BTF. */
export interface MapCodecs {
  readonly key?: Codec<unknown> | undefined;
  readonly value?: Codec<unknown> | undefined;
  readonly record?: Codec<unknown> | undefined;
  /** Of the inner maps of a map of maps. */
  readonly innerKey?: Codec<unknown> | undefined;
  readonly innerValue?: Codec<unknown> | undefined;
}

/** Opened: everything can still be changed. Holds no descriptor. */
export interface OpenObject extends Disposable {
  readonly name: string;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, OpenBpfProgram>;
  /** @throws BpfError `BPF_NO_SUCH_MAP` with the nearest name */
  map(name: string): BpfMap;
  /** @throws BpfError `BPF_NO_SUCH_PROGRAM` with the nearest name */
  program(name: string): OpenBpfProgram;
  /** Loads it into the kernel, all or nothing. Returns the same object. */
  load(options?: LoadOptions): LoadedObject;
  close(): void;
}

/** Loaded. Closing it closes its maps and programs; links and pins live on their own. */
export interface LoadedObject extends Disposable {
  readonly name: string;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, LoadedBpfProgram>;
  map(name: string): BpfMap;
  program(name: string): LoadedBpfProgram;
  close(): void;
}

/**
 * Opens an object file. Pure but for memory: no privilege, no descriptor.
 *
 * @param bytes - the whole file
 * @throws BpfError `BPF_BAD_OBJECT`
 */
export function openObject(bytes: Uint8Array, options: OpenOptions = {}): OpenObject {
  return new BpfObject(parseObject(bytes, options), options);
}

/** Both phases; users see {@link OpenObject} or {@link LoadedObject}, skeletons build on it. */
export class BpfObject implements OpenObject, LoadedObject {
  readonly spec: ObjectSpec;
  readonly maps: ReadonlyMap<string, BpfMap>;
  readonly programs: ReadonlyMap<string, BpfProgram>;
  /** Global data by the name of its map. */
  readonly sections: ReadonlyMap<string, SectionMemory>;
  readonly #options: LoadOptions;
  #phase: 'open' | 'loaded' | 'closed' = 'open';
  #btfFd: number | undefined;
  #structOps: ReadonlyMap<MapSpec, Uint8Array> = new Map();

  constructor(
    spec: ObjectSpec,
    options: LoadOptions,
    codecs: ReadonlyMap<string, MapCodecs> = new Map(),
  ) {
    this.spec = spec;
    this.#options = options;
    this.maps = new Map(
      spec.maps.map((map) => [map.name, this.#newMap(map, codecs.get(map.name))]),
    );
    const owner = {
      spec,
      mapFd: (map: string) => (this.maps.get(map)?.isLoaded ? this.maps.get(map)?.fd : undefined),
    };
    this.programs = new Map(
      spec.programs.map((program) => [program.name, new BpfProgram(program, owner)]),
    );
    this.sections = new Map(
      spec.maps.filter(isData).map((map) => [map.name, newSection(spec, map)]),
    );
  }

  get name(): string {
    return this.spec.name;
  }
  get phase(): 'open' | 'loaded' | 'closed' {
    return this.#phase;
  }

  map(name: string): BpfMap {
    const found = this.maps.get(name);
    if (found !== undefined) return found;
    throw new BpfError(
      'BPF_NO_SUCH_MAP',
      `BPF object "${this.name}" has no map "${name}"${didYouMean(name, this.maps.keys())}`,
      { object: this.name, map: name },
    );
  }

  program(name: string): BpfProgram {
    const found = this.programs.get(name);
    if (found !== undefined) return found;
    throw new BpfError(
      'BPF_NO_SUCH_PROGRAM',
      `BPF object "${this.name}" has no program "${name}"${didYouMean(name, this.programs.keys())}`,
      { object: this.name, program: name },
    );
  }

  load(options: LoadOptions = {}): this {
    if (this.#phase !== 'open') {
      throw new BpfError(
        'BPF_PHASE',
        `BPF object "${this.name}" is ${this.#phase}; load() works once, on an open object`,
        { object: this.name },
      );
    }
    for (const map of this.spec.maps) {
      const section = this.sections.get(map.name);
      if (section !== undefined) map.initialValue = section.bytes();
    }
    const loaded = loadObject(this.spec, { ...this.#options, ...options });
    this.#phase = 'loaded';
    this.#btfFd = loaded.btfFd;
    this.#structOps = loaded.structOps;
    try {
      for (const [index, spec] of this.spec.programs.entries()) {
        this.programs.get(spec.name)!.adopt(loaded.programFds[index], loaded.logs[index] ?? '');
      }
      for (const [index, spec] of this.spec.maps.entries()) {
        const fd = loaded.mapFds[index];
        if (fd === undefined) continue;
        this.maps.get(spec.name)!._adopt(fd, loaded.arenas.get(spec));
        this.sections.get(spec.name)?.attach(fd);
      }
    } catch (error) {
      this.close();
      throw error;
    }
    return this;
  }

  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    for (const section of this.sections.values()) section.close();
    for (const program of this.programs.values()) program.close();
    for (const map of this.maps.values()) map.close();
    if (this.#btfFd !== undefined) closeFd(this.#btfFd);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #newMap(spec: MapSpec, codecs: MapCodecs | undefined): BpfMap {
    const codec = (typeId: number, given: Codec<unknown> | undefined) =>
      given ??
      (typeId === 0 || this.spec.btf === undefined || spec.origin !== 'user'
        ? undefined
        : compileCodec(this.spec.btf, typeId));
    return new BpfMap({
      spec,
      objectName: this.spec.name,
      keyCodec: codec(spec.btfKeyTypeId, codecs?.key),
      valueCodec: codec(spec.btfValueTypeId, codecs?.value),
      recordCodec: codec(spec.recordTypeId, codecs?.record),
      innerKeyCodec: codec(spec.inner?.btfKeyTypeId ?? 0, codecs?.innerKey),
      innerValueCodec: codec(spec.inner?.btfValueTypeId ?? 0, codecs?.innerValue),
      isObjectLoaded: () => this.#phase !== 'open',
      section: () => this.sections.get(spec.name),
    });
  }
}

function isData(map: MapSpec): boolean {
  return map.initialValue !== undefined && map.origin !== 'struct_ops' && map.origin !== 'user';
}

function newSection(object: ObjectSpec, map: MapSpec): SectionMemory {
  return new SectionMemory({
    object: object.name,
    section: map.section,
    bytes: map.initialValue!,
    readOnly: (map.flags & BPF_F_RDONLY_PROG) !== 0,
    mmapable: (map.flags & BPF_F_MMAPABLE) !== 0,
    lateBound: map.origin === 'kconfig',
    variables: map.variables,
  });
}
