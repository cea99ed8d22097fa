/**
 * How the kernel lets perf_event_open(2) make kprobes and uprobes (4.17): type number and bit positions in sysfs.
 */

import { existsSync, readFileSync } from 'node:fs';

type ProbeKind = 'kprobe' | 'uprobe';

/** A kind of event that makes probes. */
export interface ProbePmu {
  /** For `perf_event_attr.type`. */
  readonly type: number;
  /** Bit of `config` that asks for the return probe. */
  readonly returnBit: number;
  /** Bit of `config` where a semaphore's file offset starts (4.20); `undefined` if it cannot have one. */
  readonly referenceCounterShift: number | undefined;
}

const known = new Map<ProbeKind, ProbePmu>();

/**
 * How to make probes of a kind. What sysfs says does not change while the kernel runs, and is read once.
 *
 * @returns `undefined` where probes can only be made through tracefs, or not at all
 */
export function probePmu(kind: ProbeKind): ProbePmu | undefined {
  const pmu = known.get(kind) ?? readPmu(kind);
  if (pmu !== undefined) known.set(kind, pmu);
  return pmu;
}

function readPmu(kind: ProbeKind): ProbePmu | undefined {
  const folder = `/sys/bus/event_source/devices/${kind}`;
  if (!existsSync(`${folder}/type`)) return undefined;
  const type = Number(readFileSync(`${folder}/type`, 'latin1'));
  const bit = (name: string): number | undefined => {
    const path = `${folder}/format/${name}`;
    if (!existsSync(path)) return undefined;
    const match = /^config:(\d+)/.exec(readFileSync(path, 'latin1'));
    return match === null ? undefined : Number(match[1]);
  };
  return {
    type,
    returnBit: bit('retprobe') ?? 0,
    referenceCounterShift: bit('ref_ctr_offset'),
  };
}
