/**
 * Kinds of programs that an older kernel does not have: told by the refusal, with the release that brought them.
 *
 * The kernel answers an unknown type of program, attach type or flag with a bare EINVAL. The releases below decide nothing but what
 * that refusal is called.
 */

import { FeatureError, type SyscallError } from '../errors.js';
import {
  ATTACH_TYPES,
  type AttachTypeName,
  BPF_F_XDP_HAS_FRAGS,
  PROG_TYPES,
  type ProgTypeName,
  progType,
} from '../open/constants.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { kernelVersionCode } from './kernel-version.js';
import { programTypeSince, programTypeSupport } from './type-support.js';

/** Of attach types that the kernel looks at when a program is loaded; younger than their types of programs. */
const ATTACH_TYPE_SINCE: Partial<Record<AttachTypeName, string>> = {
  CGROUP_UDP4_RECVMSG: '5.2',
  CGROUP_UDP6_RECVMSG: '5.2',
  TRACE_RAW_TP: '5.5',
  TRACE_FENTRY: '5.5',
  TRACE_FEXIT: '5.5',
  MODIFY_RETURN: '5.7',
  LSM_MAC: '5.7',
  TRACE_ITER: '5.8',
  CGROUP_INET4_GETPEERNAME: '5.8',
  CGROUP_INET6_GETPEERNAME: '5.8',
  CGROUP_INET4_GETSOCKNAME: '5.8',
  CGROUP_INET6_GETSOCKNAME: '5.8',
  CGROUP_INET_SOCK_RELEASE: '5.9',
  SK_REUSEPORT_SELECT_OR_MIGRATE: '5.14',
  LSM_CGROUP: '6.0',
  CGROUP_UNIX_CONNECT: '6.7',
  CGROUP_UNIX_SENDMSG: '6.7',
  CGROUP_UNIX_RECVMSG: '6.7',
  CGROUP_UNIX_GETPEERNAME: '6.7',
  CGROUP_UNIX_GETSOCKNAME: '6.7',
  TRACE_FSESSION: '7.0',
};

/** Since when programs may sleep, by type. */
const SLEEPABLE_SINCE: Partial<Record<ProgTypeName, string>> = {
  TRACING: '5.10',
  LSM: '5.10',
  SYSCALL: '5.14',
  KPROBE: '6.0',
};

/** Since when sleepable ones can be attached so, where that is later than that they load. */
const SLEEPABLE_ATTACH_SINCE: Partial<Record<AttachTypeName, string>> = {
  TRACE_UPROBE_MULTI: '6.6',
  TRACE_UPROBE_SESSION: '6.13',
};

/** The error for a program of a kind that the running kernel does not have; `undefined` if that is not why it was refused. */
export function missingKind(
  object: ObjectSpec,
  spec: ProgramSpec,
  cause: SyscallError,
): FeatureError | undefined {
  if (cause.code !== 'EINVAL') return undefined;
  const found = missing(spec);
  return found === undefined ? undefined : lacks(object, spec, cause, found);
}

/** Like {@link missingKind}, for a sleepable program: of that the verifier says in a line, which kinds may sleep instead. */
export function missingSleepable(
  object: ObjectSpec,
  spec: ProgramSpec,
  cause: SyscallError,
  log: string,
): FeatureError | undefined {
  if (cause.code !== 'EINVAL' || !/^Only .* programs can be sleepable$/m.test(log))
    return undefined;
  const found = missing(spec);
  if (found !== undefined) return lacks(object, spec, cause, found);
  const type = PROG_TYPES[spec.type];
  const attach = ATTACH_TYPES[spec.expectedAttachType];
  const since =
    (attach && SLEEPABLE_ATTACH_SINCE[attach]) ?? (type && SLEEPABLE_SINCE[type]) ?? undefined;
  return lacks(object, spec, cause, { what: `sleepable programs of type ${type}`, since });
}

function lacks(
  object: ObjectSpec,
  spec: ProgramSpec,
  cause: SyscallError,
  { what, since }: { what: string; since: string | undefined },
): FeatureError {
  return new FeatureError(what, since, {
    ...builtWithout(since),
    subject: `program "${spec.name}" (section "${spec.section}")`,
    object: object.name,
    program: spec.name,
    section: spec.section,
    cause,
  });
}

function missing(spec: ProgramSpec): { what: string; since: string | undefined } | undefined {
  if (programTypeSupport(spec.type) === 'no') {
    const name = PROG_TYPES[spec.type] ?? `type ${spec.type}`;
    return { what: `programs of type ${name}`, since: programTypeSince(spec.type) };
  }
  const attach = ATTACH_TYPES[spec.expectedAttachType];
  const since = attach === undefined ? undefined : ATTACH_TYPE_SINCE[attach];
  if (since !== undefined && isLater(since)) return { what: `attach type ${attach}`, since };
  if (spec.type === progType('XDP') && (spec.flags & BPF_F_XDP_HAS_FRAGS) !== 0 && isLater('5.18'))
    return { what: 'XDP programs for packets in several buffers (xdp.frags)', since: '5.18' };
  return undefined;
}

/** The end of a message about something that a kernel of this release should have. */
export function builtWithout(since: string | undefined): { readonly hint?: string } {
  return since === undefined || isLater(since)
    ? {}
    : { hint: 'this one is new enough, so it was built or set up without' };
}

/** Whether a release is later than the running one. */
export function isLater(release: string): boolean {
  const [major, minor] = release.split('.').map(Number) as [number, number];
  return (major << 16) + (minor << 8) > kernelVersionCode();
}
