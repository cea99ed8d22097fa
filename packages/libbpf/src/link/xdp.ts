/**
 * XDP: programs that see packets before the network stack. By a link since 5.9, or by netlink, where the program stays until it is
 * taken away.
 */

import { BpfError, SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { LITTLE } from '../sys/attr.js';
import { linkCreate } from '../sys/bpf.js';
import {
  attributeU32,
  NetlinkError,
  NetlinkMessage,
  NLM_F_ACK,
  netlinkRequest,
  readAttributes,
} from '../sys/netlink.js';
import {
  type Attachable,
  type Attempt,
  attempt,
  badOption,
  expectType,
  factsOf,
  noFeature,
  refused,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { hasLink } from './has-link.js';
import { describeInterface, type InterfaceName, interfaceIndex } from './network-interface.js';

/** Where a program runs: in the network stack (any device), in the driver, on the card. */
export type XdpMode = 'skb' | 'native' | 'offload';

export interface XdpOptions {
  readonly interface: InterfaceName;
  /** Default: the driver if it can, else the stack. */
  readonly mode?: XdpMode;
  /** `link`, or `netlink`: then the program stays attached when the process ends without `close()`. Default: a link since 5.9. */
  readonly by?: 'link' | 'netlink';
  /** For netlink: takes the place of this program; without it the slot must be empty. */
  readonly replace?: { readonly fd: number };
}

const FLAGS = { skb: 2, native: 4, offload: 8 } as const;
const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
const XDP_FLAGS_REPLACE = 16;
const HINTS = {
  EOPNOTSUPP: 'the driver has no XDP; mode "skb" works with every device',
  EBUSY: 'a program is attached there already',
  EEXIST: 'a program is attached there already, or in another mode',
  ERANGE: 'the device cannot take the program as it is: its MTU is too large for the driver',
  ENODEV: 'there is no such interface',
};

/** Runs a program for each packet that an interface receives. */
export function attachXdp(program: Attachable, options: XdpOptions): BpfLink {
  expectType(program, 'attachXdp()', ['XDP']);
  const { mode, by, replace } = options;
  const what: Attempt = {
    program,
    way: `xdp${mode === undefined ? '' : ` (${mode})`} of ${describeInterface(options.interface)}`,
  };
  if (replace !== undefined && by !== 'netlink')
    throw badOption(what, 'replace needs by: "netlink"; a link is replaced by its update()');
  const ifindex = interfaceIndex(what, options.interface);
  if (mode === 'offload' && program.spec.ifindex === 0)
    throw badOption(
      what,
      'a card runs only programs that were loaded for it; set the ifindex of the program before load()',
    );
  const flags = mode === undefined ? 0 : FLAGS[mode];
  if (by !== 'netlink') {
    const fd = createLink(what, ifindex, flags, by === 'link');
    if (fd !== undefined)
      return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
  }
  return attachByNetlink(what, ifindex, flags, replace);
}

function createLink(
  what: Attempt,
  ifindex: number,
  flags: number,
  required: boolean,
): number | undefined {
  return attempt(
    what,
    () => {
      try {
        return linkCreate({
          progFd: what.program.fd,
          targetFd: ifindex,
          attachType: attachType('XDP'),
          flags,
        });
      } catch (cause) {
        // 5.7 and 5.8 have links, but not this kind.
        if (!(cause instanceof SyscallError) || cause.code !== 'EINVAL') throw cause;
        if (required && hasLink('XDP')) throw cause;
        if (required) throw noFeature(what, 'links for XDP', '5.9', cause);
        return undefined;
      }
    },
    HINTS,
  );
}

const RTM_GETLINK = 18;
const RTM_SETLINK = 19;
const IFLA_XDP = 43;
const IFLA_XDP_FD = 1;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_FLAGS = 3;
const IFLA_XDP_PROG_ID = 4;
const IFLA_XDP_DRV_PROG_ID = 5;
const IFLA_XDP_SKB_PROG_ID = 6;
const IFLA_XDP_HW_PROG_ID = 7;
const IFLA_XDP_EXPECTED_FD = 8;
const IFINFOMSG_SIZE = 16;

function attachByNetlink(
  what: Attempt,
  ifindex: number,
  modeFlags: number,
  replace: { readonly fd: number } | undefined,
): BpfLink {
  const { program } = what;
  const flags =
    modeFlags | (replace === undefined ? XDP_FLAGS_UPDATE_IF_NOEXIST : XDP_FLAGS_REPLACE);
  try {
    setProgram(ifindex, program.fd, flags, replace?.fd);
  } catch (cause) {
    throw replace === undefined ? withText(what, cause) : notReplaced(what, cause);
  }
  const undo = () => {
    try {
      setProgram(ifindex, -1, modeFlags);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error; // the interface is gone
    }
  };
  return new BpfLink({ program: program.name, way: what.way, fds: [], isKernelLink: false, undo });
}

function notReplaced(what: Attempt, cause: unknown): unknown {
  if (!(cause instanceof SyscallError) || cause.code !== 'EEXIST') return withText(what, cause);
  return new BpfError(
    'BPF_ATTACH',
    `program "${what.program.name}" (${what.way}) could not be attached: the program to replace is not what is attached there (EEXIST)`,
    { ...factsOf(what), cause },
  );
}

/** With the kernel's own explanation, where it gives one. */
function withText(what: Attempt, cause: unknown): unknown {
  if (!(cause instanceof NetlinkError) || cause.text === '') return refused(what, cause, HINTS);
  const busy = cause.code === 'EBUSY' || cause.code === 'EEXIST';
  return refused(what, cause, busy ? {} : { [cause.code]: cause.text });
}

function setProgram(ifindex: number, fd: number, flags: number, expectedFd?: number): void {
  const message = new NetlinkMessage(RTM_SETLINK, NLM_F_ACK)
    .fixed(ifinfomsg(ifindex))
    .nested(IFLA_XDP, (xdp) => {
      xdp.u32(IFLA_XDP_FD, fd);
      if (flags !== 0) xdp.u32(IFLA_XDP_FLAGS, flags);
      if (expectedFd !== undefined) xdp.u32(IFLA_XDP_EXPECTED_FD, expectedFd);
    });
  netlinkRequest('RTM_SETLINK', message);
}

function ifinfomsg(ifindex: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(IFINFOMSG_SIZE));
  view.setInt32(4, ifindex, LITTLE);
  return new Uint8Array(view.buffer);
}

/** What is attached to an interface; ids of programs, 0 for none. */
export interface XdpAttached {
  /** `none`, one of the modes, or `multiple`. */
  readonly mode: 'none' | XdpMode | 'multiple';
  /** The program, if `mode` is one. */
  readonly programId: number;
  readonly skbProgramId: number;
  readonly nativeProgramId: number;
  readonly offloadProgramId: number;
}

const ATTACHED = ['none', 'native', 'skb', 'offload', 'multiple'] as const;

/** Which XDP programs an interface has. Any user. @throws BpfError `BPF_NO_ATTACH_TARGET` */
export function queryXdp(interface_: InterfaceName): XdpAttached {
  const ifindex = interfaceIndex(undefined, interface_);
  const message = new NetlinkMessage(RTM_GETLINK, NLM_F_ACK).fixed(ifinfomsg(ifindex));
  const [answer] = netlinkRequest('RTM_GETLINK', message);
  const link = readAttributes(answer?.payload.subarray(IFINFOMSG_SIZE) ?? new Uint8Array(0));
  const xdp = readAttributes(link.get(IFLA_XDP) ?? new Uint8Array(0));
  const id = (type: number) => attributeU32(xdp.get(type));
  return {
    mode: ATTACHED[xdp.get(IFLA_XDP_ATTACHED)?.[0] ?? 0] ?? 'multiple',
    programId: id(IFLA_XDP_PROG_ID),
    skbProgramId: id(IFLA_XDP_SKB_PROG_ID),
    nativeProgramId: id(IFLA_XDP_DRV_PROG_ID),
    offloadProgramId: id(IFLA_XDP_HW_PROG_ID),
  };
}
