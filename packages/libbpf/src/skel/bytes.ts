/**
 * Text, bytes and arrays of numbers.
 */

import { misfit, wrongType } from './misfit.js';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();
const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** What may be written into a `char[N]`. */
export type CharsInput = string | Uint8Array;

/** The arrays that integers and floats come in. */
export interface NumberArray {
  readonly length: number;
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly BYTES_PER_ELEMENT: number;
}
export interface NumberArrayClass<Numbers> {
  new (buffer: ArrayBuffer): Numbers;
  readonly BYTES_PER_ELEMENT: number;
  readonly name: string;
}

/** Makes `length` bytes zero. */
export function clear(view: DataView, at: number, length: number): void {
  let index = 0;
  for (; index + 8 <= length; index += 8) view.setBigUint64(at + index, 0n);
  for (; index < length; index++) view.setUint8(at + index, 0);
}

/** As {@link clear}, if there is a value to be written: what lies over the same bytes gives way to it. */
export function clearFor(value: unknown, view: DataView, at: number, length: number): void {
  if (value !== undefined) clear(view, at, length);
}

/** UTF-8 up to the first NUL of `length` bytes. Short ASCII, which is nearly all of it, is read without a decoder. */
export function readChars(view: DataView, at: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) {
    const byte = view.getUint8(at + index);
    if (byte === 0) return text;
    if (byte > 0x7f || index === 64) return decodeUtf8(view, at, length);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(view: DataView, at: number, length: number): string {
  const bytes = readBytes(view, at, length);
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** Text or bytes, then zeroes. Text may fill all of it, without a NUL. */
export function writeChars(
  view: DataView,
  at: number,
  length: number,
  value: CharsInput | undefined,
  name: string,
): void {
  if (value === undefined) return;
  const bytes = typeof value === 'string' ? encoder.encode(value) : value;
  if (!(bytes instanceof Uint8Array)) throw wrongType(name, value, 'a string or a Uint8Array');
  if (bytes.length > length)
    throw misfit(name, `${bytes.length} bytes`, `at most ${length} bytes of UTF-8`);
  for (let index = 0; index < length; index++) view.setUint8(at + index, bytes[index] ?? 0);
}

/** A copy. */
export function readBytes(view: DataView, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = view.getUint8(at + index);
  return bytes;
}

/** At most `length` bytes; the rest becomes zero. */
export function writeBytes(
  view: DataView,
  at: number,
  length: number,
  value: Uint8Array | undefined,
  name: string,
): void {
  if (value === undefined) return;
  if (!(value instanceof Uint8Array)) throw wrongType(name, value, 'a Uint8Array');
  if (value.length > length) throw misfit(name, `${value.length} bytes`, `at most ${length} bytes`);
  for (let index = 0; index < length; index++) view.setUint8(at + index, value[index] ?? 0);
}

/** A typed array of `length` elements, in host order; a copy. */
export function readNumbers<Numbers>(
  type: NumberArrayClass<Numbers>,
  view: DataView,
  at: number,
  length: number,
  littleEndian: boolean,
): Numbers {
  const size = type.BYTES_PER_ELEMENT;
  const bytes = readBytes(view, at, length * size);
  if (littleEndian !== HOST_IS_LITTLE_ENDIAN) swap(bytes, size);
  return new type(bytes.buffer as ArrayBuffer);
}

function swap(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

const INTEGER = /^(Big)?(Ui|I)nt(\d+)Array$/;

/** At most `length` elements; the rest becomes zero. Each is checked against the range of the array's type. */
export function writeNumbers<Numbers>(
  type: NumberArrayClass<Numbers>,
  view: DataView,
  at: number,
  length: number,
  values: ArrayLike<number> | ArrayLike<bigint> | undefined,
  littleEndian: boolean,
  name: string,
): void {
  if (values === undefined) return;
  if (typeof values !== 'object' || values === null || !('length' in values))
    throw wrongType(name, values, 'an array');
  if (values.length > length)
    throw misfit(name, `${values.length} elements`, `at most ${length} elements`);
  const size = type.BYTES_PER_ELEMENT;
  const [, isBig, sign, bits] = INTEGER.exec(type.name) ?? [];
  const width = Number(bits);
  const low = sign === 'I' ? -(2 ** (width - 1)) : 0;
  const high = sign === 'I' ? 2 ** (width - 1) - 1 : 2 ** width - 1;
  clear(view, at + values.length * size, (length - values.length) * size);
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const field = () => `${name}[${index}]`;
    const where = at + index * size;
    if (bits === undefined) writeFloat(view, where, value, size, littleEndian, field);
    else if (isBig !== undefined) writeBig(view, where, value, sign === 'I', littleEndian, field);
    else {
      const number = Number(value);
      if (
        typeof value === 'string' ||
        !(Number.isInteger(number) && number >= low && number <= high)
      )
        throw misfit(field(), value, `an integer from ${low} to ${high}`);
      if (size === 1) view.setUint8(where, number);
      else if (size === 2) view.setUint16(where, number, littleEndian);
      else view.setUint32(where, number, littleEndian);
    }
  }
}

function writeFloat(
  view: DataView,
  at: number,
  value: unknown,
  size: number,
  littleEndian: boolean,
  field: () => string,
): void {
  if (typeof value !== 'number') throw wrongType(field(), value, 'a number');
  if (size === 4) view.setFloat32(at, value, littleEndian);
  else view.setFloat64(at, value, littleEndian);
}

function writeBig(
  view: DataView,
  at: number,
  value: unknown,
  signed: boolean,
  littleEndian: boolean,
  field: () => string,
): void {
  const big =
    typeof value === 'bigint'
      ? value
      : Number.isSafeInteger(value)
        ? BigInt(value as number)
        : undefined;
  if (big === undefined) throw wrongType(field(), value, 'a bigint');
  if ((signed ? BigInt.asIntN(64, big) : BigInt.asUintN(64, big)) !== big)
    throw misfit(field(), value, `${signed ? 'a signed' : 'an unsigned'} 64-bit integer`);
  view.setBigUint64(at, BigInt.asUintN(64, big), littleEndian);
}
