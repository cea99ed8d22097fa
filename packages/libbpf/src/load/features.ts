/**
 * What the running kernel can do, found out by trying and remembered.
 *
 * Nothing is derived from the version: distributions backport. Each probe is a system call or two that a kernel with the
 * feature accepts; the set follows libbpf's features.c.
 */

import { SyscallError } from '../errors.js';
import { btfName } from '../info/btf-info.js';
import { hasProbeLink } from '../link/probe-links.js';
import { attachType, BPF_F_MMAPABLE, mapType, progType } from '../open/constants.js';
import { btfLoad, linkCreate, mapCreate, progBindMap, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { Answers } from './answers.js';
import { kernelSymbols } from './kallsyms.js';
import { BTF_KINDS, probeBtf } from './probe-btf.js';
import { program } from './program-bytes.js';

export { program } from './program-bytes.js';

/** One feature: its name for people, the release that brought it, and the trial. */
interface Probe {
  readonly label: string;
  readonly since: string;
  readonly run: () => boolean;
}

const EXIT = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);

function succeeds(call: () => number): boolean {
  try {
    closeFd(call());
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
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
const KPROBE = progType('KPROBE');

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
  | 'btf'
  | 'btfFunc'
  | 'btfGlobalFunc'
  | 'btfDatasec'
  | 'btfQmarkDatasec'
  | 'btfFloat'
  | 'btfDeclTag'
  | 'btfTypeTag'
  | 'btfEnum64';

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
};

function probe(kind: Parameters<typeof probeBtf>[0]): boolean {
  return succeeds(() => btfLoad(probeBtf(kind)));
}

function withFd<Result>(fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    closeFd(fd);
  }
}

function bindsMap(): boolean {
  const map = mapCreate({ mapType: mapType('ARRAY'), keySize: 4, valueSize: 32, maxEntries: 1 });
  return withFd(map, () =>
    withFd(progLoad({ progType: SOCKET_FILTER, insns: EXIT, license: 'GPL' }), (fd) => {
      try {
        progBindMap(fd, map);
        return true;
      } catch (error) {
        if (error instanceof SyscallError) return false;
        throw error;
      }
    }),
  );
}

function tellsBtfNames(): boolean {
  return withFd(btfLoad(probeBtf(BTF_KINDS.int)), (fd) => btfName(fd) !== undefined);
}

/** Kernel functions of system calls have a name in front that depends on the processor: `__x64_sys_bpf`. */
function hasSyscallWrapper(): boolean {
  const prefixes: Readonly<Record<string, string>> = {
    x64: '__x64_',
    ia32: '__ia32_',
    arm64: '__arm64_',
    s390x: '__s390x_',
    riscv64: '__riscv_',
  };
  const prefix = prefixes[process.arch];
  if (prefix === undefined) return false;
  const name = `${prefix}sys_bpf`;
  return kernelSymbols(new Set([name])).has(name);
}

/** A global function that hands its argument, tagged as the context, to a helper that needs the context. */
function loadsArgCtx(): boolean {
  let btfFd: number;
  try {
    btfFd = btfLoad(probeBtf(BTF_KINDS.argCtx));
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
  return withFd(btfFd, () =>
    succeeds(() =>
      progLoad({
        progType: KPROBE,
        // call +1; exit; call bpf_get_func_ip; exit
        insns: program([0x85, 0x10, 0, 1], [0x95, 0, 0, 0], [0x85, 0, 0, 173], [0x95, 0, 0, 0]),
        license: 'GPL',
        btfFd,
        funcInfo: {
          recordSize: 8,
          bytes: new Uint8Array(new Uint32Array([0, 4, 2, 6]).buffer),
        },
      }),
    ),
  );
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
