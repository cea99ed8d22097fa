/**
 * SEC(): which section name makes which kind of program, and how such a program is attached when nobody says otherwise.
 *
 * The rows are those of libbpf 1.7 (section_defs in its libbpf.c). A name matches exactly, or, for a prefix row, alone or
 * followed by `/` and whatever the way of attaching reads from it.
 */

import { BpfError } from '../errors.js';
import type { BpfLink } from '../link/bpf-link.js';
import type { LoadedBpfProgram } from '../program.js';
import { type AttachTypeName, attachType, type ProgTypeName, progType } from './constants.js';
import type { AttachWay, ProgramSpec, SectionDefinition } from './object-spec.js';

interface Options {
  readonly attach?: AttachWay;
  readonly optional?: boolean;
  readonly btf?: boolean;
  readonly sleepable?: boolean;
  readonly frags?: boolean;
}

function row(
  name: string,
  type: ProgTypeName,
  attach: AttachTypeName | undefined,
  options: Options = {},
): SectionDefinition {
  const prefix = name.endsWith('+');
  return {
    name: prefix ? name.slice(0, -1) : name,
    match: prefix ? 'prefix' : 'exact',
    type: progType(type),
    expectedAttachType: attach === undefined ? 0 : attachType(attach),
    ...(options.optional && { attachTypeOptional: true }),
    ...(options.btf && { needsAttachBtf: true }),
    ...(options.sleepable && { sleepable: true }),
    ...(options.frags && { xdpFrags: true }),
    ...(options.attach !== undefined && { attach: options.attach }),
  };
}

const trace = { attach: 'trace', btf: true } as const;
const sleepableTrace = { ...trace, sleepable: true } as const;

