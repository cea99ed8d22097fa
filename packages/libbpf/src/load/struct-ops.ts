/**
 * struct_ops maps: the object's struct laid over the kernel's, member by member.
 *
 * The kernel has a type of the same name (but for a `___flavour`) and, for the map's value, `struct bpf_struct_ops_NAME`, in which
 * the former is a member. Members that the kernel does not have are left out if they are zero. Rules as in libbpf's
 * bpf_map__init_kern_struct_ops and bpf_object_adjust_struct_ops_autoload.
 */

import { type Btf, BtfKind, type BtfMember, type BtfStruct, essentialName } from '@libbpf-ts/btf';
import { BpfError, didYouMean } from '../errors.js';
import { progType } from '../open/constants.js';
import type { MapSpec, ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import type { KernelType, KernelTypes, ModuleTypes } from './kernel-types.js';

/** A struct_ops map as the running kernel has it. */
export interface KernelStructOps {
  /** Of the value's type in the kernel's BTF. */
  readonly valueTypeId: number;
  readonly module: ModuleTypes | undefined;
  /** The value, its function pointers still zero. */
  readonly value: Uint8Array;
  /** Where descriptors of programs go. */
  readonly slots: readonly { readonly offset: number; readonly program: ProgramSpec }[];
}

/** What a program of type STRUCT_OPS implements. */
export interface StructOpsTarget {
  /** Of the kernel's struct. */
  readonly btfId: number;
  /** Which member, by index: the program's expected attach type. */
  readonly member: number;
  readonly module: ModuleTypes | undefined;
}

export interface StructOpsPlan {
  readonly maps: ReadonlyMap<MapSpec, KernelStructOps>;
  readonly programs: ReadonlyMap<ProgramSpec, StructOpsTarget>;
  /** Whether to load a program, for those that are in some map; the others keep their own setting. */
  readonly autoload: ReadonlyMap<ProgramSpec, boolean>;
}

/** @throws BpfError `BPF_STRUCT_OPS` */
export function planStructOps(object: ObjectSpec, kernel: KernelTypes): StructOpsPlan {
  const maps = new Map<MapSpec, KernelStructOps>();
  const programs = new Map<ProgramSpec, StructOpsTarget>();
  const autoload = new Map<ProgramSpec, boolean>();
  for (const map of object.maps) {
    const structOps = map.structOps;
    if (structOps === undefined) continue;
    for (const name of structOps.programs.values()) {
      const program = programNamed(object, map, name);
      if (!autoload.has(program)) autoload.set(program, false);
    }
    if (!map.autocreate) continue;
    const laid = layOver(object, map, kernel, programs);
    for (const { program } of laid.slots) autoload.set(program, true);
    maps.set(map, laid);
  }
  return { maps, programs, autoload };
}

function layOver(
  object: ObjectSpec,
  map: MapSpec,
  kernel: KernelTypes,
  programs: Map<ProgramSpec, StructOpsTarget>,
): KernelStructOps {
  const local = object.btf!;
  const struct = local.type(map.structOps!.typeId) as BtfStruct;
  const { type, valueTypeId, target, offset } = kernelTypes(object, map, struct, kernel);
  const value = new Uint8Array(type.btf.sizeOf(valueTypeId));
  const slots: { offset: number; program: ProgramSpec }[] = [];
  const data = map.initialValue ?? new Uint8Array(struct.size);
  for (const member of struct.members) {
    const programName = map.structOps!.programs.get(member.name);
    const index = target.members.findIndex(({ name }) => name === member.name);
    const theirs = target.members[index];
    const at = member.bitOffset / 8;
    const size = local.sizeOf(member.typeId);
    const fail = (problem: string) =>
      structOpsError(object, map, `member "${member.name}" ${problem}`);
    if (theirs === undefined) {
      if (data.subarray(at, at + size).some((byte) => byte !== 0)) {
        const names = target.members.map(({ name }) => name);
        throw fail(
          `is set, but struct ${target.name} of the running kernel has no such member${didYouMean(member.name, names)}`,
        );
      }
      // A program without a place is not loaded, unless another map has one for it.
      continue;
    }
    const destination = offset + theirs.bitOffset / 8;
    checkSameForm(local, member, type.btf, theirs, fail);
    if (local.kindOf(local.resolve(member.typeId)) === BtfKind.PTR) {
      if (programName === undefined) continue;
      const program = programNamed(object, map, programName);
      assign(object, map, program, programs, {
        btfId: type.id,
        member: index,
        module: type.module,
      });
      slots.push({ offset: destination, program });
      continue;
    }
    const theirSize = type.btf.sizeOf(theirs.typeId);
    if (theirSize !== size) throw fail(`has ${size} bytes, ${theirSize} in the running kernel`);
    value.set(data.subarray(at, at + size), destination);
  }
  return { valueTypeId, module: type.module, value, slots };
}

interface KernelSide {
  readonly type: KernelType;
  readonly target: BtfStruct;
  readonly valueTypeId: number;
  /** Of the struct inside the value, bytes. */
  readonly offset: number;
}

function kernelTypes(
  object: ObjectSpec,
  map: MapSpec,
  struct: BtfStruct,
  kernel: KernelTypes,
): KernelSide {
  const name = essentialName(struct.name);
  const type = kernel.find(name, BtfKind.STRUCT);
  const target = type?.btf.type(type.id);
  const valueName = `bpf_struct_ops_${name}`;
  const valueTypeId = type?.btf.findByNameAndKind(valueName, BtfKind.STRUCT);
  if (type === undefined || target?.kind !== 'struct' || valueTypeId === undefined) {
    const known = structOpsNames(kernel.vmlinux);
    throw structOpsError(
      object,
      map,
      `the running kernel has no struct_ops "${name}"${didYouMean(name, known)}; it has ${known.join(', ') || 'none'}`,
    );
  }
  const value = type.btf.type(valueTypeId) as BtfStruct;
  const inside = value.members.find(({ typeId }) => type.btf.resolve(typeId) === type.id);
  if (inside === undefined)
    throw structOpsError(
      object,
      map,
      `struct ${valueName} of the running kernel has no member of type ${name}`,
    );
  return { type, target, valueTypeId, offset: inside.bitOffset / 8 };
}

/** The struct_ops that a kernel has, by name. */
export function structOpsNames(btf: Btf): string[] {
  const prefix = 'bpf_struct_ops_';
  const names: string[] = [];
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.STRUCT) continue;
    const name = btf.nameOf(id);
    if (!name.startsWith(prefix)) continue;
    const inner = name.slice(prefix.length);
    if (btf.findByNameAndKind(inner, BtfKind.STRUCT) !== undefined) names.push(inner);
  }
  return names;
}

