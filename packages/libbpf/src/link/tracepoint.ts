/**
 * Static tracepoints through perf: SEC("tp/syscalls/sys_enter_openat"). Their numbers are in tracefs.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { didYouMean } from '../errors.js';
import { perfEventOpen } from '../sys/perf-event.js';
import { tracefs, tracepointId } from '../sys/tracefs.js';
import { type Attachable, type Attempt, attempt, expectType, noTarget } from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { tieToEvent } from './perf-event.js';

export interface TracepointOptions {
  /** As in /sys/kernel/tracing/events: `sched`. */
  readonly category: string;
  /** `sched_switch`. */
  readonly name: string;
  /** What bpf_get_attach_cookie() gives the program. Kernel 5.15. */
  readonly cookie?: bigint;
}

const PERF_TYPE_TRACEPOINT = 2;

/**
 * Runs a program at a tracepoint.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches, `BPF_NO_TRACEFS`
 */
export function attachTracepoint(program: Attachable, options: TracepointOptions): BpfLink {
  expectType(program, 'attachTracepoint()', ['TRACEPOINT']);
  const { category, name, cookie } = options;
  const what = { program, way: `tracepoint ${category}/${name}` };
  const config = tracepointId(category, name);
  if (config === undefined) throw unknown(what, category, name);
  const eventFd = attempt(what, () => openTracepointEvent(config, -1, 0));
  return new BpfLink({
    program: program.name,
    way: what.way,
    ...tieToEvent(what, eventFd, { cookie }),
  });
}

/** Opens the event of a tracepoint; also those that kprobe_events and uprobe_events make. */
export function openTracepointEvent(config: number, pid: number, cpu: number): number {
  return perfEventOpen({ type: PERF_TYPE_TRACEPOINT, config, disabled: true }, pid, cpu);
}

function unknown(what: Attempt, category: string, name: string) {
  const events = join(tracefs(), 'events');
  const categories = list(events);
  if (!categories.includes(category))
    return noTarget(
      what,
      `the running kernel has no tracepoint category "${category}"${didYouMean(category, categories)}`,
    );
  return noTarget(
    what,
    `the running kernel has no tracepoint "${name}" in "${category}"${didYouMean(name, list(join(events, category)))}`,
  );
}

function list(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
