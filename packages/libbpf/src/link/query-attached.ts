/**
 * Who is attached to a hook, in order: BPF_PROG_QUERY.
 */

import { closeSync, openSync } from 'node:fs';
import { BpfError, FeatureError, SyscallError } from '../errors.js';
import { type AttachTypeName, attachType } from '../open/constants.js';
import { progQuery } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import type { Attempt } from './attachable.js';
import { type CgroupName, openCgroup } from './cgroup.js';
import { type InterfaceName, interfaceIndex } from './network-interface.js';

/** What a hook belongs to. */
export type HookOwner =
  | {
      readonly cgroup: CgroupName /** Also what cgroups above brought. */;
      readonly effective?: boolean;
    }
  | { readonly interface: InterfaceName }
  | { readonly netns: string | { readonly fd: number } }
  | { readonly map: { readonly fd: number } };

/** The programs of a hook, in the order in which they run. */
export interface AttachedPrograms {
  readonly programs: readonly {
    readonly programId: number;
    /** 0 if it is attached without a link, or the kernel does not tell (before 6.6). */
    readonly linkId: number;
  }[];
  /** Changes with every change; 0n where the kernel does not count (before 6.6). */
  readonly revision: bigint;
  /** BPF_F_ALLOW_* of a cgroup. */
  readonly flags: number;
}

const BPF_F_QUERY_EFFECTIVE = 1;
const ROOM = 64;

/**
 * Asks which programs are attached to a hook.
 *
 * @param hook - `queryAttached({ interface: 'eth0' }, 'TCX_INGRESS')`
 * @throws BpfError `BPF_QUERY`; FeatureError where the kernel does not know the hook
 */
export function queryAttached(hook: HookOwner, type: AttachTypeName): AttachedPrograms {
  const title = `programs of ${type.toLowerCase()}`;
  let opened: number | undefined;
  try {
    let targetFd: number;
    if ('interface' in hook) targetFd = interfaceIndex(undefined, hook.interface);
    else if ('map' in hook) targetFd = hook.map.fd;
    else if ('cgroup' in hook) targetFd = opened = openCgroup(attemptFor(title), hook.cgroup);
    else if (typeof hook.netns === 'string') targetFd = opened = openSync(hook.netns, 'r');
    else targetFd = hook.netns.fd;
    const queryFlags = 'cgroup' in hook && hook.effective ? BPF_F_QUERY_EFFECTIVE : 0;
    return query(targetFd, attachType(type), queryFlags, 'interface' in hook);
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if ('interface' in hook && cause.code === 'EINVAL')
      throw new FeatureError(`list of ${title}`, '6.6', { cause });
    throw new BpfError('BPF_QUERY', `${title} could not be listed: ${cause.code}`, { cause });
  } finally {
    if (opened !== undefined) {
      if ('cgroup' in hook) closeFd(opened);
      else closeSync(opened);
    }
  }
}

/** For messages of what is shared with attaching. */
function attemptFor(way: string): Attempt {
  return { program: { name: 'query', section: '' } as Attempt['program'], way };
}

function query(
  targetFd: number,
  type: number,
  queryFlags: number,
  hasLinks: boolean,
): AttachedPrograms {
  for (let room = ROOM; ; room *= 4) {
    const progIds = new Uint32Array(new ArrayBuffer(room * 4));
    const linkIds = new Uint32Array(new ArrayBuffer(room * 4));
    try {
      const { count, revision, attachFlags } = progQuery({
        targetFd,
        attachType: type,
        queryFlags,
        progIds,
        ...(hasLinks && { linkIds }),
      });
      const programs = [...progIds.subarray(0, count)].map((programId, index) => ({
        programId,
        linkId: linkIds[index]!,
      }));
      return { programs, revision, flags: attachFlags };
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== 'ENOSPC' || room > 1 << 16)
        throw error;
    }
  }
}
