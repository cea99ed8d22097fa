/**
 * Maps of an object → the kernel, with what libbpf does to their attributes on the way.
 */

import { BpfError, FeatureError, SyscallError } from '../errors.js';
import { possibleCpus } from '../map/cpus.js';
import { BPF_F_LINK, BPF_F_MMAPABLE, MAP_TYPES, mapType } from '../open/constants.js';
import type { MapSpec, ObjectSpec } from '../open/object-spec.js';
import {
  BPF_COMMANDS,
  type MapCreateAttr,
  mapCreate,
  mapCreateAttr,
  mapFreeze,
  mapUpdateElem,
} from '../sys/bpf.js';
import { bpfLogged } from '../sys/common-attributes.js';
import { closeFd, duplicateFd } from '../sys/fd.js';
import { pageSize } from '../sys/memory.js';
import { hasFeature } from './features.js';
import { kernelName } from './load-program.js';
import { mapAdvice } from './map-advice.js';
import { builtWithout, isLater } from './missing-kind.js';
import { permissionHint } from './permission.js';
import { mapTypeSince, mapTypeSupport } from './type-support.js';

/** Their keys and values are not described by BTF (bpf_object__create_map in libbpf.c). */
const WITHOUT_BTF = new Set(
  (
    [
      'PERF_EVENT_ARRAY',
      'CGROUP_ARRAY',
      'STACK_TRACE',
      'ARRAY_OF_MAPS',
      'HASH_OF_MAPS',
      'DEVMAP',
      'DEVMAP_HASH',
      'CPUMAP',
      'XSKMAP',
      'SOCKMAP',
      'SOCKHASH',
      'QUEUE',
      'STACK',
      'ARENA',
      'RINGBUF',
      'USER_RINGBUF',
      'BLOOM_FILTER',
    ] as const
  ).map(mapType),
);

/** What a struct_ops map takes from the kernel's own type. */
export interface KernelSideOfMap {
  readonly valueSize: number;
  readonly btfVmlinuxValueTypeId: number;
  readonly valueTypeBtfObjFd?: number;
  readonly extraFlags?: number;
}

/** Creates one map, or takes the one that is to be used instead. @returns a descriptor of the caller's */
export function createMap(
  object: ObjectSpec,
  spec: MapSpec,
  btfFd: number | undefined,
  kernelSide?: KernelSideOfMap,
): number {
  if (spec.reuseFd !== undefined) return duplicateFd(spec.reuseFd);
  let innerFd: number | undefined;
  try {
    if (spec.inner !== undefined) innerFd = createMap(object, spec.inner, btfFd);
    return createWithFallback(object, spec, btfFd, innerFd, kernelSide);
  } finally {
    if (innerFd !== undefined) closeFd(innerFd);
  }
}

function createWithFallback(
  object: ObjectSpec,
  spec: MapSpec,
  btfFd: number | undefined,
  innerMapFd: number | undefined,
  kernelSide: KernelSideOfMap | undefined,
): number {
  const { extraFlags = 0, ...ofKernel } = kernelSide ?? {};
  const attribute = {
    mapType: spec.type,
    keySize: spec.keySize,
    valueSize: spec.valueSize,
    maxEntries: mapEntries(spec),
    mapFlags: flags(spec) | extraFlags,
    ifindex: spec.ifindex,
    mapExtra: spec.mapExtra,
    ...(spec.numaNode !== undefined && { numaNode: spec.numaNode }),
    ...(hasFeature('programNames') && { name: kernelName(spec.name) }),
    ...(innerMapFd !== undefined && { innerMapFd }),
    ...ofKernel,
    ...(kernelSide !== undefined && btfFd !== undefined && { btfFd }),
  };
  const typed =
    btfFd !== undefined &&
    kernelSide === undefined &&
    !WITHOUT_BTF.has(spec.type) &&
    spec.btfValueTypeId !== 0;
  try {
    if (!typed) return mapCreate(attribute);
    try {
      return mapCreate({
        ...attribute,
        btfFd,
        btfKeyTypeId: spec.btfKeyTypeId,
        btfValueTypeId: spec.btfValueTypeId,
      });
    } catch (error) {
      // Some types of map take no BTF on some kernels; they work without.
      if (!(error instanceof SyscallError) || error.code === 'EPERM') throw error;
      return mapCreate(attribute);
    }
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (lacksLinks(attribute, cause)) {
      const facts = { object: object.name, map: spec.name, cause };
      throw new FeatureError('struct_ops link, for maps in SEC(".struct_ops.link")', '6.4', {
        subject: `map "${spec.name}"`,
        ...facts,
      });
    }
    throw notCreated(object, spec, cause, whatKernelSays(attribute, cause));
  }
}

