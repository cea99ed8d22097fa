/**
 * What the running kernel can do, for those who want to know before they load anything.
 */

import { SyscallError } from '../errors.js';
import { hasProbeLink } from '../link/probe-links.js';
import {
  type AttachTypeName,
  attachType,
  type MapTypeName,
  mapType,
  PROG_TYPES,
  type ProgTypeName,
  progType,
} from '../open/constants.js';
import { linkCreate, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { Answers } from './answers.js';
import { describeFeature, type FeatureName, hasFeature } from './features.js';
import { newHelper } from './new-helpers.js';
import { program } from './program-bytes.js';
import {
  mapTypeSince,
  mapTypeSupport,
  programTypeSince,
  programTypeSupport,
  type Support,
  tried,
} from './type-support.js';

/** Ways of attaching that have links of their own. */
export type LinkKind =
  | 'raw_tracepoint'
  | 'perf_event'
  | 'kprobe_multi'
  | 'kprobe_session'
  | 'uprobe_multi'
  | 'uprobe_session'
  | 'xdp'
  | 'tcx'
  | 'netkit'
  | 'cgroup';

/** What can be asked. */
export type FeatureQuestion =
  | FeatureName
  | { readonly programType: ProgTypeName }
  | { readonly mapType: MapTypeName }
  /** A helper by number, in programs of a type. */
  | { readonly helper: number; readonly programType: ProgTypeName }
  | { readonly link: LinkKind };

/** Answers about the running kernel. */
export interface Features {
  /**
   * Whether the kernel has something: tried, not derived from its version, and remembered.
   *
   * @returns `yes`, `no`, or `{ unknown }` with the reason why trying does not tell
   */
  has(question: FeatureQuestion): Support;
  /** The release of Linux that brought it; `undefined` where nobody wrote it down. */
  since(question: FeatureQuestion): string | undefined;
}

export const features: Features = {
  has(question) {
    if (typeof question === 'string') return named(question);
    if ('mapType' in question) return mapTypeSupport(mapType(question.mapType));
    if ('link' in question) return linkSupport(question.link);
    if ('helper' in question)
      return helpers.get(progType(question.programType)).get(question.helper);
    return programTypeSupport(progType(question.programType));
  },
  since(question) {
    if (typeof question === 'string') return describeFeature(question).since;
    if ('mapType' in question) return mapTypeSince(mapType(question.mapType));
    if ('link' in question) return LINK_SINCE[question.link];
    if ('helper' in question) return newHelper(question.helper)?.since;
    return programTypeSince(progType(question.programType));
  },
};

function named(name: FeatureName): Support {
  // Where nothing may be loaded at all, no trial tells.
  const trial = tried(() =>
    progLoad({ progType: progType('SOCKET_FILTER'), insns: EXIT, license: 'GPL' }),
  );
  if (trial !== 'yes') return { unknown: 'this process may not load BPF programs' };
  return hasFeature(name) ? 'yes' : 'no';
}

const EXIT = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);

/** What the verifier says of a helper that it does not know, or not for this type of program. */
const NO_SUCH_HELPER =
  /invalid func |unknown func |program of this type cannot use helper |unknown#/;

/** By type of program, and then by helper. */
const helpers = new Answers(
  (type: number) => new Answers((helper: number) => probeHelper(helper, type)),
);

function probeHelper(helper: number, type: number): Support {
  const name = PROG_TYPES[type] ?? String(type);
  if (['TRACING', 'EXT', 'LSM', 'STRUCT_OPS'].includes(name))
    return { unknown: `programs of type ${name} load for a target only, not for a trial` };
  const log = new Uint8Array(16384);
  try {
    closeFd(
      progLoad({
        progType: type,
        insns: program([0x85, 0, 0, helper], [0x95, 0, 0, 0]),
        license: 'GPL',
        log,
        logLevel: 1,
      }),
    );
    return 'yes';
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const text = new TextDecoder().decode(log.subarray(0, Math.max(0, log.indexOf(0))));
    if (text === '')
      return programTypeSupport(type) === 'no'
        ? 'no'
        : { unknown: `the kernel said ${error.code} and nothing else` };
    // Called without arguments it is refused, but for another reason.
    return NO_SUCH_HELPER.test(text) ? 'no' : 'yes';
  }
}

const LINK_SINCE: Readonly<Record<LinkKind, string>> = {
  raw_tracepoint: '4.17',
  perf_event: '5.15',
  kprobe_multi: '5.18',
  kprobe_session: '6.10',
  uprobe_multi: '6.6',
  uprobe_session: '6.13',
  xdp: '5.9',
  tcx: '6.6',
  netkit: '6.7',
  cgroup: '5.7',
};

function linkSupport(kind: LinkKind): Support {
  switch (kind) {
    case 'kprobe_multi':
      return yesOrNo(hasProbeLink('TRACE_KPROBE_MULTI'));
    case 'kprobe_session':
      return yesOrNo(hasProbeLink('TRACE_KPROBE_SESSION'));
    case 'uprobe_multi':
      return yesOrNo(hasProbeLink('TRACE_UPROBE_MULTI'));
    case 'uprobe_session':
      return yesOrNo(hasProbeLink('TRACE_UPROBE_SESSION'));
    case 'perf_event':
      return yesOrNo(hasFeature('perfLink'));
    case 'raw_tracepoint':
      return programTypeSupport(progType('RAW_TRACEPOINT'));
    case 'xdp':
      // Without an interface the kernel's answer tells nothing; this type of program came with the same release.
      return programTypeSupport(progType('SK_LOOKUP'));
    case 'tcx':
      return linkTo('SCHED_CLS', 'TCX_INGRESS');
    case 'netkit':
      return linkTo('SCHED_CLS', 'NETKIT_PRIMARY');
    case 'cgroup':
      return linkTo('CGROUP_SKB', 'CGROUP_INET_INGRESS');
  }
}

function yesOrNo(answer: boolean): Support {
  return answer ? 'yes' : 'no';
}

/** There is no such target: a kernel with the link says so, one without refuses the way of attaching (EINVAL). */
function linkTo(type: ProgTypeName, attach: AttachTypeName): Support {
  const expected = attachType(attach);
  let fd: number;
  try {
    fd = progLoad({
      progType: progType(type),
      insns: EXIT,
      license: 'GPL',
      expectedAttachType: expected,
    });
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return error.code === 'EPERM' ? { unknown: 'this process may not try (EPERM)' } : 'no';
  }
  try {
    closeFd(linkCreate({ progFd: fd, targetFd: -1, attachType: expected }));
    return 'yes';
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return yesOrNo(['EBADF', 'ENODEV'].includes(error.code));
  } finally {
    closeFd(fd);
  }
}
