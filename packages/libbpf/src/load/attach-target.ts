/**
 * BTF ids of what programs are attached to, looked up when they are loaded: functions for fentry and its kin, `btf_trace_*`
 * typedefs for tp_btf, `bpf_lsm_*` and `bpf_iter_*` functions.
 */

import { BtfKind } from '@libbpf-ts/btf';
import { BpfError, didYouMean } from '../errors.js';
import { attachType, progType } from '../open/constants.js';
import type { ProgramSpec } from '../open/object-spec.js';
import { type KernelBtf, moduleBtf, moduleNames, vmlinuxBtf } from './kernel-btf.js';

/** Where a target was found. */
export interface AttachTarget {
  readonly btfId: number;
  /** The module's name, or `undefined` for the kernel proper. */
  readonly module: string | undefined;
}

/** Prefix of the target's name in BTF, and the kind of type it is. */
function rule(spec: ProgramSpec): { prefix: string; kind: BtfKind } {
  if (spec.type === progType('LSM')) return { prefix: 'bpf_lsm_', kind: BtfKind.FUNC };
  if (spec.expectedAttachType === attachType('TRACE_RAW_TP'))
    return { prefix: 'btf_trace_', kind: BtfKind.TYPEDEF };
  if (spec.expectedAttachType === attachType('TRACE_ITER'))
    return { prefix: 'bpf_iter_', kind: BtfKind.FUNC };
  return { prefix: '', kind: BtfKind.FUNC };
}

/** @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches */
export function findAttachTarget(spec: ProgramSpec): AttachTarget {
  const target = spec.attachTarget;
  if (target === undefined) {
    throw new BpfError(
      'BPF_NO_ATTACH_TARGET',
      `program "${spec.name}": section "${spec.section}" names no target; write SEC("${spec.section}/NAME"), or set attachTarget before load()`,
      { program: spec.name, section: spec.section },
    );
  }
  const { prefix, kind } = rule(spec);
  const colon = target.indexOf(':');
  const onlyModule = colon === -1 ? undefined : target.slice(0, colon);
  const name = prefix + target.slice(colon + 1);
  const vmlinux = vmlinuxBtf();
  if (onlyModule === undefined || onlyModule === 'vmlinux') {
    const id = vmlinux.btf.findByNameAndKind(name, kind);
    if (id !== undefined) return { btfId: id, module: undefined };
  }
  const candidates =
    onlyModule === 'vmlinux' ? [] : onlyModule !== undefined ? [onlyModule] : moduleNames();
  for (const module of candidates) {
    const loaded = moduleBtf(module);
    const id = loaded?.btf.findByNameAndKind(name, kind);
    if (id !== undefined && id >= loaded!.btf.startId) return { btfId: id, module };
  }
  throw notFound(spec, target, prefix, kind, vmlinux);
}

function notFound(
  spec: ProgramSpec,
  target: string,
  prefix: string,
  kind: BtfKind,
  vmlinux: KernelBtf,
): BpfError {
  const what =
    prefix === 'btf_trace_'
      ? 'tracepoint'
      : prefix === 'bpf_lsm_'
        ? 'LSM hook'
        : prefix === 'bpf_iter_'
          ? 'iterator'
          : 'function';
  const names: string[] = [];
  const { btf } = vmlinux;
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) === kind) {
      const name = btf.nameOf(id);
      if (name.startsWith(prefix)) names.push(name.slice(prefix.length));
    }
  }
  const inlined =
    what === 'function' ? ' (inlined and static functions may be missing from BTF)' : '';
  return new BpfError(
    'BPF_NO_ATTACH_TARGET',
    `program "${spec.name}": the running kernel has no ${what} "${target}"${inlined}${didYouMean(target, names)}`,
    { program: spec.name, section: spec.section },
  );
}
