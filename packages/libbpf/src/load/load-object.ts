/**
 * ObjectSpec → descriptors. All or nothing: whatever fails, everything made so far is closed and unpinned.
 *
 * The order is libbpf's (bpf_object_load): kernel types, externs, CO-RE and calls before anything is made, so that an object that
 * cannot work leaves nothing behind; then BTF, maps, programs, and at last what needs programs: program arrays and struct_ops.
 */

import { BpfError, SyscallError } from '../errors.js';
import { BPF_F_VTYPE_BTF_OBJ_FD, mapType } from '../open/constants.js';
import type { MapSpec, ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { LITTLE } from '../sys/attr.js';
import { btfLoad, mapUpdateElem, progBindMap } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import type { Mapping } from '../sys/memory.js';
import { mapArena } from './arena.js';
import { findAttachTarget, type ProgramTarget } from './attach-target.js';
import { createMap, fillMap } from './create-maps.js';
import { coreTypeNames, kernelNames } from './expected-names.js';
import { type ResolvedExtern, resolveExterns } from './externs.js';
import { hasFeature } from './features.js';
import {
  fillInstructions,
  type ModuleDescriptors,
  moduleDescriptors,
} from './fill-instructions.js';
import { fillJumpTables } from './jump-tables.js';
import { KernelTypes } from './kernel-types.js';
import { debugInfo, type LinkedProgram } from './link-program.js';
import { type LoadedProgram, loadProgram } from './load-program.js';
import { checkLoadable } from './loadable.js';
import { raiseMemlock } from './memlock.js';
import { permissionHint } from './permission.js';
import { pinNewMap, reusePinnedMap } from './pinned-maps.js';
import { type PreparedFunctions, relocateObject } from './relocate-object.js';
import { btfForKernel, type KernelBtfImage } from './sanitize-btf.js';
import { type KernelStructOps, planStructOps, type StructOpsPlan } from './struct-ops.js';
import { Undo } from './undo.js';

export interface LoadOptions {
  /** BTF of the target kernel, for CO-RE alone; default: the running kernel's. */
  readonly btfCustomPath?: string | undefined;
  /** Lines `CONFIG_X=…` for `__kconfig` externs; they go before those of the running kernel. */
  readonly kconfig?: string | undefined;
  /** Folder in a BPF file system for maps that are pinned by name. Default `/sys/fs/bpf`. */
  readonly pinRootPath?: string | undefined;
  /** Bits of the kernel's log_level, for every program: 1 the log, 2 more of it, 4 statistics. Default 0: a log only on failure. */
  readonly logLevel?: number | undefined;
  /** Bytes for the kernel's log of each program. Default: as many as it needs. */
  readonly logSize?: number | undefined;
}

/** What an object is once loaded. */
export interface LoadResult {
  readonly btfFd: number | undefined;
  /** By index in {@link ObjectSpec.maps}; `undefined` for maps that were not created. */
  readonly mapFds: readonly (number | undefined)[];
  /** By index in {@link ObjectSpec.programs}. */
  readonly programFds: readonly (number | undefined)[];
  readonly logs: readonly (string | undefined)[];
  /** Values of struct_ops maps, ready to be registered. */
  readonly structOps: ReadonlyMap<MapSpec, Uint8Array>;
  /** Memory of arenas. */
  readonly arenas: ReadonlyMap<MapSpec, Mapping>;
  /** Takes the pins away that this load made, for when what follows fails. */
  readonly unpin: () => void;
}

/** @throws BpfError, of which VerifierError is one */
export function loadObject(object: ObjectSpec, options: LoadOptions = {}): LoadResult {
  checkEndianness(object);
  const kernel = new KernelTypes();
  const undo = new Undo();
  try {
    return new ObjectLoader(object, options, kernel, undo).load();
  } catch (error) {
    undo.run();
    throw error;
  } finally {
    kernel.close();
  }
}

/** @throws BpfError `BPF_ENDIANNESS` */
export function checkEndianness({ name, littleEndian }: ObjectSpec): void {
  if (littleEndian === LITTLE) return;
  const target = LITTLE ? 'bpfel' : 'bpfeb';
  throw new BpfError(
    'BPF_ENDIANNESS',
    `BPF object "${name}" is ${littleEndian ? 'little' : 'big'}-endian, this machine is not; compile with -target ${target}`,
    { object: name },
  );
}

/** Loads one object; everything made goes to {@link Undo} as well, so that it can be taken back. */
export class ObjectLoader {
  readonly #object: ObjectSpec;
  readonly #options: LoadOptions;
  readonly #kernel: KernelTypes;
  readonly #undo: Undo;
  readonly #pins = new Undo();
  #btfFd: number | undefined;
  #functions: KernelBtfImage['functions'] = new Map();
  readonly #mapFds: (number | undefined)[] = [];
  readonly #arenas = new Map<MapSpec, Mapping>();
  readonly #programFds = new Map<ProgramSpec, number>();
  #externs: ReadonlyMap<string, ResolvedExtern> = new Map();
  #modules: ModuleDescriptors = { fds: undefined, indexOf: new Map() };
  #structOps: StructOpsPlan = { maps: new Map(), programs: new Map(), autoload: new Map() };

  constructor(object: ObjectSpec, options: LoadOptions, kernel: KernelTypes, undo: Undo) {
    this.#object = object;
    this.#options = options;
    this.#kernel = kernel;
    this.#undo = undo;
    undo.add(() => this.#pins.run());
  }

  load(): LoadResult {
    const object = this.#object;
    this.resolve();
    const { autoload } = this.#structOps;
    const loading = new Set(object.programs.filter((one) => autoload.get(one) ?? one.autoload));
    const linked = this.relocate(loading);
    this.makeMaps(loading);
    const logs = object.programs.map((spec) => {
      const program = linked.get(spec);
      if (program === undefined) return undefined;
      const { fd, log } = this.loadOne(program);
      this.#programFds.set(spec, this.#undo.fd(fd));
      return log;
    });
    this.#bindConstants();
    this.#fillSlots(
      ({ type }) => type === mapType('PROG_ARRAY'),
      (name) => this.#programFds.get(object.programs.find((one) => one.name === name)!),
    );
    return {
      btfFd: this.#btfFd,
      mapFds: this.#mapFds,
      programFds: object.programs.map((one) => this.#programFds.get(one)),
      logs,
      structOps: this.#structOpsValues(),
      arenas: this.#arenas,
      unpin: () => this.#pins.run(),
    };
  }

  /** What the object expects of the kernel: externs and struct_ops. */
  resolve(): void {
    checkLoadable(this.#object.name);
    raiseMemlock();
    this.#expectNames();
    this.#externs = resolveExterns(this.#object, this.#kernel, this.#options);
    this.#modules = moduleDescriptors(this.#object, this.#externs);
    this.#structOps = planStructOps(this.#object, this.#kernel);
  }

  #expectNames(): void {
    const names = kernelNames(this.#object);
    if (this.#options.btfCustomPath === undefined)
      for (const name of coreTypeNames(this.#object)) names.add(name);
    this.#kernel.expect(names);
  }

  relocate(
    loading: ReadonlySet<ProgramSpec>,
    cache?: PreparedFunctions,
  ): Map<ProgramSpec, LinkedProgram> {
    for (const program of loading) program.sectionDefinition?.handler?.prepareLoad?.(program);
    const { btfCustomPath } = this.#options;
    return relocateObject(this.#object, loading, this.#kernel, btfCustomPath, cache);
  }

  /** BTF, maps, and maps in maps. */
  makeMaps(loading: Iterable<ProgramSpec>): void {
    this.#loadBtf(loading);
    for (const map of this.#object.maps) this.#mapFds.push(this.#makeMap(map));
    this.#fillSlots(
      (map) => map.inner !== undefined,
      (name) => this.#mapNamed(name),
    );
  }

  /** Loads a program. @returns its descriptor, the caller's to close */
  loadOne(program: LinkedProgram): LoadedProgram {
    const object = this.#object;
    const { spec } = program;
    const { btfExt, littleEndian } = object;
    const hasInfo = this.#btfFd !== undefined && btfExt !== undefined && hasFeature('btfFunc');
    const jumpTables = fillJumpTables(object, program);
    try {
      return loadProgram({
        object,
        program,
        btfFd: this.#btfFd,
        debugInfo: hasInfo
          ? debugInfo(btfExt, program, littleEndian, this.#functions.get(spec.type))
          : undefined,
        target: this.#targetOf(spec),
        fdArray: this.#modules.fds,
        logLevel: spec.logLevel ?? this.#options.logLevel ?? 0,
        logSize: spec.logSize ?? this.#options.logSize,
        poisoned: fillInstructions(object, program, this.#mapFds, this.#externs, this.#modules),
      });
    } finally {
      for (const fd of jumpTables) closeFd(fd);
    }
  }

  /** BTF is a help to the verifier and to people; without it most objects still work. */
  #loadBtf(loading: Iterable<ProgramSpec>): void {
    const { name, btf } = this.#object;
    const isNeeded = this.#object.maps.some(({ structOps }) => structOps !== undefined);
    if (btf === undefined || (!isNeeded && !hasFeature('btf'))) return;
    const image = btfForKernel(this.#object, btf, loading);
    try {
      this.#btfFd = this.#undo.fd(btfLoad(image.bytes));
      this.#functions = image.functions;
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      if (cause.code === 'EPERM') {
        throw new BpfError(
          'BPF_PERMISSION',
          `BPF object "${name}": the kernel refused its BTF with EPERM${permissionHint('BTF')}`,
          { object: name, cause },
        );
      }
      if (!isNeeded) return;
      throw new BpfError(
        'BPF_BTF_LOAD',
        `BPF object "${name}": the kernel refused its BTF (${cause.code}): ${lastLineOfBtfLog(image.bytes)}`,
        { object: name, cause },
      );
    }
  }

  #makeMap(map: MapSpec): number | undefined {
    const object = this.#object;
    // An internal map is of no use to a kernel that has no global variables.
    if (!map.autocreate || (isInternal(map) && !hasFeature('globalData'))) return undefined;
    const pinRoot = this.#options.pinRootPath;
    const reused = reusePinnedMap(object, map, pinRoot);
    if (reused !== undefined) return this.#undo.fd(reused);
    const fd = this.#undo.fd(
      createMap(object, map, this.#btfFd, kernelSide(this.#structOps.maps.get(map))),
    );
    if (map.reuseFd !== undefined) return fd;
    if (isInternal(map)) fillMap(object, map, fd);
    if (map.type === mapType('ARENA')) this.#mapArena(map, fd);
    const winner = pinNewMap(object, map, fd, pinRoot, this.#pins);
    return winner === undefined ? fd : this.#undo.fd(winner);
  }

  #mapArena(map: MapSpec, fd: number): void {
    const memory = mapArena(this.#object, map, fd);
    this.#undo.add(() => memory.release());
    this.#arenas.set(map, memory);
  }

  #mapNamed(name: string): number | undefined {
    return this.#mapFds[this.#object.maps.findIndex((one) => one.name === name)];
  }

  #fillSlots(isMeant: (map: MapSpec) => boolean, find: (name: string) => number | undefined): void {
    for (const [position, map] of this.#object.maps.entries()) {
      const fd = this.#mapFds[position];
      if (fd === undefined || map.reuseFd !== undefined || !isMeant(map)) continue;
      for (const { index, name } of map.initialSlots) {
        const facts = { object: this.#object.name, map: map.name };
        const subject = `map "${map.name}", slot ${index}: "${name}"`;
        const target = find(name);
        if (target === undefined)
          throw new BpfError('BPF_MAP_FILL', `${subject} was not loaded with the object`, facts);
        try {
          mapUpdateElem(fd, word(index), word(target));
        } catch (cause) {
          throw new BpfError(
            'BPF_MAP_FILL',
            `${subject} could not be put in: ${(cause as Error).message}${slotAdvice(map, index, cause)}`,
            { ...facts, cause },
          );
        }
      }
    }
  }

  #targetOf(spec: ProgramSpec): ProgramTarget | undefined {
    const structOps = this.#structOps.programs.get(spec);
    if (structOps !== undefined) {
      const { btfId, member, module } = structOps;
      return { btfId, fd: module?.fd, expectedAttachType: member };
    }
    if (!spec.sectionDefinition?.needsAttachBtf && spec.attachTarget === undefined)
      return undefined;
    return findAttachTarget(spec, this.#kernel);
  }

  /** Maps of constants live as long as a program does, even one that does not use them: tools read them. */
  #bindConstants(): void {
    const maps = this.#object.maps.flatMap((map, index) =>
      map.origin === 'rodata' ? (this.#mapFds[index] ?? []) : [],
    );
    if (maps.length === 0 || !hasFeature('bindMap')) return;
    for (const program of this.#programFds.values()) for (const map of maps) bindMap(program, map);
  }

  #structOpsValues(): Map<MapSpec, Uint8Array> {
    const values = new Map<MapSpec, Uint8Array>();
    for (const [map, { value, slots }] of this.#structOps.maps) {
      const view = new DataView(value.buffer);
      for (const { offset, program } of slots)
        view.setBigUint64(offset, BigInt(this.#programFds.get(program) ?? 0), LITTLE);
      values.set(map, value);
    }
    return values;
  }
}

/** Why something does not go into a slot of a map of maps or of programs. */
function slotAdvice({ type, maxEntries, inner }: MapSpec, index: number, cause: unknown): string {
  const code = cause instanceof SyscallError ? cause.code : '';
  if (code === 'E2BIG' && index >= maxEntries)
    return `; the map has ${maxEntries} slots, raise max_entries`;
  if (code !== 'EINVAL') return '';
  return inner === undefined && type === mapType('PROG_ARRAY')
    ? '; all programs in an array are of one type, and use the same things'
    : '; type, sizes or flags are not those of the inner map that the definition describes';
}

/** Made by the loader for a section. */
function isInternal(map: MapSpec): boolean {
  return map.origin !== 'user' && map.origin !== 'struct_ops';
}

function kernelSide(structOps: KernelStructOps | undefined): Parameters<typeof createMap>[3] {
  if (structOps === undefined) return undefined;
  return {
    valueSize: structOps.value.byteLength,
    btfVmlinuxValueTypeId: structOps.valueTypeId,
    ...(structOps.module !== undefined && {
      valueTypeBtfObjFd: structOps.module.fd,
      extraFlags: BPF_F_VTYPE_BTF_OBJ_FD,
    }),
  };
}

function bindMap(programFd: number, mapFd: number): void {
  try {
    progBindMap(programFd, mapFd);
  } catch (error) {
    // A convenience only.
    if (!(error instanceof SyscallError)) throw error;
  }
}

function lastLineOfBtfLog(bytes: Uint8Array): string {
  const log = new Uint8Array(1 << 20);
  try {
    btfLoad(bytes, { log, logLevel: 1 });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
  }
  const text = new TextDecoder().decode(log.subarray(0, Math.max(0, log.indexOf(0))));
  return text.trim().split('\n').at(-1) ?? '';
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
