/**
 * What a BTF type is to TypeScript: the mapping of the design, decided once, for types, codecs and live accessors alike. The
 * same rules as those of the codecs that `@libbpf-ts/btf` compiles at run time (its value-codec.ts); a property test holds the
 * two together.
 */

import {
  type Btf,
  type BtfEnum,
  type BtfEnum64,
  type BtfMember,
  type BtfStruct,
  type BtfUnion,
  isKernelOnlyStruct,
  isKernelPointerTag,
} from '@libbpf-ts/btf';
import { SkelgenError } from '../failure.js';

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
  | EnumShape
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
    }
  | CompositeShape
  /** Bytes that mean nothing to user space: locks, timers, what has no definition. */
  | { readonly kind: 'opaque'; readonly size: number };

export interface EnumShape {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly type: BtfEnum | BtfEnum64;
  /** What to call the type if it has no name of its own: its typedef's. */
  readonly alias: string;
}

export interface CompositeShape {
  readonly kind: 'composite';
  readonly size: number;
  readonly type: BtfStruct | BtfUnion;
  readonly alias: string;
}

const MAX_DEPTH = 64;
/** Members of one type, those of its anonymous members counted each time. */
const MAX_MEMBERS = 1 << 16;

/** The shape of a type. Types nested deeper than 64 levels are opaque. */
export function shapeOf(btf: Btf, id: number, depth = 0): Shape {
  const { resolved, alias } = followTypedefs(btf, id);
  const type = btf.type(resolved);
  if (depth > MAX_DEPTH) return { kind: 'opaque', size: btf.sizeOf(resolved) };
  switch (type.kind) {
    case 'int':
      if (type.bits !== type.size * 8 || type.offset !== 0)
        return { kind: 'opaque', size: type.size };
      if (type.bool) return { kind: 'bool', size: type.size };
      if (![1, 2, 4, 8, 16].includes(type.size)) return { kind: 'opaque', size: type.size };
      return { kind: 'int', size: type.size, signed: type.signed };
    case 'float':
      return type.size === 4 || type.size === 8
        ? { kind: 'float', size: type.size }
        : { kind: 'opaque', size: type.size };
    case 'ptr':
      if (isKernelPointer(btf, type.typeId)) return { kind: 'opaque', size: btf.pointerSize };
      return { kind: 'pointer', size: btf.pointerSize };
    case 'enum':
    case 'enum64':
      if (![1, 2, 4, 8].includes(type.size)) return { kind: 'opaque', size: type.size };
      return { kind: 'enum', size: type.size, signed: type.signed, type, alias };
    case 'struct':
    case 'union':
      if (isKernelOnlyStruct(type.name)) return { kind: 'opaque', size: type.size };
      return { kind: 'composite', size: type.size, type, alias };
    case 'array':
      return arrayShape(btf, type.elementTypeId, type.length, depth);
    case 'var':
      return shapeOf(btf, type.typeId, depth + 1);
    default:
      return { kind: 'opaque', size: btf.sizeOf(resolved) };
  }
}

/** The type itself, and the name of the last typedef on the way to it. */
function followTypedefs(btf: Btf, id: number): { resolved: number; alias: string } {
  const resolved = btf.resolve(id);
  let alias = '';
  for (let at = id; at !== resolved; ) {
    const type = btf.type(at);
    if (!('typeId' in type)) break;
    if (type.kind === 'typedef') alias = type.name;
    at = type.typeId;
  }
  return { resolved, alias };
}

function isKernelPointer(btf: Btf, targetId: number): boolean {
  let id = targetId;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = btf.type(id);
    if (type.kind === 'type_tag' && isKernelPointerTag(type.name)) return true;
    if (type.kind !== 'type_tag' && type.kind !== 'const' && type.kind !== 'volatile') return false;
    id = type.typeId;
  }
  return false;
}

function arrayShape(btf: Btf, elementId: number, length: number, depth: number): Shape {
  const element = shapeOf(btf, elementId, depth + 1);
  const size = element.size * length;
  const base = btf.type(btf.resolve(elementId));
  if (base.kind === 'int' && base.size === 1 && !base.bool && (base.char || base.name === 'char'))
    return { kind: 'chars', size };
  const array = numberArray(element);
  if (array !== undefined)
    return { kind: 'numbers', size, length, array, elementSize: element.size };
  // Elements without bytes are all alike, however many a forged length claims.
  return { kind: 'array', size, length: element.size === 0 ? 0 : length, element };
}

