/**
 * Programs on perf events: the common end of kprobe, uprobe and tracepoint, and SEC("perf_event") itself.
 *
 * Since 5.15 the kernel makes a link of it, which holds the event; before that an ioctl ties the program to the event for as long as
 * the event lives.
 */

import { BpfError, SyscallError } from '../errors.js';
import { hasFeature } from '../load/features.js';
import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { closeFd, Fd } from '../sys/fd.js';
import {
  type PerfEventAttr,
  perfEventDisable,
  perfEventEnable,
  perfEventOpen,
  perfEventSetBpf,
} from '../sys/perf-event.js';
import { type Attachable, type Attempt, attempt, expectType, noFeature } from './attachable.js';
import { BpfLink } from './bpf-link.js';

/** How a program is tied to its event: by a link of the kernel, or by ioctl. */
export type PerfMode = 'link' | 'perf';

/** What came of tying: the descriptors to hold, and whether the first is a link. */
interface Tied {
  readonly fds: readonly number[];
  readonly isKernelLink: boolean;
}

/**
 * Ties a program to an event, which it takes over.
 *
 * @param eventFd - owned from here on, closed if this fails
 */
export function tieToEvent(
  what: Attempt,
  eventFd: number,
  options: {
    readonly cookie?: bigint | undefined;
    readonly mode?: PerfMode | 'legacy' | undefined;
  },
): Tied {
  const { cookie = 0n, mode } = options;
  const { program } = what;
  let linkFd: number | undefined;
  try {
    const byLink = mode === 'link' || (mode === undefined && hasFeature('perfLink'));
    if (byLink) {
      if (mode === 'link' && !hasFeature('perfLink'))
        throw noFeature(what, 'links for perf events', '5.15');
      linkFd = attempt(
        what,
        () =>
          linkCreate(
            { progFd: program.fd, targetFd: eventFd, attachType: attachType('PERF_EVENT') },
            (attribute) => {
              if (cookie !== 0n) attribute.u64(16, cookie);
            },
          ),
        HINTS,
      );
      attempt(what, () => perfEventEnable(eventFd), HINTS);
      closeFd(eventFd);
      return { fds: [linkFd], isKernelLink: true };
    }
    if (cookie !== 0n) throw noFeature(what, 'attach cookies', '5.15');
    attempt(what, () => perfEventSetBpf(eventFd, program.fd), HINTS);
    attempt(what, () => perfEventEnable(eventFd), HINTS);
    return { fds: [eventFd], isKernelLink: false };
  } catch (error) {
    if (linkFd !== undefined) closeFd(linkFd);
    closeFd(eventFd);
    throw error;
  }
}

const HINTS = {
  EEXIST:
    'this program is attached to this event already, or another is and the kernel allows one only',
  EINVAL:
    'the program does not fit the event: a sleepable program needs a user-space probe, a program compiled for a later kernel the functions of it',
  EPROTO:
    'the program asks for call stacks that the event does not record; set precise sampling or another event',
};

/** Events by their name, as perf calls them; anything else by type and config. */
export type PerfEventName =
  | 'cpu-clock'
  | 'task-clock'
  | 'page-faults'
  | 'context-switches'
  | 'cpu-migrations'
  | 'dummy'
  | 'cpu-cycles'
  | 'instructions'
  | 'cache-references'
  | 'cache-misses'
  | 'branch-instructions'
  | 'branch-misses';

const SOFTWARE = 1;
const HARDWARE = 0;
const EVENTS: Record<PerfEventName, { type: number; config: number }> = {
  'cpu-clock': { type: SOFTWARE, config: 0 },
  'task-clock': { type: SOFTWARE, config: 1 },
  'page-faults': { type: SOFTWARE, config: 2 },
  'context-switches': { type: SOFTWARE, config: 3 },
  'cpu-migrations': { type: SOFTWARE, config: 4 },
  dummy: { type: SOFTWARE, config: 9 },
  'cpu-cycles': { type: HARDWARE, config: 0 },
  instructions: { type: HARDWARE, config: 1 },
  'cache-references': { type: HARDWARE, config: 2 },
  'cache-misses': { type: HARDWARE, config: 3 },
  'branch-instructions': { type: HARDWARE, config: 4 },
  'branch-misses': { type: HARDWARE, config: 5 },
};

/** Which events to count, where. */
export interface PerfEventOptions {
  /** Default: `type` and `config`. */
  readonly event?: PerfEventName;
  /** PERF_TYPE_* or the number in /sys/bus/event_source/devices/NAME/type. */
  readonly type?: number;
  readonly config?: number | bigint;
  /** An event each so many; default 100,000 (nanoseconds for the clocks), unless `frequency` is given. */
  readonly period?: number;
  /** So many events a second instead. */
  readonly frequency?: number;
  /** Default: every process. 0 is this one. */
  readonly pid?: number;
  /** Default: every CPU if `pid` is given, else CPU 0: the kernel cannot do every process on every CPU with one event. */
  readonly cpu?: number;
}

