/**
 * Which types of programs and maps the running kernel has, and since which release Linux has them.
 */

import { SyscallError } from '../errors.js';
import {
  type AttachTypeName,
  attachType,
  BPF_F_NO_PREALLOC,
  MAP_TYPES,
  type MapTypeName,
  mapType,
  PROG_TYPES,
  type ProgTypeName,
} from '../open/constants.js';
import { btfLoad, mapCreate, type ProgLoadAttr, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { pageSize } from '../sys/memory.js';
import { Answers } from './answers.js';
import { BTF_KINDS, probeBtf } from './probe-btf.js';
import { program } from './program-bytes.js';

/** Whether the kernel has something; `unknown` where trying does not tell. */
export type Support = 'yes' | 'no' | { readonly unknown: string };

const PROGRAM_SINCE: Readonly<Record<ProgTypeName, string | undefined>> = {
  UNSPEC: undefined,
  SOCKET_FILTER: '3.19',
  KPROBE: '4.1',
  SCHED_CLS: '4.1',
  SCHED_ACT: '4.1',
  TRACEPOINT: '4.7',
  XDP: '4.8',
  PERF_EVENT: '4.9',
  CGROUP_SKB: '4.10',
  CGROUP_SOCK: '4.10',
  LWT_IN: '4.10',
  LWT_OUT: '4.10',
  LWT_XMIT: '4.10',
  SOCK_OPS: '4.13',
  SK_SKB: '4.14',
  CGROUP_DEVICE: '4.15',
  SK_MSG: '4.17',
  RAW_TRACEPOINT: '4.17',
  CGROUP_SOCK_ADDR: '4.17',
  LWT_SEG6LOCAL: '4.18',
  LIRC_MODE2: '4.18',
  SK_REUSEPORT: '4.19',
  FLOW_DISSECTOR: '4.20',
  CGROUP_SYSCTL: '5.2',
  RAW_TRACEPOINT_WRITABLE: '5.2',
  CGROUP_SOCKOPT: '5.3',
  TRACING: '5.5',
  STRUCT_OPS: '5.6',
  EXT: '5.6',
  LSM: '5.7',
  SK_LOOKUP: '5.9',
  SYSCALL: '5.14',
  NETFILTER: '6.4',
};

const MAP_SINCE: Readonly<Record<MapTypeName, string | undefined>> = {
  UNSPEC: undefined,
  HASH: '3.19',
  ARRAY: '3.19',
  PROG_ARRAY: '4.2',
  PERF_EVENT_ARRAY: '4.3',
  PERCPU_HASH: '4.6',
  PERCPU_ARRAY: '4.6',
  STACK_TRACE: '4.6',
  CGROUP_ARRAY: '4.8',
  LRU_HASH: '4.10',
  LRU_PERCPU_HASH: '4.10',
  LPM_TRIE: '4.11',
  ARRAY_OF_MAPS: '4.12',
  HASH_OF_MAPS: '4.12',
  DEVMAP: '4.14',
  SOCKMAP: '4.14',
  CPUMAP: '4.15',
  XSKMAP: '4.18',
  SOCKHASH: '4.18',
  CGROUP_STORAGE: '4.19',
  REUSEPORT_SOCKARRAY: '4.19',
  PERCPU_CGROUP_STORAGE: '4.20',
  QUEUE: '4.20',
  STACK: '4.20',
  SK_STORAGE: '5.2',
  DEVMAP_HASH: '5.4',
  STRUCT_OPS: '5.6',
  RINGBUF: '5.8',
  INODE_STORAGE: '5.10',
  TASK_STORAGE: '5.11',
  BLOOM_FILTER: '5.16',
  USER_RINGBUF: '6.1',
  CGRP_STORAGE: '6.2',
  ARENA: '6.9',
  INSN_ARRAY: '6.19',
  RHASH: '7.1',
};

/** The release that brought a type of program. */
export function programTypeSince(type: number): string | undefined {
  const name = PROG_TYPES[type];
  return name === undefined ? undefined : PROGRAM_SINCE[name];
}

/** The release that brought a type of map. */
export function mapTypeSince(type: number): string | undefined {
  const name = MAP_TYPES[type];
  return name === undefined ? undefined : MAP_SINCE[name];
}

const EXIT = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);
const EXIT_ONE = program([0xb7, 0, 0, 1], [0x95, 0, 0, 0]);

const programs = new Answers(probeProgramType);

/** Whether the running kernel has a type of program. Tries once. */
export function programTypeSupport(type: number): Support {
  return programs.get(type);
}

function probeProgramType(type: number): Support {
  const attribute: ProgLoadAttr = { progType: type, insns: EXIT, license: 'GPL' };
  switch (PROG_TYPES[type]) {
    case 'CGROUP_SOCK_ADDR':
      return tried(() =>
        progLoad({
          ...attribute,
          expectedAttachType: attachType('CGROUP_INET4_CONNECT'),
          insns: EXIT_ONE,
        }),
      );
    case 'CGROUP_SOCKOPT':
      return tried(() =>
        progLoad({
          ...attribute,
          expectedAttachType: attachType('CGROUP_GETSOCKOPT'),
          insns: EXIT_ONE,
        }),
      );
    case 'SK_LOOKUP':
      return tried(() => progLoad({ ...attribute, expectedAttachType: attachType('SK_LOOKUP') }));
    case 'NETFILTER':
      return tried(() => progLoad({ ...attribute, expectedAttachType: attachType('NETFILTER') }));
    case 'SYSCALL':
      return tried(() => progLoad({ ...attribute, progFlags: 1 << 4 }));
    case 'TRACING':
    case 'LSM':
    case 'EXT':
    case 'STRUCT_OPS':
      return namedInLog(attribute);
    default:
      return tried(() => progLoad(attribute));
  }
}