function numberArray(element: Shape): ArrayClass | undefined {
  if (element.kind === 'float') return element.size === 4 ? 'Float32Array' : 'Float64Array';
  if (element.kind === 'pointer') return element.size === 8 ? 'BigUint64Array' : undefined;
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
  readonly bits: BitRange | undefined;
}

/** Bits from the start of the outermost struct, in the order of the machine. */
export interface BitRange {
  readonly offset: number;
  readonly size: number;
}

/** Members by name, those of anonymous members in their place. Unnamed padding is left out. */
export function flatMembers(btf: Btf, type: BtfStruct | BtfUnion): FlatMember[] {
  const found: FlatMember[] = [];
  const names = new Set<string>();
  let visits = 0;
  const visit = (inner: BtfStruct | BtfUnion, base: number, depth: number): void => {
    for (const member of inner.members) {
      if (++visits > MAX_MEMBERS || depth > MAX_DEPTH) {
        throw new SkelgenError(
          'SKELGEN_BAD_TYPE',
          `${btf.describe(type.id)}: more than ${MAX_MEMBERS} members, or anonymous ones more than ${MAX_DEPTH} deep`,
        );
      }
      const offset = base + Math.floor(member.bitOffset / 8);
      if (member.name === '') {
        const target = btf.type(btf.resolve(member.typeId));
        if (target.kind === 'struct' || target.kind === 'union') visit(target, offset, depth + 1);
      } else if (!names.has(member.name)) {
        names.add(member.name);
        found.push(flatMember(btf, member, base, offset));
      }
    }
  };
  visit(type, 0, 0);
  return found;
}

function flatMember(btf: Btf, member: BtfMember, base: number, offset: number): FlatMember {
  const { name, typeId } = member;
  const target = btf.type(btf.resolve(typeId));
  const isLegacy =
    target.kind === 'int' && (target.bits !== target.size * 8 || target.offset !== 0);
  const size = member.bitSize !== 0 ? member.bitSize : isLegacy ? target.bits : 0;
  const bitOffset =
    base * 8 + member.bitOffset + (member.bitSize === 0 && isLegacy ? target.offset : 0);
  const shape: Shape =
    isLegacy && target.kind === 'int'
      ? target.bool
        ? { kind: 'bool', size: target.size }
        : { kind: 'int', size: target.size, signed: target.signed }
      : shapeOf(btf, typeId);
  const bits = size === 0 ? undefined : { offset: bitOffset, size };
  return { name, shape, typeId, offset, bits };
}

/** Whether a value has named parts. */
export function isComposite(shape: Shape): shape is CompositeShape {
  return shape.kind === 'composite';
}

/** Whether a union is among what an object is made of, so that members share bytes. */
export function overlaps(btf: Btf, type: BtfStruct | BtfUnion, depth = 0): boolean {
  if (type.kind === 'union') return true;
  return type.members.some(({ name, typeId }) => {
    if (name !== '' || depth > MAX_DEPTH) return false;
    const inner = btf.type(btf.resolve(typeId));
    return (inner.kind === 'struct' || inner.kind === 'union') && overlaps(btf, inner, depth + 1);
  });
}

const exactTypes = new WeakMap<Btf, Map<number, boolean>>();

/** Whether bytes survive reading and writing: a string ends at its first NUL, a `_Bool` becomes 0 or 1. */
export function isExact(btf: Btf, shape: Shape): boolean {
  switch (shape.kind) {
    case 'bool':
    case 'float':
    case 'chars':
      return false;
    case 'numbers':
      return !shape.array.startsWith('Float');
    case 'array':
      return isExact(btf, shape.element);
    case 'composite':
      return isExactComposite(btf, shape);
    default:
      return true;
  }
}

function isExactComposite(btf: Btf, { type }: CompositeShape): boolean {
  let known = exactTypes.get(btf);
  if (known === undefined) {
    known = new Map();
    exactTypes.set(btf, known);
  }
  let exact = known.get(type.id);
  if (exact === undefined) {
    known.set(type.id, false);
    exact =
      !overlaps(btf, type) && flatMembers(btf, type).every((member) => isExact(btf, member.shape));
    known.set(type.id, exact);
  }
  return exact;
}
