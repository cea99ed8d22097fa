/**
 * Programs of a cgroup and all below it: one hook for each BPF_CGROUP_* attach type, and LSM hooks for SEC("lsm_cgroup").
 *
 * By a link since 5.7; before that by BPF_PROG_ATTACH, which the kernel undoes only when told to. Links go beside what is attached
 * already; only BPF_PROG_ATTACH can replace a program that was attached in that way.
 */

import { closeSync, constants, openSync, statfsSync } from 'node:fs';
import { BpfError, SyscallError } from '../errors.js';
import { programInfo } from '../load/kernel-info.js';
import { type AttachTypeName, attachType, progType } from '../open/constants.js';
import { linkCreate, progAttach, progDetach, progQuery } from '../sys/bpf.js';
import { closeFd, duplicateFd } from '../sys/fd.js';
import {
  type Attachable,
  type Attempt,
  attachTypeName,
  attempt,
  badOption,
  expectType,
  factsOf,
  namedAttachType,
  noFeature,
  noTarget,
  refused,
  wrongKind,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { hasLink } from './has-link.js';
import { BPF_F_REPLACE, fillOrder, ORDER_HINTS, type OrderOptions, orderOf } from './order.js';

/** A cgroup: the path of its folder in a cgroup2 file system, or a descriptor of that. */
export type CgroupName = string | { readonly fd: number };

export interface CgroupOptions extends OrderOptions {
  readonly cgroup: CgroupName;
  /** Default: as the section name says. */
  readonly attachType?: AttachTypeName;
  /**
   * Takes the place of this program, which was attached by `mode: 'attach'`. Kernel 5.5. Closing the link detaches the new one.
   */
  readonly replace?: { readonly fd: number };
  /** `link` or, as before 5.7, `attach` (BPF_PROG_ATTACH). Default: a link where the kernel has them. */
  readonly mode?: 'link' | 'attach';
  /** For `mode: 'attach'`: whether cgroups below may attach their own beside it (`multi`, the default), instead, or not at all. */
  readonly allow?: 'multi' | 'override' | 'none';
}

const ALLOW = { none: 0, override: 1, multi: 2 } as const;
const CGROUP2_MAGIC = 0x63677270;

/**
 * Runs a program for everything in a cgroup.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` if there is no such cgroup
 */
export function attachCgroup(program: Attachable, options: CgroupOptions): BpfLink {
  expectType(program, 'attachCgroup()', [
    'CGROUP_SKB',
    'CGROUP_SOCK',
    'CGROUP_SOCK_ADDR',
    'CGROUP_DEVICE',
    'CGROUP_SYSCTL',
    'CGROUP_SOCKOPT',
    'SOCK_OPS',
    'LSM',
  ]);
  const { cgroup, replace, mode } = options;
  const name = typeof cgroup === 'string' ? cgroup : `descriptor ${cgroup.fd}`;
  const where: Attempt = { program, way: `cgroup ${name}` };
  const type =
    options.attachType === undefined
      ? program.expectedAttachType
      : namedAttachType(where, options.attachType);
  const what: Attempt = { program, way: `${attachTypeName(type).toLowerCase()} of cgroup ${name}` };
  if (program.type === progType('LSM') && type !== attachType('LSM_CGROUP'))
    throw wrongKind(what, 'only SEC("lsm_cgroup/…") is for a cgroup; use attachTrace()');
  if (options.attachType === undefined && /^\??cgroup\/skb$/.test(program.section))
    throw badOption(what, 'section "cgroup/skb" does not say which way; attachType must be given');
  const fd = openCgroup(what, cgroup);
  let keepsFd = false;
  try {
    if (mode !== 'attach' && replace === undefined) {
      const linkFd = createLink(what, fd, type, options);
      if (linkFd !== undefined)
        return new BpfLink({
          program: program.name,
          way: what.way,
          fds: [linkFd],
          isKernelLink: true,
        });
    }
    const link = attachWithoutLink(what, fd, type, options);
    keepsFd = true;
    return link;
  } finally {
    if (!keepsFd) closeFd(fd);
  }
}

/** A descriptor of one's own. */
export function openCgroup(what: Attempt, cgroup: CgroupName): number {
  if (typeof cgroup !== 'string') return duplicateCgroup(what, cgroup.fd);
  let fd: number;
  try {
    fd = openSync(cgroup, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw noTarget(
      what,
      code === 'ENOENT'
        ? `there is no cgroup "${cgroup}"`
        : `cgroup "${cgroup}": ${code === 'ENOTDIR' ? NO_FOLDER : code}`,
      cause,
    );
  }
  if (statfsSync(cgroup).type !== CGROUP2_MAGIC) {
    closeSync(fd);
    throw noTarget(what, `"${cgroup}" ${NO_FOLDER}`);
  }
  return fd;
}

const NO_FOLDER = 'is not a folder of a cgroup2 file system';

function duplicateCgroup(what: Attempt, fd: number): number {
  let own: number;
  try {
    own = duplicateFd(fd);
  } catch (cause) {
    throw noTarget(what, `descriptor ${fd} is not open`, cause);
  }
  if (statfsSync(`/proc/self/fd/${own}`).type === CGROUP2_MAGIC) return own;
  closeFd(own);
  throw noTarget(what, `descriptor ${fd} ${NO_FOLDER}`);
}

/** @returns `undefined` where the kernel has no links for cgroups, and none was asked for */
function createLink(
  what: Attempt,
  targetFd: number,
  type: number,
  options: CgroupOptions,
): number | undefined {
  const order = orderOf(what, options);
  if (isProgram(options.before) || isProgram(options.after))
    throw badOption(what, 'a link goes before or after links; programs take mode: "attach"');
  try {
    return attempt(
      what,
      () =>
        linkCreate(
          { progFd: what.program.fd, targetFd, attachType: type, flags: order.flags },
          (attribute) => fillOrder(attribute, order),
        ),
      { ...ORDER_HINTS, EINVAL: '' },
    );
  } catch (error) {
    if (!isInvalid(error)) throw error;
    if (order.isGiven) throw noFeature(what, 'order among programs of a cgroup', '6.17', error);
    if (options.mode === 'link' && hasLink('CGROUP_INET_INGRESS'))
      throw refused(what, (error as Error).cause, { EINVAL: UNFIT });
    if (options.mode === 'link') throw noFeature(what, 'links for cgroups', '5.7', error);
    if (type === attachType('LSM_CGROUP'))
      throw noFeature(what, 'LSM programs of a cgroup', '6.0', error);
    return undefined;
  }
}

const UNFIT = 'the program does not fit the attach type, or the kernel is too old for it';

function isProgram(anchor: OrderOptions['before'] | OrderOptions['after']): boolean {
  return typeof anchor === 'object' && 'program' in anchor;
}

function isInvalid(error: unknown): boolean {
  const cause = (error as Error).cause;
  return cause instanceof SyscallError && cause.code === 'EINVAL';
}

/** The kernel answers a program that is attached already as it does everything that it does not like. */
function busyIfAttached(what: Attempt, targetFd: number, type: number, cause: unknown): unknown {
  if (!(cause instanceof SyscallError) || cause.code !== 'EINVAL') return cause;
  if (!isAttached(what.program.fd, targetFd, type)) return cause;
  return new BpfError(
    'BPF_BUSY',
    `program "${what.program.name}" (${what.way}): this program is attached there already; close its link first`,
    { ...factsOf(what), cause },
  );
}

const MOST_ATTACHED = 64;

function isAttached(progFd: number, targetFd: number, attachType: number): boolean {
  const progIds = new Uint32Array(MOST_ATTACHED);
  try {
    const { id } = programInfo(progFd);
    const { count } = progQuery({ targetFd, attachType, progIds });
    return progIds.subarray(0, count).includes(id);
  } catch (error) {
    if (error instanceof SyscallError) return false; // a kernel that cannot be asked
    throw error;
  }
}

function attachWithoutLink(
  what: Attempt,
  targetFd: number,
  type: number,
  options: CgroupOptions,
): BpfLink {
  const { program } = what;
  const { replace, allow = 'multi' } = options;
  const order = orderOf(what, options);
  const attachFlags = ALLOW[allow] | order.flags | (replace === undefined ? 0 : BPF_F_REPLACE);
  attempt(
    what,
    () => {
      try {
        progAttach({
          targetFd,
          attachFd: program.fd,
          attachType: type,
          attachFlags,
          ...(replace !== undefined && { replaceFd: replace.fd }),
          ...(order.isGiven && {
            relativeFdOrId: order.relative,
            expectedRevision: order.expectedRevision,
          }),
        });
      } catch (cause) {
        throw busyIfAttached(what, targetFd, type, cause);
      }
    },
    {
      ...ORDER_HINTS,
      ENOENT: `the program to ${replace === undefined ? 'go before or after' : 'replace'} is not attached there`,
      EPERM: 'a program is attached there, or above, that allows no other',
      EINVAL: order.isGiven
        ? 'a program goes before or after programs, not links; the order needs Linux 6.17'
        : UNFIT,
    },
  );
  // The program may be closed before the link is.
  const attachFd = duplicateFd(program.fd);
  const undo = () => {
    try {
      progDetach({ targetFd, attachFd, attachType: type });
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error; // detached or replaced by somebody else
    } finally {
      closeFd(attachFd);
      closeFd(targetFd);
    }
  };
  return new BpfLink({ program: program.name, way: what.way, fds: [], isKernelLink: false, undo });
}
