/**
 * Members of structs and unions: where they lie, and finding one by name as C would, through anonymous members.
 */

import { type Btf, MAX_DEPTH } from './btf.js';
import { BtfError } from './errors.js';
import { kindName } from './record.js';
import { entriesOf, isComposite, memberOf } from './record-fields.js';
import type { BtfMember, BtfStruct, BtfUnion } from './types.js';

/** A member, by way of its enclosing types. */
export interface FoundMember {
  readonly typeId: number;
  /** Bits from the start of the outermost struct. */
  readonly bitOffset: number;
  /** Bits of a bit-field, 0 for an ordinary member. */
  readonly bitSize: number;
  /** Index in each struct on the way, outermost first. */
  readonly path: readonly number[];
}

/**
 * Where a member starts inside its struct.
 *
 * @returns bytes from the start of the struct; for a bit-field, of the byte that holds its lowest-addressed bit
 */
export function memberByteOffset(member: BtfMember): number {
  return Math.floor(member.bitOffset / 8);
}

/** Whether a member is a bit-field. */
export function isBitField(type: BtfStruct | BtfUnion, member: BtfMember): boolean {
  return type.kindFlag && member.bitSize > 0;
}

/**
 * Finds a member by name, in the struct or union `id` or in anonymous ones inside it; typedefs and modifiers are followed.
 *
 * @throws {@link BtfError} `BTF_NOT_COMPOSITE` if `id` leads to something else; `BTF_TOO_DEEP`, `BTF_BAD_TYPE_ID`
 */
export function findMember(btf: Btf, id: number, name: string): FoundMember | undefined {
  const composite = btf.resolve(id);
  const kind = btf.kindOf(composite);
  if (!isComposite(kind)) {
    throw new BtfError({
      code: 'BTF_NOT_COMPOSITE',
      offset: id === 0 ? 0 : btf.recordOffset(id),
      typeId: id,
      subject: btf.describe(id),
      kind: kindName(kind),
    });
  }
  return search(btf, composite, name, { bitOffset: 0, path: [] }, new Set());
}

function search(
  btf: Btf,
  id: number,
  name: string,
  from: { bitOffset: number; path: readonly number[] },
  searched: Set<number>,
): FoundMember | undefined {
  // What was searched in vain once has nothing to offer elsewhere either.
  if (searched.has(id) || from.path.length > MAX_DEPTH) return undefined;
  searched.add(id);
  const { count } = entriesOf(btf, id);
  for (let index = 0; index < count; index++) {
    const { nameOffset, typeId, bitOffset, bitSize } = memberOf(btf, id, index);
    const path = [...from.path, index];
    const memberName = nameOffset === 0 ? '' : btf.string(nameOffset);
    if (memberName === name)
      return { typeId, bitOffset: from.bitOffset + bitOffset, bitSize, path };
    const inner = memberName === '' ? btf.resolve(typeId) : 0;
    if (inner === 0 || !isComposite(btf.kindOf(inner))) continue;
    const found = search(
      btf,
      inner,
      name,
      { bitOffset: from.bitOffset + bitOffset, path },
      searched,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}
