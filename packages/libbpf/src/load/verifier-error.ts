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
  /^(processed \d+ insns|verification time|stack depth|insns processed|max_states|total_states|peak_states|mark_read)/;
const INSTRUCTION = /^\d+: (\([0-9a-f]{2}\)|R\d|\.)/;
const SOURCE = /^; (.*?)(?: @ (\S+:\d+))?$/;

/** The last telling line or two of a verifier log, and the source line they belong to. */
export function summarizeLog(log: string): LogSummary {
  const lines = log
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '' && line !== '\0');
  const telling = lines.filter((line) => !STATISTICS.test(line));
  const shown: string[] = [];
  for (let index = telling.length - 1; index >= 0 && shown.length < 3; index--) {
    const line = telling[index]!;
    if (INSTRUCTION.test(line)) {
      shown.unshift(line);
      break;
    }
    if (SOURCE.test(line)) break;
    shown.unshift(line);
  }
  const source = telling.findLast((line) => SOURCE.test(line));
  const match = source === undefined ? null : SOURCE.exec(source);
  const sourceLine =
    match === null
      ? undefined
      : match[2] === undefined
        ? match[1]!.trim()
        : `${match[2]}: ${match[1]!.trim()}`;
  return { lines: shown, sourceLine, omitted: lines.length - shown.length };
}
