/**
 * The last step before a program is loaded: descriptors, addresses and ids into its instructions.
 *
 * What is not there is poisoned by a call of a helper that no kernel has, whose number says what was meant: it may be in dead
 * code. The ranges of numbers are libbpf's.
 */

import { BpfError } from '../errors.js';
import {
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_VALUE,
  mapType,
} from '../open/constants.js';
import type { InstructionRelocation, ObjectSpec } from '../open/object-spec.js';
import { arenaDataOffset } from './arena.js';
import type { ResolvedExtern } from './externs.js';
import { type Code, INSTRUCTION_SIZE } from './instruction.js';
import type { LinkedProgram } from './link-program.js';

const POISON_MAP = 2_001_000_000;
const POISON_KFUNC = 2_002_000_000;

/** Descriptors of modules whose functions are called, and which call uses which. */
export interface ModuleDescriptors {
  /** For BPF_PROG_LOAD; `undefined` if there are none. Index 0 stands for the kernel itself. */
  readonly fds: Int32Array | undefined;
  readonly indexOf: ReadonlyMap<number, number>;
}

export function moduleDescriptors(
  object: ObjectSpec,
  externs: ReadonlyMap<string, ResolvedExtern>,
): ModuleDescriptors {
  const indexOf = new Map<number, number>();
  for (const { name, isFunction } of object.externs) {
    const extern = externs.get(name);
    if (!isFunction || extern?.kind !== 'type' || extern.type.module === undefined) continue;
    const { fd } = extern.type.module;
    if (!indexOf.has(fd)) indexOf.set(fd, indexOf.size + 1);
  }
  // The index lies in the 16-bit offset of an instruction.
  if (indexOf.size >= 0x7fff)
    throw new BpfError(
      'BPF_EXTERN',
      `BPF object "${object.name}" calls functions of too many modules`,
    );
  return { fds: indexOf.size === 0 ? undefined : Int32Array.of(0, ...indexOf.keys()), indexOf };
}

/** @returns what each poisoned call stands for: its number → a sentence */
export function fillInstructions(
  object: ObjectSpec,
  { code, relocations }: LinkedProgram,
  mapFds: readonly (number | undefined)[],
  externs: ReadonlyMap<string, ResolvedExtern>,
  modules: ModuleDescriptors,
): Map<number, string> {
  const poisoned = new Map<number, string>();
  for (const relocation of relocations) {
    if (relocation.kind === 'map' || relocation.kind === 'data')
      fillMapReference(object, code, relocation, mapFds, poisoned);
    else if (relocation.kind === 'extern-load' || relocation.kind === 'extern-call')
      fillExtern(object, code, relocation, mapFds, externs, modules, poisoned);
  }
  return poisoned;
}

type MapRelocation = Extract<InstructionRelocation, { kind: 'map' | 'data' }>;
type ExternRelocation = Extract<InstructionRelocation, { kind: 'extern-load' | 'extern-call' }>;

function fillMapReference(
  object: ObjectSpec,
  code: Code,
  relocation: MapRelocation,
  mapFds: readonly (number | undefined)[],
  poisoned: Map<number, string>,
): void {
  const at = relocation.offset;
  const fd = mapFds[relocation.map];
  if (fd === undefined) {
    const marker = POISON_MAP + relocation.map;
    code.poison(at, marker);
    poisoned.set(
      marker,
      `map "${object.maps[relocation.map]?.name}" is used, but was not created (its autocreate is off, or the kernel has no global variables)`,
    );
    return;
  }
  if (relocation.kind === 'data') {
    code.setSource(at, BPF_PSEUDO_MAP_VALUE);
    const map = object.maps[relocation.map]!;
    const start = map.type === mapType('ARENA') ? arenaDataOffset(map) : 0;
    code.setImmediate(at + INSTRUCTION_SIZE, start + code.immediate(at) + relocation.valueOffset);
  } else {
    code.setSource(at, BPF_PSEUDO_MAP_FD);
  }
  code.setImmediate(at, fd);
}

function fillExtern(
  object: ObjectSpec,
  code: Code,
  { kind, offset: at, extern: name }: ExternRelocation,
  mapFds: readonly (number | undefined)[],
  externs: ReadonlyMap<string, ResolvedExtern>,
  modules: ModuleDescriptors,
  poisoned: Map<number, string>,
): void {
  const extern = externs.get(name) ?? { kind: 'missing' };
  if (kind === 'extern-call') {
    if (extern.kind !== 'type') {
      const marker = POISON_KFUNC + object.externs.findIndex((one) => one.name === name);
      code.poison(at, marker);
      poisoned.set(
        marker,
        `kernel function "${name}" is called, but the running kernel has none of that name and type; ask first: if (bpf_ksym_exists(${name}))`,
      );
      return;
    }
    code.setSource(at, BPF_PSEUDO_KFUNC_CALL);
    code.setImmediate(at, extern.type.id);
    code.setOffset(at, modules.indexOf.get(extern.type.module?.fd ?? -1) ?? 0);
    return;
  }
  switch (extern.kind) {
    case 'kconfig': {
      const map = object.maps.findIndex(({ origin }) => origin === 'kconfig');
      fillMapReference(
        object,
        code,
        { kind: 'data', offset: at, map, valueOffset: extern.offset - code.immediate(at) },
        mapFds,
        poisoned,
      );
      return;
    }
    case 'type':
      code.setSource(at, BPF_PSEUDO_BTF_ID);
      code.setImmediate(at, extern.type.id);
      code.setImmediate(at + INSTRUCTION_SIZE, extern.type.module?.fd ?? 0);
      return;
    case 'address':
      code.setImmediate64(at, extern.address);
      return;
    case 'missing':
      code.setImmediate64(at, 0n);
  }
}
