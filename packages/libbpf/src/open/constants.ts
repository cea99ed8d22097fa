/**
 * Numbers of the BPF interface, in the kernel's order and spelling (linux/include/uapi/linux/bpf.h of Linux 7.2).
 */

/** `enum bpf_map_type`; the name behind each is without `BPF_MAP_TYPE_`. */
export const MAP_TYPES = [
  'UNSPEC',
  'HASH',
  'ARRAY',
  'PROG_ARRAY',
  'PERF_EVENT_ARRAY',
  'PERCPU_HASH',
  'PERCPU_ARRAY',
  'STACK_TRACE',
  'CGROUP_ARRAY',
  'LRU_HASH',
  'LRU_PERCPU_HASH',
  'LPM_TRIE',
  'ARRAY_OF_MAPS',
  'HASH_OF_MAPS',
  'DEVMAP',
  'SOCKMAP',
  'CPUMAP',
  'XSKMAP',
  'SOCKHASH',
  'CGROUP_STORAGE',
  'REUSEPORT_SOCKARRAY',
  'PERCPU_CGROUP_STORAGE',
  'QUEUE',
  'STACK',
  'SK_STORAGE',
  'DEVMAP_HASH',
  'STRUCT_OPS',
  'RINGBUF',
  'INODE_STORAGE',
  'TASK_STORAGE',
  'BLOOM_FILTER',
  'USER_RINGBUF',
  'CGRP_STORAGE',
  'ARENA',
  'INSN_ARRAY',
  'RHASH',
] as const;
/** `enum bpf_prog_type`, without `BPF_PROG_TYPE_`. */
export const PROG_TYPES = [
  'UNSPEC',
  'SOCKET_FILTER',
  'KPROBE',
  'SCHED_CLS',
  'SCHED_ACT',
  'TRACEPOINT',
  'XDP',
  'PERF_EVENT',
  'CGROUP_SKB',
  'CGROUP_SOCK',
  'LWT_IN',
  'LWT_OUT',
  'LWT_XMIT',
  'SOCK_OPS',
  'SK_SKB',
  'CGROUP_DEVICE',
  'SK_MSG',
  'RAW_TRACEPOINT',
  'CGROUP_SOCK_ADDR',
  'LWT_SEG6LOCAL',
  'LIRC_MODE2',
  'SK_REUSEPORT',
  'FLOW_DISSECTOR',
  'CGROUP_SYSCTL',
  'RAW_TRACEPOINT_WRITABLE',
  'CGROUP_SOCKOPT',
  'TRACING',
  'STRUCT_OPS',
  'EXT',
  'LSM',
  'SK_LOOKUP',
  'SYSCALL',
  'NETFILTER',
] as const;
/** `enum bpf_attach_type`, without `BPF_`. */
export const ATTACH_TYPES = [
  'CGROUP_INET_INGRESS',
  'CGROUP_INET_EGRESS',
  'CGROUP_INET_SOCK_CREATE',
  'CGROUP_SOCK_OPS',
  'SK_SKB_STREAM_PARSER',
  'SK_SKB_STREAM_VERDICT',
  'CGROUP_DEVICE',
  'SK_MSG_VERDICT',
  'CGROUP_INET4_BIND',
  'CGROUP_INET6_BIND',
  'CGROUP_INET4_CONNECT',
  'CGROUP_INET6_CONNECT',
  'CGROUP_INET4_POST_BIND',
  'CGROUP_INET6_POST_BIND',
  'CGROUP_UDP4_SENDMSG',
  'CGROUP_UDP6_SENDMSG',
  'LIRC_MODE2',
  'FLOW_DISSECTOR',
  'CGROUP_SYSCTL',
  'CGROUP_UDP4_RECVMSG',
  'CGROUP_UDP6_RECVMSG',
  'CGROUP_GETSOCKOPT',
  'CGROUP_SETSOCKOPT',
  'TRACE_RAW_TP',
  'TRACE_FENTRY',
  'TRACE_FEXIT',
  'MODIFY_RETURN',
  'LSM_MAC',
  'TRACE_ITER',
  'CGROUP_INET4_GETPEERNAME',
  'CGROUP_INET6_GETPEERNAME',
  'CGROUP_INET4_GETSOCKNAME',
  'CGROUP_INET6_GETSOCKNAME',
  'XDP_DEVMAP',
  'CGROUP_INET_SOCK_RELEASE',
  'XDP_CPUMAP',
  'SK_LOOKUP',
  'XDP',
  'SK_SKB_VERDICT',
  'SK_REUSEPORT_SELECT',
  'SK_REUSEPORT_SELECT_OR_MIGRATE',
  'PERF_EVENT',
  'TRACE_KPROBE_MULTI',
  'LSM_CGROUP',
  'STRUCT_OPS',
  'NETFILTER',
  'TCX_INGRESS',
  'TCX_EGRESS',
  'TRACE_UPROBE_MULTI',
  'CGROUP_UNIX_CONNECT',
  'CGROUP_UNIX_SENDMSG',
  'CGROUP_UNIX_RECVMSG',
  'CGROUP_UNIX_GETPEERNAME',
  'CGROUP_UNIX_GETSOCKNAME',
  'NETKIT_PRIMARY',
  'NETKIT_PEER',
  'TRACE_KPROBE_SESSION',
  'TRACE_UPROBE_SESSION',
  'TRACE_FSESSION',
] as const;

export type MapTypeName = (typeof MAP_TYPES)[number];
export type ProgTypeName = (typeof PROG_TYPES)[number];
export type AttachTypeName = (typeof ATTACH_TYPES)[number];

/** `mapType('HASH')` → 1. */
export function mapType(name: MapTypeName): number {
  return MAP_TYPES.indexOf(name);
}
/** `progType('KPROBE')` → 2. */
export function progType(name: ProgTypeName): number {
  return PROG_TYPES.indexOf(name);
}
/** `attachType('TRACE_FENTRY')` → 24. */
export function attachType(name: AttachTypeName): number {
  return ATTACH_TYPES.indexOf(name);
}

export const BPF_F_NO_PREALLOC = 1;
export const BPF_F_RDONLY_PROG: number = 1 << 7;
export const BPF_F_MMAPABLE: number = 1 << 10;
export const BPF_F_INNER_MAP: number = 1 << 12;
export const BPF_F_LINK: number = 1 << 13;
export const BPF_F_VTYPE_BTF_OBJ_FD: number = 1 << 15;
/** Program flag: may sleep. */
export const BPF_F_SLEEPABLE: number = 1 << 4;
/** Program flag: XDP program that takes packets in several buffers. */
export const BPF_F_XDP_HAS_FRAGS: number = 1 << 5;

/** Longest name the kernel keeps for programs and maps, without the NUL. */
export const BPF_OBJ_NAME_LENGTH = 15;

/** `src_reg` of an `ld_imm64`: what its 64 bits stand for. */
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
/** `src_reg` of a call. */
export const BPF_PSEUDO_CALL = 1;
export const BPF_PSEUDO_KFUNC_CALL = 2;
