/**
 * Numbers, booleans, enums and pointers, whole or as bit-fields.
 *
 * Up to 32 bits are a `number`, wider ones a `bigint`; the declared type decides, also for a bit-field, so that a member
 * keeps its type when its width changes. Writing takes either where it is exact, and refuses what does not fit.
 */

import type { BtfType } from './types.js';
import { BadValue, opaqueNode, type ValueNode } from './value-node.js';

/** How an integer lies in memory. */
interface Integer {
  readonly bytes: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
}

/** A scalar type by itself; `undefined` if `type` is none. */
export function scalarNode(
  type: BtfType,
  littleEndian: boolean,
  pointerSize: number,
): ValueNode | undefined {
  switch (type.kind) {
    case 'int':
      if (type.bits !== type.size * 8 || type.offset !== 0) {
        return bitFieldNode(type, littleEndian, type.offset, type.bits);
      }
      if (type.bool) return booleanNode(type.size);
      return integerNode({ bytes: type.size, signed: type.signed, littleEndian });
    case 'enum':
    case 'enum64':
      return integerNode({ bytes: type.size, signed: type.signed, littleEndian });
    case 'ptr':
      return bigNode({ bytes: pointerSize, signed: false, littleEndian });
    case 'float':
      return floatNode(type.size, littleEndian);
    default:
      return undefined;
  }
}

/**
 * A bit-field of `width` bits, the first of which is bit `start` (0..7) of the first byte. Bits count from the least
 * significant in little-endian BTF, from the most significant in big-endian BTF.
 *
 * Rule: libbpf `src/btf_dump.c`, btf_dump_get_bitfield_value.
 */
export function bitFieldNode(
  type: BtfType,
  littleEndian: boolean,
  start: number,
  width: number,
): ValueNode | undefined {
  const shape = bitFieldShape(type);
  if (shape === undefined) return undefined;
  if (shape.value !== 'bigint' && width > 32) return undefined;
  const bytes = Math.ceil((start + width) / 8);
  const shift = littleEndian ? start : bytes * 8 - start - width;
  const bits: BitField = { bytes, shift, width, signed: shape.signed, littleEndian };
  if (shape.value === 'boolean') {
    const node = smallBitFieldNode(bits);
    return {
      ...node,
      exact: false,
      read: (view, at) => node.read(view, at) !== 0,
      write: (view, at, value) => node.write(view, at, toBit(value)),
    };
  }
  return shape.value === 'bigint' ? bigBitFieldNode(bits) : smallBitFieldNode(bits);
}

interface BitField extends Integer {
  /** Bits below the field, in the number that its bytes make. */
  readonly shift: number;
  readonly width: number;
}

function bitFieldShape(
  type: BtfType,
): { value: 'boolean' | 'number' | 'bigint'; signed: boolean } | undefined {
  switch (type.kind) {
    case 'int':
      if (type.bool) return { value: 'boolean', signed: false };
      return { value: type.size > 4 ? 'bigint' : 'number', signed: type.signed };
    case 'enum':
    case 'enum64':
      return { value: type.size > 4 ? 'bigint' : 'number', signed: type.signed };
    default:
      return undefined;
  }
}

function integerNode(integer: Integer): ValueNode {
  const { bytes, signed, littleEndian } = integer;
  if (bytes > 4) return bytes === 8 || bytes === 16 ? bigNode(integer) : opaqueNode(bytes);
  const low = signed ? -(2 ** (bytes * 8 - 1)) : 0;
  const high = 2 ** (bytes * 8 - (signed ? 1 : 0)) - 1;
  const checked = (value: unknown): number => toNumber(value, low, high);
  const common = { size: bytes, exact: true, cost: 1 };
  switch (bytes) {
    case 1:
      return {
        ...common,
        read: signed ? (view, at) => view.getInt8(at) : (view, at) => view.getUint8(at),
        write: (view, at, value) => view.setInt8(at, checked(value)),
      };
    case 2:
      return {
        ...common,
        read: signed
          ? (view, at) => view.getInt16(at, littleEndian)
          : (view, at) => view.getUint16(at, littleEndian),
        write: (view, at, value) => view.setInt16(at, checked(value), littleEndian),
      };
    case 4:
      return {
        ...common,
        read: signed
          ? (view, at) => view.getInt32(at, littleEndian)
          : (view, at) => view.getUint32(at, littleEndian),
        write: (view, at, value) => view.setInt32(at, checked(value), littleEndian),
      };
    default:
      return opaqueNode(bytes);
  }
}

