/**
 * Code that an older kernel does not have: helpers, instructions, arguments. The verifier says so in words of its own, which name
 * neither the feature nor the release; this does. As with kinds of programs, the releases decide nothing but what a refusal is called.
 */

import { FeatureError, type SyscallError } from '../errors.js';
import type { ObjectSpec } from '../open/object-spec.js';
import {
  CLASS_ALU,
  CLASS_ALU64,
  CLASS_LDX,
  CLASS_STX,
  type Code,
  INSTRUCTION_SIZE,
} from './instruction.js';
import type { LinkedProgram } from './link-program.js';
import { isLater } from './missing-kind.js';
import { newHelper } from './new-helpers.js';

interface Newer {
  readonly what: string;
  readonly since: string;
  readonly hint?: string;
}

const V3: Newer = {
  what: 'atomic operations that return a value or do more than add',
  since: '5.12',
  hint: 'compile with -mcpu=v2',
};
const V4: Newer = {
  what: 'instructions of -mcpu=v4 (sign extension, signed division, byte swaps, long jumps)',
  since: '6.6',
  hint: 'compile with -mcpu=v3',
};
const CALLBACKS: Newer = { what: 'addresses of functions, as callbacks', since: '5.13' };
const POINTERS: Newer = { what: 'pointers as arguments of global functions', since: '5.12' };
const ORDERED: Newer = { what: 'atomic loads and stores in order', since: '6.15' };

/** What verifiers say of instructions that they do not know. */
const UNKNOWN_CODE =
  /unknown opcode|uses reserved fields|func_info|(?:invalid|unrecognized) bpf_ld_imm64|invalid atomic|BPF_(?:END|NEG|MOV|ALU|LDX|STX|ATOMIC|JMP) /i;

/** The error for code that the running kernel does not have; `undefined` if that is not why it was refused. */
export function missingCode(
  object: ObjectSpec,
  program: LinkedProgram,
  cause: SyscallError,
  log: string,
): FeatureError | undefined {
  const found = missingHelper(log) ?? missingArgument(log) ?? missingInstruction(program.code, log);
  if (found === undefined || !isLater(found.since)) return undefined;
  const { name, section } = program.spec;
  return new FeatureError(found.what, found.since, {
    subject: `program "${name}" (section "${section}")`,
    ...(found.hint !== undefined && { hint: found.hint }),
    object: object.name,
    program: name,
    section,
    cause,
  });
}

function missingHelper(log: string): Newer | undefined {
  const match = /^(?:invalid|unknown) func \w+#(\d+)/m.exec(log);
  const helper = match === null ? undefined : newHelper(Number(match[1]));
  return helper && { what: `helper ${helper.name}`, since: helper.since };
}

function missingArgument(log: string): Newer | undefined {
  return /^Arg#\d+ type PTR in .* is not supported yet/m.test(log) ? POINTERS : undefined;
}

/** The first instruction that this kernel is too old for. */
function missingInstruction(code: Code, log: string): Newer | undefined {
  if (!UNKNOWN_CODE.test(log)) return undefined;
  for (let at = 0; at < code.bytes.byteLength; at += INSTRUCTION_SIZE) {
    const found = newer(code, at);
    if (found !== undefined && isLater(found.since)) return found;
    if (code.isLdImm64(at)) at += INSTRUCTION_SIZE;
  }
  return undefined;
}

/** Of instructions that came after 5.10. */
function newer(code: Code, at: number): Newer | undefined {
  const opcode = code.opcode(at);
  const mode = opcode & 0xe0;
  switch (opcode & 7) {
    case 0:
      return code.isLdImm64(at) && code.source(at) === 4 ? CALLBACKS : undefined;
    case CLASS_LDX:
      return mode === 0x80 ? V4 : undefined;
    case CLASS_STX: {
      if (mode !== 0xc0 || code.immediate(at) === 0) return undefined;
      return (code.immediate(at) & 0x100) !== 0 ? ORDERED : V3;
    }
    case CLASS_ALU:
    case CLASS_ALU64: {
      const isSwap = opcode === 0xd7;
      return isSwap || code.offset(at) !== 0 ? V4 : undefined;
    }
    default:
      return opcode === 0x06 ? V4 : undefined;
  }
}
