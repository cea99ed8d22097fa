/**
 * What a relocation's value is, given the access in one BTF: asked twice, for the object's own types (what the compiler wrote)
 * and for the kernel's (what has to stand there).
 *
 * Bit-fields: the value is read by one load of 1, 2, 4 or 8 bytes at an offset that is a multiple of its size, then shifted
 * left to drop what is above it and right to drop what is below. The load starts as wide as the declared type and grows
 * until it holds all bits.
 *
 * Rules: libbpf `src/relo_core.c`, bpf_core_calc_field_relo, bpf_core_calc_type_relo, bpf_core_calc_enumval_relo.
 */

import type { Btf } from './btf.js';
import { CoreKind, isEnumValueKind, isFieldKind } from './core-kind.js';
import type { CoreSpec } from './core-spec.js';
import { arrayOf, enumValueOf, intWord, isEnum, memberOf } from './record-fields.js';
import { BtfKind } from './types.js';

const INT_ENCODING_SHIFT = 24;
const INT_SIGNED = 1;

/** A value, and what goes with it. */
export interface CoreValue {
  readonly value: bigint;
  /** Whether the instruction must hold `value` before it is patched (asked of the local spec only). */
  readonly validate: boolean;
  /** Bytes of the accessed field, of one element for an array; 0 if loads of it are not to be resized. */
  readonly size: number;
  /** Type that `size` is of, arrays not stripped; 0 where there is no size. */
  readonly typeId: number;
}

/** No value: `poison` if only the instruction is lost, else why the relocation is wrong altogether. */
export type NoCoreValue =
  | { readonly poison: true }
  | { readonly poison: false; readonly why: string };

/** Value of `kind` for `spec`; without a spec, the value for "not found". */
export function coreValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue | NoCoreValue {
  if (isFieldKind(kind)) return fieldValue(kind, spec);
  if (isEnumValueKind(kind)) return enumeratorValue(kind, spec);
  return typeValue(kind, spec);
}

/** Whether a load or store of `from` may be turned into one of `to`: pointers, and integers that are not signed. */
export function canResize(fromBtf: Btf, from: number, toBtf: Btf, to: number): boolean {
  const [a, b] = [fromBtf.kindOf(from), toBtf.kindOf(to)];
  if (a === BtfKind.PTR && b === BtfKind.PTR) return true;
  return (
    a === BtfKind.INT &&
    b === BtfKind.INT &&
    !isSignedOnly(fromBtf, from) &&
    !isSignedOnly(toBtf, to)
  );
}

function fieldValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue | NoCoreValue {
  if (kind === CoreKind.FIELD_EXISTS) return plain(spec === undefined ? 0 : 1);
  if (spec === undefined) return { poison: true };
  const last = spec.accessors.at(-1)!;
  return last.name === undefined ? elementValue(kind, spec, last.typeId) : memberValue(kind, spec);
}

function elementValue(kind: CoreKind, spec: CoreSpec, typeId: number): CoreValue | NoCoreValue {
  const { btf, bitOffset } = spec;
  if (kind === CoreKind.FIELD_BYTE_OFFSET) {
    const value = BigInt(Math.floor(bitOffset / 8));
    return { value, validate: true, size: elementSize(btf, typeId), typeId };
  }
  if (kind === CoreKind.FIELD_BYTE_SIZE) return plain(btf.sizeOf(typeId));
  return { poison: false, why: 'signedness and shifts are not known of an array element' };
}

