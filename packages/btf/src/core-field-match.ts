/**
 * An access of the object, found again in a candidate: members by name (through anonymous structs and unions), array
 * elements by index, enumerators by essential name.
 *
 * Rules: libbpf `src/relo_core.c`, bpf_core_spec_match, bpf_core_match_member, bpf_core_fields_are_compat. Both walks end on
 * any input: a struct is searched once per member, chains stop after 64 types.
 */

import type { Btf } from './btf.js';
import { kindsAreCompatible } from './core-candidates.js';
import {
  type CoreAccessor,
  type CoreSpec,
  emptySpec,
  type GrowingSpec,
  isFlexibleArray,
  MAX_SPEC_LENGTH,
} from './core-spec.js';
import { essentialName } from './essential-name.js';
import {
  arrayOf,
  entriesOf,
  enumEntrySize,
  intWord,
  isComposite,
  isEnum,
  memberOf,
} from './record-fields.js';
import { BtfKind } from './types.js';

const encoder = new TextEncoder();

/** Why a candidate does not fit. */
export interface CoreMismatch {
  readonly why: string;
  /** The candidate is broken or too deep: libbpf gives up on the whole relocation here. */
  readonly fatal: boolean;
}

/** Whether a match attempt failed. */
export function isMismatch(match: CoreSpec | CoreMismatch): match is CoreMismatch {
  return 'why' in match;
}

/** Finds the enumerator of `local` in the candidate `id`. */
export function matchEnumerator(local: CoreSpec, btf: Btf, id: number): CoreSpec | CoreMismatch {
  const enumId = btf.resolve(id);
  const kind = btf.kindOf(enumId);
  if (!isEnum(kind)) return { why: `${btf.describe(enumId)} is no enum`, fatal: false };
  const wanted = essentialName(local.accessors[0]!.name!);
  const { view, littleEndian, start, count } = entriesOf(btf, enumId);
  const size = enumEntrySize(kind);
  for (let index = 0; index < count; index++) {
    const name = btf.string(view.getUint32(start + index * size, littleEndian));
    if (essentialName(name) !== wanted) continue;
    const spec = emptySpec(btf, id, local.kind);
    spec.accessors.push({ typeId: enumId, index, name });
    spec.raw.push(index);
    return spec;
  }
  return { why: `no value "${wanted}" among its ${count}`, fatal: false };
}

/** Finds the field of `local` in the candidate `id`. */
export function matchField(local: CoreSpec, btf: Btf, id: number): CoreSpec | CoreMismatch {
  const spec = emptySpec(btf, id, local.kind);
  let current = id;
  for (const [step, accessor] of local.accessors.entries()) {
    current = btf.resolve(current);
    if (accessor.name !== undefined) {
      const found = new MemberSearch(local.btf, accessor, spec).find(current);
      if (typeof found === 'object') return found;
      current = found;
      continue;
    }
    if (step > 0) {
      const element = elementOf(spec, current, accessor.index);
      if (typeof element === 'object') return element;
      current = element;
    }
    if (spec.raw.length === MAX_SPEC_LENGTH) return tooDeep();
    spec.accessors.push({ typeId: current, index: accessor.index, name: undefined });
    spec.raw.push(accessor.index);
    spec.bitOffset += accessor.index * btf.sizeOf(current) * 8;
  }
  return spec;
}

/** Element type of the array `id`, where it has an element `index`. */
function elementOf(spec: GrowingSpec, id: number, index: number): number | CoreMismatch {
  const { btf } = spec;
  if (btf.kindOf(id) !== BtfKind.ARRAY)
    return { why: `${btf.describe(id)} is no array`, fatal: false };
  const array = arrayOf(btf, id);
  if (index >= array.length && !isFlexibleArray(spec, array.length)) {
    const last = spec.accessors.at(-1)?.name;
    const name = last === undefined ? 'the array' : `"${last}"`;
    return { why: `${name} has ${array.length} elements, none is ${index}`, fatal: false };
  }
  return btf.resolve(array.elementTypeId);
}

