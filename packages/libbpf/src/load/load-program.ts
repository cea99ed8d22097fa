/**
 * One linked program → the kernel.
 *
 * First without a log: it costs, and most programs load. When the verifier refuses, again with one, whose buffer grows until
 * the log fits.
 */

import { BpfError, SyscallError } from '../errors.js';
import { ATTACH_TYPES, attachType, PROG_TYPES, progType } from '../open/constants.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { type ProgLoadAttr, progLoad } from '../sys/bpf.js';
import type { ProgramTarget } from './attach-target.js';
import type { CoreFailure } from './core-patch.js';
import { POISON_CORE } from './core-patch.js';
import { hasFeature } from './features.js';
import { kernelVersionCode } from './kernel-version.js';
import type { DebugInfo, LinkedProgram } from './link-program.js';
import { permissionHint } from './permission.js';
import { programTypeSince, programTypeSupport } from './type-support.js';
import { summarizeLog, VerifierError } from './verifier-error.js';

const ATTEMPTS = 5;
const FIRST_LOG = 1 << 20;
const LARGEST_LOG = 0x3fff_ffff;

export interface ProgramLoadOptions {
  readonly object: ObjectSpec;
  readonly program: LinkedProgram;
  readonly btfFd: number | undefined;
  readonly debugInfo: DebugInfo | undefined;
  readonly target: ProgramTarget | undefined;
  readonly fdArray: Int32Array | undefined;
  /** Bits of the kernel's log_level to ask for in any case; 0 for none. */
  readonly logLevel: number;
  readonly logSize?: number | undefined;
  /** What a poisoned call stands for: immediate → explanation. */
  readonly poisoned: ReadonlyMap<number, string>;
}

export interface LoadedProgram {
  readonly fd: number;
  /** What the verifier said, if a log was asked for. */
  readonly log: string;
}

export function loadProgram(options: ProgramLoadOptions): LoadedProgram {
  const { object, program } = options;
  const { spec } = program;
  if (spec.type === 0) {
    throw new BpfError(
      'BPF_NO_PROGRAM_TYPE',
      `program "${spec.name}": section "${spec.section}" does not say what kind of program it is; use a section name such as "kprobe/…", "tp_btf/…" or "xdp", or set its type before load()`,
      { object: object.name, program: spec.name, section: spec.section },
    );
  }
  const attribute: ProgLoadAttr = {
    progType: spec.type,
    insns: program.code.bytes,
    license: object.license,
    // Kernels before 5.0 compare it for kprobes.
    kernVersion: object.kernelVersion || kernelVersionCode(),
    progFlags: spec.flags,
    ifindex: spec.ifindex,
    name: hasFeature('programNames') ? kernelName(spec.name) : undefined,
    expectedAttachType: expectedAttachType(options),
    attachBtfId: options.target?.btfId ?? 0,
    attachFd: options.target?.fd,
    fdArray: options.fdArray,
    ...(options.btfFd !== undefined && {
      btfFd: options.btfFd,
      funcInfo: options.debugInfo?.funcInfo,
      lineInfo: options.debugInfo?.lineInfo,
    }),
  };
  if (options.logLevel > 0) return withLog(options, attribute, options.logLevel);
  try {
    return { fd: retryAgain(() => progLoad(attribute)), log: '' };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    // These say nothing about the program itself: a log would be empty.
    if (error.code === 'EMFILE' || error.code === 'ENFILE') throw refused(options, error, '');
    return withLog(options, attribute, 1);
  }
}

function expectedAttachType({ program: { spec }, target }: ProgramLoadOptions): number {
  if (target?.expectedAttachType !== undefined) return target.expectedAttachType;
  const { sectionDefinition } = spec;
  // USDT probes are attached at all their places at once where the kernel can.
  if (sectionDefinition?.attach === 'usdt' && hasFeature('uprobeMulti'))
    spec.expectedAttachType = attachType('TRACE_UPROBE_MULTI');
  const isOptional = sectionDefinition?.attachTypeOptional === true;
  return isOptional && !hasFeature('expectedAttachType') ? 0 : spec.expectedAttachType;
}

/** Only letters, digits, `_` and `.` are names for the kernel. */
export function kernelName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_');
}