function memberValue(kind: CoreKind, spec: CoreSpec): CoreValue | NoCoreValue {
  const { btf, bitOffset } = spec;
  const last = spec.accessors.at(-1)!;
  const member = memberOf(btf, last.typeId, last.index);
  const typeId = btf.resolve(member.typeId);
  const isBitField = member.bitSize > 0;
  const load = isBitField ? bitFieldLoad(btf, typeId, bitOffset, member.bitSize) : undefined;
  if (isBitField && load === undefined)
    return { poison: false, why: 'no load of 8 bytes or less holds the bit-field' };
  const byteSize = load?.byteSize ?? btf.sizeOf(typeId);
  const byteOffset = load?.byteOffset ?? Math.floor(bitOffset / 8);
  const bitSize = isBitField ? member.bitSize : byteSize * 8;
  switch (kind) {
    case CoreKind.FIELD_BYTE_OFFSET:
      return {
        value: BigInt(byteOffset),
        validate: !isBitField,
        size: isBitField ? 0 : elementSize(btf, typeId),
        typeId: isBitField ? 0 : typeId,
      };
    case CoreKind.FIELD_BYTE_SIZE:
      return plain(byteSize, !isBitField);
    case CoreKind.FIELD_SIGNED:
      return plain(isSigned(btf, typeId) ? 1 : 0);
    case CoreKind.FIELD_LSHIFT_U64: {
      const within = bitOffset - byteOffset * 8;
      const shift = btf.littleEndian ? 64 - (within + bitSize) : (8 - byteSize) * 8 + within;
      return plain(shift, !isBitField);
    }
    default:
      return plain(64 - bitSize);
  }
}

/** The load that holds all bits of a bit-field. */
function bitFieldLoad(
  btf: Btf,
  typeId: number,
  bitOffset: number,
  bitSize: number,
): { byteSize: number; byteOffset: number } | undefined {
  for (let byteSize = btf.sizeOf(typeId); byteSize > 0; byteSize *= 2) {
    const byteOffset = Math.floor(bitOffset / 8 / byteSize) * byteSize;
    if (bitOffset + bitSize - byteOffset * 8 <= byteSize * 8) return { byteSize, byteOffset };
    if (byteSize >= 8) return undefined;
  }
  return undefined;
}

function enumeratorValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue | NoCoreValue {
  if (kind === CoreKind.ENUMVAL_EXISTS) return plain(spec === undefined ? 0 : 1);
  if (spec === undefined) return { poison: true };
  const { typeId, index } = spec.accessors[0]!;
  return {
    value: BigInt.asUintN(64, enumValueOf(spec.btf, typeId, index)),
    validate: true,
    size: 0,
    typeId: 0,
  };
}

function typeValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue {
  if (spec === undefined) return plain(0);
  switch (kind) {
    case CoreKind.TYPE_ID_LOCAL:
    case CoreKind.TYPE_ID_TARGET:
      // A linker may have renumbered the types without touching the instruction.
      return plain(spec.rootTypeId, false);
    case CoreKind.TYPE_SIZE:
      return plain(spec.btf.sizeOf(spec.rootTypeId));
    default:
      return plain(1);
  }
}

function plain(value: number, validate = true): CoreValue {
  return { value: BigInt.asUintN(64, BigInt(value)), validate, size: 0, typeId: 0 };
}

/** Bytes of what an array, of arrays perhaps, is made of; of the type itself where it is no array. */
function elementSize(btf: Btf, typeId: number): number {
  let id = btf.resolve(typeId);
  // sizeOf throws on chains that don't end.
  btf.sizeOf(id);
  while (btf.kindOf(id) === BtfKind.ARRAY) id = btf.resolve(arrayOf(btf, id).elementTypeId);
  return btf.sizeOf(id);
}

/** Whether a field is a signed integer or enum. */
export function isSigned(btf: Btf, typeId: number): boolean {
  const kind = btf.kindOf(typeId);
  if (isEnum(kind)) return btf.kindFlag(typeId);
  return kind === BtfKind.INT && ((intWord(btf, typeId) >>> INT_ENCODING_SHIFT) & INT_SIGNED) !== 0;
}

/** `encoding` is exactly SIGNED: a signed `char` is not meant. */
function isSignedOnly(btf: Btf, typeId: number): boolean {
  return ((intWord(btf, typeId) >>> INT_ENCODING_SHIFT) & 0xf) === INT_SIGNED;
}
