/**
 * Codecs of single values: keys and values of maps, elements of arrays. Structs have a codec of their own in the module.
 */

import type { Codec } from '../codec.js';
import { readBigBits } from './bits.js';
import {
  clear,
  type NumberArrayClass,
  readBytes,
  readChars,
  readNumbers,
  writeBytes,
  writeChars,
  writeNumbers,
} from './bytes.js';
import * as helpers from './codec-helpers.js';
import { misfit, wrongType } from './misfit.js';

type Read = (view: DataView, at: number) => unknown;
type Write<T> = (view: DataView, at: number, value: T) => void;

function codec<T>(size: number, decode: Read, encode: Write<T>): Codec<T> {
  return {
    size,
    decode: decode as (view: DataView, at: number) => T,
    encode(view, at, value) {
      clear(view, at, size);
      encode(view, at, value);
    },
  };
}

/** `T` is the enum whose values they are, if they are. */
export function int8<T extends number = number>(name: string, _littleEndian: boolean): Codec<T> {
  return codec(
    1,
    (v, o) => v.getInt8(o),
    (v, o, x) => helpers.writeInt8(v, o, x, name),
  );
}
export function uint8<T extends number = number>(name: string, _littleEndian: boolean): Codec<T> {
  return codec(
    1,
    (v, o) => v.getUint8(o),
    (v, o, x) => helpers.writeUint8(v, o, x, name),
  );
}
export function int16<T extends number = number>(name: string, little: boolean): Codec<T> {
  return codec(
    2,
    (v, o) => v.getInt16(o, little),
    (v, o, x) => helpers.writeInt16(v, o, x, little, name),
  );
}
export function uint16<T extends number = number>(name: string, little: boolean): Codec<T> {
  return codec(
    2,
    (v, o) => v.getUint16(o, little),
    (v, o, x) => helpers.writeUint16(v, o, x, little, name),
  );
}
export function int32<T extends number = number>(name: string, little: boolean): Codec<T> {
  return codec(
    4,
    (v, o) => v.getInt32(o, little),
    (v, o, x) => helpers.writeInt32(v, o, x, little, name),
  );
}
export function uint32<T extends number = number>(name: string, little: boolean): Codec<T> {
  return codec(
    4,
    (v, o) => v.getUint32(o, little),
    (v, o, x) => helpers.writeUint32(v, o, x, little, name),
  );
}
export function bigint64<T extends bigint = bigint>(name: string, little: boolean): Codec<T> {
  return codec(
    8,
    (v, o) => v.getBigInt64(o, little),
    (v, o, x) => helpers.writeBigInt64(v, o, x, little, name),
  );
}
export function biguint64<T extends bigint = bigint>(name: string, little: boolean): Codec<T> {
  return codec(
    8,
    (v, o) => v.getBigUint64(o, little),
    (v, o, x) => helpers.writeBigUint64(v, o, x, little, name),
  );
}
/** A pointer of 32 bits. */
export function biguint32(name: string, little: boolean): Codec<bigint> {
  return codec(
    4,
    (v, o) => readBigBits(v, o, 0, 32, little),
    (v, o, x) => helpers.writeUint32(v, o, x, little, name),
  );
}
export function int128(name: string, little: boolean): Codec<bigint> {
  return codec(
    16,
    (v, o) => helpers.readInt128(v, o, little),
    (v, o, x) => helpers.writeInt128(v, o, x, little, name),
  );
}
export function uint128(name: string, little: boolean): Codec<bigint> {
  return codec(
    16,
    (v, o) => helpers.readUint128(v, o, little),
    (v, o, x) => helpers.writeUint128(v, o, x, little, name),
  );
}
export function float32(name: string, little: boolean): Codec<number> {
  return codec(
    4,
    (v, o) => v.getFloat32(o, little),
    (v, o, x) => helpers.writeFloat32(v, o, x, little, name),
  );
}
export function float64(name: string, little: boolean): Codec<number> {
  return codec(
    8,
    (v, o) => v.getFloat64(o, little),
    (v, o, x) => helpers.writeFloat64(v, o, x, little, name),
  );
}
export function bool(size: number, name: string): Codec<boolean> {
  return codec(
    size,
    (v, o) => helpers.readBool(v, o, size),
    (v, o, x) => helpers.writeBool(v, o, x, name),
  );
}
export function chars(length: number, name: string): Codec<string> {
  return codec(
    length,
    (v, o) => readChars(v, o, length),
    (v, o, x) => writeChars(v, o, length, x, name),
  );
}
export function bytes(length: number, name: string): Codec<Uint8Array> {
  return codec(
    length,
    (v, o) => readBytes(v, o, length),
    (v, o, x) => writeBytes(v, o, length, x, name),
  );
}
export function numbers<Numbers extends ArrayLike<number> | ArrayLike<bigint>>(
  type: NumberArrayClass<Numbers>,
  length: number,
  name: string,
  little: boolean,
): Codec<Numbers> {
  return codec(
    length * type.BYTES_PER_ELEMENT,
    (v, o) => readNumbers(type, v, o, length, little),
    (v, o, x) => writeNumbers(type, v, o, length, x, little, name),
  );
}

/** At most `length` elements when written; the rest becomes zero. */
export function arrayOf<T>(length: number, element: Codec<T>, name: string): Codec<T[]> {
  const { size } = element;
  return codec(
    length * size,
    (view, at) => {
      const values: T[] = [];
      for (let index = 0; index < length; index++)
        values.push(element.decode(view, at + index * size));
      return values;
    },
    (view, at, values) => {
      if (values === undefined) return;
      if (!Array.isArray(values) && !ArrayBuffer.isView(values))
        throw wrongType(name, values, 'an array');
      if (values.length > length)
        throw misfit(name, `${values.length} elements`, `at most ${length} elements`);
      for (let index = 0; index < values.length; index++)
        element.encode(view, at + index * size, values[index]!);
    },
  );
}

/** Writes a part by its codec; a part that was left out stays zero. */
export function encodeMember<T>(
  codec: Codec<T>,
  view: DataView,
  at: number,
  value: T | undefined,
): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`expected an object or an array, found ${String(value)}`);
  codec.encode(view, at, value);
}
