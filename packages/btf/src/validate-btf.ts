/**
 * Every type of a BTF looked at at once, for those who would rather know now than on first use: what parseBtf leaves to the
 * moment a type is read, and what reading single types can't see.
 *
 * Rules: libbpf `src/btf.c`, btf_validate_type; Linux `kernel/bpf/btf.c` for sizes.
 */

import { type Btf, MAX_DEPTH } from './btf.js';
import { BtfError, isBtfError } from './errors.js';
import { arrayOf } from './record-fields.js';
import { type BtfInt, BtfKind, type BtfStruct, type BtfType, type BtfUnion } from './types.js';

const INT_SIZES: readonly number[] = [1, 2, 4, 8, 16];

/**
 * Checks all types that are `btf`'s own.
 *
 * @throws {@link BtfError} for the first thing that is wrong: `BTF_BAD_TYPE_ID`, `BTF_BAD_STRING_OFFSET`, `BTF_BAD_TYPE`,
 *   `BTF_TOO_DEEP`
 */
export function validateBtf(btf: Btf): void {
  for (const type of btf.types()) check(btf, type);
}

function check(btf: Btf, type: BtfType): void {
  switch (type.kind) {
    case 'int':
      checkInt(btf, type);
      break;
    case 'struct':
    case 'union':
      checkComposite(btf, type);
      break;
    case 'func':
      if (btf.kindOf(type.typeId) === BtfKind.FUNC_PROTO) break;
      throw bad(btf, type.id, 'wrong type of function', btf.describe(type.typeId), 'a func_proto');
    case 'datasec':
      for (const [index, { typeId }] of type.variables.entries()) {
        const kind = btf.kindOf(typeId);
        // Functions stand in `.ksyms`.
        if (kind === BtfKind.VAR || kind === BtfKind.FUNC) continue;
        throw bad(btf, type.id, `wrong variable ${index}`, btf.describe(typeId), 'a var or func');
      }
      break;
    case 'array':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      checkChain(btf, type.id);
  }
}

function checkInt(btf: Btf, { id, size, bits, offset }: BtfInt): void {
  if (!INT_SIZES.includes(size)) throw bad(btf, id, 'bad size', `${size}`, '1, 2, 4, 8 or 16');
  if (offset + bits <= size * 8) return;
  throw bad(btf, id, 'bits past its end', `${offset} + ${bits}`, `at most ${size * 8}`);
}

function checkComposite(btf: Btf, type: BtfStruct | BtfUnion): void {
  for (const [index, { bitOffset, bitSize }] of type.members.entries()) {
    if (bitOffset + bitSize <= type.size * 8) continue;
    throw bad(
      btf,
      type.id,
      `member ${index} past its end`,
      `bit ${bitOffset + bitSize}`,
      `at most ${type.size * 8}`,
    );
  }
  try {
    btf.alignOf(type.id);
  } catch (error) {
    // Members without a size make a struct that C would not take, but no reader stumbles over them.
    if (isBtfError(error, 'BTF_TOO_DEEP') || !isBtfError(error)) throw error;
  }
}

/** Typedefs, modifiers and arrays lead to something. */
function checkChain(btf: Btf, id: number): void {
  let current = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const resolved = btf.resolve(current);
    if (btf.kindOf(resolved) !== BtfKind.ARRAY) return;
    current = arrayOf(btf, resolved).elementTypeId;
  }
  throw new BtfError({
    code: 'BTF_TOO_DEEP',
    offset: btf.recordOffset(id),
    typeId: id,
    subject: btf.describe(id),
    doing: 'following arrays',
    limit: MAX_DEPTH,
  });
}

function bad(btf: Btf, typeId: number, problem: string, found: string, expected: string): BtfError {
  const offset = btf.recordOffset(typeId);
  return new BtfError({
    code: 'BTF_BAD_TYPE',
    offset,
    typeId,
    subject: btf.describe(typeId),
    problem,
    found,
    expected,
  });
}