/** An integer as a `bigint`, whatever its width. */
function bigNode(integer: Integer): ValueNode {
  const { bytes, signed, littleEndian } = integer;
  const bits = bytes * 8;
  const low = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const high = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const common = { size: bytes, exact: true, cost: 1 };
  switch (bytes) {
    case 1:
    case 2:
    case 4: {
      const small = integerNode(integer);
      return {
        ...common,
        read: (view, at) => BigInt(small.read(view, at) as number),
        write: (view, at, value) => small.write(view, at, Number(toBigInt(value, low, high))),
      };
    }
    case 8:
      return {
        ...common,
        read: signed
          ? (view, at) => view.getBigInt64(at, littleEndian)
          : (view, at) => view.getBigUint64(at, littleEndian),
        write: (view, at, value) =>
          view.setBigUint64(at, BigInt.asUintN(64, toBigInt(value, low, high)), littleEndian),
      };
    case 16: {
      const [lowWord, highWord] = littleEndian ? [0, 8] : [8, 0];
      return {
        ...common,
        read(view, at) {
          const top = signed
            ? view.getBigInt64(at + highWord, littleEndian)
            : view.getBigUint64(at + highWord, littleEndian);
          return (top << 64n) | view.getBigUint64(at + lowWord, littleEndian);
        },
        write(view, at, value) {
          const number = toBigInt(value, low, high);
          view.setBigUint64(at + lowWord, BigInt.asUintN(64, number), littleEndian);
          view.setBigUint64(at + highWord, BigInt.asUintN(64, number >> 64n), littleEndian);
        },
      };
    }
    default:
      return opaqueNode(bytes);
  }
}

function booleanNode(size: number): ValueNode {
  return {
    size,
    exact: false,
    cost: 1,
    read(view, at) {
      for (let i = 0; i < size; i++) if (view.getUint8(at + i) !== 0) return true;
      return false;
    },
    write: (view, at, value) => view.setUint8(at, toBit(value)),
  };
}

function floatNode(size: number, littleEndian: boolean): ValueNode {
  const common = { size, exact: false, cost: 1 };
  if (size === 4) {
    return {
      ...common,
      read: (view, at) => view.getFloat32(at, littleEndian),
      write: (view, at, value) => view.setFloat32(at, toFloat(value), littleEndian),
    };
  }
  if (size === 8) {
    return {
      ...common,
      read: (view, at) => view.getFloat64(at, littleEndian),
      write: (view, at, value) => view.setFloat64(at, toFloat(value), littleEndian),
    };
  }
  return opaqueNode(size);
}

/** Up to 32 bits: at most 5 bytes, whose 40 bits a `number` holds exactly. */
function smallBitFieldNode(field: BitField): ValueNode {
  const { bytes, shift, width, signed, littleEndian } = field;
  const below = 2 ** shift;
  const range = 2 ** width;
  const low = signed ? -range / 2 : 0;
  const high = signed ? range / 2 - 1 : range - 1;
  const load = (view: DataView, at: number): number => {
    let all = 0;
    if (littleEndian) for (let i = bytes - 1; i >= 0; i--) all = all * 256 + view.getUint8(at + i);
    else for (let i = 0; i < bytes; i++) all = all * 256 + view.getUint8(at + i);
    return all;
  };
  return {
    size: bytes,
    exact: true,
    cost: 1,
    read(view, at) {
      const value = Math.floor(load(view, at) / below) % range;
      return value > high ? value - range : value;
    },
    write(view, at, value) {
      const number = toNumber(value, low, high);
      const all = load(view, at);
      const old = Math.floor(all / below) % range;
      let next = all + ((number < 0 ? number + range : number) - old) * below;
      for (let i = 0; i < bytes; i++) {
        view.setUint8(littleEndian ? at + i : at + bytes - 1 - i, next % 256);
        next = Math.floor(next / 256);
      }
    },
  };
}

function bigBitFieldNode(field: BitField): ValueNode {
  const { bytes, width, signed, littleEndian } = field;
  const shift = BigInt(field.shift);
  const mask = (1n << BigInt(width)) - 1n;
  const low = signed ? -(1n << BigInt(width - 1)) : 0n;
  const high = signed ? mask >> 1n : mask;
  const load = (view: DataView, at: number): bigint => {
    let all = 0n;
    for (let i = 0; i < bytes; i++) {
      all = (all << 8n) | BigInt(view.getUint8(littleEndian ? at + bytes - 1 - i : at + i));
    }
    return all;
  };
  return {
    size: bytes,
    exact: true,
    cost: 1,
    read(view, at) {
      const value = (load(view, at) >> shift) & mask;
      return signed ? BigInt.asIntN(width, value) : value;
    },
    write(view, at, value) {
      const number = toBigInt(value, low, high) & mask;
      let next = (load(view, at) & ~(mask << shift)) | (number << shift);
      for (let i = 0; i < bytes; i++) {
        view.setUint8(littleEndian ? at + i : at + bytes - 1 - i, Number(next & 0xffn));
        next >>= 8n;
      }
    },
  };
}

function toNumber(value: unknown, low: number, high: number): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') throw new BadValue('wrong type', value, 'a number');
  if (number >= low && number <= high && Number.isInteger(number)) return number;
  throw new BadValue('does not fit', value, `an integer in ${low}..${high}`);
}

function toBigInt(value: unknown, low: bigint, high: bigint): bigint {
  let number: bigint;
  if (typeof value === 'bigint') number = value;
  else if (typeof value !== 'number') throw new BadValue('wrong type', value, 'a bigint');
  else if (Number.isSafeInteger(value)) number = BigInt(value);
  else throw new BadValue('not exact', value, 'a bigint or a safe integer');
  if (number >= low && number <= high) return number;
  throw new BadValue('does not fit', value, `an integer in ${low}..${high}`);
}

function toBit(value: unknown): number {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  throw new BadValue('wrong type', value, 'true or false');
}

function toFloat(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new BadValue('wrong type', value, 'a number');
}
