/**
 * One program's final instruction list: its own code, then every function it calls, each once.
 *
 * A function is appended when the first call of it is met, and its own calls are followed before the caller's next one: so the
 * order is that of a depth-first walk, which is also libbpf's (bpf_object__reloc_code), and the images come out the same.
 * The kernel counts a call's distance in instructions from the next one.
 */

import type { BtfExt } from '@libbpf-ts/btf';
import { BpfError } from '../errors.js';
import type {
  FunctionSpec,
  InstructionRelocation,
  ObjectSpec,
  ProgramSpec,
} from '../open/object-spec.js';
import type { CoreFailure } from './core-patch.js';
import { Code, INSTRUCTION_SIZE } from './instruction.js';

/** A function whose CO-RE relocations are done. */
export interface PreparedFunction {
  readonly spec: FunctionSpec;
  readonly code: Uint8Array;
  readonly failures: readonly CoreFailure[];
}

/** A function inside a linked program. */
export interface Placement {
  readonly function: PreparedFunction;
  /** Bytes from the start of the program. */
  readonly offset: number;
}

export interface LinkedProgram {
  readonly spec: ProgramSpec;
  readonly code: Code;
  /** What is left to be filled in once maps and externs are known; offsets from the start of the program. */
  readonly relocations: readonly InstructionRelocation[];
  readonly placements: readonly Placement[];
}

/** Looks functions up by where they are in the object. */
export class FunctionTable {
  readonly #byPlace = new Map<string, PreparedFunction>();
  readonly #byName = new Map<string, PreparedFunction>();

  constructor(functions: readonly PreparedFunction[]) {
    for (const one of functions) {
      this.#byPlace.set(`${one.spec.sectionIndex}:${one.spec.sectionOffset}`, one);
      if (one.spec.section === '.text') this.#byName.set(one.spec.name, one);
    }
  }

  /** The function that begins at `offset` of a section. */
  at(sectionIndex: number, offset: number): PreparedFunction | undefined {
    return this.#byPlace.get(`${sectionIndex}:${offset}`);
  }

  /** The function of `.text` with that name. */
  named(name: string): PreparedFunction | undefined {
    return this.#byName.get(name);
  }
}

/** @param exceptionCallback - function that the program names for exceptions; appended even if nothing calls it */
export function linkProgram(
  object: ObjectSpec,
  main: PreparedFunction & { spec: ProgramSpec },
  functions: FunctionTable,
  exceptionCallback?: PreparedFunction,
): LinkedProgram {
  const placements: Placement[] = [];
  const placed = new Map<PreparedFunction, number>();
  const pieces: Uint8Array[] = [];
  const calls: { at: number; target: PreparedFunction; isAddress: boolean }[] = [];
  const rest: InstructionRelocation[] = [];
  let size = 0;

  const place = (one: PreparedFunction): number => {
    const known = placed.get(one);
    if (known !== undefined) return known;
    const base = size;
    placed.set(one, base);
    placements.push({ function: one, offset: base });
    pieces.push(one.code);
    size += one.code.byteLength;
    follow(one, base);
    return base;
  };
  const follow = (one: PreparedFunction, base: number): void => {
    const code = new Code(one.code, object.littleEndian);
    const relocations = new Map(
      one.spec.relocations.map((relocation) => [relocation.offset, relocation]),
    );
    for (let at = 0; at < one.code.byteLength; at += INSTRUCTION_SIZE) {
      const relocation = relocations.get(at);
      const target = calledFunction(one, code, at, relocation);
      if (target !== undefined) {
        const found = functions.at(target.sectionIndex, target.offset);
        if (found === undefined)
          throw noFunction(object, one, at, target.sectionIndex, target.offset);
        place(found);
        calls.push({ at: base + at, target: found, isAddress: target.isAddress });
      } else if (relocation !== undefined) {
        rest.push({ ...relocation, offset: base + at });
      }
      if (code.isLdImm64(at)) at += INSTRUCTION_SIZE;
    }
  };
  place(main);
  if (exceptionCallback !== undefined) place(exceptionCallback);

  const bytes = new Uint8Array(size);
  for (const [index, { offset }] of placements.entries()) bytes.set(pieces[index]!, offset);
  const code = new Code(bytes, object.littleEndian);
  for (const { at, target, isAddress } of calls) {
    if (isAddress) {
      code.setSource(at, 4);
      code.setImmediate(at + INSTRUCTION_SIZE, 0);
    }
    code.setImmediate(at, (placed.get(target)! - at) / INSTRUCTION_SIZE - 1);
  }
  return { spec: main.spec, code, relocations: rest, placements };
}

