/**
 * Why the kernel refused a program, in words for people: what the verifier said, or, where it said nothing, what is likely.
 */

import { BpfError, type SyscallError } from '../errors.js';
import { ATTACH_TYPES, PROG_TYPES, progType } from '../open/constants.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { type CoreFailure, POISON_CORE } from './core-patch.js';
import type { LinkedProgram } from './link-program.js';
import { missingCode } from './missing-code.js';
import { missingKind, missingSleepable } from './missing-kind.js';
import { permissionHint } from './permission.js';
import { formatSourceLine, sourceLineAt } from './source-lines.js';
import { summarizeLog, VerifierError } from './verifier-error.js';

/** What was to be loaded. */
export interface Refused {
  readonly object: ObjectSpec;
  readonly program: LinkedProgram;
  /** What a poisoned call stands for: its number → a sentence. */
  readonly poisoned: ReadonlyMap<number, string>;
}

/** The error for a program that BPF_PROG_LOAD refused. */
export function refused(options: Refused, cause: SyscallError, log: string): BpfError {
  const { object, program } = options;
  const { spec } = program;
  const facts = { object: object.name, program: spec.name, section: spec.section, cause };
  const subject = `program "${spec.name}" (section "${spec.section}")`;
  const summary = summarizeLog(log);
  const { lines, omitted } = summary;
  if (lines.length === 0 || isUnusedStructOps(spec, cause)) {
    const missing = missingKind(object, spec, cause);
    if (missing !== undefined) return missing;
    return new BpfError(
      'BPF_PROGRAM_LOAD',
      `${subject}: the kernel refused it with ${cause.code}${hint(cause, spec)}`,
      facts,
    );
  }
  const tooOld =
    missingSleepable(object, spec, cause, log) ?? missingCode(object, program, cause, log);
  if (tooOld !== undefined) return tooOld;
  const stopped = lastInstruction(log);
  const sourceLine = sourceOf(options, stopped) ?? summary.sourceLine;
  const at = sourceLine === undefined ? '' : `\n  at ${sourceLine}`;
  const poison = explainPoison(options, log, stopped);
  if (poison !== undefined) {
    const message = `${subject}: ${poison}${at}`;
    return new VerifierError(message, log, [poison], sourceLine, facts);
  }
  const more =
    omitted > 0 ? `\n  (${omitted} more line${omitted === 1 ? '' : 's'} in the error's log)` : '';
  return new VerifierError(
    `${subject}: the verifier refused it (${cause.code}): ${lines.join('\n  ')}${otherHelper(spec, log)}${at}${more}`,
    log,
    lines,
    sourceLine,
    facts,
  );
}

/** Kernels before 6.7 have a line for it, which says nothing to people. */
function isUnusedStructOps({ type }: ProgramSpec, { code }: SyscallError): boolean {
  return type === progType('STRUCT_OPS') && code === 'ENOTSUPP';
}

/** Kernels before 6.8 call helpers unknown that programs of other types may use. */
function otherHelper({ type }: ProgramSpec, log: string): string {
  const helper = /^unknown func (bpf_\w+)#/m.exec(log)?.[1];
  return helper === undefined
    ? ''
    : `\n  this kernel has ${helper}, but not for programs of type ${PROG_TYPES[type] ?? type}`;
}

/** Where the verifier stopped: index of the last instruction in its log. */
function lastInstruction(log: string): number | undefined {
  const last = [...log.matchAll(/^(\d+): (?:R\d[^\n]*; )?\([0-9a-f]{2}\)/gm)].at(-1);
  return last === undefined ? undefined : Number(last[1]);
}

function sourceOf(
  { object, program }: Refused,
  instruction: number | undefined,
): string | undefined {
  if (instruction === undefined) return undefined;
  const at = instruction * 8;
  const place = program.placements.findLast(({ offset }) => offset <= at);
  if (place === undefined) return undefined;
  const line = sourceLineAt(object, place.function.spec, at - place.offset);
  return line === undefined ? undefined : formatSourceLine(line);
}

/** When the verifier stopped at a poisoned instruction, its log means nothing to people; this says what does. */
function explainPoison(
  { program, poisoned }: Refused,
  log: string,
  instruction: number | undefined,
): string | undefined {
  const match = /^(?:invalid func|.*call) unknown#(\d+)/m.exec(log);
  if (match === null) return undefined;
  const marker = Number(match[1]);
  if (marker !== POISON_CORE) return poisoned.get(marker);
  const failure = failureAt(program, instruction);
  if (failure === undefined) return undefined;
  const { kind, access, candidates } = failure;
  const why = candidates.length === 0 ? ['no type of that name in the kernel'] : candidates;
  return `CO-RE relocation (${kind}) of ${access} found no match:${why.map((line) => `\n    ${line}`).join('')}`;
}

function failureAt(
  program: LinkedProgram,
  instruction: number | undefined,
): CoreFailure | undefined {
  const all = program.placements.flatMap(({ function: one, offset }) =>
    one.failures.map((failure) => ({ failure, at: (offset + failure.offset) / 8 })),
  );
  return (all.find(({ at }) => at === instruction) ?? (all.length === 1 ? all[0] : undefined))
    ?.failure;
}

function hint(cause: SyscallError, spec: ProgramSpec): string {
  const type = PROG_TYPES[spec.type] ?? `type ${spec.type}`;
  if (spec.type === progType('STRUCT_OPS') && cause.code !== 'EPERM')
    return '; programs in SEC("struct_ops") are loaded for a member of a struct in SEC(".struct_ops"), and no such struct that is created has this one';
  if (cause.code === 'EPERM') return permissionHint(privilegeClass(spec));
  if (cause.code === 'EINVAL' && spec.type === progType('TRACING') && spec.attachTarget)
    return `; the kernel forbids tracing programs at "${spec.attachTarget}" (it does so for a few functions that running them needs, such as migrate_disable), or is too old for attach type ${ATTACH_TYPES[spec.expectedAttachType] ?? spec.expectedAttachType}, flags 0x${spec.flags.toString(16)}`;
  if (cause.code === 'EINVAL')
    return `; the kernel may be too old for something in it: type ${type}, attach type ${ATTACH_TYPES[spec.expectedAttachType] ?? spec.expectedAttachType}, flags 0x${spec.flags.toString(16)}`;
  if (cause.code === 'E2BIG')
    return '; it has too many instructions, or the kernel is too old for something in it';
  return '';
}

const NETWORK = new Set(
  (
    [
      'SCHED_CLS',
      'SCHED_ACT',
      'XDP',
      'CGROUP_SKB',
      'LWT_IN',
      'LWT_OUT',
      'LWT_XMIT',
      'LWT_SEG6LOCAL',
      'SOCK_OPS',
      'SK_SKB',
      'SK_MSG',
      'SK_LOOKUP',
      'FLOW_DISSECTOR',
      'NETFILTER',
    ] as const
  ).map(progType),
);
const TRACING = new Set(
  (['KPROBE', 'TRACEPOINT', 'PERF_EVENT', 'RAW_TRACEPOINT', 'TRACING', 'LSM', 'EXT'] as const).map(
    progType,
  ),
);

function privilegeClass({ type }: ProgramSpec): 'network program' | 'tracing program' | 'program' {
  if (NETWORK.has(type)) return 'network program';
  return TRACING.has(type) ? 'tracing program' : 'program';
}
