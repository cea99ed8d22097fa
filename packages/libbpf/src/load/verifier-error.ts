/**
 * The verifier's refusal: a message of the few lines that matter, the whole log on the error.
 */

import { BpfError, type BpfErrorFacts } from '../errors.js';

/** A program that the kernel's verifier refused. */
export class VerifierError extends BpfError {
  override readonly name = 'VerifierError';
  /** Everything the verifier said. */
  readonly log: string;
  /** The lines of it that the message shows. */
  readonly summary: readonly string[];
  /** The C source line that the verifier stopped at, if BTF.ext told it: `prog.bpf.c:12: return p->x;`. */
  readonly sourceLine: string | undefined;

  constructor(
    message: string,
    log: string,
    summary: readonly string[],
    sourceLine: string | undefined,
    facts: BpfErrorFacts,
  ) {
    super('BPF_VERIFIER', message, facts);
    this.log = log;
    this.summary = summary;
    this.sourceLine = sourceLine;
  }
}

/** What a log says, boiled down. */
export interface LogSummary {
  readonly lines: readonly string[];
  readonly sourceLine: string | undefined;
  /** Lines not shown. */
  readonly omitted: number;
}

// What follows the reason: statistics that say nothing about the failure.
const STATISTICS =
  /^(processed \d+ insns|verification time|stack depth|insns processed|max_states|total_states|peak_states|mark_read|subprog stack depth)/;
// What lies between an instruction and the reason: states of registers, and how precision was traced back.
const STATE =
  /^(from \d+ to \d+|\d+: R\d|R\d+(_\w+)?=|mark_precise|regs=|last_idx|parent (didn't|already)|propagating|(cur|old) state|frame\d|caller:|callee:|returning from callee|to caller at|\.)|^ ?(frame\d+: )?R\d+(_\w+)?=/;
const INSTRUCTION = /^\d+: (\([0-9a-f]{2}\)|\.)/;
const SOURCE = /^; (.*?)(?: @ (\S+:\d+))?$/;
// Newer kernels add the source line, or the state of registers, to an instruction.
const COMMENT = /(?<=^\d+: \([0-9a-f]{2}\) .*?)\s+; .*$/;
const FAILED = /^Verification failed: /;

const MOST_LINES = 3;
/** A line of a log may hold the state of every register and stack slot. */
const LONGEST_LINE = 300;

/**
 * The last telling lines of a verifier log, and the source line they belong to.
 *
 * Linux 7.3 ends a log with a report, `Verification failed: TITLE` and paragraphs `Reason:`, `At:`, `Suggestion:`; before, the
 * last lines before the statistics are the reason.
 */
export function summarizeLog(log: string): LogSummary {
  const all = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && line !== '\0');
  const failed = all.findLastIndex((line) => FAILED.test(line));
  const trace = failed === -1 ? all : all.slice(0, failed);
  const lines = failed === -1 ? lastLines(trace) : reportLines(trace, all.slice(failed));
  return {
    lines: lines.map((line) => shorten(line.replace(COMMENT, ''))),
    sourceLine: lastSourceLine(trace),
    omitted: Math.max(0, all.length - lines.length),
  };
}

function lastLines(trace: readonly string[]): string[] {
  const shown: string[] = [];
  for (let index = trace.length - 1; index >= 0 && shown.length < MOST_LINES; index--) {
    const line = trace[index]!;
    if (STATISTICS.test(line)) continue;
    if (INSTRUCTION.test(line)) {
      shown.unshift(line);
      break;
    }
    if (STATE.test(line)) continue;
    if (SOURCE.test(line)) break;
    shown.unshift(line);
  }
  return shown;
}

/** The instruction, what failed, why, and what to do. */
function reportLines(trace: readonly string[], report: readonly string[]): string[] {
  const instruction = trace.findLast((line) => INSTRUCTION.test(line));
  const title = report[0]!.replace(FAILED, '');
  const paragraph = (heading: string) => {
    const start = report.indexOf(`${heading}:`);
    if (start === -1) return undefined;
    const rest = report.slice(start + 1);
    const end = rest.findIndex((line) => !line.startsWith(' '));
    return rest
      .slice(0, end === -1 ? undefined : end)
      .map((line) => line.trim())
      .join(' ');
  };
  const suggestion = paragraph('Suggestion');
  return [
    ...(instruction === undefined ? [] : [instruction]),
    title,
    ...[paragraph('Reason') ?? []].flat(),
    ...(suggestion === undefined ? [] : [`Suggestion: ${suggestion}`]),
  ];
}

function lastSourceLine(trace: readonly string[]): string | undefined {
  const source = trace.findLast((line) => SOURCE.test(line));
  const match = source === undefined ? null : SOURCE.exec(source);
  if (match === null) return undefined;
  const text = match[1]!.trim();
  return match[2] === undefined ? text : `${match[2]}: ${text}`;
}

function shorten(line: string): string {
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`;
}
