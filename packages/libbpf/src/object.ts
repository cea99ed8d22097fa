/**
 * A BPF object through its life: open, loaded, closed. One object, two types: what {@link openObject} returns can be changed,
 * what its `load()` returns (the same object) can be attached and read.
 */

import type { Codec } from './codec.js';
import { codecFromBtf } from './codec-from-btf.js';
import { dataSectionFromBtf, type GlobalData } from './data/reflect-section.js';
import { SectionMemory } from './data/section-memory.js';
import { BpfError, didYouMean } from './errors.js';
import type { BpfLink } from './link/bpf-link.js';
import { disassemble } from './load/disassemble.js';
import { type LoadOptions, type LoadResult, loadObject } from './load/load-object.js';
import { pinAll, unpinAll } from './load/pin-object.js';
import { attachStructOpsMap, writeStructOpsValue } from './load/struct-ops-link.js';
import { BpfMap } from './map/bpf-map.js';
import type { StructOpsCalls } from './map/map-attributes.js';
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
  /**
   * A map by its name, or by that of its section of global data, `.bss`.
   *
   * @throws BpfError `BPF_NO_SUCH_MAP` with the nearest name
   */
  map(name: string): BpfMap;
  /** @throws BpfError `BPF_NO_SUCH_PROGRAM` with the nearest name */
  program(name: string): OpenBpfProgram;
  /**
   * Global variables of a section by their names, typed from the object's BTF: `object.data('.bss').counter`. The same view in
   * both phases.
   *
   * @throws BpfError `BPF_NO_SUCH_SECTION`
   */
  data(section: string): GlobalData;
  /** A program's instructions as text, with its C lines and what they refer to. @throws BpfError `BPF_NO_SUCH_PROGRAM` */
  disassemble(program: string): string;
  /**
   * Which program is behind a function pointer of a struct_ops map; `undefined` leaves the member NULL.
   *
   * @throws BpfError `BPF_NO_SUCH_MAP`, `BPF_NO_SUCH_PROGRAM`
   */
  setStructOpsProgram(map: string, member: string, program: string | undefined): void;
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
  data(section: string): GlobalData;
  disassemble(program: string): string;
  /**
   * Has the kernel use a struct_ops map, until the link is closed.
   *
   * @throws BpfError `BPF_NO_SUCH_MAP`, `BPF_WRONG_KIND`, `BPF_ATTACH`
   */
  attachStructOps(map: string): BpfLink;
  /**
   * Pins every map and every loaded program in a folder of a BPF file system, each by its name (a dot becomes `_`): all or none.
   *
   * @throws BpfError `BPF_PIN`
   */
  pin(folder: string): void;
  /** Takes those pins away again. */
  unpin(folder: string): void;
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
  readonly #data = new Map<string, GlobalData>();
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
    const found = this.maps.get(name) ?? this.#mapOfSection(name);
    if (found !== undefined) return found;
    throw new BpfError(
      'BPF_NO_SUCH_MAP',
      `BPF object "${this.name}" has no map "${name}"${didYouMean(name, this.maps.keys())}`,
      { object: this.name, map: name },
    );
  }

  /** By the name that a section of global data has in the object, `.bss`: the map's own begins with the object's. */
  #mapOfSection(section: string): BpfMap | undefined {
    const spec = this.spec.maps.find((one) => isData(one) && one.section === section);
    return spec && this.maps.get(spec.name);
  }

  data(section: string): GlobalData {
    const known = this.#data.get(section);
    if (known !== undefined) return known;
    const map = this.spec.maps.find(
      (one) => one.section === section && this.sections.has(one.name),
    );
    const memory = map && this.sections.get(map.name);
    if (map === undefined || memory === undefined || this.spec.btf === undefined) {
      const names = this.spec.maps
        .filter(({ name }) => this.sections.has(name))
        .map((one) => one.section);
      const problem =
        memory === undefined
          ? `has no data section "${section}"${didYouMean(section, names)}`
          : `has no BTF, which says what is in section "${section}"; use map("${map?.name}")`;
      throw new BpfError('BPF_NO_SUCH_SECTION', `BPF object "${this.name}" ${problem}`, {
        object: this.name,
        section,
      });
    }
    const data = dataSectionFromBtf(memory, this.spec.btf, map.variables);
    this.#data.set(section, data);
    return data;
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
    this.#adopt(loadObject(this.spec, { ...this.#options, ...options }));
    return this;
  }

  /** Takes over everything that was loaded, or closes it all. */
  #adopt({ btfFd, programFds, logs, mapFds, arenas, structOps, unpin }: LoadResult): void {
    this.#phase = 'loaded';
    this.#btfFd = btfFd;
    this.#structOps = structOps;
    const left = new Set([...programFds, ...mapFds].filter((fd) => fd !== undefined));
    try {
      for (const [index, spec] of this.spec.programs.entries()) {
        const fd = programFds[index];
        if (fd !== undefined) left.delete(fd);
        this.programs.get(spec.name)!.adopt(fd, logs[index] ?? '');
      }
      for (const [index, spec] of this.spec.maps.entries()) {
        const fd = mapFds[index];
        if (fd === undefined) continue;
        left.delete(fd);
        this.maps.get(spec.name)!._adopt(fd, arenas.get(spec));
        this.sections.get(spec.name)?.attach(fd);
      }
    } catch (error) {
      for (const fd of left) closeFd(fd);
      unpin();
      this.close();
      throw error;
    }
  }

  disassemble(program: string): string {
    return disassemble(this.spec, this.program(program).spec);
  }

  setStructOpsProgram(map: string, member: string, program: string | undefined): void {
    const { programs } = this.#structOpsOf(map).structOps!;
    if (this.#phase !== 'open') {
      throw new BpfError(
        'BPF_PHASE',
        `struct_ops "${map}": its programs can be changed between open() and load() only`,
        { object: this.name, map },
      );
    }
    if (program === undefined) programs.delete(member);
    else programs.set(member, this.program(program).name);
  }

  attachStructOps(map: string): BpfLink {
    this.#structOpsOf(map);
    return this.map(map).attach();
  }

  pin(folder: string): void {
    pinAll(this.name, folder, this.#loadedParts());
  }

  unpin(folder: string): void {
    unpinAll(folder, this.#loadedParts());
  }

  #loadedParts(): (BpfMap | BpfProgram)[] {
    if (this.#phase !== 'loaded') {
      throw new BpfError(
        'BPF_PHASE',
        `BPF object "${this.name}" is ${this.#phase}; only a loaded one can be pinned`,
        { object: this.name },
      );
    }
    return [...this.maps.values(), ...this.programs.values()].filter(({ isLoaded }) => isLoaded);
  }

  #structOpsOf(name: string): MapSpec {
    this.map(name);
    const spec = this.spec.maps.find((one) => one.name === name);
    if (spec?.structOps !== undefined) return spec;
    throw new BpfError('BPF_WRONG_KIND', `map "${name}" is no struct_ops map`, {
      object: this.name,
      map: name,
    });
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
    const codec = (typeId: number, given: Codec<unknown> | undefined, what: string) =>
      given ??
      (typeId === 0 || this.spec.btf === undefined || spec.origin !== 'user'
        ? undefined
        : codecFromBtf(this.spec.btf, typeId, `map "${spec.name}", ${what}`));
    return new BpfMap({
      spec,
      objectName: this.spec.name,
      keyCodec: codec(spec.btfKeyTypeId, codecs?.key, 'key'),
      valueCodec: codec(spec.btfValueTypeId, codecs?.value, 'value'),
      recordCodec: codec(spec.recordTypeId, codecs?.record, 'record'),
      innerKeyCodec: codec(spec.inner?.btfKeyTypeId ?? 0, codecs?.innerKey, 'inner key'),
      innerValueCodec: codec(spec.inner?.btfValueTypeId ?? 0, codecs?.innerValue, 'inner value'),
      isObjectLoaded: () => this.#phase !== 'open',
      section: () => this.sections.get(spec.name),
      structOps: spec.structOps === undefined ? undefined : this.#structOpsCalls(spec),
    });
  }

  /** Of maps that are loaded, so that their values are known. */
  #structOpsCalls(spec: MapSpec): StructOpsCalls {
    const value = () => this.#structOps.get(spec)!;
    const fd = () => this.map(spec.name).fd;
    return {
      attach: () => attachStructOpsMap(spec, fd(), value()),
      beforeLink: () => writeStructOpsValue(spec, fd(), value()),
    };
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