interface CallTarget {
  readonly sectionIndex: number;
  readonly offset: number;
  readonly isAddress: boolean;
}

/** What an instruction calls or takes the address of, if it does either. */
function calledFunction(
  caller: PreparedFunction,
  code: Code,
  at: number,
  relocation: InstructionRelocation | undefined,
): CallTarget | undefined {
  if (relocation?.kind === 'call' || relocation?.kind === 'function-address') {
    return {
      sectionIndex: relocation.sectionIndex,
      offset: relocation.target,
      isAddress: relocation.kind === 'function-address',
    };
  }
  if (relocation !== undefined) return undefined;
  // Within one section the compiler has resolved calls itself, relative to the next instruction.
  const isAddress = code.isLdImm64(at) && code.source(at) === 4;
  if (!isAddress && !code.isFunctionCall(at)) return undefined;
  const { sectionIndex, sectionOffset } = caller.spec;
  return {
    sectionIndex,
    offset: sectionOffset + at + (code.immediate(at) + 1) * INSTRUCTION_SIZE,
    isAddress,
  };
}

function noFunction(
  object: ObjectSpec,
  caller: PreparedFunction,
  at: number,
  section: number,
  offset: number,
): BpfError {
  return new BpfError(
    'BPF_BAD_OBJECT',
    `BPF object "${object.name}": function "${caller.spec.name}", instruction ${at / 8} calls byte ${offset} of section ${section}, where no function begins`,
    {
      object: object.name,
      program: caller.spec.name,
    },
  );
}

/** func_info and line_info of a linked program, in the kernel's record form. */
export interface DebugInfo {
  readonly funcInfo: { readonly recordSize: number; readonly bytes: Uint8Array } | undefined;
  readonly lineInfo: { readonly recordSize: number; readonly bytes: Uint8Array } | undefined;
}

/**
 * Records of all functions in the program, at their new places; offsets in instructions, as the kernel counts.
 *
 * @param renamed - FUNCs that are described by another one
 */
export function debugInfo(
  btfExt: BtfExt,
  { placements }: LinkedProgram,
  littleEndian: boolean,
  renamed?: ReadonlyMap<number, number>,
): DebugInfo {
  const functions: number[] = [];
  const lines: number[] = [];
  for (const { function: one, offset } of placements) {
    const { section, sectionOffset, instructions, compiledSize } = one.spec;
    // Instructions of somebody else's have a name, but no lines.
    const isCompiled = instructions.byteLength === compiledSize;
    const end = sectionOffset + (isCompiled ? compiledSize : INSTRUCTION_SIZE);
    const delta = offset - sectionOffset;
    for (const record of between(btfExt.funcInfo.sections, section, sectionOffset, end)) {
      functions.push(
        (record.insnOffset + delta) / INSTRUCTION_SIZE,
        renamed?.get(record.typeId) ?? record.typeId,
      );
    }
    if (!isCompiled) continue;
    for (const record of between(btfExt.lineInfo.sections, section, sectionOffset, end)) {
      lines.push(
        (record.insnOffset + delta) / INSTRUCTION_SIZE,
        record.fileNameOffset,
        record.lineOffset,
        ((record.line << 10) | (record.column & 0x3ff)) >>> 0,
      );
    }
  }
  // A program whose first function has no record gets none: the kernel wants all or nothing.
  if (functions.length !== placements.length * 2)
    return { funcInfo: undefined, lineInfo: undefined };
  return {
    funcInfo: { recordSize: 8, bytes: words(functions, littleEndian) },
    lineInfo:
      lines.length === 0 ? undefined : { recordSize: 16, bytes: words(lines, littleEndian) },
  };
}

function* between<R extends { readonly insnOffset: number }>(
  sections: readonly { readonly sectionName: string; readonly records: readonly R[] }[],
  name: string,
  start: number,
  end: number,
): Generator<R> {
  for (const { sectionName, records } of sections) {
    if (sectionName !== name) continue;
    for (let index = firstAtOrAfter(records, start); index < records.length; index++) {
      const record = records[index]!;
      if (record.insnOffset >= end) break;
      yield record;
    }
  }
}

/** Index of the first record at or after `offset`; records are in the order of their offsets. */
function firstAtOrAfter(
  records: readonly { readonly insnOffset: number }[],
  offset: number,
): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (records[middle]!.insnOffset < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function words(values: readonly number[], littleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, littleEndian);
  return new Uint8Array(view.buffer);
}
