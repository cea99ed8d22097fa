/**
 * Many places of one file with one link: uprobe.multi (6.6), uprobe.session (6.13: entry and return in one program).
 */

import { BpfError, SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { cString } from '../sys/native.js';
import {
  type Attachable,
  type Attempt,
  badOption,
  expectType,
  factsOf,
  noFeature,
  refused,
} from './attachable.js';
import { functionOffsets, matchingOffsets } from './binary.js';
import { findBinary } from './binary-path.js';
import { BpfLink } from './bpf-link.js';
import { hasProbeLink } from './probe-links.js';
import { expectPid, noProcess } from './uprobe.js';

export interface UprobeMultiOptions {
  /** A path, or the name of a program or library. */
  readonly path: string;
  /** Functions by pattern (`*`, `?`). */
  readonly pattern?: string;
  /** Or by name, with or without @VERSION. */
  readonly functions?: readonly string[];
  /** Or places by offset in the file. */
  readonly offsets?: readonly number[];
  /** File offsets of the places' reference counters, 0 for none. */
  readonly referenceCounterOffsets?: readonly number[];
  /** What bpf_get_attach_cookie() gives the program in each. */
  readonly cookies?: readonly bigint[];
  /** Runs at the return. Default: as the section name says. */
  readonly retprobe?: boolean;
  /** One process; default: all. 0 is this one. */
  readonly pid?: number;
}

const F_UPROBE_MULTI_RETURN = 1;

/** Runs a program at many places of a file. */
export function attachUprobeMulti(program: Attachable, options: UprobeMultiOptions): BpfLink {
  expectType(program, 'attachUprobeMulti()', ['KPROBE']);
  const session = program.expectedAttachType === attachType('TRACE_UPROBE_SESSION');
  const retprobe = options.retprobe ?? /^\??uret/.test(program.section);
  const kind = session ? 'uprobe.session' : retprobe ? 'uretprobe.multi' : 'uprobe.multi';
  const path = findBinary(options.path);
  const target = options.pattern ?? `${(options.functions ?? options.offsets)?.length ?? 0} places`;
  const what: Attempt = { program, way: `${kind} ${path}:${target}` };
  check(what, options, session);
  const offsets =
    options.offsets ??
    (options.functions === undefined
      ? matchingOffsets(what, path, options.pattern!)
      : functionOffsets(what, path, options.functions));
  const fd = createUprobeMulti(what, {
    path,
    offsets,
    referenceCounterOffsets: options.referenceCounterOffsets,
    cookies: options.cookies,
    pid: options.pid,
    session,
    retprobe: retprobe && !session,
  });
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

function check(what: Attempt, options: UprobeMultiOptions, session: boolean): void {
  const { pattern, functions, offsets, cookies, referenceCounterOffsets } = options;
  const given = [pattern, functions, offsets].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw badOption(
      what,
      `exactly one of pattern, functions and offsets must be given, found ${given}`,
    );
  const count = (functions ?? offsets)?.length;
  if (count === 0) throw badOption(what, 'the list of places is empty');
  for (const [list, title] of [
    [cookies, 'cookies'],
    [referenceCounterOffsets, 'reference counter offsets'],
  ] as const) {
    if (list === undefined) continue;
    if (count === undefined)
      throw badOption(what, `${title} need functions or offsets, as a pattern has no order`);
    if (list.length !== count)
      throw badOption(what, `found ${list.length} ${title}, expected ${count}, one for each place`);
  }
  const wanted = session ? 'TRACE_UPROBE_SESSION' : 'TRACE_UPROBE_MULTI';
  if (what.program.expectedAttachType !== attachType(wanted))
    throw new BpfError(
      'BPF_WRONG_PROGRAM_TYPE',
      `program "${what.program.name}" (${what.way}): its section "${what.program.section}" must be "uprobe.multi", or its expectedAttachType be set before load()`,
      factsOf(what),
    );
  if (!hasProbeLink(wanted))
    throw session
      ? noFeature(what, 'uprobe sessions', '6.13')
      : noFeature(what, 'links for many uprobes', '6.6');
}

/** Places of a file, resolved. */
export interface UprobePlaces {
  readonly path: string;
  readonly offsets: readonly number[];
  readonly referenceCounterOffsets?: readonly number[] | undefined;
  readonly cookies?: readonly bigint[] | undefined;
  /** Default: all processes; 0 is this one. */
  readonly pid?: number | undefined;
  readonly session?: boolean;
  readonly retprobe?: boolean;
}

/** Makes the link. @returns its descriptor */
export function createUprobeMulti(what: Attempt, places: UprobePlaces): number {
  const { offsets, referenceCounterOffsets, cookies, session = false } = places;
  // For the kernel 0 is every process; libbpf makes it this one, as the other probes do.
  const pid = places.pid === 0 ? process.pid : (places.pid ?? 0);
  expectPid(what, pid);
  try {
    return linkCreate(
      {
        progFd: what.program.fd,
        targetFd: 0,
        attachType: attachType(session ? 'TRACE_UPROBE_SESSION' : 'TRACE_UPROBE_MULTI'),
      },
      (attribute) => {
        attribute
          .pointer(16, cString(places.path))
          .pointer(24, words(offsets))
          .pointer(32, words(referenceCounterOffsets))
          .pointer(40, words(cookies))
          .u32(48, offsets.length)
          .u32(52, places.retprobe ? F_UPROBE_MULTI_RETURN : 0)
          .u32(56, pid);
      },
    );
  } catch (cause) {
    if (cause instanceof SyscallError && cause.code === 'ESRCH') throw noProcess(what, pid, cause);
    throw refused(what, cause, {
      EINVAL: 'a place is not in the code, or is no instruction that can be probed',
      E2BIG: 'too many places for one link',
      EBADF: 'the path is no file',
    });
  }
}

function words(values: readonly (number | bigint)[] | undefined): Uint8Array | undefined {
  if (values === undefined) return undefined;
  return new Uint8Array(BigUint64Array.from(values, BigInt).buffer);
}
