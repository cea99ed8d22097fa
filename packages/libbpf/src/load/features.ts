/**
 * What the running kernel can do, found out by trying and remembered.
 *
 * Nothing is derived from the version: distributions backport. Each probe is a system call or two that a kernel with the
 * feature accepts; the set follows libbpf's features.c.
 */

import { SyscallError } from '../errors.js';
import { hasProbeLink } from '../link/probe-links.js';
import { attachType, BPF_F_MMAPABLE, mapType, progType } from '../open/constants.js';
import { btfLoad, linkCreate, mapCreate, progLoad } from '../sys/bpf.js';
import { knowsCommonAttributes } from '../sys/common-attributes.js';
import { closeFd } from '../sys/fd.js';
import { hasUprobeSyscall } from '../sys/uprobe.js';
import { Answers } from './answers.js';
import {
  bindsMap,
  EXIT,
  hasSyscallWrapper,
  loadsArgCtx,
  succeeds,
  takesFullRangeOffsets,
  tellsBtfNames,
} from './feature-trials.js';
import { BTF_KINDS, probeBtf, probeBtfLayout } from './probe-btf.js';
import { program } from './program-bytes.js';

export { program } from './program-bytes.js';

/** One feature: its name for people, the release that brought it, and the trial. */
interface Probe {
  readonly label: string;
  readonly since: string;
  readonly run: () => boolean;
}

function loads(
  progTypeNumber: number,
  insns: Uint8Array,
  more: { name?: string; expectedAttachType?: number } = {},
): boolean {
  return succeeds(() => progLoad({ progType: progTypeNumber, insns, license: 'GPL', ...more }));
}

const SOCKET_FILTER = progType('SOCKET_FILTER');
const TRACEPOINT = progType('TRACEPOINT');

/** Names of the features that can be asked for. */
export type FeatureName =
  | 'programNames'
  | 'globalData'
  | 'arrayMmap'
  | 'expectedAttachType'
  | 'probeReadKernel'
  | 'attachCookie'
  | 'perfLink'
  | 'memcgAccounting'
  | 'bindMap'
  | 'moduleBtf'
  | 'syscallWrapper'
  | 'kprobeMulti'
  | 'uprobeMulti'
  | 'argCtxTag'
  | 'fullRangeOffsets'
  | 'uprobeSyscall'
  | 'commonAttributes'
  | 'btf'
  | 'btfFunc'
  | 'btfGlobalFunc'
  | 'btfDatasec'
  | 'btfQmarkDatasec'
  | 'btfFloat'
  | 'btfDeclTag'
  | 'btfTypeTag'
  | 'btfEnum64'
  | 'btfLayout';

