/**
 * Instruction → the C source line it came from, as BTF.ext has it.
 */

import type { BtfExt, LineInfo } from '@libbpf-ts/btf';
import type { FunctionSpec, ObjectSpec } from '../open/object-spec.js';

/** A line of C. */
export interface SourceLine {
  /** As the compiler was given it. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Without the white space around it; empty if the object does not hold it. */
  readonly text: string;
}

/**
 * The line that an instruction of a function came from.
 *
 * @param offset - bytes from the start of the function
 * @returns `undefined` if the object does not tell
 */
export function sourceLineAt(
  object: ObjectSpec,
  { section, sectionOffset }: FunctionSpec,
  offset: number,
): SourceLine | undefined {
  const { btf, btfExt } = object;
  if (btf === undefined || btfExt === undefined) return undefined;
  const record = recordAt(btfExt, section, sectionOffset + offset, sectionOffset);
  if (record === undefined) return undefined;
  return {
    file: btf.string(record.fileNameOffset),
    line: record.line,
    column: record.column,
    text: btf.string(record.lineOffset).trim(),
  };
}

/** The last record at or before `at` that is not before the function itself. */
function recordAt(
  { lineInfo }: BtfExt,
  section: string,
  at: number,
  functionStart: number,
): LineInfo | undefined {
  let best: LineInfo | undefined;
  for (const { sectionName, records } of lineInfo.sections) {
    if (sectionName !== section) continue;
    for (const record of records) {
      if (record.insnOffset < functionStart || record.insnOffset > at) continue;
      if (best === undefined || record.insnOffset >= best.insnOffset) best = record;
    }
  }
  return best;
}

/** `prog.bpf.c:12: return p->x;` */
export function formatSourceLine({ file, line, text }: SourceLine): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return text === '' ? `${base}:${line}` : `${base}:${line}: ${text}`;
}
