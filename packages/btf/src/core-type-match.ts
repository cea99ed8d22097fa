/**
 * Whole types compared, for the relocations that ask about a type: loosely (`TYPE_EXISTS`, `TYPE_SIZE`, `TYPE_ID_TARGET`:
 * same shape of kinds) and strictly (`TYPE_MATCHES`: every local member has its match in the target).
 *
 * Rules: libbpf `src/relo_core.c`, __bpf_core_types_are_compat and __bpf_core_types_match. Both are recursive over two type
 * graphs at once; beside libbpf's limit of 32 on depth there is one on the number of entries looked at, because a small
 * BTF can describe types with 2^32 paths through them.
 */

import type { Btf } from './btf.js';
import { kindsAreCompatible } from './core-candidates.js';
import { isPlainInt } from './core-field-match.js';
import { essentialName } from './essential-name.js';
import { arrayOf, entriesOf, enumEntrySize, intWord, isEnum } from './record-fields.js';
import { BtfKind } from './types.js';

const MAX_LEVEL = 32;
const MAX_ENTRIES = 500_000;
const INT_SIGNED = 1 << 24;

/** `undefined`: too deep or too large to tell. */
export type Verdict = boolean | undefined;

/** Whether the local type's kind, and that of everything it points to, is that of the target. */
export function typesAreCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
): Verdict {
  return new TypeComparison(local, target).areCompatible(localId, targetId, MAX_LEVEL);
}

/** Whether the target has all that the local type has. */
export function typesMatch(local: Btf, localId: number, target: Btf, targetId: number): Verdict {
  return new TypeComparison(local, target).match(localId, targetId, false, MAX_LEVEL);
}

class TypeComparison {
  readonly #local: Btf;
  readonly #target: Btf;
  #left = MAX_ENTRIES;

  constructor(local: Btf, target: Btf) {
    this.#local = local;
    this.#target = target;
  }

  areCompatible(localId: number, targetId: number, level: number): Verdict {
    const [local, target] = [this.#local, this.#target];
    if (!kindsAreCompatible(local.kindOf(localId), target.kindOf(targetId))) return false;
    let [a, b] = [localId, targetId];
    for (let depth = 0; depth < MAX_LEVEL; depth++) {
      a = local.resolve(a);
      b = target.resolve(b);
      const kind = local.kindOf(a);
      if (!kindsAreCompatible(kind, target.kindOf(b))) return false;
      switch (kind) {
        case BtfKind.VOID:
        case BtfKind.STRUCT:
        case BtfKind.UNION:
        case BtfKind.ENUM:
        case BtfKind.FWD:
        case BtfKind.ENUM64:
          return true;
        case BtfKind.INT:
          return isPlainInt(local, a) && isPlainInt(target, b);
        case BtfKind.PTR:
          [a, b] = [local.sizeOrType(a), target.sizeOrType(b)];
          break;
        case BtfKind.ARRAY:
          [a, b] = [arrayOf(local, a).elementTypeId, arrayOf(target, b).elementTypeId];
          break;
        case BtfKind.FUNC_PROTO: {
          const verdict = this.#parameters(a, b, (x, y) =>
            level <= 0
              ? undefined
              : this.areCompatible(local.resolve(x), target.resolve(y), level - 1),
          );
          if (verdict !== true) return verdict;
          [a, b] = [local.sizeOrType(a), target.sizeOrType(b)];
          break;
        }
        default:
          return false;
      }
    }
    return undefined;
  }

