/**
 * Probes by tracefs, for kernels before 4.17 and for `mode: 'legacy'`: a line in kprobe_events or uprobe_events makes a tracepoint,
 * which a perf event then counts. The line is removed when the link closes and when anything fails.
 */

import { BpfError } from '../errors.js';
import { tracepointId, writeProbe } from '../sys/tracefs.js';
import { type Attempt, factsOf } from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { type PerfMode, tieToEvent } from './perf-event.js';
import { openTracepointEvent } from './tracepoint.js';

export interface LegacyProbe {
  readonly kind: 'kprobe' | 'uprobe';
  readonly retprobe: boolean;
  /** `func+0x8`, `/path:0x1234`. */
  readonly target: string;
  /** For the name of the tracepoint. */
  readonly label: string;
  readonly cookie?: bigint | undefined;
  readonly pid?: number;
  readonly cpu?: number;
  /** Turns what writing the line threw into an error that says why. */
  readonly explain: (cause: unknown) => unknown;
}

/** The kernel allows names of 63 characters. */
const LONGEST_LABEL = 30;
let probesMade = 0;

export function attachLegacyProbe(what: Attempt, probe: LegacyProbe): BpfLink {
  const { kind } = probe;
  const label = probe.label.replace(/[^A-Za-z0-9_]/g, '_').slice(-LONGEST_LABEL);
  const name = `libbpf_ts_${process.pid}_${label}_${probesMade++}`;
  const group = `${kind}s`;
  try {
    writeProbe(kind, `${probe.retprobe ? 'r' : 'p'}:${group}/${name} ${probe.target}`);
  } catch (cause) {
    throw probe.explain(cause);
  }
  const remove = () => removeProbe(what, kind, `${group}/${name}`);
  try {
    const id = tracepointId(group, name);
    if (id === undefined)
      throw new BpfError(
        'BPF_ATTACH',
        `program "${what.program.name}" (${what.way}): tracefs does not show the probe "${group}/${name}" that was just made`,
        factsOf(what),
      );
    const eventFd = openEvent(id, probe);
    const mode: PerfMode | undefined = probe.cookie ? undefined : 'perf';
    const tied = tieToEvent(what, eventFd, { cookie: probe.cookie, mode });
    return new BpfLink({ program: what.program.name, way: what.way, ...tied, undo: remove });
  } catch (error) {
    remove();
    throw error;
  }
}

function openEvent(id: number, { pid = -1, cpu = 0, explain }: LegacyProbe): number {
  try {
    return openTracepointEvent(id, pid, cpu);
  } catch (cause) {
    throw explain(cause);
  }
}

/** The kernel answers EBUSY for a moment after the event was closed: its end waits for an RCU grace period. */
function removeProbe(what: Attempt, kind: 'kprobe' | 'uprobe', name: string): void {
  const deadline = Date.now() + 1000;
  for (;;) {
    try {
      writeProbe(kind, `-:${name}`);
      return;
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT') return; // removed by somebody else
      if (code === 'EBUSY' && Date.now() < deadline) continue;
      throw new BpfError(
        'BPF_DETACH',
        `program "${what.program.name}" (${what.way}): its line in tracefs' ${kind}_events could not be removed: ${code}`,
        { ...factsOf(what), cause },
      );
    }
  }
}