function withLog(
  options: ProgramLoadOptions,
  attribute: ProgLoadAttr,
  logLevel: number,
): LoadedProgram {
  let size = options.logSize ?? FIRST_LOG;
  for (;;) {
    const log = new Uint8Array(size);
    try {
      const fd = retryAgain(() => progLoad({ ...attribute, log, logLevel }));
      return { fd, log: logText(log) };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (error.code === 'ENOSPC' && options.logSize === undefined && size < LARGEST_LOG) {
        size = Math.min(size * 4, LARGEST_LOG);
        continue;
      }
      throw refused(options, error, logText(log));
    }
  }
}

/** The kernel gives up with EAGAIN when a signal arrives during verification. */
function retryAgain(load: () => number): number {
  for (let attempt = 1; ; attempt++) {
    try {
      return load();
    } catch (error) {
      if (!(error instanceof SyscallError) || error.code !== 'EAGAIN' || attempt >= ATTEMPTS)
        throw error;
    }
  }
}

function logText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function refused(options: ProgramLoadOptions, cause: SyscallError, log: string): BpfError {
  const { object, program } = options;
  const { spec } = program;
  const facts = { object: object.name, program: spec.name, section: spec.section, cause };
  const subject = `program "${spec.name}" (section "${spec.section}")`;
  if (log.trim() === '') {
    return new BpfError(
      'BPF_PROGRAM_LOAD',
      `${subject}: the kernel refused it with ${cause.code}${hint(cause, spec)}`,
      facts,
    );
  }
  const poison = explainPoison(options, log);
  if (poison !== undefined)
    return new VerifierError(
      `${subject}: ${poison.message}`,
      log,
      [poison.message],
      poison.sourceLine,
      facts,
    );
  const { lines, sourceLine, omitted } = summarizeLog(log);
  const at = sourceLine === undefined ? '' : `\n  at ${sourceLine}`;
  const more =
    omitted > 0 ? `\n  (${omitted} more line${omitted === 1 ? '' : 's'} in the error's log)` : '';
  return new VerifierError(
    `${subject}: the verifier refused it (${cause.code}): ${lines.join('\n  ')}${at}${more}`,
    log,
    lines,
    sourceLine,
    facts,
  );
}

/** When the verifier stopped at a poisoned instruction, its log means nothing to people; this says what does. */
function explainPoison(
  { program, poisoned }: ProgramLoadOptions,
  log: string,
): { message: string; sourceLine: string | undefined } | undefined {
  const match = /^(?:invalid func|.*call) unknown#(\d+)/m.exec(log);
  if (match === null) return undefined;
  const { sourceLine } = summarizeLog(log);
  const marker = Number(match[1]);
  const other = poisoned.get(marker);
  if (other !== undefined) return { message: other, sourceLine };
  if (marker !== POISON_CORE) return undefined;
  const instruction = [...log.matchAll(/^(\d+): (?:[^(\n]*)\(85\) call unknown#195896080/gm)].at(
    -1,
  );
  const at =
    instruction === null || instruction === undefined ? undefined : Number(instruction[1]) * 8;
  const failure = failureAt(program, at);
  if (failure === undefined) return undefined;
  const why =
    failure.candidates.length === 0
      ? 'no type of that name in the kernel'
      : failure.candidates.join('\n    ');
  return {
    message: `CO-RE relocation (${failure.kind}) of ${failure.access} found no match:\n    ${why}${sourceLine === undefined ? '' : `\n  at ${sourceLine}`}`,
    sourceLine,
  };
}

function failureAt(program: LinkedProgram, at: number | undefined): CoreFailure | undefined {
  const all = program.placements.flatMap(({ function: one, offset }) =>
    one.failures.map((failure) => ({ failure, at: offset + failure.offset })),
  );
  return (all.find((one) => one.at === at) ?? (all.length === 1 ? all[0] : undefined))?.failure;
}

function hint(cause: SyscallError, spec: ProgramSpec): string {
  const type = PROG_TYPES[spec.type] ?? `type ${spec.type}`;
  if (cause.code === 'EPERM') return permissionHint(privilegeClass(spec));
  if (cause.code === 'EINVAL') {
    if (programTypeSupport(spec.type) === 'no')
      return `; the running kernel has no programs of type ${type}${cameWith(programTypeSince(spec.type))}`;
    return `; the kernel may be too old for something in it: type ${type}, attach type ${ATTACH_TYPES[spec.expectedAttachType] ?? spec.expectedAttachType}, flags 0x${spec.flags.toString(16)}`;
  }
  if (cause.code === 'E2BIG')
    return '; it has too many instructions, or the kernel is too old for something in it';
  return '';
}

function cameWith(since: string | undefined): string {
  return since === undefined ? '' : ` (they came with Linux ${since})`;
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