  match(localId: number, targetId: number, isBehindPointer: boolean, level: number): Verdict {
    if (level <= 0) return undefined;
    const [local, target] = [this.#local, this.#target];
    let behind = isBehindPointer;
    let [a, b] = [localId, targetId];
    for (let depth = 0; depth < MAX_LEVEL; depth++) {
      a = local.resolve(a);
      b = target.resolve(b);
      if (essentialName(local.nameOf(a)) !== essentialName(target.nameOf(b))) return false;
      const [kindA, kindB] = [local.kindOf(a), target.kindOf(b)];
      switch (kindA) {
        case BtfKind.VOID:
          return kindA === kindB;
        case BtfKind.FWD:
        case BtfKind.STRUCT:
        case BtfKind.UNION:
          if (behind || kindA === BtfKind.FWD) return this.#declarationsMatch(a, b, behind);
          return kindA === kindB && this.#membersMatch(a, b, level);
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
          return isEnum(kindB) && this.#valuesMatch(a, b);
        case BtfKind.INT: {
          if (kindA !== kindB || local.sizeOrType(a) !== target.sizeOrType(b)) return false;
          return ((intWord(local, a) ^ intWord(target, b)) & INT_SIGNED) === 0;
        }
        case BtfKind.PTR:
          if (kindA !== kindB) return false;
          behind = true;
          [a, b] = [local.sizeOrType(a), target.sizeOrType(b)];
          break;
        case BtfKind.ARRAY: {
          if (kindA !== kindB) return false;
          const [arrayA, arrayB] = [arrayOf(local, a), arrayOf(target, b)];
          if (arrayA.length !== arrayB.length) return false;
          [a, b] = [arrayA.elementTypeId, arrayB.elementTypeId];
          break;
        }
        case BtfKind.FUNC_PROTO: {
          if (kindA !== kindB) return false;
          const pointed = behind;
          const verdict = this.#parameters(a, b, (x, y) => this.match(x, y, pointed, level - 1));
          if (verdict !== true) return verdict;
          [a, b] = [local.sizeOrType(a), target.sizeOrType(b)];
          break;
        }
        default:
          return false;
      }
    }
    return undefined;
  }

  /** Structs, unions and their forward declarations of one name, where only the keyword counts. */
  #declarationsMatch(a: number, b: number, behind: boolean): boolean {
    const [kindA, kindB] = [this.#local.kindOf(a), this.#target.kindOf(b)];
    if (!behind) return kindA === kindB && this.#local.kindFlag(a) === this.#target.kindFlag(b);
    return keyword(this.#local, a) === keyword(this.#target, b);
  }

  /** Every local member has one of its name and type in the target. */
  #membersMatch(a: number, b: number, level: number): Verdict {
    const [local, target] = [entriesOf(this.#local, a), entriesOf(this.#target, b)];
    if (local.count > target.count) return false;
    if (!this.#spend(local.count + target.count)) return undefined;
    const byName = new Map<string, number[]>();
    for (let index = 0, at = target.start; index < target.count; index++, at += 12) {
      const name = essentialName(
        this.#target.string(target.view.getUint32(at, target.littleEndian)),
      );
      const typeId = target.view.getUint32(at + 4, target.littleEndian);
      const same = byName.get(name);
      if (same === undefined) byName.set(name, [typeId]);
      else same.push(typeId);
    }
    for (let index = 0, at = local.start; index < local.count; index++, at += 12) {
      const name = essentialName(this.#local.string(local.view.getUint32(at, local.littleEndian)));
      const typeId = local.view.getUint32(at + 4, local.littleEndian);
      let isMatched = false;
      for (const candidate of byName.get(name) ?? []) {
        if (!this.#spend(1)) return undefined;
        const verdict = this.match(typeId, candidate, false, level - 1);
        if (verdict === undefined) return undefined;
        if (verdict) {
          isMatched = true;
          break;
        }
      }
      if (!isMatched) return false;
    }
    return true;
  }

  /** Every local enumerator is in the target, whatever its value there. */
  #valuesMatch(a: number, b: number): Verdict {
    if (this.#local.sizeOrType(a) !== this.#target.sizeOrType(b)) return false;
    const [countA, countB] = [this.#local.vlen(a), this.#target.vlen(b)];
    if (countA > countB) return false;
    if (!this.#spend(countA + countB)) return undefined;
    const names = new Set(valueNames(this.#target, b));
    return valueNames(this.#local, a).every((name) => names.has(name));
  }

  #parameters(a: number, b: number, compare: (a: number, b: number) => Verdict): Verdict {
    const [local, target] = [entriesOf(this.#local, a), entriesOf(this.#target, b)];
    if (local.count !== target.count) return false;
    if (!this.#spend(local.count)) return undefined;
    for (let index = 0; index < local.count; index++) {
      const verdict = compare(
        local.view.getUint32(local.start + index * 8 + 4, local.littleEndian),
        target.view.getUint32(target.start + index * 8 + 4, target.littleEndian),
      );
      if (verdict !== true) return verdict;
    }
    return true;
  }

  #spend(entries: number): boolean {
    this.#left -= entries;
    return this.#left >= 0;
  }
}

function keyword(btf: Btf, id: number): 'struct' | 'union' | undefined {
  switch (btf.kindOf(id)) {
    case BtfKind.STRUCT:
      return 'struct';
    case BtfKind.UNION:
      return 'union';
    case BtfKind.FWD:
      return btf.kindFlag(id) ? 'union' : 'struct';
    default:
      return undefined;
  }
}

function valueNames(btf: Btf, id: number): string[] {
  const { view, littleEndian, start, count } = entriesOf(btf, id);
  const size = enumEntrySize(btf.kindOf(id));
  return Array.from({ length: count }, (_, index) =>
    essentialName(btf.string(view.getUint32(start + index * size, littleEndian))),
  );
}