/** The search for one named member; grows `spec` by the steps that lead to it. */
class MemberSearch {
  readonly #local: Btf;
  readonly #accessor: CoreAccessor;
  readonly #spec: GrowingSpec;
  readonly #name: Uint8Array;
  readonly #searched = new Set<number>();

  constructor(local: Btf, accessor: CoreAccessor, spec: GrowingSpec) {
    this.#local = local;
    this.#accessor = accessor;
    this.#spec = spec;
    this.#name = encoder.encode(accessor.name);
  }

  /** @returns the type of the member */
  find(id: number): number | CoreMismatch {
    const found = this.#search(id);
    if (found !== undefined) return found;
    const { btf } = this.#spec;
    return { why: `${btf.describe(id)} has no member "${this.#accessor.name}"`, fatal: false };
  }

  #search(id: number): number | CoreMismatch | undefined {
    const { btf, raw } = this.#spec;
    const composite = btf.resolve(id);
    if (!isComposite(btf.kindOf(composite)) || this.#searched.has(composite)) return undefined;
    this.#searched.add(composite);
    const { view, littleEndian, start, count } = entriesOf(btf, composite);
    for (let index = 0, at = start; index < count; index++, at += 12) {
      const nameOffset = view.getUint32(at, littleEndian);
      const first = btf.firstByteOf(nameOffset);
      const isAnonymous = first === 0;
      if (raw.length === MAX_SPEC_LENGTH) return tooDeep();
      if (!isAnonymous && (first !== this.#name[0] || !btf.isString(nameOffset, this.#name)))
        continue;
      const member = memberOf(btf, composite, index);
      raw.push(index);
      this.#spec.bitOffset += member.bitOffset;
      if (!isAnonymous) return this.#accept(composite, index, member.typeId);
      const found = this.#search(member.typeId);
      if (found !== undefined) return found;
      raw.pop();
      this.#spec.bitOffset -= member.bitOffset;
    }
    return undefined;
  }

  /** The member has the right name: has it a type that the access can live with? */
  #accept(composite: number, index: number, typeId: number): number | CoreMismatch {
    const { btf, accessors } = this.#spec;
    const localMember = memberOf(this.#local, this.#accessor.typeId, this.#accessor.index);
    if (fieldsAreCompatible(this.#local, localMember.typeId, btf, typeId)) {
      accessors.push({ typeId: composite, index, name: this.#accessor.name });
      return typeId;
    }
    const found = btf.describe(btf.resolve(typeId));
    const expected = this.#local.describe(this.#local.resolve(localMember.typeId));
    return {
      why: `member "${this.#accessor.name}" has another type: found ${found}, expected one like ${expected} of the object`,
      fatal: false,
    };
  }
}

/** Whether two fields may stand for each other; sizes don't matter here. */
function fieldsAreCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  let [a, b] = [localId, targetId];
  for (let depth = 0; depth < MAX_SPEC_LENGTH; depth++) {
    a = local.resolve(a);
    b = target.resolve(b);
    const [kindA, kindB] = [local.kindOf(a), target.kindOf(b)];
    if (isComposite(kindA) && isComposite(kindB)) return true;
    if (!kindsAreCompatible(kindA, kindB)) return false;
    switch (kindA) {
      case BtfKind.PTR:
      case BtfKind.FLOAT:
        return true;
      case BtfKind.FWD:
      case BtfKind.ENUM:
      case BtfKind.ENUM64: {
        const [nameA, nameB] = [essentialName(local.nameOf(a)), essentialName(target.nameOf(b))];
        return nameA === '' || nameB === '' || nameA === nameB;
      }
      case BtfKind.INT:
        return isPlainInt(local, a) && isPlainInt(target, b);
      case BtfKind.ARRAY:
        a = arrayOf(local, a).elementTypeId;
        b = arrayOf(target, b).elementTypeId;
        break;
      default:
        return false;
    }
  }
  return false;
}

/** Not one of the INTs that old compilers made for bit-fields. */
export function isPlainInt(btf: Btf, id: number): boolean {
  return ((intWord(btf, id) >>> 16) & 0xff) === 0;
}

function tooDeep(): CoreMismatch {
  return { why: `nested deeper than ${MAX_SPEC_LENGTH} steps`, fatal: true };
}
