/**
 * uprobes: a program at an instruction of an executable or library, in one process or all, now and later.
 *
 * The kernel counts in offsets of the file; functions are looked up in its symbol tables. Modes as for kprobes.
 */

import { SyscallError } from '../errors.js';
import { hasFeature } from '../load/features.js';
import { keepAliveDuring } from '../sys/keep-alive.js';
import { addressOf, cString } from '../sys/native.js';
import { perfEventOpen } from '../sys/perf-event.js';
import { hasProbeFile } from '../sys/tracefs.js';
import {
  type Attachable,
  type Attempt,
  badOption,
  expectType,
  noFeature,
  noTarget,
  refused,
} from './attachable.js';
import { functionOffset } from './binary.js';
import { findBinary } from './binary-path.js';
import { BpfLink } from './bpf-link.js';
import type { ProbeMode } from './kprobe.js';
import { attachLegacyProbe } from './legacy-probe.js';
import { tieToEvent } from './perf-event.js';
import { type ProbePmu, probePmu } from './probe-pmu.js';

export interface UprobeOptions {
  /** A path, or the name of a program (`node`) or library (`libc.so.6`), found as the shell and the loader would. */
  readonly path: string;
  /** `malloc`, `pthread_create@GLIBC_2.2.5`. Without it, `offset` counts from the start of the file. */
  readonly function?: string;
  /** Bytes from the start of the function, or of the file. */
  readonly offset?: number;
  /** Runs at the function's return. Default: as the section name says. */
  readonly retprobe?: boolean;
  /** One process; default: all, those to come too. 0 is this one. */
  readonly pid?: number;
  /** File offset of a 16-bit counter that the kernel raises while the probe is there (4.20). */
  readonly referenceCounterOffset?: number;
  /** What bpf_get_attach_cookie() gives the program. Kernel 5.15. */
  readonly cookie?: bigint;
  /** Default: the newest that the kernel has. */
  readonly mode?: ProbeMode;
}

/**
 * Runs a program at a place in user space.
 *
 * @throws BpfError `BPF_NO_SUCH_FILE`, `BPF_NO_ATTACH_TARGET`, each with near matches; `BPF_NO_SUCH_PROCESS`
 */
export function attachUprobe(program: Attachable, options: UprobeOptions): BpfLink {
  expectType(program, 'attachUprobe()', ['KPROBE']);
  const retprobe = options.retprobe ?? /^\??uret/.test(program.section);
  const path = findBinary(options.path);
  const offset = options.offset ?? 0;
  const plus = offset === 0 ? '' : `+0x${offset.toString(16)}`;
  const what: Attempt = {
    program,
    way: `${retprobe ? 'uretprobe' : 'uprobe'} ${path}:${options.function ?? ''}${plus}`,
  };
  const { function: name } = options;
  if (name === undefined && offset === 0)
    throw badOption(what, 'a function or an offset must be given');
  const fileOffset = (name === undefined ? 0 : functionOffset(what, path, name)) + offset;
  return attachUprobeAt(what, { ...options, path, retprobe, fileOffset });
}

/** A place in a file, resolved. */
export interface UprobePlace {
  readonly path: string;
  readonly fileOffset: number;
  readonly retprobe: boolean;
  readonly function?: string | undefined;
  readonly pid?: number | undefined;
  readonly referenceCounterOffset?: number | undefined;
  readonly cookie?: bigint | undefined;
  readonly mode?: ProbeMode | undefined;
}

/** Attaches at a resolved place. */
export function attachUprobeAt(what: Attempt, place: UprobePlace): BpfLink {
  const { program } = what;
  const { path, fileOffset, retprobe, cookie, mode, referenceCounterOffset = 0 } = place;
  const pid = place.pid ?? -1;
  expectPid(what, pid);
  const cpu = pid === -1 ? 0 : -1;
  const pmu = mode === 'legacy' ? undefined : probePmu('uprobe');
  if (pmu === undefined) {
    if (!hasProbeFile('uprobe')) throw noFeature(what, 'uprobes (CONFIG_UPROBE_EVENTS)', '4.1');
    if (mode === 'perf' || mode === 'link')
      throw noFeature(what, 'uprobes by perf_event_open', '4.17');
    const counter =
      referenceCounterOffset === 0 ? '' : `(0x${referenceCounterOffset.toString(16)})`;
    return attachLegacyProbe(what, {
      kind: 'uprobe',
      retprobe,
      target: `${path}:0x${fileOffset.toString(16)}${counter}`,
      label: place.function ?? `at_${fileOffset.toString(16)}`,
      cookie,
      pid,
      cpu,
      explain: (cause) => explain(what, cause, pid),
    });
  }
  if (mode === 'link' && !hasFeature('perfLink'))
    throw noFeature(what, 'links for perf events', '5.15');
  if (referenceCounterOffset !== 0 && pmu.referenceCounterShift === undefined)
    throw noFeature(what, 'reference counters of uprobes', '4.20');
  let eventFd: number;
  try {
    eventFd = openUprobe(pmu, place, pid, cpu);
  } catch (cause) {
    throw explain(what, cause, pid);
  }
  return new BpfLink({
    program: program.name,
    way: what.way,
    ...tieToEvent(what, eventFd, { cookie, mode }),
  });
}

function openUprobe(pmu: ProbePmu, place: UprobePlace, pid: number, cpu: number): number {
  const path = cString(place.path);
  const counter = BigInt(place.referenceCounterOffset ?? 0);
  const event = {
    type: pmu.type,
    config:
      (place.retprobe ? 1n << BigInt(pmu.returnBit) : 0n) |
      (counter << BigInt(pmu.referenceCounterShift ?? 32)),
    config1: addressOf(path),
    config2: place.fileOffset,
    disabled: true,
  };
  return keepAliveDuring(path, () => perfEventOpen(event, pid, cpu));
}

function explain(what: Attempt, cause: unknown, pid: number): unknown {
  const code = cause instanceof SyscallError ? cause.code : (cause as NodeJS.ErrnoException).code;
  if (code === 'ESRCH') return noProcess(what, pid, cause);
  if (code === 'EILSEQ' || code === 'EIO')
    return noTarget(what, 'the place is inside of an instruction, or outside of the code', cause);
  return refused(what, cause, {
    EINVAL:
      'the place is not in the code, is no instruction that can be probed, or the file system cannot have probes; a probe there may have another reference counter',
    ENOTSUPP: 'the instruction there cannot be probed',
  });
}

/** @throws BpfError `BPF_ATTACH_OPTIONS` */
export function expectPid(what: Attempt, pid: number): void {
  if (!Number.isInteger(pid) || pid < -1)
    throw badOption(what, `pid ${pid} is no number of a process`);
}

/** There is no process of that id. */
export function noProcess(what: Attempt, pid: number, cause?: unknown): unknown {
  return noTarget(what, `there is no process ${pid}`, cause);
}
