/**
 * ObjectSpec → descriptors. All or nothing: whatever fails, everything made so far is closed.
 *
 * The order is libbpf's (bpf_object_load): kernel BTF and CO-RE before any map, so that an object that cannot work leaves
 * nothing behind; then BTF, maps, relocations that need descriptors, programs.
 */

import { createCoreContext } from '@libbpf-ts/btf';
import { BpfError, SyscallError } from '../errors.js';
import { BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, mapType } from '../open/constants.js';
import type { FunctionSpec, MapSpec, ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { btfLoad, mapUpdateElem } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { findAttachTarget } from './attach-target.js';
import { applyCoreRelocations } from './core-patch.js';
import { createMap, fillMap } from './create-maps.js';
import { hasFeature } from './features.js';
import { Code, INSTRUCTION_SIZE } from './instruction.js';
import { readBtfFile, vmlinuxBtf } from './kernel-btf.js';
import {
  debugInfo,
  FunctionTable,
  type LinkedProgram,
  linkProgram,
  type PreparedFunction,
} from './link-program.js';
import { loadProgram } from './load-program.js';
import { raiseMemlock } from './memlock.js';
import { btfForKernel } from './sanitize-btf.js';

export interface LoadOptions {
  /** BTF of the target kernel, for CO-RE alone; default: the running kernel's. */
  readonly btfCustomPath?: string | undefined;
  /** Bits of the kernel's log_level, for every program: 1 the log, 2 more of it, 4 statistics. Default 0: a log only on failure. */
  readonly logLevel?: number | undefined;
}

/** What an object is once loaded. */
export interface LoadedObject {
  readonly btfFd: number | undefined;
  /** By index in {@link ObjectSpec.maps}; `undefined` for maps that were not created. */
  readonly mapFds: readonly (number | undefined)[];
  /** By index in {@link ObjectSpec.programs}. */
  readonly programFds: readonly (number | undefined)[];
  readonly logs: readonly (string | undefined)[];
}

/** @throws BpfError, of which VerifierError is one */
export function loadObject(object: ObjectSpec, options: LoadOptions = {}): LoadedObject {
  const machineIsLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  if (object.littleEndian !== machineIsLittle) {
    throw new BpfError(
      'BPF_ENDIANNESS',
      `BPF object "${object.name}" is ${object.littleEndian ? 'little' : 'big'}-endian, this machine is not; compile with -target ${machineIsLittle ? 'bpfel' : 'bpfeb'}`,
      { object: object.name },
    );
  }
  const opened: number[] = [];
  const own = (fd: number) => {
    opened.push(fd);
    return fd;
  };
  try {
    const linked = relocate(object, options);
    raiseMemlock();
    const btfFd = loadBtf(object, own);
    const mapFds = object.maps.map((map) =>
      wanted(map) ? own(createMap(object, map, btfFd)) : undefined,
    );
    for (const [index, map] of object.maps.entries()) {
      const fd = mapFds[index];
      if (fd === undefined) continue;
      fillMap(object, map, fd);
      if (map.inner !== undefined) fillSlots(object, map, fd, mapFds);
    }
    const programFds: (number | undefined)[] = [];
    const logs: (string | undefined)[] = [];
    for (const [index, program] of object.programs.entries()) {
      const one = linked[index];
      const loaded =
        one === undefined ? undefined : load(object, program, one, btfFd, mapFds, options);
      programFds.push(loaded === undefined ? undefined : own(loaded.fd));
      logs.push(loaded?.log);
    }
    for (const [index, map] of object.maps.entries()) {
      const fd = mapFds[index];
      if (fd !== undefined && map.type === mapType('PROG_ARRAY'))
        fillProgramSlots(object, map, fd, programFds);
    }
    return { btfFd, mapFds, programFds, logs };
  } catch (error) {
    for (const fd of opened.reverse()) closeFd(fd);
    throw error;
  }
}

/** An internal map is of no use to a kernel that has no global variables. */
function wanted(map: MapSpec): boolean {
  return map.autocreate && (map.origin === 'user' || hasFeature('globalData'));
}

/** CO-RE and calls: everything that needs no descriptor. By index of program; `undefined` for those not loaded. */
function relocate(object: ObjectSpec, options: LoadOptions): (LinkedProgram | undefined)[] {
  const loading = object.programs.filter(({ autoload }) => autoload);
  const functions: FunctionSpec[] = [...loading, ...object.subprograms];
  const needsCore = functions.some(({ coreRelocations }) => coreRelocations.length > 0);
  const target = () =>
    options.btfCustomPath === undefined
      ? vmlinuxBtf()
      : { name: options.btfCustomPath, btf: readBtfFile(options.btfCustomPath) };
  const context =
    needsCore && object.btf !== undefined ? createCoreContext(object.btf, [target()]) : undefined;

  const prepared = functions.map((spec): PreparedFunction => {
    const code = spec.instructions.slice();
    const failures =
      context === undefined
        ? []
        : applyCoreRelocations(context, spec, new Code(code, object.littleEndian));
    return { spec, code, failures };
  });
  const table = new FunctionTable(prepared);
  const bySpec = new Map(prepared.map((one) => [one.spec, one]));
  return object.programs.map((spec) => {
    const main = bySpec.get(spec);
    return main === undefined ? undefined : linkProgram(object, { ...main, spec }, table);
  });
}

/** BTF is a help to the verifier and to people; without it most objects still work. */
function loadBtf(object: ObjectSpec, own: (fd: number) => number): number | undefined {
  if (object.btf === undefined || !hasFeature('btf')) return undefined;
  const bytes = btfForKernel(object, object.btf);
  try {
    return own(btfLoad(bytes));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (cause.code === 'EPERM') {
      throw new BpfError(
        'BPF_PERMISSION',
        `BPF object "${object.name}": the kernel refused its BTF with EPERM; loading needs root, or CAP_BPF and CAP_PERFMON`,
        { object: object.name, cause },
      );
    }
    if (!needsBtf(object)) return undefined;
    const log = new Uint8Array(1 << 20);
    try {
      return own(btfLoad(bytes, { log, logLevel: 1 }));
    } catch (again) {
      const text = new TextDecoder().decode(log.subarray(0, Math.max(0, log.indexOf(0))));
      throw new BpfError(
        'BPF_BTF_LOAD',
        `BPF object "${object.name}": the kernel refused its BTF (${cause.code}): ${text.trim().split('\n').at(-1) ?? ''}`,
        { object: object.name, cause: again },
      );
    }
  }
}

function needsBtf(object: ObjectSpec): boolean {
  return (
    object.maps.some(({ origin }) => origin === 'struct_ops') ||
    object.externs.some(({ kind }) => kind === 'ksym')
  );
}

function load(
  object: ObjectSpec,
  spec: ProgramSpec,
  linked: LinkedProgram,
  btfFd: number | undefined,
  mapFds: readonly (number | undefined)[],
  options: LoadOptions,
): { fd: number; log: string } {
  fillInstructions(object, linked, mapFds);
  const target =
    spec.sectionDefinition?.needsAttachBtf || spec.attachTarget !== undefined
      ? findAttachTarget(spec)
      : undefined;
  return loadProgram({
    object,
    program: linked,
    btfFd,
    debugInfo:
      btfFd !== undefined && object.btfExt !== undefined
        ? debugInfo(object.btfExt, linked, object.littleEndian)
        : undefined,
    attachBtfId: target?.btfId ?? 0,
    attachFd: undefined,
    fdArray: undefined,
    kernelVersion: object.kernelVersion,
    logLevel: options.logLevel ?? 0,
    poisoned: new Map(),
  });
}

/** Descriptors and addresses into instructions. */
function fillInstructions(
  object: ObjectSpec,
  { code, relocations }: LinkedProgram,
  mapFds: readonly (number | undefined)[],
): void {
  for (const relocation of relocations) {
    const at = relocation.offset;
    switch (relocation.kind) {
      case 'map':
        code.setSource(at, BPF_PSEUDO_MAP_FD);
        code.setImmediate(at, mapFds[relocation.map] ?? -1);
        break;
      case 'data':
        code.setSource(at, BPF_PSEUDO_MAP_VALUE);
        code.setImmediate(at + INSTRUCTION_SIZE, code.immediate(at) + relocation.valueOffset);
        code.setImmediate(at, mapFds[relocation.map] ?? -1);
        break;
      case 'extern-load':
      case 'extern-call':
        throw new BpfError(
          'BPF_EXTERN',
          `BPF object "${object.name}": extern "${relocation.extern}" is not resolved`,
          { object: object.name },
        );
    }
  }
}

function fillSlots(
  object: ObjectSpec,
  map: MapSpec,
  fd: number,
  mapFds: readonly (number | undefined)[],
): void {
  for (const { index, name } of map.initialSlots) {
    const inner = mapFds[object.maps.findIndex((one) => one.name === name)];
    if (inner === undefined)
      throw new BpfError(
        'BPF_MAP_FILL',
        `map "${map.name}", slot ${index}: map "${name}" was not created`,
        { object: object.name, map: map.name },
      );
    mapUpdateElem(fd, word(index), word(inner));
  }
}

function fillProgramSlots(
  object: ObjectSpec,
  map: MapSpec,
  fd: number,
  programFds: readonly (number | undefined)[],
): void {
  for (const { index, name } of map.initialSlots) {
    const program = programFds[object.programs.findIndex((one) => one.name === name)];
    if (program === undefined)
      throw new BpfError(
        'BPF_MAP_FILL',
        `map "${map.name}", slot ${index}: program "${name}" was not loaded`,
        { object: object.name, map: map.name },
      );
    mapUpdateElem(fd, word(index), word(program));
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}
