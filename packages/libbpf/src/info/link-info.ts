/**
 * `struct bpf_link_info` (linux/include/uapi/linux/bpf.h): what the kernel says of a link, by its kind.
 */

import { InfoBuffer, text } from './info-buffer.js';

interface Common {
  readonly id: number;
  /** Id of the attached program; 0 for struct_ops. */
  readonly programId: number;
}

export interface RawTracepointLinkInfo extends Common {
  readonly kind: 'raw_tracepoint';
  readonly name: string;
  /** Kernel 6.15. */
  readonly cookie: bigint;
}
export interface TracingLinkInfo extends Common {
  readonly kind: 'tracing';
  /** BPF_* attach type. */
  readonly attachType: number;
  /** Id of the program or BTF object of the target; 0 before 5.13. */
  readonly targetObjectId: number;
  readonly targetBtfId: number;
  /** Kernel 6.15. */
  readonly cookie: bigint;
}
export interface CgroupLinkInfo extends Common {
  readonly kind: 'cgroup';
  /** Inode number of its folder; 0n once it was detached. */
  readonly cgroupId: bigint;
  readonly attachType: number;
}
export interface IterLinkInfo extends Common {
  readonly kind: 'iter';
  /** `bpf_map`, `task`, … */
  readonly target: string;
  readonly mapId: number;
  readonly cgroupId: bigint;
  readonly cgroupOrder: number;
  readonly tid: number;
  readonly pid: number;
}
export interface NetnsLinkInfo extends Common {
  readonly kind: 'netns';
  /** Inode number, as in /proc/PID/ns/net. */
  readonly netnsInode: number;
  readonly attachType: number;
}
export interface XdpLinkInfo extends Common {
  readonly kind: 'xdp';
  readonly ifindex: number;
}
export interface StructOpsLinkInfo extends Common {
  readonly kind: 'struct_ops';
  readonly mapId: number;
}
export interface NetfilterLinkInfo extends Common {
  readonly kind: 'netfilter';
  /** NFPROTO_*: 2 IPv4, 10 IPv6. */
  readonly family: number;
  readonly hook: number;
  readonly priority: number;
  readonly flags: number;
}
export interface KprobeMultiLinkInfo extends Common {
  readonly kind: 'kprobe_multi';
  readonly count: number;
  /** 1: return probes. */
  readonly flags: number;
  readonly missed: bigint;
  /** Of the functions; zeros for those who may not see them. */
  readonly addresses: readonly bigint[];
  readonly cookies: readonly bigint[];
}
export interface UprobeMultiLinkInfo extends Common {
  readonly kind: 'uprobe_multi';
  readonly path: string;
  readonly count: number;
  readonly flags: number;
  readonly pid: number;
  readonly offsets: readonly bigint[];
  readonly referenceCounterOffsets: readonly bigint[];
  readonly cookies: readonly bigint[];
}
export interface PerfEventLinkInfo extends Common {
  readonly kind: 'perf_event';
  /** Kernel 6.6; `unknown` before. */
  readonly event:
    | 'unknown'
    | 'uprobe'
    | 'uretprobe'
    | 'kprobe'
    | 'kretprobe'
    | 'tracepoint'
    | 'event';
  /** Path of a uprobe, function of a kprobe, tracepoint. */
  readonly name: string;
  readonly offset: number;
  /** Of a kprobe. */
  readonly address: bigint;
  /** Of an event that is no probe: PERF_TYPE_* and its config. */
  readonly type: number;
  readonly config: bigint;
  readonly cookie: bigint;
}
export interface NetDeviceLinkInfo extends Common {
  readonly kind: 'tcx' | 'netkit';
  readonly ifindex: number;
  readonly attachType: number;
}
export interface SockmapLinkInfo extends Common {
  readonly kind: 'sockmap';
  readonly mapId: number;
  readonly attachType: number;
}
export interface OtherLinkInfo extends Common {
  readonly kind: 'other';
  /** BPF_LINK_TYPE_*. */
  readonly type: number;
}

/** What the kernel says of a link; tell the kinds apart by `kind`. */
export type LinkInfo =
  | RawTracepointLinkInfo
  | TracingLinkInfo
  | CgroupLinkInfo
  | IterLinkInfo
  | NetnsLinkInfo
  | XdpLinkInfo
  | StructOpsLinkInfo
  | NetfilterLinkInfo
  | KprobeMultiLinkInfo
  | UprobeMultiLinkInfo
  | PerfEventLinkInfo
  | NetDeviceLinkInfo
  | SockmapLinkInfo
  | OtherLinkInfo;

const SIZE = 96;
const NAME_SIZE = 4096;
const PERF_EVENTS = [
  'unknown',
  'uprobe',
  'uretprobe',
  'kprobe',
  'kretprobe',
  'tracepoint',
  'event',
] as const;

