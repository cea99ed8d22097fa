/**
 * runqslower: shows threads that waited long for a CPU.
 */

import { isBpfError } from '@libbpf-ts/libbpf';
import { type Event, type OpenRunqslowerBpf, RunqslowerBpf } from './runqslower.skel.js';

/** The two families of programs in the object: typed by BTF, or for kernels that do not take those. */
export type Family = 'tp_btf' | 'raw_tp';

/** What to trace. */
export interface TraceOptions {
  /** Only waits longer than this, in µs; 0 for all. */
  readonly minUs: number;
  /** Only threads of this process. */
  readonly pid?: number | undefined;
  /** Only this thread. */
  readonly tid?: number | undefined;
  /** Only threads whose command begins with this. */
  readonly comm?: string | undefined;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly onDebug?: (line: string) => void;
}

/** What comes of it. */
export interface TraceHandlers {
  /** Called once everything is attached. */
  onReady(): void;
  /** Called for each wait; what it returns is awaited before the next. */
  onEvent(event: Event): void | Promise<void>;
  /** Events that the kernel had no room for. */
  onLost(count: number, cpu: number): void;
}

/** Traces until the signal aborts. */
export async function trace(options: TraceOptions, handlers: TraceHandlers): Promise<void> {
  const debug = options.onDebug ?? (() => {});
  using open = RunqslowerBpf.open();
  chooseFamily(open, debug);
  open.rodata.min_us = BigInt(options.minUs);
  open.rodata.targ_tgid = options.pid ?? 0;
  open.rodata.targ_pid = options.tid ?? 0;
  open.rodata.targ_comm = options.comm ?? '';
  const skel = open.load();
  debug(`loaded ${Object.values(skel.maps).length} maps`);
  // Before the first program runs: what has no buffer to go to would be lost without a count.
  const events = skel.maps.events.open({ onLost: handlers.onLost });
  skel.attach();
  handlers.onReady();
  try {
    for await (const event of events.records({ signal: options.signal })) {
      await handlers.onEvent(event);
    }
  } catch (error) {
    if (!options.signal.aborted) throw error;
  }
}

/** Leaves the programs out that this kernel has no use for: found by loading one typed by BTF. */
function chooseFamily(open: OpenRunqslowerBpf, debug: (line: string) => void): void {
  const family = tryFamily(debug);
  for (const program of Object.values(open.progs)) {
    program.autoload = program.section.startsWith(family);
    if (program.autoload) debug(`program ${program.name}: ${program.section}`);
  }
}

function tryFamily(debug: (line: string) => void): Family {
  using trial = RunqslowerBpf.open();
  for (const program of Object.values(trial.progs)) program.autoload = false;
  trial.progs.sched_wakeup.autoload = true;
  try {
    trial.load();
    return 'tp_btf';
  } catch (error) {
    if (!isBpfError(error) || error.errno === 'EPERM') throw error;
    debug(`no tp_btf here, raw tracepoints instead: ${error.message}`);
    return 'raw_tp';
  }
}

/** The header over {@link formatEvent}'s lines. */
export function header(previous: boolean): string {
  const more = previous ? ` ${'PREV COMM'.padEnd(16)} ${'PREV TID'.padEnd(6)}` : '';
  return `${'TIME'.padEnd(8)} ${'COMM'.padEnd(16)} ${'TID'.padEnd(6)} ${'LAT(us)'.padStart(14)}${more}`;
}

/** One event as a line; the time is when it is shown, as in the BCC tool. */
export function formatEvent(event: Event, previous: boolean, now: Date = new Date()): string {
  const line = `${timeOf(now)} ${event.task.padEnd(16)} ${String(event.pid).padEnd(6)} ${String(event.delta_us).padStart(14)}`;
  if (!previous) return line;
  return `${line} ${event.prev_task.padEnd(16)} ${String(event.prev_pid).padEnd(6)}`;
}

/** One event as a JSON object. */
export function jsonEvent(event: Event, now: Date = new Date()): string {
  const { task, pid, delta_us, prev_task, prev_pid } = event;
  return JSON.stringify({
    time: now.toISOString(),
    comm: task,
    tid: pid,
    latency_us: Number(delta_us),
    prev_comm: prev_task,
    prev_tid: prev_pid,
  });
}

function timeOf(now: Date): string {
  const parts = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}
