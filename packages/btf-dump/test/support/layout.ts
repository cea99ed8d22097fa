/** Compares how two BTFs lay out the same types. */

import type { Btf, BtfComposite } from '@libbpf-ts/btf';

/** A member as it lies in the outermost struct: members of anonymous structs and unions by their own names. */
interface Flat {
  readonly name: string;
  readonly bit: number;
  readonly width: number;
  /** Bytes of its type; of a bit-field nothing, for the compiler may choose another base type. */
  readonly size: number;
}

/** What differs between the layouts of two structs, unions or enums; empty if nothing. */
export function layoutDifferences(a: Btf, idA: number, b: Btf, idB: number): string[] {
  const [typeA, typeB] = [a.type(a.resolve(idA)), b.type(b.resolve(idB))];
  const where = a.describe(idA);
  if (typeA.kind === 'enum' || typeA.kind === 'enum64') {
    if (typeB.kind !== 'enum' && typeB.kind !== 'enum64') return [`${where}: is a ${typeB.kind}`];
    const values = (type: typeof typeA): string =>
      type.values.map(({ name, value }) => `${name.replace(/___\d+$/, '')}=${value}`).join();
    const differences = [];
    if (typeA.size !== typeB.size)
      differences.push(`${where}: ${typeB.size} bytes, not ${typeA.size}`);
    if (values(typeA) !== values(typeB))
      differences.push(`${where}: ${values(typeB)}, not ${values(typeA)}`);
    return differences;
  }
  if (typeA.kind !== 'struct' && typeA.kind !== 'union') return [];
  if (typeB.kind !== typeA.kind) return [`${where}: is a ${typeB.kind}, not a ${typeA.kind}`];
  const differences = [];
  if (typeA.size !== typeB.size)
    differences.push(`${where}: ${typeB.size} bytes, not ${typeA.size}`);
  const [first, second] = [flatten(a, typeA, 0), flatten(b, typeB, 0)];
  if (first.length !== second.length) {
    differences.push(`${where}: ${second.length} members, not ${first.length}`);
  }
  for (const [i, member] of first.entries()) {
    const [expected, found] = [JSON.stringify(member), JSON.stringify(second[i])];
    if (expected !== found) differences.push(`${where}: ${found}, not ${expected}`);
  }
  return differences;
}

function flatten(btf: Btf, type: BtfComposite<'struct' | 'union'>, base: number): Flat[] {
  return type.members.flatMap((member): Flat[] => {
    const bit = base + member.bitOffset;
    const inner = btf.type(btf.resolve(member.typeId));
    if (member.name === '' && (inner.kind === 'struct' || inner.kind === 'union')) {
      return flatten(btf, inner, bit);
    }
    const size = member.bitSize === 0 ? sizeOf(btf, member.typeId) : 0;
    const own = { name: member.name, bit, width: member.bitSize, size };
    // What an anonymous type holds is only described here.
    const nested = inner.kind === 'struct' || inner.kind === 'union';
    return nested && inner.name === '' ? [own, ...flatten(btf, inner, bit)] : [own];
  });
}

function sizeOf(btf: Btf, id: number): number {
  const { kind } = btf.type(btf.resolve(id));
  return kind === 'fwd' || kind === 'func_proto' || kind === 'void' ? -1 : btf.sizeOf(id);
}
