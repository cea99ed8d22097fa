/**
 * `skelgen verify FILE…`: every program of every file against the running kernel, each loaded alone.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type ProgramVerification, VerifySession, verifyPrograms } from '@libbpf-ts/libbpf';
import { parseObject } from '@libbpf-ts/libbpf/open';
import type { Command } from 'commander';
import { describeFailure, fileProblem, SkelgenError } from '../failure.js';
import { skeletonName } from '../object-file.js';
import { writeStdout } from '../output.js';

interface Flags {
  readonly json?: boolean;
}

/** A line of `--json`. */
export interface VerifyRow {
  readonly file: string;
  /** `null` for a file that cannot be opened. */
  readonly program: string | null;
  readonly verdict: 'ok' | 'fail';
  /** Why not; `null` if it loaded. */
  readonly reason: string | null;
  readonly instructions: number | null;
  readonly states: number | null;
  readonly time_us: number | null;
}

export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description(
      "load each program into the running kernel, alone, and tell the verifier's verdict",
    )
    .argument('<file...>', 'compiled BPF objects')
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `
Each program is loaded with all others left out, those of sections that begin with "?" too; nothing is attached, pinned or left
behind. Needs root, or CAP_BPF and what the programs' types need. Exit status 1 if any program failed.

Examples:
  $ sudo skelgen verify app.bpf.o
  $ sudo skelgen verify --json build/*.bpf.o | jq 'select(.verdict == "fail")'`,
    )
    .action((files: string[], flags: Flags) => verify(files, flags));
}

async function verify(files: readonly string[], flags: Flags): Promise<void> {
  const print = flags.json ? printJson : printRows();
  let failures = 0;
  const session = new VerifySession();
  try {
    for (const file of files) {
      for (const row of verifyFile(file, session)) {
        if (row.verdict === 'fail') failures++;
        await writeStdout(print(row));
      }
    }
  } finally {
    session.close();
  }
  if (failures > 0) process.exitCode = 1;
}

function* verifyFile(file: string, session: VerifySession): Generator<VerifyRow> {
  try {
    const object = parseObject(readObject(file), { name: skeletonName(basename(file)) });
    for (const result of verifyPrograms(object, session)) yield rowOf(file, result);
  } catch (error) {
    // Whatever is wrong with one file, the others get their verdicts.
    yield {
      file,
      program: null,
      verdict: 'fail',
      reason: withoutSubject(describeFailure(error)),
      instructions: null,
      states: null,
      time_us: null,
    };
  }
}

function readObject(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new SkelgenError('SKELGEN_BAD_OBJECT', fileProblem(code), { cause });
  }
}

function rowOf(file: string, result: ProgramVerification): VerifyRow {
  const { program, verdict, error, instructions, states, microseconds } = result;
  return {
    file,
    program,
    verdict,
    reason: error?.message ?? null,
    instructions: instructions ?? null,
    states: states ?? null,
    time_us: microseconds ?? null,
  };
}

function printJson(row: VerifyRow): string {
  return `${JSON.stringify(row)}\n`;
}

/** Rows under a heading for each file. */
function printRows(): (row: VerifyRow) => string {
  let last: string | undefined;
  return (row) => {
    const heading = row.file === last ? '' : `${last === undefined ? '' : '\n'}${row.file}\n`;
    last = row.file;
    if (row.program === null) return `${heading}  cannot be opened: ${row.reason}\n`;
    const columns = [
      row.verdict.padEnd(4),
      row.program.padEnd(32),
      count(row.instructions, 'instructions').padStart(21),
      count(row.states, 'states').padStart(14),
      count(row.time_us, 'µs').padStart(12),
    ];
    const reason = row.reason === null ? '' : `\n${indent(withoutSubject(row.reason))}`;
    return `${heading}  ${columns.join(' ').trimEnd()}${reason}\n`;
  };
}

function count(value: number | null, unit: string): string {
  return value === null ? '' : `${value} ${unit}`;
}

/** The row names the file and the program already. */
function withoutSubject(reason: string): string {
  return reason.replace(/^(?:BPF object "[^"]*"|program "[^"]*"(?: \(section "[^"]*"\))?): /, '');
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `       ${line}`)
    .join('\n');
}