function checkSameForm(
  local: Btf,
  mine: BtfMember,
  kernel: Btf,
  theirs: BtfMember,
  fail: (problem: string) => BpfError,
): void {
  if ((mine.bitSize ?? 0) !== 0 || (theirs.bitSize ?? 0) !== 0)
    throw fail('is a bit-field, which struct_ops cannot have');
  const kind = local.type(local.resolve(mine.typeId)).kind;
  const kernelKind = kernel.type(kernel.resolve(theirs.typeId)).kind;
  if (kind !== kernelKind)
    throw fail(`is declared as ${kind}, in the running kernel it is ${kernelKind}`);
}

function assign(
  object: ObjectSpec,
  map: MapSpec,
  program: ProgramSpec,
  programs: Map<ProgramSpec, StructOpsTarget>,
  target: StructOpsTarget,
): void {
  if (program.type !== progType('STRUCT_OPS'))
    throw structOpsError(
      object,
      map,
      `program "${program.name}" of section "${program.section}" is no struct_ops program`,
    );
  const other = programs.get(program);
  if (other !== undefined && (other.btfId !== target.btfId || other.member !== target.member))
    throw structOpsError(
      object,
      map,
      `program "${program.name}" is used for another member already; one program serves one member of one type`,
    );
  programs.set(program, target);
}

function programNamed(object: ObjectSpec, map: MapSpec, name: string): ProgramSpec {
  const found = object.programs.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = object.programs.map((one) => one.name);
  throw structOpsError(object, map, `there is no program "${name}"${didYouMean(name, names)}`);
}

function structOpsError(object: ObjectSpec, map: MapSpec, problem: string): BpfError {
  return new BpfError('BPF_STRUCT_OPS', `struct_ops "${map.name}": ${problem}`, {
    object: object.name,
    map: map.name,
  });
}