/** In the order in which they are tried. */
export const SECTION_TABLE: readonly SectionDefinition[] = [
  row('socket', 'SOCKET_FILTER', undefined),
  row('sk_reuseport/migrate', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT_OR_MIGRATE'),
  row('sk_reuseport', 'SK_REUSEPORT', 'SK_REUSEPORT_SELECT'),
  row('kprobe+', 'KPROBE', undefined, { attach: 'kprobe' }),
  row('uprobe+', 'KPROBE', undefined, { attach: 'uprobe' }),
  row('uprobe.s+', 'KPROBE', undefined, { attach: 'uprobe', sleepable: true }),
  row('kretprobe+', 'KPROBE', undefined, { attach: 'kprobe' }),
  row('uretprobe+', 'KPROBE', undefined, { attach: 'uprobe' }),
  row('uretprobe.s+', 'KPROBE', undefined, { attach: 'uprobe', sleepable: true }),
  row('kprobe.multi+', 'KPROBE', 'TRACE_KPROBE_MULTI', { attach: 'kprobe_multi' }),
  row('kretprobe.multi+', 'KPROBE', 'TRACE_KPROBE_MULTI', { attach: 'kprobe_multi' }),
  row('kprobe.session+', 'KPROBE', 'TRACE_KPROBE_SESSION', { attach: 'kprobe_multi' }),
  row('uprobe.multi+', 'KPROBE', 'TRACE_UPROBE_MULTI', { attach: 'uprobe_multi' }),
  row('uretprobe.multi+', 'KPROBE', 'TRACE_UPROBE_MULTI', { attach: 'uprobe_multi' }),
  row('uprobe.session+', 'KPROBE', 'TRACE_UPROBE_SESSION', { attach: 'uprobe_multi' }),
  row('uprobe.multi.s+', 'KPROBE', 'TRACE_UPROBE_MULTI', {
    attach: 'uprobe_multi',
    sleepable: true,
  }),
  row('uretprobe.multi.s+', 'KPROBE', 'TRACE_UPROBE_MULTI', {
    attach: 'uprobe_multi',
    sleepable: true,
  }),
  row('uprobe.session.s+', 'KPROBE', 'TRACE_UPROBE_SESSION', {
    attach: 'uprobe_multi',
    sleepable: true,
  }),
  row('ksyscall+', 'KPROBE', undefined, { attach: 'ksyscall' }),
  row('kretsyscall+', 'KPROBE', undefined, { attach: 'ksyscall' }),
  row('usdt+', 'KPROBE', undefined, { attach: 'usdt' }),
  row('usdt.s+', 'KPROBE', undefined, { attach: 'usdt', sleepable: true }),
  row('tc/ingress', 'SCHED_CLS', 'TCX_INGRESS', { optional: true }),
  row('tc/egress', 'SCHED_CLS', 'TCX_EGRESS', { optional: true }),
  row('tcx/ingress', 'SCHED_CLS', 'TCX_INGRESS', { optional: true }),
  row('tcx/egress', 'SCHED_CLS', 'TCX_EGRESS', { optional: true }),
  row('tc', 'SCHED_CLS', undefined),
  row('classifier', 'SCHED_CLS', undefined),
  row('action', 'SCHED_ACT', undefined),
  row('netkit/primary', 'SCHED_CLS', 'NETKIT_PRIMARY', { optional: true }),
  row('netkit/peer', 'SCHED_CLS', 'NETKIT_PEER', { optional: true }),
  row('tracepoint+', 'TRACEPOINT', undefined, { attach: 'tracepoint' }),
  row('tp+', 'TRACEPOINT', undefined, { attach: 'tracepoint' }),
  row('raw_tracepoint+', 'RAW_TRACEPOINT', undefined, { attach: 'raw_tracepoint' }),
  row('raw_tp+', 'RAW_TRACEPOINT', undefined, { attach: 'raw_tracepoint' }),
  row('raw_tracepoint.w+', 'RAW_TRACEPOINT_WRITABLE', undefined, { attach: 'raw_tracepoint' }),
  row('raw_tp.w+', 'RAW_TRACEPOINT_WRITABLE', undefined, { attach: 'raw_tracepoint' }),
  row('tp_btf+', 'TRACING', 'TRACE_RAW_TP', trace),
  row('fentry+', 'TRACING', 'TRACE_FENTRY', trace),
  row('fmod_ret+', 'TRACING', 'MODIFY_RETURN', trace),
  row('fexit+', 'TRACING', 'TRACE_FEXIT', trace),
  row('fsession+', 'TRACING', 'TRACE_FSESSION', trace),
  row('fentry.s+', 'TRACING', 'TRACE_FENTRY', sleepableTrace),
  row('fmod_ret.s+', 'TRACING', 'MODIFY_RETURN', sleepableTrace),
  row('fexit.s+', 'TRACING', 'TRACE_FEXIT', sleepableTrace),
  row('fsession.s+', 'TRACING', 'TRACE_FSESSION', sleepableTrace),
  row('freplace+', 'EXT', undefined, { attach: 'freplace', btf: true }),
  row('lsm+', 'LSM', 'LSM_MAC', { attach: 'lsm', btf: true }),
  row('lsm.s+', 'LSM', 'LSM_MAC', { attach: 'lsm', btf: true, sleepable: true }),
  row('lsm_cgroup+', 'LSM', 'LSM_CGROUP', { btf: true }),
  row('iter+', 'TRACING', 'TRACE_ITER', { attach: 'iter', btf: true }),
  row('iter.s+', 'TRACING', 'TRACE_ITER', { attach: 'iter', btf: true, sleepable: true }),
  row('syscall', 'SYSCALL', undefined, { sleepable: true }),
  row('xdp.frags/devmap', 'XDP', 'XDP_DEVMAP', { frags: true }),
  row('xdp/devmap', 'XDP', 'XDP_DEVMAP'),
  row('xdp.frags/cpumap', 'XDP', 'XDP_CPUMAP', { frags: true }),
  row('xdp/cpumap', 'XDP', 'XDP_CPUMAP'),
  row('xdp.frags', 'XDP', 'XDP', { frags: true }),
  row('xdp', 'XDP', 'XDP', { optional: true }),
  row('perf_event', 'PERF_EVENT', undefined),
  row('lwt_in', 'LWT_IN', undefined),
  row('lwt_out', 'LWT_OUT', undefined),
  row('lwt_xmit', 'LWT_XMIT', undefined),
  row('lwt_seg6local', 'LWT_SEG6LOCAL', undefined),
  row('sockops', 'SOCK_OPS', 'CGROUP_SOCK_OPS', { optional: true }),
  row('sk_skb/stream_parser', 'SK_SKB', 'SK_SKB_STREAM_PARSER', { optional: true }),
  row('sk_skb/stream_verdict', 'SK_SKB', 'SK_SKB_STREAM_VERDICT', { optional: true }),
  row('sk_skb/verdict', 'SK_SKB', 'SK_SKB_VERDICT'),
  row('sk_skb', 'SK_SKB', undefined),
  row('sk_msg', 'SK_MSG', 'SK_MSG_VERDICT', { optional: true }),
  row('lirc_mode2', 'LIRC_MODE2', 'LIRC_MODE2', { optional: true }),
  row('flow_dissector', 'FLOW_DISSECTOR', 'FLOW_DISSECTOR', { optional: true }),
  row('cgroup_skb/ingress', 'CGROUP_SKB', 'CGROUP_INET_INGRESS', { optional: true }),
  row('cgroup_skb/egress', 'CGROUP_SKB', 'CGROUP_INET_EGRESS', { optional: true }),
  row('cgroup/skb', 'CGROUP_SKB', undefined),
  row('cgroup/sock_create', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE'),
  row('cgroup/sock_release', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_RELEASE'),
  row('cgroup/sock', 'CGROUP_SOCK', 'CGROUP_INET_SOCK_CREATE', { optional: true }),
  row('cgroup/post_bind4', 'CGROUP_SOCK', 'CGROUP_INET4_POST_BIND'),
  row('cgroup/post_bind6', 'CGROUP_SOCK', 'CGROUP_INET6_POST_BIND'),
  row('cgroup/bind4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_BIND'),
  row('cgroup/bind6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_BIND'),
  row('cgroup/connect4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_CONNECT'),
  row('cgroup/connect6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_CONNECT'),
  row('cgroup/connect_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_CONNECT'),
  row('cgroup/sendmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_SENDMSG'),
  row('cgroup/sendmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_SENDMSG'),
  row('cgroup/sendmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_SENDMSG'),
  row('cgroup/recvmsg4', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP4_RECVMSG'),
  row('cgroup/recvmsg6', 'CGROUP_SOCK_ADDR', 'CGROUP_UDP6_RECVMSG'),
  row('cgroup/recvmsg_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_RECVMSG'),
  row('cgroup/getpeername4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETPEERNAME'),
  row('cgroup/getpeername6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETPEERNAME'),
  row('cgroup/getpeername_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETPEERNAME'),
  row('cgroup/getsockname4', 'CGROUP_SOCK_ADDR', 'CGROUP_INET4_GETSOCKNAME'),
  row('cgroup/getsockname6', 'CGROUP_SOCK_ADDR', 'CGROUP_INET6_GETSOCKNAME'),
  row('cgroup/getsockname_unix', 'CGROUP_SOCK_ADDR', 'CGROUP_UNIX_GETSOCKNAME'),
  row('cgroup/sysctl', 'CGROUP_SYSCTL', 'CGROUP_SYSCTL'),
  row('cgroup/getsockopt', 'CGROUP_SOCKOPT', 'CGROUP_GETSOCKOPT'),
  row('cgroup/setsockopt', 'CGROUP_SOCKOPT', 'CGROUP_SETSOCKOPT'),
  row('cgroup/dev', 'CGROUP_DEVICE', 'CGROUP_DEVICE', { optional: true }),
  row('struct_ops+', 'STRUCT_OPS', undefined),
  row('struct_ops.s+', 'STRUCT_OPS', undefined, { sleepable: true }),
  row('sk_lookup', 'SK_LOOKUP', 'SK_LOOKUP'),
  row('netfilter', 'NETFILTER', 'NETFILTER'),
];

/** How a section of one's own is treated; for {@link registerSectionHandler}. */
export interface SectionHandler {
  /**
   * Which sections it is for: `abc` exactly; `abc+` that and whatever follows a slash (`abc/x`); `abc/` with something after
   * the slash. Without it: every section that nothing else is for.
   */
  readonly section?: string | undefined;
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  /** BPF_* attach type. Default 0. */
  readonly expectedAttachType?: number | undefined;
  /** Called for each such program when an object is opened. What it throws ends opening. */
  readonly setup?: ((program: ProgramSpec) => void) | undefined;
  /** Called just before the program is loaded; may still change its flags and attach type. */
  readonly prepareLoad?: ((program: ProgramSpec) => void) | undefined;
  /** Attaches the program; `undefined` where its section does not say enough. Without it: not attached automatically. */
  readonly attach?: ((program: LoadedBpfProgram) => BpfLink | undefined) | undefined;
}

const customHandlers = new Map<number, SectionDefinition>();
let fallback: SectionDefinition | undefined;
let nextHandlerId = 1;

/**
 * Adds section names of one's own, for objects opened from now on. They are searched before the built-in table, which they can
 * therefore override; one without `section` is asked last.
 *
 * @returns an id for {@link unregisterSectionHandler}
 * @throws BpfError `BPF_SECTION_HANDLER` if there is one without `section` already
 */
export function registerSectionHandler(handler: SectionHandler): number {
  const id = nextHandlerId++;
  const { section } = handler;
  const definition: SectionDefinition = {
    name: section === undefined ? '' : section.replace(/[+/]$/, ''),
    match: matchOf(section),
    type: handler.type,
    expectedAttachType: handler.expectedAttachType ?? 0,
    ...(handler.attach !== undefined && { attach: 'custom' }),
    handlerId: id,
    handler,
  };
  if (section !== undefined) {
    customHandlers.set(id, definition);
    return id;
  }
  if (fallback !== undefined) {
    throw new BpfError(
      'BPF_SECTION_HANDLER',
      'there is a handler for all other sections already; unregister it first',
    );
  }
  fallback = definition;
  return id;
}

/** @returns whether there was such a handler */
export function unregisterSectionHandler(id: number): boolean {
  if (fallback?.handlerId === id) {
    fallback = undefined;
    return true;
  }
  return customHandlers.delete(id);
}

function matchOf(section: string | undefined): SectionDefinition['match'] {
  if (section?.endsWith('+')) return 'prefix';
  return section?.endsWith('/') ? 'extras' : 'exact';
}

/** The row for a section name (without a leading `?`), or `undefined` if nobody knows it. */
export function findSectionDefinition(section: string): SectionDefinition | undefined {
  for (const definition of customHandlers.values()) {
    if (matches(definition, section)) return definition;
  }
  return SECTION_TABLE.find((definition) => matches(definition, section)) ?? fallback;
}

function matches(definition: SectionDefinition, section: string): boolean {
  if (definition.match !== 'extras' && section === definition.name) return true;
  return definition.match !== 'exact' && section.startsWith(`${definition.name}/`);
}
