/**
 * runqslower: shows threads that waited long for a CPU.
 */

import { type Event, RunqslowerBpf } from './runqslower.skel.js';

/** What to trace. */
export interface TraceOptions {
  /** Only waits longer than this, in µs; 0 for all. */
  readonly minUs: number;
  /** Only threads of this process; 0 for all. */
  readonly pid: number;
  /** Only this thread; 0 for all. */
  readonly tid: number;
  readonly signal: AbortSignal;
}

/**
 * Traces until `signal` aborts.
 *
 * @param onEvent - called for each wait
 * @param onReady - called once everything is attached
 */
export async function trace(
  options: TraceOptions,
  onEvent: (event: Event) => void,
  onReady: () => void = () => {},
): Promise<void> {
  using open = RunqslowerBpf.open();
  open.rodata.min_us = BigInt(options.minUs);
  open.rodata.targ_tgid = options.pid;
  open.rodata.targ_pid = options.tid;
  const skel = open.load();
  skel.attach();
  onReady();
  try {
    for await (const event of skel.maps.events.records({ signal: options.signal })) onEvent(event);
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}

/** The header over {@link formatEvent}'s lines. */
export function header(previous: boolean): string {
  const more = previous ? ` ${'PREV COMM'.padEnd(16)} ${'PREV TID'.padEnd(6)}` : '';
  return `${'TIME'.padEnd(8)} ${'COMM'.padEnd(16)} ${'TID'.padEnd(6)} ${'LAT(us)'.padStart(14)}${more}`;
}

/** One event as a line; the time is when it is shown, as in the BCC tool. */
export function formatEvent(event: Event, previous: boolean, now: Date = new Date()): string {
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  const line = `${time} ${event.task.padEnd(16)} ${String(event.pid).padEnd(6)} ${String(event.delta_us).padStart(14)}`;
  return previous
    ? `${line} ${event.prev_task.padEnd(16)} ${String(event.prev_pid).padEnd(6)}`
    : line;
}
