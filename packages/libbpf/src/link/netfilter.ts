/**
 * Programs at the hooks of netfilter, beside nftables' own (6.4).
 */

import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { type Attachable, type Attempt, attempt, badOption, expectType } from './attachable.js';
import { BpfLink } from './bpf-link.js';

const FAMILIES = { ipv4: 2, ipv6: 10 } as const;
const HOOKS = { prerouting: 0, input: 1, forward: 2, output: 3, postrouting: 4 } as const;
const BPF_F_NETFILTER_IP_DEFRAG = 1;

export interface NetfilterOptions {
  readonly family: keyof typeof FAMILIES;
  readonly hook: keyof typeof HOOKS;
  /** Lower ones run first; not the lowest and highest 32-bit numbers. Each can be taken once. */
  readonly priority: number;
  /** Packets are put together before the program sees them. Kernel 6.6. */
  readonly defragment?: boolean;
}

/** Runs a program at a netfilter hook of this thread's network namespace. */
export function attachNetfilter(program: Attachable, options: NetfilterOptions): BpfLink {
  expectType(program, 'attachNetfilter()', ['NETFILTER']);
  const { family, hook, priority, defragment = false } = options;
  const what: Attempt = {
    program,
    way: `netfilter ${family} ${hook} priority ${priority}`,
    feature: defragment ? { label: 'defragmenting links for netfilter', since: '6.6' } : undefined,
  };
  expectName(what, 'family', family, FAMILIES);
  expectName(what, 'hook', hook, HOOKS);
  const fd = attempt(
    what,
    () =>
      linkCreate(
        { progFd: program.fd, targetFd: 0, attachType: attachType('NETFILTER') },
        (attribute) =>
          attribute
            .u32(16, FAMILIES[family])
            .u32(20, HOOKS[hook])
            .i32(24, priority)
            .u32(28, defragment ? BPF_F_NETFILTER_IP_DEFRAG : 0),
      ),
    {
      EAFNOSUPPORT: 'the kernel has no netfilter for this family (is nf_defrag loaded?)',
      ERANGE: defragment
        ? 'what sees whole packets comes after the kernel puts them together, at priority -400'
        : 'the lowest and highest priorities are not for programs',
      EBUSY: 'another program has this priority',
      EEXIST: 'another program has this priority',
    },
  );
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

function expectName(what: Attempt, option: string, name: string, names: object): void {
  if (Object.hasOwn(names, name)) return;
  throw badOption(
    what,
    `${option} "${name}" is unknown, expected ${Object.keys(names).join(', ')}`,
  );
}
