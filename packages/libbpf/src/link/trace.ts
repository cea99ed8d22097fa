/**
 * Programs whose target was fixed at load: tp_btf, fentry, fexit, fmod_ret, fsession, lsm, freplace.
 *
 * Since 5.5 by BPF_RAW_TRACEPOINT_OPEN without a name; BPF_LINK_CREATE (6.0) does the same and takes a cookie.
 */

import { SyscallError } from '../errors.js';
import { attachType, progType } from '../open/constants.js';
import { linkCreate, rawTracepointOpen } from '../sys/bpf.js';
import {
  type Attachable,
  type Attempt,
  attempt,
  badOption,
  expectType,
  noFeature,
  noTarget,
  refused,
  wrongKind,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { whyNotTraceable } from './kernel-functions.js';

export interface TraceOptions {
  /** What bpf_get_attach_cookie() gives the program. Kernel 6.0; 6.10 for tp_btf. */
  readonly cookie?: bigint;
}

const HINTS = {
  E2BIG: 'the function has as many programs as the kernel allows',
};

/** Attaches a program to what it was loaded for. */
export function attachTrace(program: Attachable, options: TraceOptions = {}): BpfLink {
  expectType(program, 'attachTrace()', ['TRACING', 'LSM', 'EXT']);
  const { cookie = 0n } = options;
  const what: Attempt = { program, way: wayOf(program) };
  if (program.expectedAttachType === attachType('TRACE_ITER'))
    throw wrongKind(what, 'attachTrace() is not for iterators; use attachIter()');
  if (program.expectedAttachType === attachType('LSM_CGROUP'))
    throw wrongKind(what, 'attachTrace() is not for LSM hooks of a cgroup; use attachCgroup()');
  const fd = cookie === 0n ? withoutCookie(what) : withCookie(what, cookie);
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

function withoutCookie(what: Attempt): number {
  try {
    return rawTracepointOpen(undefined, what.program.fd);
  } catch (cause) {
    // The first attachment uses up what was prepared at load.
    if (cause instanceof SyscallError && cause.code === 'ENOENT')
      throw noFeature(what, 'second attachment of a tracing program', '5.13', cause);
    const why = whyRefused(what, cause);
    if (why !== undefined) throw noTarget(what, why, cause);
    throw refused(
      what,
      cause,
      cause instanceof SyscallError && cause.code === 'E2BIG' ? HINTS : {},
    );
  }
}

/** The place where ftrace puts its calls is not there, or not as expected: EBUSY, as if a program were attached. */
function whyRefused({ program }: Attempt, cause: unknown): string | undefined {
  const { attachTarget: target, attachProgFd } = program.spec;
  const isFunction = program.type === progType('TRACING') && !isTracepoint(program);
  if (!(cause instanceof SyscallError) || !isFunction || attachProgFd > 0 || !target)
    return undefined;
  if (cause.code !== 'EBUSY' && cause.code !== 'EINVAL') return undefined;
  return whyNotTraceable(target.slice(target.indexOf(':') + 1), 'ftrace');
}

function isTracepoint({ expectedAttachType }: Attachable): boolean {
  return expectedAttachType === attachType('TRACE_RAW_TP');
}

function withCookie(what: Attempt, cookie: bigint): number {
  const { program } = what;
  try {
    return linkCreate(
      { progFd: program.fd, targetFd: 0, attachType: program.expectedAttachType },
      (attribute) => attribute.u32(16, 0).u64(24, cookie),
    );
  } catch (cause) {
    // Before 6.0 the link takes no cookie; before 6.10 not for tp_btf.
    if (cause instanceof SyscallError && cause.code === 'EINVAL') {
      const why = whyRefused(what, cause);
      if (why !== undefined) throw noTarget(what, why, cause);
      const isRaw = isTracepoint(program);
      throw noFeature(
        what,
        isRaw ? 'cookies for tp_btf programs' : 'cookies for tracing programs',
        isRaw ? '6.10' : '6.0',
        cause,
      );
    }
    throw refused(what, cause, HINTS);
  }
}

/** As its section says, for people: `fentry do_unlinkat`. */
function wayOf(program: Attachable): string {
  const kind = program.section.replace(/^\?/, '').split('/')[0];
  return `${kind} ${program.spec.attachTarget ?? ''}`.trimEnd();
}

export interface FreplaceOptions {
  /** Replaces a function of this program, instead of the one that was given at load. Kernel 5.10. */
  readonly target?: { readonly fd: number };
  /** Which function of it, by its BTF id in the target's BTF. */
  readonly targetBtfId?: number;
}

/** Puts a program in the place of a function of another one. */
export function attachFreplace(program: Attachable, options: FreplaceOptions = {}): BpfLink {
  expectType(program, 'attachFreplace()', ['EXT']);
  const { target, targetBtfId } = options;
  if (target === undefined) return attachTrace(program);
  const what: Attempt = { program, way: `${wayOf(program)} of descriptor ${target.fd}` };
  if (targetBtfId === undefined) throw badOption(what, 'target needs targetBtfId');
  const fd = attempt(
    { ...what, feature: { label: 'freplace of another target than at load', since: '5.10' } },
    () =>
      linkCreate({ progFd: program.fd, targetFd: target.fd, attachType: 0 }, (attribute) =>
        attribute.u32(16, targetBtfId),
      ),
  );
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}