/** Asks the kernel about a link. */
export function linkInfo(fd: number): LinkInfo {
  const info = new InfoBuffer(SIZE).read(fd);
  const type = info.u32(0);
  const common = { id: info.u32(4), programId: info.u32(8) };
  switch (type) {
    case 1:
      return { kind: 'raw_tracepoint', ...common, ...rawTracepoint(fd) };
    case 2:
      return {
        kind: 'tracing',
        ...common,
        attachType: info.u32(16),
        targetObjectId: info.u32(20),
        targetBtfId: info.u32(24),
        cookie: info.u64(32),
      };
    case 3:
      return { kind: 'cgroup', ...common, cgroupId: info.u64(16), attachType: info.u32(24) };
    case 4:
      return { kind: 'iter', ...common, ...iter(fd) };
    case 5:
      return { kind: 'netns', ...common, netnsInode: info.u32(16), attachType: info.u32(20) };
    case 6:
      return { kind: 'xdp', ...common, ifindex: info.u32(16) };
    case 7:
      return { kind: 'perf_event', ...common, ...perfEvent(fd, info.u32(16)) };
    case 8:
      return { kind: 'kprobe_multi', ...common, ...kprobeMulti(fd, info.u32(24)) };
    case 9:
      return { kind: 'struct_ops', ...common, mapId: info.u32(16) };
    case 10:
      return {
        kind: 'netfilter',
        ...common,
        family: info.u32(16),
        hook: info.u32(20),
        priority: info.i32(24),
        flags: info.u32(28),
      };
    case 11:
    case 13:
      return {
        kind: type === 11 ? 'tcx' : 'netkit',
        ...common,
        ifindex: info.u32(16),
        attachType: info.u32(20),
      };
    case 12:
      return { kind: 'uprobe_multi', ...common, ...uprobeMulti(fd, info.u32(52)) };
    case 14:
      return { kind: 'sockmap', ...common, mapId: info.u32(16), attachType: info.u32(20) };
    default:
      return { kind: 'other', ...common, type };
  }
}

function rawTracepoint(fd: number) {
  const info = new InfoBuffer(SIZE);
  const name = info.room(16, NAME_SIZE);
  info.setU32(24, NAME_SIZE);
  info.read(fd);
  return { name: text(name), cookie: info.u64(32) };
}

function iter(fd: number) {
  const info = new InfoBuffer(SIZE);
  const target = info.room(16, NAME_SIZE);
  info.setU32(24, NAME_SIZE);
  info.read(fd);
  const name = text(target);
  const isCgroup = name === 'cgroup';
  return {
    target: name,
    mapId: info.u32(28),
    cgroupId: isCgroup ? info.u64(32) : 0n,
    cgroupOrder: isCgroup ? info.u32(40) : 0,
    tid: isCgroup ? 0 : info.u32(32),
    pid: isCgroup ? 0 : info.u32(36),
  };
}

function perfEvent(fd: number, type: number) {
  const event = PERF_EVENTS[type] ?? 'unknown';
  const info = new InfoBuffer(SIZE);
  const hasName = event !== 'unknown' && event !== 'event';
  const name = hasName ? info.room(24, NAME_SIZE) : new Uint8Array(0);
  if (hasName) info.setU32(32, NAME_SIZE);
  info.read(fd);
  const isKprobe = event === 'kprobe' || event === 'kretprobe';
  const isProbe = isKprobe || event === 'uprobe' || event === 'uretprobe';
  return {
    event,
    name: text(name),
    offset: isProbe ? info.u32(36) : 0,
    address: isKprobe ? info.u64(40) : 0n,
    type: event === 'event' ? info.u32(32) : 0,
    config: event === 'event' ? info.u64(24) : 0n,
    cookie: event === 'unknown' ? 0n : info.u64(isKprobe ? 56 : 40),
  };
}

function kprobeMulti(fd: number, count: number) {
  const info = new InfoBuffer(SIZE);
  const addresses = info.room(16, count * 8);
  const cookies = info.room(40, count * 8);
  info.setU32(24, count);
  info.read(fd);
  return {
    count,
    flags: info.u32(28),
    missed: info.u64(32),
    addresses: words(addresses),
    cookies: words(cookies),
  };
}

function uprobeMulti(fd: number, count: number) {
  const info = new InfoBuffer(SIZE);
  const path = info.room(16, NAME_SIZE);
  const [offsets, counters, cookies] = [24, 32, 40].map((at) => info.room(at, count * 8));
  info.setU32(48, NAME_SIZE);
  info.setU32(52, count);
  info.read(fd);
  return {
    path: text(path),
    count,
    flags: info.u32(56),
    pid: info.u32(60),
    offsets: words(offsets!),
    referenceCounterOffsets: words(counters!),
    cookies: words(cookies!),
  };
}

function words(bytes: Uint8Array): bigint[] {
  return [...new BigUint64Array(bytes.buffer, 0, bytes.byteLength / 8)];
}
