/**
 * Instructions as text, in the kernel verifier's notation, with the C line that each came from and what each refers to.
 *
 * linux/Documentation/bpf/standardization/instruction-set.rst for the forms, linux/kernel/bpf/disasm.c for how they are written.
 */

import type { FunctionSpec, InstructionRelocation, ObjectSpec } from '../open/object-spec.js';
import { Code, INSTRUCTION_SIZE } from './instruction.js';
import { formatSourceLine, sourceLineAt } from './source-lines.js';

const SIZES = ['u32', 'u16', 'u8', 'u64'] as const;
const ALU = [
  '+=',
  '-=',
  '*=',
  '/=',
  '|=',
  '&=',
  '<<=',
  '>>=',
  '',
  '%=',
  '^=',
  '=',
  's>>=',
] as const;
const JUMPS: Readonly<Record<number, string>> = {
  16: '==',
  32: '>',
  48: '>=',
  64: '&',
  80: '!=',
  96: 's>',
  112: 's>=',
  160: '<',
  176: '<=',
  192: 's<',
  208: 's<=',
};

/**
 * A program or subprogram as text, one instruction a line.
 *
 * @param spec - as it is before load: references are named, not yet numbers
 */
export function disassemble(object: ObjectSpec, spec: FunctionSpec): string {
  const code = new Code(spec.instructions, object.littleEndian);
  const references = new Map(spec.relocations.map((one) => [one.offset, one]));
  const core = new Map(spec.coreRelocations.map((one) => [one.insnOffset, one]));
  const lines: string[] = [];
  let lastSource = '';
  for (let at = 0; at < spec.instructions.byteLength; at += INSTRUCTION_SIZE) {
    const source = sourceLineAt(object, spec, at);
    const text = source === undefined ? '' : formatSourceLine(source);
    if (text !== '' && text !== lastSource) lines.push(`; ${text}`);
    lastSource = text;
    const reference = references.get(at);
    const notes = [
      ...(reference === undefined ? [] : [nameOf(object, reference)]),
      ...(core.has(at) ? [`CO-RE ${coreNote(object, core.get(at)!)}`] : []),
    ];
    const note = notes.length === 0 ? '' : `  <${notes.join(', ')}>`;
    lines.push(`${String(at / INSTRUCTION_SIZE).padStart(5)}: ${instructionText(code, at)}${note}`);
    if (code.isLdImm64(at)) at += INSTRUCTION_SIZE;
  }
  return `${lines.join('\n')}\n`;
}

function nameOf(object: ObjectSpec, relocation: InstructionRelocation): string {
  switch (relocation.kind) {
    case 'map':
      return `map ${object.maps[relocation.map]?.name}`;
    case 'data': {
      const map = object.maps[relocation.map];
      return `map ${map?.name} + ${relocation.valueOffset}`;
    }
    case 'call':
    case 'function-address':
      return functionName(object, relocation.sectionIndex, relocation.target);
    case 'jump-table':
      return `jump table of ${relocation.targets.length} places`;
    default:
      return relocation.extern;
  }
}

function functionName({ programs, subprograms }: ObjectSpec, section: number, at: number): string {
  const found = [...subprograms, ...programs].find(
    ({ sectionIndex, sectionOffset }) => sectionIndex === section && sectionOffset === at,
  );
  return found?.name ?? `function at byte ${at} of section ${section}`;
}

function coreNote(
  { btf }: ObjectSpec,
  { typeId, accessString }: { readonly typeId: number; readonly accessString: string },
): string {
  return `${btf?.nameOf(typeId) ?? `type ${typeId}`} ${accessString}`;
}

/** One instruction: `r1 = *(u32 *)(r2 +8)`. */
export function instructionText(code: Code, at: number): string {
  const opcode = code.opcode(at);
  switch (opcode & 7) {
    case 0:
      return loadText(code, at, opcode);
    case 1:
      return `r${destination(code, at)} = *(${memorySize(opcode, (opcode & 0xe0) === 0x80)} *)(r${code.source(at)} ${signed(code.offset(at))})`;
    case 2:
      return `${memory(code, at, opcode)} = ${code.immediate(at)}`;
    case 3:
      return (opcode & 0xe0) === 0xc0
        ? atomicText(code, at, opcode)
        : `${memory(code, at, opcode)} = r${code.source(at)}`;
    case 5:
    case 6:
      return jumpText(code, at, opcode);
    default:
      return aluText(code, at, opcode);
  }
}

