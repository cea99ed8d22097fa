/**
 * What the running kernel can do, found out by trying and remembered.
 *
 * Nothing is derived from the version: distributions backport. Each probe is a system call or two that a kernel with the
 * feature accepts; the set follows libbpf's features.c.
 */

import { SyscallError } from '../errors.js';
import { attachType, BPF_F_MMAPABLE, mapType, progType } from '../open/constants.js';
import { btfLoad, linkCreate, mapCreate, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { BTF_KINDS, probeBtf } from './probe-btf.js';

/** One feature: its name for people, the release that brought it, and the trial. */
interface Probe {
  readonly label: string;
  readonly since: string;
  readonly run: () => boolean;
}

const EXIT = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);

/** Instructions from [opcode, registers, offset, immediate]. */
export function program(
  ...instructions: readonly (readonly [number, number, number, number])[]
): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [opcode, registers, offset, immediate]] of instructions.entries()) {
    view.setUint8(index * 8, opcode);
    view.setUint8(index * 8 + 1, registers);
    view.setInt16(index * 8 + 2, offset, true);
    view.setInt32(index * 8 + 4, immediate, true);
  }
  return bytes;
}

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

const known = new Map<FeatureName, boolean>();

/** Whether the running kernel has a feature. Asks once. */
export function hasFeature(name: FeatureName): boolean {
  let answer = known.get(name);
  if (answer === undefined) {
    answer = PROBES[name].run();
    known.set(name, answer);
  }
  return answer;
}

/** What people call a feature, and the release that brought it. */
export function describeFeature(name: FeatureName): {
  readonly label: string;
  readonly since: string;
} {
  return PROBES[name];
}