/** Attach types that the trials of {@link namedInLog} ask for: those that need nothing but BTF. */
const TRIAL_ATTACH: Readonly<Record<string, AttachTypeName>> = {
  TRACING: 'TRACE_RAW_TP',
  LSM: 'LSM_MAC',
};

/** These need a target, and type 1 is none: a kernel that knows the type gets as far as that, and says so in its log. */
function namedInLog(attribute: ProgLoadAttr): Support {
  const log = new Uint8Array(4096);
  const trial = TRIAL_ATTACH[PROG_TYPES[attribute.progType]!];
  const expectedAttachType = trial === undefined ? 0 : attachType(trial);
  try {
    closeFd(progLoad({ ...attribute, attachBtfId: 1, expectedAttachType, log, logLevel: 1 }));
    return 'yes';
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (log[0] !== 0 || error.code === 'ENOTSUPP') return 'yes';
    return supportOf(error);
  }
}

const maps = new Answers(probeMapType);

/** Whether the running kernel has a type of map. Tries once. */
export function mapTypeSupport(type: number): Support {
  return maps.get(type);
}

function probeMapType(type: number): Support {
  const name = MAP_TYPES[type];
  const attribute = { mapType: type, keySize: 4, valueSize: 4, maxEntries: 1 };
  switch (name) {
    case 'STACK_TRACE':
      return tried(() => mapCreate({ ...attribute, valueSize: 8 }));
    case 'LPM_TRIE':
      return tried(() =>
        mapCreate({ ...attribute, keySize: 8, valueSize: 8, mapFlags: BPF_F_NO_PREALLOC }),
      );
    case 'CGROUP_STORAGE':
    case 'PERCPU_CGROUP_STORAGE':
      return tried(() => mapCreate({ ...attribute, keySize: 16, valueSize: 8, maxEntries: 0 }));
    case 'QUEUE':
    case 'STACK':
    case 'BLOOM_FILTER':
      return tried(() => mapCreate({ ...attribute, keySize: 0 }));
    case 'RINGBUF':
    case 'USER_RINGBUF':
      return tried(() =>
        mapCreate({ ...attribute, keySize: 0, valueSize: 0, maxEntries: pageSize() }),
      );
    case 'ARENA':
      return tried(() => mapCreate({ ...attribute, keySize: 0, valueSize: 0, mapFlags: 1 << 10 }));
    case 'REUSEPORT_SOCKARRAY':
      return tried(() => mapCreate({ ...attribute, valueSize: 8 }));
    case 'SK_STORAGE':
    case 'INODE_STORAGE':
    case 'TASK_STORAGE':
    case 'CGRP_STORAGE':
      return withIntBtf((btfFd) =>
        mapCreate({
          ...attribute,
          maxEntries: 0,
          mapFlags: BPF_F_NO_PREALLOC,
          btfFd,
          btfKeyTypeId: 1,
          btfValueTypeId: 1,
        }),
      );
    case 'ARRAY_OF_MAPS':
    case 'HASH_OF_MAPS':
      return withInner((innerMapFd) => mapCreate({ ...attribute, innerMapFd }));
    case 'STRUCT_OPS':
      // No such value type: a kernel that knows the type of map looks for it (ENOTSUPP, or ENOENT).
      return byErrno(
        () => mapCreate({ ...attribute, btfVmlinuxValueTypeId: 1 }),
        ['ENOTSUPP', 'ENOENT', 'EBADF'],
      );
    default:
      return tried(() => mapCreate(attribute));
  }
}

function withIntBtf(create: (btfFd: number) => number): Support {
  let btfFd: number;
  try {
    btfFd = btfLoad(probeBtf(BTF_KINDS.int));
  } catch (error) {
    return supportOf(error);
  }
  try {
    return tried(() => create(btfFd));
  } finally {
    closeFd(btfFd);
  }
}

function withInner(create: (innerFd: number) => number): Support {
  const inner = mapCreate({ mapType: mapType('HASH'), keySize: 4, valueSize: 4, maxEntries: 1 });
  try {
    return tried(() => create(inner));
  } finally {
    closeFd(inner);
  }
}

/** Does it; EPERM tells nothing, any other failure that the kernel cannot. */
export function tried(make: () => number): Support {
  try {
    closeFd(make());
    return 'yes';
  } catch (error) {
    return supportOf(error);
  }
}

function byErrno(make: () => number, yes: readonly string[]): Support {
  try {
    closeFd(make());
    return 'yes';
  } catch (error) {
    return error instanceof SyscallError && yes.includes(error.code) ? 'yes' : supportOf(error);
  }
}

function supportOf(error: unknown): Support {
  if (!(error instanceof SyscallError)) throw error;
  return error.code === 'EPERM' ? { unknown: 'this process may not try (EPERM)' } : 'no';
}
