/**
 * Puts the results of CO-RE relocations into instructions.
 *
 * Rules as in the kernel's and libbpf's bpf_core_patch_insn: an immediate of ALU, the offset of a memory access (whose width
 * follows the field's in the target), or an `ld_imm64`. What found no match is poisoned, for it may be in dead code; where
 * it is not, the verifier stops there, and {@link CoreFailure} tells what was meant.
 */

import {
  type CoreContext,
  CoreKind,
  type CoreRelocation,
  type CoreResult,
  formatCoreSpec,
  relocateCore,
} from '@libbpf-ts/btf';
import { BpfError } from '../errors.js';
import type { FunctionSpec } from '../open/object-spec.js';
import {
  CLASS_ALU,
  CLASS_ALU64,
  CLASS_LD,
  CLASS_LDX,
  CLASS_ST,
  CLASS_STX,
  type Code,
} from './instruction.js';

/** Immediate of a call that marks a failed relocation; libbpf uses the same, `0xbad2310`. */
export const POISON_CORE = 195896080;

/** A relocation that found no match. */
export interface CoreFailure {
  /** Bytes from the start of the function. */
  readonly offset: number;
  readonly kind: string;
  /** `struct task_struct.state (0:1 @ offset 24)`. */
  readonly access: string;
  /** A line for each candidate, saying why it did not fit. */
  readonly candidates: readonly string[];
}

const KIND_NAMES = Object.fromEntries(
  Object.entries(CoreKind).map(([name, value]) => [value, name.toLowerCase()]),
);

/** A CO-RE relocation that cannot be done, wherever it is: the object is damaged, or candidates in the kernel disagree. */
export class CoreRelocationError extends BpfError {
  override readonly name: string = 'CoreRelocationError';
  /** `struct task_struct.state (0:1 @ offset 24)`. */
  readonly access: string;
  /** A line for each candidate, saying why it did not fit. */
  readonly candidates: readonly string[];

  constructor(
    spec: FunctionSpec,
    { offset, kind, access, candidates }: CoreFailure,
    detail: string,
  ) {
    super(
      'BPF_CORE_RELOCATION',
      `function "${spec.name}", instruction ${offset / 8}: CO-RE relocation (${kind}) of ${access}: ${detail}`,
      { program: spec.name, section: spec.section },
    );
    this.access = access;
    this.candidates = candidates;
  }
}

/** Applies all CO-RE relocations of `code`. @returns those that failed, whose instructions are poisoned now */
export function applyCoreRelocations(
  context: CoreContext,
  spec: FunctionSpec,
  code: Code,
): CoreFailure[] {
  const failures: CoreFailure[] = [];
  for (const relocation of spec.coreRelocations) {
    const result = relocateCore(context, relocation);
    const failure = result.ok
      ? patch(spec, code, relocation, result)
      : explain(context, relocation, result);
    if (failure === undefined) continue;
    if (!result.ok && !result.poison) throw new CoreRelocationError(spec, failure, result.detail);
    code.poison(relocation.insnOffset, POISON_CORE);
    failures.push(failure);
  }
  return failures;
}

type Failed = Extract<CoreResult, { ok: false }>;
type Succeeded = Extract<CoreResult, { ok: true }>;

function explain({ local }: CoreContext, relocation: CoreRelocation, result: Failed): CoreFailure {
  return {
    offset: relocation.insnOffset,
    kind: KIND_NAMES[relocation.kind] ?? String(relocation.kind),
    access:
      result.localSpec === undefined
        ? `${local.describe(relocation.typeId)}, access "${relocation.accessString}"`
        : formatCoreSpec(result.localSpec),
    candidates: result.candidates.map(
      ({ name, id, btf, why }) => `${name} [${id}] in ${btf}: ${why}`,
    ),
  };
}

function patch(
  spec: FunctionSpec,
  code: Code,
  relocation: CoreRelocation,
  result: Succeeded,
): CoreFailure | undefined {
  const at = relocation.insnOffset;
  const opcode = code.opcode(at);
  const { originalValue, newValue } = result;
  const mismatch = (found: number | bigint) =>
    new BpfError(
      'BPF_CORE_BAD_INSTRUCTION',
      `function "${spec.name}", instruction ${at / 8}: CO-RE relocation of ${formatCoreSpec(result.localSpec)} expects ${originalValue} there, found ${found}; the object is damaged`,
      { program: spec.name, section: spec.section },
    );

  switch (opcode & 7) {
    case CLASS_ALU:
    case CLASS_ALU64: {
      const found = code.immediate(at);
      if (result.validate && BigInt(found) !== BigInt.asIntN(32, originalValue))
        throw mismatch(found);
      code.setImmediate(at, Number(BigInt.asIntN(32, newValue)));
      return undefined;
    }
    case CLASS_LDX:
    case CLASS_ST:
    case CLASS_STX: {
      const found = code.offset(at);
      if (result.validate && BigInt(found) !== originalValue) throw mismatch(found);
      if (newValue > 0x7fffn) {
        throw new BpfError(
          'BPF_CORE_OFFSET',
          `function "${spec.name}", instruction ${at / 8}: ${formatCoreSpec(result.localSpec)} lies ${newValue} bytes into the kernel's structure, past what an instruction can hold (32767)`,
          { program: spec.name },
        );
      }
      if (result.failMemorySize) {
        return {
          offset: at,
          kind: KIND_NAMES[relocation.kind] ?? '',
          access: formatCoreSpec(result.localSpec),
          candidates: [
            'the field has another size in the kernel, and signed or non-integer values cannot be adjusted',
          ],
        };
      }
      code.setOffset(at, Number(newValue));
      if (result.newSize !== undefined && result.newSize !== result.originalSize)
        resize(spec, code, at, result.originalSize ?? 0, result.newSize);
      return undefined;
    }
    case CLASS_LD: {
      const found = code.immediate64(at);
      if (!code.isLdImm64(at)) throw mismatch(found);
      if (result.validate && BigInt.asUintN(64, found) !== BigInt.asUintN(64, originalValue))
        throw mismatch(found);
      code.setImmediate64(at, newValue);
      return undefined;
    }
    default:
      throw new BpfError(
        'BPF_CORE_BAD_INSTRUCTION',
        `function "${spec.name}", instruction ${at / 8}: opcode 0x${opcode.toString(16)} cannot take a CO-RE relocation`,
        { program: spec.name },
      );
  }
}

const SIZE_BITS: Readonly<Record<number, number>> = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 };

function resize(spec: FunctionSpec, code: Code, at: number, from: number, to: number): void {
  const opcode = code.opcode(at);
  const bits = SIZE_BITS[to];
  if (bits === undefined || (opcode & 0x18) !== SIZE_BITS[from]) {
    throw new BpfError(
      'BPF_CORE_BAD_INSTRUCTION',
      `function "${spec.name}", instruction ${at / 8}: a memory access of ${from} bytes cannot become one of ${to}`,
      { program: spec.name },
    );
  }
  code.setOpcode(at, (opcode & ~0x18) | bits);
}