/** An open perf event: programs attach to it, and it ends with `close()` and the links. */
export interface PerfEvent extends Disposable {
  readonly fd: number;
  /** For people: `cpu-clock on cpu 0`. */
  readonly description: string;
  close(): void;
}

/**
 * Opens a perf event to attach a program to.
 *
 * @throws BpfError `BPF_NO_PERF_EVENT`; a `TypeError` if neither `event` nor `type` and `config` are given
 */
export function openPerfEvent(options: PerfEventOptions): PerfEvent {
  const named = options.event === undefined ? undefined : EVENTS[options.event];
  const type = named?.type ?? options.type;
  if (type === undefined)
    throw new TypeError('openPerfEvent: either event, or type and config must be given');
  const pid = options.pid ?? -1;
  const cpu = options.cpu ?? (pid === -1 ? 0 : -1);
  const where = [pid === -1 ? [] : `pid ${pid}`, cpu === -1 ? [] : `cpu ${cpu}`].flat().join(', ');
  const description = `${options.event ?? `type ${type} config ${options.config ?? 0}`} on ${where}`;
  const event: PerfEventAttr = {
    type,
    config: named?.config ?? options.config ?? 0,
    ...(options.frequency === undefined
      ? { samplePeriod: options.period ?? 100_000 }
      : { sampleFrequency: options.frequency }),
  };
  let fd: Fd;
  try {
    fd = new Fd(perfEventOpen(event, pid, cpu), `perf event ${description}`);
  } catch (cause) {
    throw notOpened(description, cause);
  }
  return {
    get fd() {
      if (fd.isOpen) return fd.number;
      throw new BpfError('BPF_CLOSED', `perf event ${description} is closed`);
    },
    description,
    close: () => fd.close(),
    [Symbol.dispose]: () => fd.close(),
  };
}

const EVENT_HINTS: Record<string, string> = {
  ENOENT:
    'this machine does not count such events (virtual machines often have no hardware counters)',
  EOPNOTSUPP: 'this machine does not count such events, or not with interrupts',
  ESRCH: 'there is no such process',
  ENODEV: 'there is no such CPU, or its counters are gone',
  EACCES: 'not permitted: root or CAP_PERFMON is needed, see /proc/sys/kernel/perf_event_paranoid',
  EPERM: 'not permitted: root or CAP_PERFMON is needed, see /proc/sys/kernel/perf_event_paranoid',
  EINVAL: 'frequency above /proc/sys/kernel/perf_event_max_sample_rate, or CPU out of range',
};

function notOpened(description: string, cause: unknown): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const hint = EVENT_HINTS[cause.code];
  return new BpfError(
    'BPF_NO_PERF_EVENT',
    `perf event ${description} could not be opened: ${cause.code}${hint === undefined ? '' : `, ${hint}`}`,
    { cause },
  );
}

/** How a program is attached to an event. */
export interface AttachPerfEventOptions {
  /** What bpf_get_attach_cookie() gives the program. Kernel 5.15. */
  readonly cookie?: bigint;
}

/**
 * Runs a program at each overflow of an event, which stays the caller's.
 *
 * @param event - from {@link openPerfEvent}, or any descriptor of perf_event_open(2)
 */
export function attachPerfEvent(
  program: Attachable,
  event: { readonly fd: number; readonly description?: string },
  options: AttachPerfEventOptions = {},
): BpfLink {
  expectType(program, 'attachPerfEvent()', ['PERF_EVENT', 'TRACEPOINT', 'KPROBE']);
  const what = { program, way: `perf event ${event.description ?? `of descriptor ${event.fd}`}` };
  const { cookie = 0n } = options;
  if (hasFeature('perfLink')) {
    const linkFd = attempt(
      what,
      () =>
        linkCreate(
          { progFd: program.fd, targetFd: event.fd, attachType: attachType('PERF_EVENT') },
          (attribute) => {
            if (cookie !== 0n) attribute.u64(16, cookie);
          },
        ),
      { ...HINTS, EBADF: 'the descriptor is not open, or no perf event' },
    );
    perfEventEnable(event.fd);
    return new BpfLink({ program: program.name, way: what.way, fds: [linkFd], isKernelLink: true });
  }
  if (cookie !== 0n) throw noFeature(what, 'attach cookies', '5.15');
  const { fd } = event;
  attempt(what, () => perfEventSetBpf(fd, program.fd), HINTS);
  perfEventEnable(fd);
  // Only the end of the event lets go of the program; until then a disabled event does not run it.
  const undo = () => {
    try {
      perfEventDisable(fd);
    } catch {} // the caller closed the event first
  };
  return new BpfLink({ program: program.name, way: what.way, fds: [], isKernelLink: false, undo });
}
