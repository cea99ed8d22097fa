/**
 * Traffic control: programs as filters of a clsact qdisc, for any kernel since 4.5 (tcx has links since 6.6). All by netlink; the
 * kernel keeps filter and qdisc until they are taken away.
 */

import { BpfError, SyscallError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import {
  attributeU32,
  cText,
  NetlinkError,
  NetlinkMessage,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_ECHO,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  netlinkRequest,
  readAttributes,
} from '../sys/netlink.js';
import { type Attachable, type Attempt, badOption, expectType, refused } from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { describeInterface, type InterfaceName, interfaceIndex } from './network-interface.js';

/** Where filters of an interface go: into the clsact qdisc, or under a class of another one (`major << 16 | minor`). */
export interface TcHook {
  readonly interface: InterfaceName;
  /** Default `ingress`. */
  readonly direction?: 'ingress' | 'egress';
  /** Instead of a direction. */
  readonly parent?: number;
}

export interface TcOptions extends TcHook {
  /** 1 to 4294967295; default: the kernel chooses. */
  readonly handle?: number;
  /** 1 to 65535, lower ones first; default: the kernel chooses. */
  readonly priority?: number;
  /** Takes the place of the filter with this handle and priority. */
  readonly replace?: boolean;
}

/** A filter that runs a program. */
export interface TcFilter {
  readonly handle: number;
  readonly priority: number;
  readonly programId: number;
  /** As the program was called when it was attached. */
  readonly name: string;
}

const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;
const TCMSG_SIZE = 20;
const TC_H_CLSACT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;
const INGRESS_PARENT = 0xfffffff2;
const EGRESS_PARENT = 0xfffffff3;
const ETH_P_ALL = 3;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_ID = 11;
const TCA_BPF_FLAG_ACT_DIRECT = 1;

/**
 * Makes the clsact qdisc that `attachTc` needs, if the interface has none.
 *
 * @returns whether there was none
 */
export function createTcHook(hook: TcHook): boolean {
  const message = new NetlinkMessage(RTM_NEWQDISC, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
    .fixed(tcmsg(interfaceIndex(undefined, hook.interface), CLSACT_HANDLE, TC_H_CLSACT, 0))
    .string(TCA_KIND, 'clsact');
  try {
    netlinkRequest('RTM_NEWQDISC', message);
    return true;
  } catch (cause) {
    if (cause instanceof SyscallError && cause.code === 'EEXIST') return false;
    throw failed(hook, 'no clsact qdisc could be made', cause);
  }
}

/**
 * Takes the clsact qdisc away, with all filters in it, whoever made them.
 *
 * @returns whether there was one
 */
export function destroyTcHook(hook: TcHook): boolean {
  const message = new NetlinkMessage(RTM_DELQDISC, NLM_F_ACK).fixed(
    tcmsg(interfaceIndex(undefined, hook.interface), CLSACT_HANDLE, TC_H_CLSACT, 0),
  );
  try {
    netlinkRequest('RTM_DELQDISC', message);
    return true;
  } catch (cause) {
    if (cause instanceof SyscallError && (cause.code === 'EINVAL' || cause.code === 'ENOENT'))
      return false;
    throw failed(hook, 'its clsact qdisc could not be removed', cause);
  }
}

/** The filters of a hook that run programs. */
export function queryTc(hook: TcHook): TcFilter[] {
  const ifindex = interfaceIndex(undefined, hook.interface);
  const message = new NetlinkMessage(RTM_GETTFILTER, NLM_F_DUMP).fixed(
    tcmsg(ifindex, 0, parentOf(hook), 0),
  );
  try {
    return netlinkRequest('RTM_GETTFILTER', message).flatMap(({ payload }) => readFilter(payload));
  } catch (cause) {
    // No such qdisc: no filters.
    if (cause instanceof SyscallError && (cause.code === 'EINVAL' || cause.code === 'ENOENT'))
      return [];
    throw failed(hook, 'its filters could not be listed', cause);
  }
}

/**
 * Runs a program as a filter (direct action). The clsact qdisc is made if the interface has none, and stays; closing the link removes
 * the filter.
 */
export function attachTc(program: Attachable, options: TcOptions): BpfLink {
  expectType(program, 'attachTc()', ['SCHED_CLS']);
  const what: Attempt = {
    program,
    way: `tc ${options.parent ?? options.direction ?? 'ingress'} of ${describeInterface(options.interface)}`,
  };
  const ifindex = interfaceIndex(what, options.interface);
  const parent = parentOf(options);
  const { handle = 0, priority = 0, replace = false } = options;
  expectRange(what, 'handle', handle, 0xffff_ffff);
  expectRange(what, 'priority', priority, 0xffff);
  if (options.parent === undefined) createTcHook(options);
  const info = infoOf(priority);
  const flags = NLM_F_ACK | NLM_F_ECHO | NLM_F_CREATE | (replace ? NLM_F_REPLACE : NLM_F_EXCL);
  const message = new NetlinkMessage(RTM_NEWTFILTER, flags)
    .fixed(tcmsg(ifindex, handle, parent, info))
    .string(TCA_KIND, 'bpf')
    .nested(TCA_OPTIONS, (filter) =>
      filter
        .u32(TCA_BPF_FD, program.fd)
        .string(TCA_BPF_NAME, program.name)
        .u32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT),
    );
  let made: TcFilter | undefined;
  try {
    made = netlinkRequest('RTM_NEWTFILTER', message).flatMap(({ payload }) =>
      readFilter(payload),
    )[0];
  } catch (cause) {
    throw explain(what, cause);
  }
  const filter = { handle: made?.handle ?? handle, priority: made?.priority ?? priority };
  const undo = () => removeFilter(options, ifindex, parent, filter);
  return new BpfLink({
    program: program.name,
    way: `${what.way}, handle ${filter.handle} priority ${filter.priority}`,
    fds: [],
    isKernelLink: false,
    undo,
  });
}

function expectRange(what: Attempt, option: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= most) return;
  throw badOption(what, `${option} ${value} is out of range, expected 1 to ${most}`);
}

