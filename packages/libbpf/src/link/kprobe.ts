/**
 * kprobes: a program at any instruction of the kernel, or at the return of a function.
 *
 * Three ways, newest first: a perf event with a link (5.15), a perf event with an ioctl (4.17), a line in tracefs' kprobe_events.
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
import { BpfLink } from './bpf-link.js';
import { whyNotTraceable } from './kernel-functions.js';
import { attachLegacyProbe } from './legacy-probe.js';
import { tieToEvent } from './perf-event.js';
import { type ProbePmu, probePmu } from './probe-pmu.js';

/** How a probe is made: by a link, by a perf event without one, or by a line in tracefs. */
export type ProbeMode = 'link' | 'perf' | 'legacy';

export interface KprobeOptions {
  /** `do_unlinkat`; also one of a module. */
  readonly function?: string;
  /** Bytes from the start of the function; 0 by default. Not for return probes. */
  readonly offset?: number;
  /** Instead of a function: where in the kernel. Not with `mode: 'legacy'`. */
  readonly address?: bigint;
  /** Runs at the function's return. Default: as the section name says. */
  readonly retprobe?: boolean;
  /** What bpf_get_attach_cookie() gives the program. Kernel 5.15. */
  readonly cookie?: bigint;
  /** Default: the newest that the kernel has. */
  readonly mode?: ProbeMode;
}

/**
 * Runs a program at a function of the kernel.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches or the reason why the function cannot be probed
 * @throws FeatureError where the kernel has no kprobes, or not in the mode asked for
 */
export function attachKprobe(program: Attachable, options: KprobeOptions): BpfLink {
  expectType(program, 'attachKprobe()', ['KPROBE']);
  const { offset = 0, cookie, mode, address } = options;
  const retprobe = options.retprobe ?? /^\??kret/.test(program.section);
  const place =
    options.function === undefined
      ? `0x${(address ?? 0n).toString(16)}`
      : `${options.function}${offset === 0 ? '' : `+0x${offset.toString(16)}`}`;
  const what: Attempt = { program, way: `${retprobe ? 'kretprobe' : 'kprobe'} ${place}` };
  if ((options.function === undefined) === (address === undefined))
    throw badOption(what, 'either a function or an address must be given');
  if (retprobe && offset !== 0)
    throw badOption(what, 'a return probe has no offset: it runs when the function returns');

  const pmu = mode === 'legacy' ? undefined : probePmu('kprobe');
  if (pmu === undefined) {
    if (!hasProbeFile('kprobe')) throw noFeature(what, 'kprobes (CONFIG_KPROBE_EVENTS)', '4.1');
    if (mode === 'perf' || mode === 'link')
      throw noFeature(what, 'kprobes by perf_event_open', '4.17');
    if (options.function === undefined)
      throw badOption(what, 'legacy probes need a function, not an address');
    return attachLegacyProbe(what, {
      kind: 'kprobe',
      retprobe,
      target: place,
      label: options.function,
      cookie,
      explain: (cause) => explain(what, cause, options.function),
    });
  }
  if (mode === 'link' && !hasFeature('perfLink'))
    throw noFeature(what, 'links for perf events', '5.15');
  let eventFd: number;
  try {
    eventFd = openKprobe(pmu, options.function, address, offset, retprobe);
  } catch (cause) {
    throw explain(what, cause, options.function);
  }
  return new BpfLink({
    program: program.name,
    way: what.way,
    ...tieToEvent(what, eventFd, { cookie, mode }),
  });
}

function openKprobe(
  pmu: ProbePmu,
  name: string | undefined,
  address: bigint | undefined,
  offset: number,
  retprobe: boolean,
): number {
  const text = name === undefined ? undefined : cString(name);
  const event = {
    type: pmu.type,
    config: retprobe ? 1n << BigInt(pmu.returnBit) : 0n,
    config1: text === undefined ? 0 : addressOf(text),
    config2: address ?? offset,
    disabled: true,
  };
  return keepAliveDuring(text, () => perfEventOpen(event, -1, 0));
}

function explain(what: Attempt, cause: unknown, name: string | undefined): unknown {
  const code = cause instanceof SyscallError ? cause.code : (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRNOTAVAIL')
    return noTarget(
      what,
      `several functions of the kernel are named "${name}"; give an address of /proc/kallsyms`,
      cause,
    );
  if (code === 'EILSEQ') return noTarget(what, 'the offset is inside of an instruction', cause);
  if (name !== undefined && (code === 'ENOENT' || code === 'EINVAL')) {
    const why = whyNotTraceable(name, 'kprobe');
    if (why !== undefined) return noTarget(what, why, cause);
  }
  return refused(what, cause, {
    EINVAL:
      'the kernel refuses a probe at this place: it is not the start of an instruction, or probing is forbidden there',
    ENOENT: 'there is no such place',
  });
}
