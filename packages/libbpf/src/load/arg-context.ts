/**
 * `__arg_ctx`: global functions that take the program's context as `void *`, marked by a declaration tag `arg:ctx`.
 *
 * Kernels before 6.8 do not know the tag; they recognise the context by the name of the struct pointed to, another one for each type
 * of program. For them each such function gets a second description for each type of program that calls it, and the program's
 * func_info names that one. Rules as in libbpf's bpf_program_fixup_func_info.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { PROG_TYPES, type ProgTypeName } from '../open/constants.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';

const TAG = 'arg:ctx';

/** The struct that stands for the context. Tracing programs have none: their context is an array of arguments. */
const CONTEXTS: Readonly<Partial<Record<ProgTypeName, string>>> = {
  CGROUP_DEVICE: 'bpf_cgroup_dev_ctx',
  CGROUP_SKB: '__sk_buff',
  CGROUP_SOCK: 'bpf_sock',
  CGROUP_SOCK_ADDR: 'bpf_sock_addr',
  CGROUP_SOCKOPT: 'bpf_sockopt',
  CGROUP_SYSCTL: 'bpf_sysctl',
  FLOW_DISSECTOR: '__sk_buff',
  KPROBE: 'bpf_user_pt_regs_t',
  LWT_IN: '__sk_buff',
  LWT_OUT: '__sk_buff',
  LWT_SEG6LOCAL: '__sk_buff',
  LWT_XMIT: '__sk_buff',
  NETFILTER: 'bpf_nf_ctx',
  PERF_EVENT: 'bpf_perf_event_data',
  RAW_TRACEPOINT: 'bpf_raw_tracepoint_args',
  RAW_TRACEPOINT_WRITABLE: 'bpf_raw_tracepoint_args',
  SCHED_ACT: '__sk_buff',
  SCHED_CLS: '__sk_buff',
  SK_LOOKUP: 'bpf_sk_lookup',
  SK_MSG: 'sk_msg_md',
  SK_REUSEPORT: 'sk_reuseport_md',
  SK_SKB: '__sk_buff',
  SOCK_OPS: 'bpf_sock_ops',
  SOCKET_FILTER: '__sk_buff',
  XDP: 'xdp_md',
};

/** A function that is to be described anew. */
export interface ContextFunction {
  /** Of its FUNC in the object's BTF. */
  readonly functionId: number;
  /** Parameters by index, that are the context. */
  readonly parameters: ReadonlySet<number>;
  /** Of the struct that they point to, from then on. */
  readonly context: string;
}

/** For each type of program: what has to be described anew for it. */
export function contextFunctions(
  { btf, subprograms }: ObjectSpec,
  programs: Iterable<ProgramSpec>,
): Map<number, ContextFunction[]> {
  const found = new Map<number, ContextFunction[]>();
  if (btf === undefined) return found;
  const globals = new Set(
    subprograms.flatMap(({ isGlobal, btfFuncId }) => (isGlobal ? btfFuncId : [])),
  );
  const tagged = taggedParameters(btf, globals);
  if (tagged.size === 0) return found;
  for (const { type } of programs) {
    const name = PROG_TYPES[type];
    const context = name === undefined ? undefined : CONTEXTS[name];
    if (context === undefined || found.has(type)) continue;
    found.set(
      type,
      [...tagged].map(([functionId, parameters]) => ({ functionId, parameters, context })),
    );
  }
  return found;
}

function taggedParameters(btf: Btf, globals: ReadonlySet<number>): Map<number, Set<number>> {
  const found = new Map<number, Set<number>>();
  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.DECL_TAG || btf.nameOf(id) !== TAG) continue;
    const tag = btf.type(id);
    if (tag.kind !== 'decl_tag' || !globals.has(tag.typeId) || tag.componentIndex < 0) continue;
    if (!isUntyped(btf, tag.typeId, tag.componentIndex)) continue;
    const parameters = found.get(tag.typeId) ?? new Set();
    parameters.add(tag.componentIndex);
    found.set(tag.typeId, parameters);
  }
  return found;
}

/** Whether a parameter is a `void *`; one that names its struct is right already, or meant otherwise. */
function isUntyped(btf: Btf, functionId: number, parameter: number): boolean {
  const prototype = btf.type(btf.sizeOrType(functionId));
  const typeId =
    prototype.kind === 'func_proto' ? prototype.parameters[parameter]?.typeId : undefined;
  if (typeId === undefined) return false;
  const pointer = btf.type(btf.resolve(typeId));
  return pointer.kind === 'ptr' && btf.resolve(pointer.typeId) === 0;
}