function removeFilter(
  hook: TcHook,
  ifindex: number,
  parent: number,
  { handle, priority }: { handle: number; priority: number },
): void {
  const message = new NetlinkMessage(RTM_DELTFILTER, NLM_F_ACK)
    .fixed(tcmsg(ifindex, handle, parent, infoOf(priority)))
    .string(TCA_KIND, 'bpf');
  try {
    netlinkRequest('RTM_DELTFILTER', message);
  } catch (cause) {
    const gone = ['ENOENT', 'EINVAL', 'ENODEV'];
    if (cause instanceof SyscallError && gone.includes(cause.code)) return; // with its qdisc or interface
    throw failed(hook, 'its filter could not be removed', cause);
  }
}

function parentOf({ direction = 'ingress', parent }: TcHook): number {
  return parent ?? (direction === 'egress' ? EGRESS_PARENT : INGRESS_PARENT);
}

/** Priority, and the protocol (all) in network order. */
function infoOf(priority: number): number {
  const protocol = LITTLE ? ETH_P_ALL << 8 : ETH_P_ALL;
  return ((priority << 16) | protocol) >>> 0;
}

function tcmsg(ifindex: number, handle: number, parent: number, info: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(TCMSG_SIZE));
  view.setInt32(4, ifindex, LITTLE);
  view.setUint32(8, handle, LITTLE);
  view.setUint32(12, parent, LITTLE);
  view.setUint32(16, info, LITTLE);
  return new Uint8Array(view.buffer);
}

function readFilter(payload: Uint8Array): TcFilter[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const attributes = readAttributes(payload.subarray(TCMSG_SIZE));
  const kind = attributes.get(TCA_KIND);
  const options = attributes.get(TCA_OPTIONS);
  // A dump has an entry for each priority, without a filter, before those of it.
  if (kind === undefined || cText(kind) !== 'bpf' || options === undefined) return [];
  const bpf = readAttributes(options);
  const name = bpf.get(TCA_BPF_NAME);
  return [
    {
      handle: view.getUint32(8, LITTLE),
      priority: view.getUint32(16, LITTLE) >>> 16,
      programId: attributeU32(bpf.get(TCA_BPF_ID)),
      name: name === undefined ? '' : cText(name),
    },
  ];
}

function explain(what: Attempt, cause: unknown): unknown {
  const text = cause instanceof NetlinkError && cause.text !== '' ? cause.text : undefined;
  return refused(what, cause, {
    ENOENT: text ?? 'there is no such qdisc, or the kernel has no cls_bpf (CONFIG_NET_CLS_BPF)',
    EINVAL: text ?? 'there is no such qdisc, or handle and priority do not fit',
    ...(text !== undefined && cause instanceof SyscallError && cause.code !== 'EEXIST'
      ? { [cause.code]: text }
      : {}),
  });
}

function failed(hook: TcHook, problem: string, cause: unknown): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const text = cause instanceof NetlinkError && cause.text !== '' ? `, ${cause.text}` : '';
  const hint = cause.code === 'EPERM' ? ', it needs CAP_NET_ADMIN' : text;
  return new BpfError(
    cause.code === 'EPERM' ? 'BPF_PERMISSION' : 'BPF_TC',
    `traffic control of ${describeInterface(hook.interface)}: ${problem}: ${cause.code}${hint}`,
    { cause },
  );
}
