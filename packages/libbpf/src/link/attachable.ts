/**
 * What the functions of this folder need of a program, and the errors that they share.
 */

import { BpfError, didYouMean, FeatureError, SyscallError } from '../errors.js';
import { permissionHint } from '../load/permission.js';
import {
  ATTACH_TYPES,
  type AttachTypeName,
  attachType,
  PROG_TYPES,
  type ProgTypeName,
  progType,
} from '../open/constants.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';

/** A loaded program, as seen by the ways of attaching it. */
export interface Attachable {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly expectedAttachType: number;
  /** @throws BpfError `BPF_PHASE`, `BPF_NOT_LOADED`, `BPF_CLOSED` */
  readonly fd: number;
  readonly spec: ProgramSpec;
  /** The object that it came with, for ways that need its maps (USDT). */
  readonly owner: ProgramOwner | undefined;
}

/** The object of a program. */
export interface ProgramOwner {
  readonly spec: ObjectSpec;
  /** Descriptor of a map, `undefined` if there is none of that name or it was not created. */
  mapFd(name: string): number | undefined;
}

/** One attempt to attach, for messages. */
export interface Attempt {
  readonly program: Attachable;
  /** How, for people: `kprobe do_unlinkat+0x8`. */
  readonly way: string;
  /** What the kernel must have, and since when: said when the answer suggests that it has not. */
  readonly feature?: { readonly label: string; readonly since: string } | undefined;
}

/** Facts for errors about an attempt. */
export function factsOf({ program, way }: Attempt): {
  program: string;
  section: string;
  link: string;
} {
  return { program: program.name, section: program.section, link: way };
}

/** @throws BpfError `BPF_WRONG_PROGRAM_TYPE` */
export function expectType(
  program: Attachable,
  method: string,
  types: readonly ProgTypeName[],
): void {
  if (types.some((type) => progType(type) === program.type)) return;
  throw new BpfError(
    'BPF_WRONG_PROGRAM_TYPE',
    `program "${program.name}" (section "${program.section}"): ${method} needs a program of type ${types.join(' or ')}, found ${PROG_TYPES[program.type] ?? program.type}`,
    { program: program.name, section: program.section },
  );
}

/** The program is of the right type, but for another way of attaching. */
export function wrongKind(attempt: Attempt, problem: string): BpfError {
  return new BpfError(
    'BPF_WRONG_PROGRAM_TYPE',
    `program "${attempt.program.name}" (section "${attempt.program.section}"): ${problem}`,
    factsOf(attempt),
  );
}

/** The number of an attach type that the caller named. @throws BpfError `BPF_ATTACH_OPTIONS` */
export function namedAttachType(attempt: Attempt, name: AttachTypeName): number {
  const value = attachType(name);
  if (value >= 0) return value;
  throw badOption(attempt, `there is no attach type "${name}"${didYouMean(name, ATTACH_TYPES)}`);
}

/** The name of an attach type, for people. */
export function attachTypeName(value: number): string {
  return ATTACH_TYPES[value] ?? `attach type ${value}`;
}

/** Nothing of the name that a program should be attached to. */
export function noTarget(attempt: Attempt, problem: string, cause?: unknown): BpfError {
  return new BpfError(
    'BPF_NO_ATTACH_TARGET',
    `program "${attempt.program.name}" (${attempt.way}): ${problem}`,
    { ...factsOf(attempt), cause },
  );
}

/** The kernel is too old, or built without. */
export function noFeature(
  attempt: Attempt,
  label: string,
  since: string,
  cause?: unknown,
): FeatureError {
  return new FeatureError(label, since, {
    ...factsOf(attempt),
    subject: `program "${attempt.program.name}" (${attempt.way})`,
    cause,
  });
}

/** What the caller asked for makes no sense. */
export function badOption(attempt: Attempt, problem: string): BpfError {
  return new BpfError(
    'BPF_ATTACH_OPTIONS',
    `program "${attempt.program.name}" (${attempt.way}): ${problem}`,
    factsOf(attempt),
  );
}

/**
 * The kernel refused.
 *
 * @param hints - what an errno means here, by its name
 */
export function refused(
  attempt: Attempt,
  cause: unknown,
  hints: Readonly<Record<string, string>> = {},
): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  const { code } = cause;
  const { name } = attempt.program;
  const facts = { ...factsOf(attempt), cause };
  const hint = hints[code];
  if (code === 'EBUSY' || code === 'EEXIST')
    return new BpfError(
      'BPF_BUSY',
      `program "${name}" (${attempt.way}): ${hint ?? 'something is attached there already; close its link first'} (${code})`,
      facts,
    );
  if (hint === undefined && attempt.feature !== undefined && MISSING.has(code))
    return noFeature(attempt, attempt.feature.label, attempt.feature.since, cause);
  if (hint === undefined && (code === 'EPERM' || code === 'EACCES'))
    return new BpfError(
      'BPF_PERMISSION',
      `program "${name}" (${attempt.way}): not permitted (${code})${permissionHint('attachment')}`,
      facts,
    );
  return new BpfError(
    'BPF_ATTACH',
    `program "${name}" (${attempt.way}) could not be attached: ${code}${hint === undefined ? '' : `, ${hint}`}`,
    facts,
  );
}

const MISSING = new Set(['EINVAL', 'EOPNOTSUPP', 'ENOTSUPP', 'ENOSYS']);

/** Runs `call`, and says what was attempted when the kernel refuses. */
export function attempt<T>(
  what: Attempt,
  call: () => T,
  hints?: Readonly<Record<string, string>>,
): T {
  try {
    return call();
  } catch (cause) {
    throw refused(what, cause, hints);
  }
}