function loadText(code: Code, at: number, opcode: number): string {
  if (code.isLdImm64(at) && at + 2 * INSTRUCTION_SIZE <= code.bytes.byteLength)
    return `r${destination(code, at)} = 0x${BigInt.asUintN(64, code.immediate64(at)).toString(16)} ll`;
  const mode = opcode & 0xe0;
  if (mode === 0x20) return `r0 = *(${memorySize(opcode)} *)skb[${code.immediate(at)}]`;
  if (mode === 0x40)
    return `r0 = *(${memorySize(opcode)} *)skb[r${code.source(at)} ${signed(code.immediate(at))}]`;
  return unknown(code, at);
}

function aluText(code: Code, at: number, opcode: number): string {
  const register = (opcode & 7) === 4 ? 'w' : 'r';
  const target = `${register}${destination(code, at)}`;
  const operation = opcode >> 4;
  const operand = (opcode & 8) !== 0 ? `${register}${code.source(at)}` : String(code.immediate(at));
  if (operation === 8) return `${target} = -${target}`;
  if (operation === 0xd) return endText(code, at, opcode);
  const text = ALU[operation];
  if (text === undefined) return unknown(code, at);
  const offset = code.offset(at);
  if (operation === 0xb && offset !== 0) return `${target} = (s${offset})${operand}`;
  const isSigned = offset === 1 && (operation === 3 || operation === 9);
  return `${target} ${isSigned ? 's' : ''}${text} ${operand}`;
}

function endText(code: Code, at: number, opcode: number): string {
  const bits = code.immediate(at);
  const order = (opcode & 7) === 7 ? 'bswap' : (opcode & 8) !== 0 ? 'be' : 'le';
  const target = `r${destination(code, at)}`;
  return `${target} = ${order}${bits} ${target}`;
}

/** A jump to the address in a register (6.19). */
const GOTOX = 0x0d;

function jumpText(code: Code, at: number, opcode: number): string {
  const operation = opcode & 0xf0;
  const register = (opcode & 7) === 6 ? 'w' : 'r';
  if (operation === 0x80) return callText(code, at);
  if (operation === 0x90) return 'exit';
  if (opcode === GOTOX) return `gotox r${destination(code, at)}`;
  if (operation === 0) {
    const distance = (opcode & 7) === 6 ? code.immediate(at) : code.offset(at);
    return `goto pc${signed(distance)}`;
  }
  const condition = JUMPS[operation];
  if (condition === undefined) return unknown(code, at);
  const operand = (opcode & 8) !== 0 ? `${register}${code.source(at)}` : String(code.immediate(at));
  return `if ${register}${destination(code, at)} ${condition} ${operand} goto pc${signed(code.offset(at))}`;
}

function callText(code: Code, at: number): string {
  const number = code.immediate(at);
  if (code.source(at) === 1) return `call pc${signed(number)}`;
  return code.source(at) === 2 ? `call kernel-function#${number}` : `call helper#${number}`;
}

const ATOMICS: Readonly<Record<number, string>> = { 0: '+=', 64: '|=', 80: '&=', 160: '^=' };

function atomicText(code: Code, at: number, opcode: number): string {
  const operation = code.immediate(at);
  const place = memory(code, at, opcode);
  const source = `r${code.source(at)}`;
  if (operation === 0xe1) return `${source} = xchg(${place}, ${source})`;
  if (operation === 0xf1) return `r0 = cmpxchg(${place}, r0, ${source})`;
  const text = ATOMICS[operation & ~1];
  if (text === undefined) return unknown(code, at);
  return `lock ${place} ${text} ${source}${(operation & 1) === 0 ? '' : ' (fetch)'}`;
}

function memory(code: Code, at: number, opcode: number): string {
  return `*(${memorySize(opcode)} *)(r${destination(code, at)} ${signed(code.offset(at))})`;
}

function memorySize(opcode: number, isSigned = false): string {
  const size = SIZES[(opcode >> 3) & 3]!;
  return isSigned ? size.replace('u', 's') : size;
}

function destination(code: Code, at: number): number {
  const registers = code.bytes[at + 1]!;
  return code.littleEndian ? registers & 0xf : registers >> 4;
}

function signed(value: number): string {
  return value < 0 ? String(value) : `+${value}`;
}

function unknown(code: Code, at: number): string {
  return `unknown opcode 0x${code.opcode(at).toString(16)}`;
}
