/**
 * Size and alignment of a type, in bytes. Bounded on any input: chains stop after {@link MAX_DEPTH} steps, and the alignment
 * of a struct is worked out once however often it is nested.
 *
 * Rules: libbpf `src/btf.c`, btf__resolve_size and btf__align_of.
 */

import { type Btf, MAX_DEPTH } from './btf.js';
import { BtfError } from './errors.js';
import { kindName } from './record.js';
import { BtfKind } from './types.js';

/** Bytes of a value. */
export function sizeOf(btf: Btf, id: number): number {
  let elements = 1;
  let current = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const kind = btf.kindOf(current);
    switch (kind) {
      case BtfKind.INT:
      case BtfKind.STRUCT:
      case BtfKind.UNION:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.DATASEC:
      case BtfKind.FLOAT:
        return total(btf, id, elements, btf.sizeOrType(current));
      case BtfKind.PTR:
        return total(btf, id, elements, btf.pointerSize);
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.VAR:
      case BtfKind.DECL_TAG:
      case BtfKind.TYPE_TAG:
        current = btf.sizeOrType(current);
        break;
      case BtfKind.ARRAY: {
        const { view, littleEndian, at } = arrayRecord(btf, current);
        elements = total(btf, id, elements, view.getUint32(at + 20, littleEndian));
        current = view.getUint32(at + 12, littleEndian);
        break;
      }
      default:
        throw noSize(btf, id, kind, 'size');
    }
  }
  throw tooDeep(btf, id, 'size');
}

const alignments = new WeakMap<Btf, Map<number, number>>();

/** Alignment of a value. */
export function alignmentOf(btf: Btf, id: number): number {
  let known = alignments.get(btf);
  if (known === undefined) {
    known = new Map();
    alignments.set(btf, known);
  }
  return alignment(btf, id, 0, known);
}

function alignment(btf: Btf, id: number, depth: number, known: Map<number, number>): number {
  if (depth > MAX_DEPTH) throw tooDeep(btf, id, 'alignment');
  const kind = btf.kindOf(id);
  switch (kind) {
    case BtfKind.INT:
    case BtfKind.ENUM:
    case BtfKind.ENUM64:
    case BtfKind.FLOAT:
      return Math.max(1, Math.min(btf.pointerSize, btf.sizeOrType(id)));
    case BtfKind.PTR:
      return btf.pointerSize;
    case BtfKind.TYPEDEF:
    case BtfKind.VOLATILE:
    case BtfKind.CONST:
    case BtfKind.RESTRICT:
    case BtfKind.VAR:
    case BtfKind.DECL_TAG:
    case BtfKind.TYPE_TAG:
      return alignment(btf, btf.sizeOrType(id), depth + 1, known);
    case BtfKind.ARRAY: {
      const { view, littleEndian, at } = arrayRecord(btf, id);
      return alignment(btf, view.getUint32(at + 12, littleEndian), depth + 1, known);
    }
    case BtfKind.STRUCT:
    case BtfKind.UNION: {
      let result = known.get(id);
      if (result === undefined) {
        result = compositeAlignment(btf, id, depth, known);
        known.set(id, result);
      }
      return result;
    }
    default:
      throw noSize(btf, id, kind, 'alignment');
  }
}

/** The largest alignment among the members; 1 where a member or the size shows that the type is packed. */
function compositeAlignment(
  btf: Btf,
  id: number,
  depth: number,
  known: Map<number, number>,
): number {
  const { view, littleEndian } = btf.ownerOf(id);
  const kindFlag = btf.kindFlag(id);
  const count = btf.vlen(id);
  let largest = 1;
  let at = btf.recordOffset(id) + 12;
  for (let index = 0; index < count; index++, at += 12) {
    const own = alignment(btf, view.getUint32(at + 4, littleEndian), depth + 1, known);
    const word = view.getUint32(at + 8, littleEndian);
    const isBitField = kindFlag && word >>> 24 !== 0;
    if (!isBitField && (kindFlag ? word & 0xffffff : word) % (8 * own) !== 0) return 1;
    if (own > largest) largest = own;
  }
  return btf.sizeOrType(id) % largest === 0 ? largest : 1;
}

function arrayRecord(btf: Btf, id: number): { view: DataView; littleEndian: boolean; at: number } {
  const { view, littleEndian } = btf.ownerOf(id);
  return { view, littleEndian, at: btf.recordOffset(id) };
}

function total(btf: Btf, id: number, elements: number, size: number): number {
  const found = elements * size;
  if (found <= 0xffffffff) return found;
  throw new BtfError({
    code: 'BTF_TOO_LARGE',
    offset: offsetOf(btf, id),
    typeId: id,
    subject: btf.describe(id),
    found,
  });
}

function noSize(btf: Btf, id: number, kind: number, doing: string): BtfError {
  return new BtfError({
    code: 'BTF_NO_SIZE',
    offset: offsetOf(btf, id),
    typeId: id,
    subject: btf.describe(id),
    doing,
    kind: kindName(kind),
  });
}

function tooDeep(btf: Btf, id: number, doing: string): BtfError {
  return new BtfError({
    code: 'BTF_TOO_DEEP',
    offset: offsetOf(btf, id),
    typeId: id,
    subject: btf.describe(id),
    doing: `working out its ${doing}`,
    limit: MAX_DEPTH,
  });
}

/** `void` has no record. */
function offsetOf(btf: Btf, id: number): number {
  return id === 0 ? 0 : btf.recordOffset(id);
}
