/**
 * Programs of a network interface by link, in a list with an order: tcx (6.6) and netkit (6.7).
 */

import { SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { type Attachable, type Attempt, attempt, expectType, noFeature } from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { describeInterface, type InterfaceName, interfaceIndex } from './network-interface.js';
import { fillOrder, ORDER_HINTS, type OrderOptions, orderOf } from './order.js';

export interface TcxOptions extends OrderOptions {
  readonly interface: InterfaceName;
  /** Default: as the section name says. */
  readonly direction?: 'ingress' | 'egress';
}

/** Runs a program for packets that come into, or go out of, an interface. Kernel 6.6; see `attachTc` for older ones. */
export function attachTcx(program: Attachable, options: TcxOptions): BpfLink {
  expectType(program, 'attachTcx()', ['SCHED_CLS']);
  const direction = options.direction ?? (/egress$/.test(program.section) ? 'egress' : 'ingress');
  const what: Attempt = {
    program,
    way: `tcx ${direction} of ${describeInterface(options.interface)}`,
  };
  const type = attachType(direction === 'egress' ? 'TCX_EGRESS' : 'TCX_INGRESS');
  return attach(what, options, type, { label: 'tcx links', since: '6.6' });
}

export interface NetkitOptions extends OrderOptions {
  /** The primary device of the pair, also for programs of its peer. */
  readonly interface: InterfaceName;
  /** Default: as the section name says. */
  readonly side?: 'primary' | 'peer';
}

/** Runs a program for packets that leave a netkit device. Kernel 6.7. */
export function attachNetkit(program: Attachable, options: NetkitOptions): BpfLink {
  expectType(program, 'attachNetkit()', ['SCHED_CLS']);
  const side = options.side ?? (/peer$/.test(program.section) ? 'peer' : 'primary');
  const what: Attempt = {
    program,
    way: `netkit ${side} of ${describeInterface(options.interface)}`,
  };
  const type = attachType(side === 'peer' ? 'NETKIT_PEER' : 'NETKIT_PRIMARY');
  return attach(what, options, type, { label: 'netkit links', since: '6.7' });
}

function attach(
  what: Attempt,
  options: OrderOptions & { readonly interface: InterfaceName },
  type: number,
  feature: { label: string; since: string },
): BpfLink {
  const { program } = what;
  const order = orderOf(what, options);
  const ifindex = interfaceIndex(what, options.interface);
  const fd = attempt(
    what,
    () => {
      try {
        return linkCreate(
          { progFd: program.fd, targetFd: ifindex, attachType: type, flags: order.flags },
          (attribute) => fillOrder(attribute, order),
        );
      } catch (cause) {
        if (
          cause instanceof SyscallError &&
          (cause.code === 'EINVAL' || cause.code === 'EOPNOTSUPP')
        )
          throw noFeature(what, feature.label, feature.since, cause);
        throw cause;
      }
    },
    {
      ...ORDER_HINTS,
      ENXIO: 'it is no netkit device',
      EEXIST: 'this program is attached there already',
      EACCES: 'the device is the peer; attach to the primary one',
    },
  );
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}
