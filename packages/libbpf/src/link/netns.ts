/**
 * Programs of a network namespace: sk_lookup (5.9) and flow_dissector (5.8), by links.
 */

import { closeSync, existsSync, openSync } from 'node:fs';
import { SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import {
  type Attachable,
  type Attempt,
  expectType,
  noFeature,
  noTarget,
  refused,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { hasLink } from './has-link.js';

export interface NetnsOptions {
  /** A path such as `/run/netns/blue`, a descriptor, or a process that is in it. Default: this thread's. */
  readonly netns?: string | { readonly fd: number } | { readonly pid: number };
}

/** Runs a program in a network namespace. */
export function attachNetns(program: Attachable, options: NetnsOptions = {}): BpfLink {
  expectType(program, 'attachNetns()', ['SK_LOOKUP', 'FLOW_DISSECTOR']);
  const { netns = '/proc/thread-self/ns/net' } = options;
  const isLookup = program.type !== 0 && program.expectedAttachType === attachType('SK_LOOKUP');
  const type = attachType(isLookup ? 'SK_LOOKUP' : 'FLOW_DISSECTOR');
  const kind = isLookup ? 'sk_lookup' : 'flow_dissector';
  const path =
    typeof netns === 'string' ? netns : 'pid' in netns ? `/proc/${netns.pid}/ns/net` : undefined;
  const what: Attempt = {
    program,
    way: `${kind} of ${path ?? `descriptor ${(netns as { fd: number }).fd}`}`,
  };
  let opened: number | undefined;
  try {
    if (path !== undefined) opened = openNetns(what, path);
    const targetFd = opened ?? (netns as { fd: number }).fd;
    const fd = create(what, targetFd, type, isLookup);
    return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

function create(what: Attempt, targetFd: number, type: number, isLookup: boolean): number {
  try {
    return linkCreate({ progFd: what.program.fd, targetFd, attachType: type });
  } catch (cause) {
    const isInvalid = cause instanceof SyscallError && cause.code === 'EINVAL';
    if (isInvalid && !hasLink(isLookup ? 'SK_LOOKUP' : 'FLOW_DISSECTOR'))
      throw noFeature(what, 'links for network namespaces', isLookup ? '5.9' : '5.8', cause);
    if (isInvalid) throw noTarget(what, 'that is no network namespace', cause);
    throw refused(what, cause, {
      E2BIG: 'as many programs as there can be are attached',
      EBADF: 'the descriptor is not open',
    });
  }
}

function openNetns(what: Attempt, path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    const pid = /^\/proc\/(\d+)\/ns\/net$/.exec(path)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      throw noTarget(what, `there is no process ${pid}`, cause);
    throw noTarget(what, `there is no network namespace "${path}"`, cause);
  }
}