/** The reason for refusing a map, from kernels that can tell (7.2). */
function whatKernelSays(attribute: MapCreateAttr, { code }: SyscallError): string {
  if (code === 'EPERM' || !hasFeature('commonAttributes')) return '';
  const { result, log } = bpfLogged(
    BPF_COMMANDS.indexOf('BPF_MAP_CREATE'),
    mapCreateAttr(attribute),
  );
  if (result >= 0) closeFd(result);
  return log === '' ? '' : `, and the kernel says "${log.split('\n').at(-1)}"`;
}

/** Whether it was the flag alone that the kernel refused. */
function lacksLinks(attribute: MapCreateAttr, cause: SyscallError): boolean {
  const { mapType: type, mapFlags = 0 } = attribute;
  const isLinked = type === mapType('STRUCT_OPS') && (mapFlags & BPF_F_LINK) !== 0;
  if (!isLinked || cause.code !== 'EINVAL') return false;
  try {
    closeFd(mapCreate({ ...attribute, mapFlags: mapFlags & ~BPF_F_LINK }));
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

/** `maxEntries` as the kernel is told: for some types the object need not say, or need not say exactly. */
export function mapEntries(spec: MapSpec): number {
  if (spec.type === mapType('PERF_EVENT_ARRAY') && spec.maxEntries === 0)
    return Math.max(...possibleCpus()) + 1;
  if (spec.type === mapType('RINGBUF') || spec.type === mapType('USER_RINGBUF'))
    return ringSize(spec.maxEntries);
  return spec.maxEntries;
}

/** Rings are a power of two pages long: rounded up. */
function ringSize(bytes: number): number {
  if (bytes === 0) return 0;
  let size = pageSize();
  while (size < bytes && size < 0x8000_0000) size *= 2;
  return size;
}

function flags(spec: MapSpec): number {
  if (spec.origin === 'user' || hasFeature('arrayMmap')) return spec.flags;
  return spec.flags & ~BPF_F_MMAPABLE;
}

/** Writes an internal map's initial value, and freezes it where programs may only read it. */
export function fillMap(object: ObjectSpec, spec: MapSpec, fd: number): void {
  if (spec.initialValue === undefined) return;
  const facts = { object: object.name, map: spec.name };
  try {
    // New maps are zeroed: nothing to write for most .bss.
    if (!isZero(spec.initialValue)) mapUpdateElem(fd, new Uint8Array(4), spec.initialValue);
  } catch (cause) {
    throw new BpfError(
      'BPF_MAP_FILL',
      `map "${spec.name}": its initial value of ${spec.initialValue.byteLength} bytes could not be written: ${(cause as Error).message}`,
      { ...facts, cause },
    );
  }
  if (spec.origin !== 'rodata' && spec.origin !== 'kconfig') return;
  try {
    mapFreeze(fd);
  } catch (cause) {
    // Linux before 5.2 cannot freeze; there programs just do not get its constants.
    if (cause instanceof SyscallError && cause.code === 'EINVAL') return;
    throw new BpfError(
      'BPF_MAP_FREEZE',
      `map "${spec.name}": could not be frozen: ${(cause as Error).message}`,
      { ...facts, cause },
    );
  }
}

function isZero(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

function notCreated(
  object: ObjectSpec,
  spec: MapSpec,
  cause: SyscallError,
  said: string,
): BpfError {
  const type = MAP_TYPES[spec.type] ?? `type ${spec.type}`;
  const facts = { object: object.name, map: spec.name, cause };
  const isUnknown = cause.code === 'EINVAL' && spec.type in MAP_TYPES;
  if (isUnknown && said === '' && mapTypeSupport(spec.type) === 'no') {
    throw new FeatureError(`maps of type ${type}`, mapTypeSince(spec.type), {
      subject: `map "${spec.name}"`,
      ...builtWithout(mapTypeSince(spec.type)),
      ...facts,
    });
  }
  const sizes = `key ${spec.keySize} bytes, value ${spec.valueSize} bytes, ${mapEntries(spec)} entries, flags 0x${flags(spec).toString(16)}${spec.mapExtra === 0n ? '' : `, map_extra ${spec.mapExtra}`}`;
  let hint = '';
  if (cause.code === 'EPERM') {
    hint = permissionHint('map');
  } else if (cause.code === 'EINVAL')
    hint = `; ${mapAdvice(spec) ?? `sizes or flags do not fit maps of type ${type}, or the kernel is too old for some of them`}`;
  else if (cause.code === 'E2BIG')
    hint = `; the value or the whole map is larger than this kernel allows${isLater('5.11') ? ' (before Linux 5.11: 4 MiB for a value)' : ''}`;
  else if (cause.code === 'ENOMEM') hint = '; there is not enough memory for it';
  return new BpfError(
    'BPF_MAP_CREATE',
    `map "${spec.name}" (${type}: ${sizes}) could not be created: ${cause.code}${said || hint}`,
    facts,
  );
}