const PROBES: Record<FeatureName, Probe> = {
  programNames: {
    label: 'program names',
    since: '4.15',
    run: () => loads(SOCKET_FILTER, EXIT, { name: 'libbpf_nametest' }),
  },
  globalData: {
    label: 'global variables',
    since: '5.2',
    run: () => {
      const fd = mapCreate({ mapType: mapType('ARRAY'), keySize: 4, valueSize: 32, maxEntries: 1 });
      try {
        // r1 = address of byte 16 of the map's value; store; exit
        return loads(
          SOCKET_FILTER,
          program(
            [0x18, 0x21, 0, fd],
            [0, 0, 0, 16],
            [0x7a, 0x01, 0, 42],
            [0xb7, 0, 0, 0],
            [0x95, 0, 0, 0],
          ),
        );
      } finally {
        closeFd(fd);
      }
    },
  },
  arrayMmap: {
    label: 'memory-mapped arrays',
    since: '5.5',
    run: () =>
      succeeds(() =>
        mapCreate({
          mapType: mapType('ARRAY'),
          keySize: 4,
          valueSize: 4,
          maxEntries: 1,
          mapFlags: BPF_F_MMAPABLE,
        }),
      ),
  },
  expectedAttachType: {
    label: 'attach types at load',
    since: '4.17',
    run: () =>
      loads(progType('CGROUP_SOCK'), EXIT, {
        expectedAttachType: attachType('CGROUP_INET_SOCK_CREATE'),
      }),
  },
  probeReadKernel: {
    label: 'bpf_probe_read_kernel',
    since: '5.5',
    // r1 = r10 - 8; r2 = 8; r3 = 0; call probe_read_kernel; exit
    run: () =>
      loads(
        TRACEPOINT,
        program(
          [0xbf, 0xa1, 0, 0],
          [0x07, 0x01, 0, -8],
          [0xb7, 0x02, 0, 8],
          [0xb7, 0x03, 0, 0],
          [0x85, 0, 0, 113],
          [0x95, 0, 0, 0],
        ),
      ),
  },
  attachCookie: {
    label: 'attach cookies',
    since: '5.15',
    run: () => loads(TRACEPOINT, program([0x85, 0, 0, 174], [0x95, 0, 0, 0])),
  },
  perfLink: {
    label: 'links for perf events',
    since: '5.15',
    run: () => {
      const fd = progLoad({ progType: TRACEPOINT, insns: EXIT, license: 'GPL' });
      try {
        // A kernel with the feature looks for the event (EBADF); one without refuses the attach type (EINVAL).
        closeFd(linkCreate({ progFd: fd, targetFd: -1, attachType: attachType('PERF_EVENT') }));
        return true;
      } catch (error) {
        return error instanceof SyscallError && error.code === 'EBADF';
      } finally {
        closeFd(fd);
      }
    },
  },
  /** Maps are charged to the memory cgroup, so RLIMIT_MEMLOCK does not matter. */
  memcgAccounting: {
    label: 'memory accounting by cgroup',
    since: '5.11',
    // bpf_ktime_get_coarse_ns came with the same release.
    run: () => loads(SOCKET_FILTER, program([0x85, 0, 0, 160], [0x95, 0, 0, 0])),
  },
  bindMap: {
    label: 'maps bound to programs',
    since: '5.10',
    run: bindsMap,
  },
  moduleBtf: { label: 'BTF of modules', since: '5.11', run: tellsBtfNames },
  syscallWrapper: { label: 'wrappers of system calls', since: '4.17', run: hasSyscallWrapper },
  kprobeMulti: {
    label: 'links over many kernel functions',
    since: '5.18',
    run: () => hasProbeLink('TRACE_KPROBE_MULTI'),
  },
  uprobeMulti: {
    label: 'links over many user functions',
    since: '6.6',
    run: () => hasProbeLink('TRACE_UPROBE_MULTI'),
  },
  fullRangeOffsets: {
    label: 'offsets past 512 MiB into maps',
    since: '7.0',
    run: takesFullRangeOffsets,
  },
  uprobeSyscall: {
    label: 'user probes by system call',
    since: '6.18',
    run: hasUprobeSyscall,
  },
  commonAttributes: {
    label: 'attributes common to all commands of bpf(2)',
    since: '7.2',
    run: knowsCommonAttributes,
  },
  argCtxTag: { label: 'tags of context arguments', since: '6.8', run: loadsArgCtx },
  btf: { label: 'BTF', since: '4.18', run: () => probe(BTF_KINDS.int) },
  btfFunc: { label: 'BTF of functions', since: '5.0', run: () => probe(BTF_KINDS.func) },
  btfGlobalFunc: {
    label: 'BTF of global functions',
    since: '5.6',
    run: () => probe(BTF_KINDS.globalFunc),
  },
  btfDatasec: { label: 'BTF of variables', since: '5.2', run: () => probe(BTF_KINDS.datasec) },
  btfQmarkDatasec: {
    label: 'BTF section names with "?"',
    since: '6.9',
    run: () => probe(BTF_KINDS.qmarkDatasec),
  },
  btfFloat: { label: 'BTF of floats', since: '5.13', run: () => probe(BTF_KINDS.float) },
  btfDeclTag: { label: 'BTF declaration tags', since: '5.16', run: () => probe(BTF_KINDS.declTag) },
  btfTypeTag: { label: 'BTF type tags', since: '5.17', run: () => probe(BTF_KINDS.typeTag) },
  btfEnum64: { label: 'BTF of 64-bit enums', since: '6.0', run: () => probe(BTF_KINDS.enum64) },
  btfLayout: {
    label: 'BTF that says how long its records are',
    since: '7.2',
    run: () => succeeds(() => btfLoad(probeBtfLayout())),
  },
};

function probe(kind: Parameters<typeof probeBtf>[0]): boolean {
  return succeeds(() => btfLoad(probeBtf(kind)));
}

const answers = new Answers((name: FeatureName) => PROBES[name].run());

/** Whether the running kernel has a feature. Asks once. */
export function hasFeature(name: FeatureName): boolean {
  return answers.get(name);
}

/** What people call a feature, and the release that brought it. */
export function describeFeature(name: FeatureName): {
  readonly label: string;
  readonly since: string;
} {
  return PROBES[name];
}
