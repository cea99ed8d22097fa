/**
 * One linked program → the kernel.
 *
 * First without a log: it costs, and most programs load. When the verifier refuses, again with one, whose buffer grows until
 * the log fits.
 */

import { BpfError, didYouMean, SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import type { ObjectSpec } from '../open/object-spec.js';
import { SECTION_TABLE } from '../open/section-table.js';
import { type ProgLoadAttr, progLoad } from '../sys/bpf.js';
import type { ProgramTarget } from './attach-target.js';
import { hasFeature } from './features.js';
import { kernelVersionCode } from './kernel-version.js';
import type { DebugInfo, LinkedProgram } from './link-program.js';
import { refused } from './refusal.js';

const FIRST_LOG = 1 << 20;
const STATISTICS_LOG = 1 << 14;
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

/** `; did you mean "xdp"?`, for the part of a section name that says the kind. */
function nearSection(section: string): string {
  const wanted = section.replace(/^\?/, '').toLowerCase().trim();
  const names = SECTION_TABLE.map(({ name }) => name);
  const whole = didYouMean(wanted, names);
  return whole !== '' || !wanted.includes('/')
    ? whole
    : didYouMean(wanted.slice(0, wanted.indexOf('/')), names);
}

export function loadProgram(options: ProgramLoadOptions): LoadedProgram {
  const { object, program } = options;
  const { spec } = program;
  if (spec.type === 0) {
    throw new BpfError(
      'BPF_NO_PROGRAM_TYPE',
      `program "${spec.name}": section "${spec.section}" does not say what kind of program it is${nearSection(spec.section)}; use a section name such as "kprobe/…", "tp_btf/…" or "xdp", or set its type before load()`,
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
    return { fd: progLoad(attribute), log: '' };
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

/** Only letters, digits, `_` and `.` are names for the kernel; `sys/` cuts them to its length. */
export function kernelName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_');
}

function withLog(
  options: ProgramLoadOptions,
  attribute: ProgLoadAttr,
  logLevel: number,
): LoadedProgram {
  let size = options.logSize ?? ((logLevel & 3) === 0 ? STATISTICS_LOG : FIRST_LOG);
  for (;;) {
    const log = new Uint8Array(size);
    try {
      const fd = progLoad({ ...attribute, log, logLevel });
      return { fd, log: logText(log) };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (error.code === 'ENOSPC' && options.logSize === undefined && size < LARGEST_LOG) {
        size = Math.min(size * 4, LARGEST_LOG);
        continue;
      }
      // Statistics say nothing about why.
      if ((logLevel & 3) === 0) return withLog(options, attribute, logLevel | 1);
      throw refused(options, error, logText(log));
    }
  }
}

function logText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}
