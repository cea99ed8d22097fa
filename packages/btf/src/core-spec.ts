/**
 * Access specs of CO-RE: what an access string such as `0:2:1` means against a type.
 *
 * The raw spec is the string as numbers, one per step through structs (anonymous ones too) and arrays. Its accessors are the
 * steps that mean something to a person: the array index before the first member, named members, and array elements.
 * For `&s->a[3]`, where `a` is member 2 of an anonymous struct that is member 1 of `s`, the raw spec is `0:1:2:3` and the
 * accessors are `[0]`, `.a`, `[3]`. Only accessors are looked for in the target; its raw spec follows from what was found.
 *
 * Rules: libbpf `src/relo_core.c`, bpf_core_parse_spec.
 */

import type { Btf } from './btf.js';
import { type CoreKind, isEnumValueKind, isFieldKind, isTypeKind } from './core-kind.js';
import type { CoreRelocation } from './parse-btf-ext.js';
import { kindName } from './record.js';
import {
  arrayOf,
  entriesOf,
  enumEntrySize,
  enumValueOf,
  isComposite,
  isEnum,
  memberOf,
} from './record-fields.js';
import { BtfKind } from './types.js';

/** Longest access spec, in steps. */
export const MAX_SPEC_LENGTH = 64;

/** One step that has a meaning of its own. */
export interface CoreAccessor {
  /** The struct or enum that `index` counts in; for an array index, the type of the elements. */
  readonly typeId: number;
  readonly index: number;
  /** Of the member or enumerator; `undefined` for an array index. */
  readonly name: string | undefined;
}

/** One access, resolved in one BTF. */
export interface CoreSpec {
  readonly btf: Btf;
  /** The type that the access starts from; typedefs are not resolved. */
  readonly rootTypeId: number;
  readonly kind: CoreKind;
  /** Empty where the relocation is about the type itself. */
  readonly accessors: readonly CoreAccessor[];
  readonly raw: readonly number[];
  /** Of the accessed field, from the start of the root type. */
  readonly bitOffset: number;
}

/** A spec that is being put together. */
export interface GrowingSpec extends CoreSpec {
  readonly accessors: CoreAccessor[];
  readonly raw: number[];
  bitOffset: number;
}

/** A spec with no step yet. */
export function emptySpec(btf: Btf, rootTypeId: number, kind: CoreKind): GrowingSpec {
  return { btf, rootTypeId, kind, accessors: [], raw: [], bitOffset: 0 };
}

/**
 * Resolves the access string of a relocation in the object's own BTF.
 *
 * @returns the spec, or what is wrong with the string or the types
 */
export function parseCoreSpec(btf: Btf, relocation: CoreRelocation): CoreSpec | string {
  const { kind, typeId, accessString } = relocation;
  const spec = emptySpec(btf, typeId, kind);
  if (isTypeKind(kind)) {
    return accessString === '0'
      ? spec
      : `access string of a type is "${accessString}", expected "0"`;
  }
  const raw = parseAccessString(accessString);
  if (raw === undefined)
    return `access string "${accessString}" is not a list of at most 64 numbers`;
  spec.raw.push(...raw);
  const rootId = btf.resolve(typeId);
  if (isEnumValueKind(kind)) return addEnumerator(spec, rootId, raw);
  if (!isFieldKind(kind)) return `relocation kind ${kind} is unknown, expected 0..12`;
  spec.accessors.push({ typeId: rootId, index: raw[0]!, name: undefined });
  spec.bitOffset = raw[0]! * btf.sizeOf(rootId) * 8;
  return addFields(spec, rootId, raw);
}

/** Whether an array stands last in its struct and has no length, so that any index is right. */
export function isFlexibleArray(spec: CoreSpec, length: number): boolean {
  const last = spec.accessors.at(-1);
  if (last?.name === undefined || length > 0) return false;
  return last.index === spec.btf.vlen(last.typeId) - 1;
}

/** `struct task_struct.mm (0:3 @ offset 24)`, `enum bpf_map_type::BPF_MAP_TYPE_RINGBUF = 27`, `struct task_struct`. */
export function formatCoreSpec(spec: CoreSpec): string {
  const { btf, rootTypeId, accessors } = spec;
  const name = btf.nameOf(rootTypeId);
  const root = `${kindName(btf.kindOf(rootTypeId))} ${name === '' ? '(anonymous)' : name}`;
  const first = accessors[0];
  if (first === undefined) return root;
  if (isEnumValueKind(spec.kind)) {
    return `${root}::${first.name} = ${enumValueOf(btf, first.typeId, first.index)}`;
  }
  const path = accessors.map(({ name, index }, position) => {
    if (name !== undefined) return `.${name}`;
    return position > 0 || index > 0 ? `[${index}]` : '';
  });
  const bytes = Math.floor(spec.bitOffset / 8);
  const bits = spec.bitOffset % 8 === 0 ? '' : `.${spec.bitOffset % 8}`;
  return `${root}${path.join('')} (${spec.raw.join(':')} @ offset ${bytes}${bits})`;
}

function parseAccessString(text: string): number[] | undefined {
  if (!/^\d{1,10}(:\d{1,10}){0,63}$/.test(text)) return undefined;
  const numbers = text.split(':').map(Number);
  return numbers.some((number) => number > 0x7fffffff) ? undefined : numbers;
}

function addEnumerator(spec: GrowingSpec, id: number, raw: readonly number[]): CoreSpec | string {
  const { btf } = spec;
  const kind = btf.kindOf(id);
  if (!isEnum(kind)) return `${btf.describe(id)} is no enum`;
  const index = raw[0]!;
  const { view, littleEndian, start, count } = entriesOf(btf, id);
  if (raw.length > 1 || index >= count) {
    return `${btf.describe(id)} has ${count} values, the access string is "${raw.join(':')}"`;
  }
  const name = btf.string(view.getUint32(start + index * enumEntrySize(kind), littleEndian));
  spec.accessors.push({ typeId: id, index, name });
  return spec;
}

/** Walks the rest of the raw spec through structs and arrays. */
function addFields(spec: GrowingSpec, rootId: number, raw: readonly number[]): CoreSpec | string {
  const { btf, accessors } = spec;
  let id = rootId;
  for (let step = 1; step < raw.length; step++) {
    const index = raw[step]!;
    id = btf.resolve(id);
    const kind = btf.kindOf(id);
    if (isComposite(kind)) {
      if (index >= btf.vlen(id)) return `${btf.describe(id)} has no member ${index}`;
      const member = memberOf(btf, id, index);
      spec.bitOffset += member.bitOffset;
      if (member.nameOffset !== 0) {
        const name = btf.string(member.nameOffset);
        if (name === '') return `${btf.describe(id)} member ${index} has an empty name`;
        accessors.push({ typeId: id, index, name });
      }
      id = member.typeId;
    } else if (kind === BtfKind.ARRAY) {
      const array = arrayOf(btf, id);
      if (index >= array.length && !isFlexibleArray(spec, array.length)) {
        return `${btf.describe(id)} has ${array.length} elements, none is ${index}`;
      }
      id = btf.resolve(array.elementTypeId);
      accessors.push({ typeId: id, index, name: undefined });
      spec.bitOffset += index * btf.sizeOf(id) * 8;
    } else {
      return `step ${step} of "${raw.join(':')}" goes into ${btf.describe(id)}, expected a struct, union or array`;
    }
  }
  return spec;
}
