/**
 * Many functions of the kernel with one link: kprobe.multi (5.18), kprobe.session (6.10: entry and return in one program).
 */

import { BpfError, SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { keepAliveDuring } from '../sys/keep-alive.js';
import { addressOf, cString } from '../sys/native.js';
import {
  type Attachable,
  type Attempt,
  badOption,
  expectType,
  factsOf,
  noFeature,
  noTarget,
  refused,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';
import { isGlob } from './glob.js';
import { hasKernelFunction, matchFunctions, whyNotTraceable } from './kernel-functions.js';
import { hasProbeLink } from './probe-links.js';

export interface KprobeMultiOptions {
  /** Functions by pattern (`*`, `?`): all that ftrace can trace and whose name matches. */
  readonly pattern?: string;
  /** Or by name. */
  readonly functions?: readonly string[];
  /** Or by address. */
  readonly addresses?: readonly bigint[];
  /** What bpf_get_attach_cookie() gives the program in each; as many as functions or addresses. */
  readonly cookies?: readonly bigint[];
  /** Runs at the return of the functions. Default: as the section name says. */
  readonly retprobe?: boolean;
}

const F_KPROBE_MULTI_RETURN = 1;

/**
 * Runs a program at many functions of the kernel.
 *
 * @throws BpfError `BPF_NO_ATTACH_TARGET` if nothing matches, or a function cannot be traced
 * @throws FeatureError before 5.18 (session: 6.10), and where the kernel was built without CONFIG_FPROBE
 */
export function attachKprobeMulti(program: Attachable, options: KprobeMultiOptions): BpfLink {
  expectType(program, 'attachKprobeMulti()', ['KPROBE']);
  const session = program.expectedAttachType === attachType('TRACE_KPROBE_SESSION');
  const retprobe = options.retprobe ?? /^\??kretprobe/.test(program.section);
  const kind = session ? 'kprobe.session' : retprobe ? 'kretprobe.multi' : 'kprobe.multi';
  const what: Attempt = { program, way: `${kind} ${describe(options)}` };
  check(what, options);
  requireLink(what, session);
  const targets = resolve(what, options);

  let fd: number;
  try {
    fd = create(program, targets, options.cookies, {
      session,
      flags: retprobe && !session ? F_KPROBE_MULTI_RETURN : 0,
    });
  } catch (cause) {
    throw explain(what, cause, targets.names);
  }
  return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

function describe({ pattern, functions, addresses }: KprobeMultiOptions): string {
  if (pattern !== undefined) return pattern;
  if (functions !== undefined)
    return functions.length === 1 ? functions[0]! : `${functions.length} functions`;
  return `${addresses?.length ?? 0} addresses`;
}

function check(what: Attempt, options: KprobeMultiOptions): void {
  const { pattern, functions, addresses, cookies } = options;
  const given = [pattern, functions, addresses].filter((one) => one !== undefined).length;
  if (given !== 1)
    throw badOption(
      what,
      `exactly one of pattern, functions and addresses must be given, found ${given}`,
    );
  if (pattern !== undefined && cookies !== undefined)
    throw badOption(what, 'cookies need functions or addresses, as a pattern has no order');
  const count = (functions ?? addresses)?.length;
  if (count === 0) throw badOption(what, 'the list of targets is empty');
  if (cookies !== undefined && cookies.length !== count)
    throw badOption(
      what,
      `found ${cookies.length} cookies, expected ${count}, one for each target`,
    );
}

function requireLink(what: Attempt, session: boolean): void {
  const { expectedAttachType } = what.program;
  const wanted = attachType(session ? 'TRACE_KPROBE_SESSION' : 'TRACE_KPROBE_MULTI');
  if (expectedAttachType !== wanted)
    throw new BpfError(
      'BPF_WRONG_PROGRAM_TYPE',
      `program "${what.program.name}" (${what.way}): its section "${what.program.section}" must be "kprobe.multi", or its expectedAttachType be set before load()`,
      factsOf(what),
    );
  if (session) {
    if (!hasProbeLink('TRACE_KPROBE_SESSION')) throw noFeature(what, 'kprobe sessions', '6.10');
  } else if (!hasProbeLink('TRACE_KPROBE_MULTI'))
    throw noFeature(what, 'links for many kprobes (CONFIG_FPROBE)', '5.18');
}

interface Targets {
  readonly names: readonly string[];
  readonly addresses: readonly bigint[];
}

function resolve(what: Attempt, options: KprobeMultiOptions): Targets {
  const { pattern, functions, addresses } = options;
  if (addresses !== undefined) return { names: [], addresses };
  if (functions !== undefined) return { names: functions, addresses: [] };
  if (!isGlob(pattern!)) return { names: [pattern!], addresses: [] };
  const matched = matchFunctions(pattern!);
  if (matched.names.length === 0)
    throw noTarget(what, `no function that the running kernel can trace matches "${pattern}"`);
  return matched;
}

function create(
  program: Attachable,
  { names, addresses }: Targets,
  cookies: readonly bigint[] | undefined,
  { session, flags }: { session: boolean; flags: number },
): number {
  const byAddress = addresses.length > 0;
  const count = byAddress ? addresses.length : names.length;
  const block = cString(names.join('\0'));
  const list = byAddress ? BigUint64Array.from(addresses) : pointersInto(block, names);
  const cookieList = cookies === undefined ? undefined : BigUint64Array.from(cookies);
  const attachment = attachType(session ? 'TRACE_KPROBE_SESSION' : 'TRACE_KPROBE_MULTI');
  return keepAliveDuring(block, () =>
    linkCreate({ progFd: program.fd, targetFd: 0, attachType: attachment }, (attribute) => {
      attribute
        .u32(16, flags)
        .u32(20, count)
        .pointer(byAddress ? 32 : 24, new Uint8Array(list.buffer));
      if (cookieList !== undefined) attribute.pointer(40, new Uint8Array(cookieList.buffer));
    }),
  );
}

/** Where each name starts in a block of all of them. */
function pointersInto(block: Uint8Array, names: readonly string[]): BigUint64Array {
  const start = addressOf(block);
  const pointers = new BigUint64Array(names.length);
  let at = 0;
  for (const [index, name] of names.entries()) {
    pointers[index] = BigInt(start + at);
    at += Buffer.byteLength(name) + 1;
  }
  return pointers;
}

function explain(what: Attempt, cause: unknown, names: readonly string[]): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  if (cause.code === 'ESRCH' || cause.code === 'EINVAL' || cause.code === 'ENOENT') {
    for (const name of names.length > 50 ? [] : names) {
      const why = whyNotTraceable(name, 'ftrace');
      if (why !== undefined) return noTarget(what, why, cause);
    }
    const missing = names.length > 50 ? names.find((name) => !hasKernelFunction(name)) : undefined;
    if (missing !== undefined)
      return noTarget(what, whyNotTraceable(missing, 'ftrace') ?? missing, cause);
  }
  return refused(what, cause, {
    EINVAL: 'a sleepable program, or an address that is not the start of a traceable function',
    ESRCH: 'a function is missing or cannot be traced',
    E2BIG: 'too many functions for one link',
  });
}
