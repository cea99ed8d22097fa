/**
 * BTF ids of what programs are attached to, looked up when they are loaded: functions for fentry and its kin, `btf_trace_*`
 * typedefs for tp_btf, `bpf_lsm_*` and `bpf_iter_*` functions; functions of another BPF program for freplace.
 */

import { BtfKind, parseBtf } from '@libbpf-ts/btf';
import { BpfError, didYouMean, SyscallError } from '../errors.js';
import { btfData } from '../info/btf-info.js';
import { attachType, progType } from '../open/constants.js';
import type { ProgramSpec } from '../open/object-spec.js';
import { getFdById } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { namesOfKind } from './externs.js';
import { moduleNames } from './kernel-btf.js';
import { programInfo } from './kernel-info.js';
import type { KernelTypes } from './kernel-types.js';

/** What a program is told about its target when it is loaded. */
export interface ProgramTarget {
  readonly btfId: number;
  /** Of the BTF of the target's module, or of the program that the target is a function of. */
  readonly fd: number | undefined;
  /** In place of the program's own. */
  readonly expectedAttachType?: number;
}

interface Rule {
  /** Of the target's name in BTF. */
  readonly prefix: string;
  readonly kind: BtfKind;
  /** For people. */
  readonly what: string;
}

function ruleFor(spec: ProgramSpec): Rule {
  if (spec.type === progType('LSM'))
    return { prefix: 'bpf_lsm_', kind: BtfKind.FUNC, what: 'LSM hook' };
  if (spec.expectedAttachType === attachType('TRACE_RAW_TP'))
    return { prefix: 'btf_trace_', kind: BtfKind.TYPEDEF, what: 'tracepoint' };
  if (spec.expectedAttachType === attachType('TRACE_ITER'))
    return { prefix: 'bpf_iter_', kind: BtfKind.FUNC, what: 'iterator' };
  return { prefix: '', kind: BtfKind.FUNC, what: 'function' };
}

/** What {@link findAttachTarget} will look up in the kernel's BTF; `undefined` for nothing. */
export function attachTargetName(spec: ProgramSpec): string | undefined {
  const { attachTarget, attachProgFd, sectionDefinition } = spec;
  if (attachTarget === undefined || attachProgFd > 0 || !sectionDefinition?.needsAttachBtf)
    return undefined;
  return nameInKernel(spec, attachTarget);
}

/** A target may say which module it is in: `nf_conntrack:nf_conntrack_in`. */
function nameInKernel(spec: ProgramSpec, target: string): string {
  return ruleFor(spec).prefix + target.slice(target.indexOf(':') + 1);
}

/** @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches */
export function findAttachTarget(spec: ProgramSpec, kernel: KernelTypes): ProgramTarget {
  const target = spec.attachTarget;
  if (target === undefined || target === '') {
    throw noTarget(
      spec,
      `section "${spec.section}" names no target; write SEC("${spec.sectionDefinition?.name ?? spec.section}/NAME"), or set attachTarget before load()`,
    );
  }
  if (spec.attachProgFd > 0) return targetInProgram(spec, target);
  if (spec.type === progType('EXT')) {
    throw noTarget(
      spec,
      `it replaces function "${target}" of another BPF program; set attachProgFd to that program's descriptor before load()`,
    );
  }
  const rule = ruleFor(spec);
  const colon = target.indexOf(':');
  const only = colon === -1 ? undefined : target.slice(0, colon);
  const found = kernel.find(nameInKernel(spec, target), rule.kind, only);
  if (found !== undefined) return { btfId: found.id, fd: found.module?.fd };
  throw notInKernel(spec, target.slice(colon + 1), only, rule, kernel);
}

/** A function of a BPF program that is in the kernel already: freplace, and fentry and fexit of programs. */
function targetInProgram(spec: ProgramSpec, name: string): ProgramTarget {
  const fd = spec.attachProgFd;
  let btfFd: number;
  try {
    const { btfId } = programInfo(fd);
    if (btfId === 0)
      throw noTarget(
        spec,
        `the program behind attachProgFd ${fd} has no BTF, so its functions have no names`,
      );
    btfFd = getFdById('btf', btfId);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw noTarget(spec, `attachProgFd ${fd} is no program: ${cause.message}`, cause);
  }
  try {
    const btf = parseBtf(btfData(btfFd));
    const btfId = btf.findByNameAndKind(name, BtfKind.FUNC);
    if (btfId !== undefined) return { btfId, fd };
    const names = Array.from({ length: btf.typeCount }, (_, id) => id)
      .filter((id) => btf.kindOf(id) === BtfKind.FUNC)
      .map((id) => btf.nameOf(id));
    throw noTarget(
      spec,
      `the program behind attachProgFd ${fd} has no function "${name}"${didYouMean(name, names)}; it has ${names.join(', ')}`,
    );
  } finally {
    closeFd(btfFd);
  }
}

function notInKernel(
  spec: ProgramSpec,
  name: string,
  only: string | undefined,
  { prefix, kind, what }: Rule,
  kernel: KernelTypes,
): BpfError {
  if (only !== undefined && only !== 'vmlinux' && !moduleNames().includes(only)) {
    return noTarget(
      spec,
      `its target is function "${name}" of a module, and no module "${only}" with BTF is loaded${didYouMean(only, moduleNames())}; load it first (modprobe ${only}); modules have BTF since Linux 5.11, with CONFIG_DEBUG_INFO_BTF_MODULES=y`,
    );
  }
  const names = namesOfKind(kernel, kind)
    .filter((one) => one.startsWith(prefix))
    .map((one) => one.slice(prefix.length));
  const where =
    only === undefined || only === 'vmlinux' ? 'the running kernel' : `module "${only}"`;
  const inlined =
    what === 'function' ? ' (inlined functions and some static ones are not in its BTF)' : '';
  const near = didYouMean(name, names);
  const advice =
    near === '' && what !== 'function' ? '; it may be too old for it, or built without' : near;
  return noTarget(spec, `${where} has no ${what} "${name}"${inlined}${advice}`);
}

function noTarget(spec: ProgramSpec, problem: string, cause?: unknown): BpfError {
  return new BpfError('BPF_NO_ATTACH_TARGET', `program "${spec.name}": ${problem}`, {
    program: spec.name,
    section: spec.section,
    ...(cause !== undefined && { cause }),
  });
}
