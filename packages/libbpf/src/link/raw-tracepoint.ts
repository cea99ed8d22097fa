/**
 * Raw tracepoints: the arguments of a tracepoint as they are, without perf (4.17). Their names are those of the tracepoints without
 * a category: `sys_enter`.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean, SyscallError } from '../errors.js';
import { rawTracepointOpen } from '../sys/bpf.js';
import { tracefs } from '../sys/tracefs.js';
import {
  type Attachable,
  type Attempt,
  expectType,
  noFeature,
  noTarget,
  refused,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';

export interface RawTracepointOptions {
  /** `sched_switch`. */
  readonly name: string;
  /** What bpf_get_attach_cookie() gives the program. Kernel 6.10. */
  readonly cookie?: bigint;
}

/**
 * Runs a program at a raw tracepoint.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches
 */
export function attachRawTracepoint(program: Attachable, options: RawTracepointOptions): BpfLink {
  expectType(program, 'attachRawTracepoint()', ['RAW_TRACEPOINT', 'RAW_TRACEPOINT_WRITABLE']);
  const { name, cookie = 0n } = options;
  const what: Attempt = { program, way: `raw_tracepoint ${name}` };
  let fd: number;
  try {
    fd = rawTracepointOpen(name, program.fd, cookie);
  } catch (cause) {
    throw explain(what, name, cookie, cause);
  }
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

function explain(what: Attempt, name: string, cookie: bigint, cause: unknown): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  if (cause.code === 'ENOENT')
    return noTarget(
      what,
      `the running kernel has no tracepoint "${name}"${didYouMean(name, knownTracepoints())}`,
      cause,
    );
  // The field is past the end of what older kernels know, and not zero.
  if (cookie !== 0n && (cause.code === 'EINVAL' || cause.code === 'E2BIG'))
    return noFeature(what, 'cookies for raw tracepoints', '6.10', cause);
  return refused(what, cause, {
    EINVAL:
      'the program reads more arguments than the tracepoint has, or writes to one that is not writable',
  });
}

/** Some have another name in tracefs than here; it is only for near matches. */
function knownTracepoints(): string[] {
  try {
    const events = join(tracefs(), 'events');
    return readdirSync(events, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((category) => readdirSync(join(events, category.name)))
      .concat('sys_enter', 'sys_exit');
  } catch {
    return []; // no tracefs: no near matches
  }
}
