/**
 * What a BTF type is to TypeScript: the mapping of the design, decided once, for types, codecs and live accessors alike.
 */

import type { Btf, BtfEnum, BtfEnum64, BtfMember, BtfStruct, BtfUnion } from '@libbpf-ts/btf';

/** Names of typed arrays that hold integers and floats. */
export type ArrayClass =
  | 'Uint8Array'
  | 'Int8Array'
  | 'Uint16Array'
  | 'Int16Array'
  | 'Uint32Array'
  | 'Int32Array'
  | 'BigUint64Array'
  | 'BigInt64Array'
  | 'Float32Array'
  | 'Float64Array';

export type Shape =
  /** Up to 32 bits: `number`; 64 and 128: `bigint`. */
  | { readonly kind: 'int'; readonly size: number; readonly signed: boolean }
  | { readonly kind: 'bool'; readonly size: number }
  | { readonly kind: 'float'; readonly size: 4 | 8 }
  | { readonly kind: 'pointer'; readonly size: number }
  | {
      readonly kind: 'enum';
      readonly size: number;
      readonly signed: boolean;
      readonly type: BtfEnum | BtfEnum64;
    }
  /** `char[N]`: text up to the first NUL. */
  | { readonly kind: 'chars'; readonly size: number }
  /** Array of plain numbers. */
  | {
      readonly kind: 'numbers';
      readonly size: number;
      readonly length: number;
      readonly array: ArrayClass;
      readonly elementSize: number;
    }
  | {
      readonly kind: 'array';
      readonly size: number;
      readonly length: number;
      readonly element: Shape;
      readonly stride: number;
    }
  | { readonly kind: 'composite'; readonly size: number; readonly type: BtfStruct | BtfUnion }
  /** Bytes that mean nothing to user space: locks, timers, what has no definition. */
  | { readonly kind: 'opaque'; readonly size: number };

/** Structures that only the kernel may look into. */
const OPAQUE = new Set([
  'bpf_spin_lock',
  'bpf_res_spin_lock',
  'bpf_timer',
  'bpf_wq',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
  'bpf_task_work',
]);
const MAX_DEPTH = 64;

/** The shape of a type. Types nested deeper than 64 levels, and arrays of nothing, are opaque. */
export function shapeOf(btf: Btf, id: number, depth = 0): Shape {
  const resolved = btf.resolve(id);
  const type = btf.type(resolved);
  if (depth > MAX_DEPTH) return { kind: 'opaque', size: btf.sizeOf(resolved) };
  switch (type.kind) {
    case 'int':
      if (type.bool) return { kind: 'bool', size: type.size };
      return { kind: 'int', size: type.size, signed: type.signed };
    case 'float':
      return type.size === 4 || type.size === 8
        ? { kind: 'float', size: type.size }
        : { kind: 'opaque', size: type.size };
    case 'ptr':
      return { kind: 'pointer', size: btf.pointerSize };
    case 'enum':
    case 'enum64':
      return { kind: 'enum', size: type.size, signed: type.signed, type };
    case 'struct':
    case 'union':
      if (OPAQUE.has(type.name)) return { kind: 'opaque', size: type.size };
      return { kind: 'composite', size: type.size, type };
    case 'array':
      return arrayShape(btf, type.elementTypeId, type.length, depth);
    case 'void':
    case 'fwd':
    case 'func':
    case 'func_proto':
      return { kind: 'opaque', size: 0 };
    default:
      return { kind: 'opaque', size: btf.sizeOf(resolved) };
  }
}

function arrayShape(btf: Btf, elementId: number, length: number, depth: number): Shape {
  const element = shapeOf(btf, elementId, depth + 1);
  const size = element.size * length;
  if (element.size === 0) return { kind: 'opaque', size };
  const base = btf.type(btf.resolve(elementId));
  if (base.kind === 'int' && base.size === 1 && !base.bool && (base.char || base.name === 'char'))
    return { kind: 'chars', size };
  const array = numberArray(element);
  if (array !== undefined)
    return { kind: 'numbers', size, length, array, elementSize: element.size };
  return { kind: 'array', size, length, element, stride: element.size };
}

function numberArray(element: Shape): ArrayClass | undefined {
  if (element.kind === 'float') return element.size === 4 ? 'Float32Array' : 'Float64Array';
  if (element.kind === 'pointer' && element.size === 8) return 'BigUint64Array';
  if (element.kind !== 'int') return undefined;
  switch (element.size) {
    case 1:
      return element.signed ? 'Int8Array' : 'Uint8Array';
    case 2:
      return element.signed ? 'Int16Array' : 'Uint16Array';
    case 4:
      return element.signed ? 'Int32Array' : 'Uint32Array';
    case 8:
      return element.signed ? 'BigInt64Array' : 'BigUint64Array';
    default:
      return undefined;
  }
}

/** A member as it is reached in TypeScript: members of anonymous structs and unions belong to the outer one, as in C. */
export interface FlatMember {
  readonly name: string;
  readonly shape: Shape;
  /** In the object's BTF. */
  readonly typeId: number;
  /** Bytes from the start of the outermost struct; of a bit-field, of its first bit rounded down. */
  readonly offset: number;
  /** Set for a bit-field. */
  readonly bits: { readonly offset: number; readonly size: number } | undefined;
}

/** Members by name, those of anonymous members in their place. Unnamed padding is left out. */
export function flatMembers(
  btf: Btf,
  type: BtfStruct | BtfUnion,
  base = 0,
  depth = 0,
): FlatMember[] {
  return type.members.flatMap((member: BtfMember): FlatMember[] => {
    const offset = base + Math.floor(member.bitOffset / 8);
    if (member.name === '') {
      const inner = btf.type(btf.resolve(member.typeId));
      const isComposite = inner.kind === 'struct' || inner.kind === 'union';
      return isComposite && depth < MAX_DEPTH ? flatMembers(btf, inner, offset, depth + 1) : [];
    }
    const shape = shapeOf(btf, member.typeId);
    if (member.bitSize === 0)
      return [{ name: member.name, shape, typeId: member.typeId, offset, bits: undefined }];
    return [
      {
        name: member.name,
        shape,
        typeId: member.typeId,
        offset,
        bits: { offset: base * 8 + member.bitOffset, size: member.bitSize },
      },
    ];
  });
}
