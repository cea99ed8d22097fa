/**
 * What generated codecs and accessors are written in: typed reads and range-checked writes at an offset of a DataView.
 *
 * Numbers that do not fit their field are an error that names the field, never a wrap.
 */

import type { Codec } from '../codec.js';

/** Anything with a DataView's methods: live memory in one of its phases, or plain bytes. */
export type BytesView = DataView;

/** A codec of its parts, typed. */
export function defineCodec<T>(
  size: number,
  decode: (view: DataView, at: number) => T,
  encode: (view: DataView, at: number, value: T) => void,
): Codec<T> {
  return { size, decode, encode };
}

function misfit(name: string, value: unknown, expected: string): RangeError {
  return new RangeError(`field "${name}": ${String(value)} does not fit, expected ${expected}`);
}

function checkInteger(value: number, low: number, high: number, name: string): void {
  if (!Number.isInteger(value) || value < low || value > high)
    throw misfit(name, value, `an integer from ${low} to ${high}`);
}

function checkBigInt(value: bigint, low: bigint, high: bigint, name: string): void {
  if (typeof value !== 'bigint')
    throw new TypeError(
      `field "${name}": ${String(value)} is a ${typeof value}, expected a bigint`,
    );
  if (value < low || value > high) throw misfit(name, value, `a bigint from ${low} to ${high}`);
}

export function writeInt8(view: BytesView, at: number, value: number, name: string): void {
  checkInteger(value, -0x80, 0x7f, name);
  view.setInt8(at, value);
}
export function writeUint8(view: BytesView, at: number, value: number, name: string): void {
  checkInteger(value, 0, 0xff, name);
  view.setUint8(at, value);
}
export function writeInt16(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  checkInteger(value, -0x8000, 0x7fff, name);
  view.setInt16(at, value, littleEndian);
}
export function writeUint16(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  checkInteger(value, 0, 0xffff, name);
  view.setUint16(at, value, littleEndian);
}
export function writeInt32(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  checkInteger(value, -0x8000_0000, 0x7fff_ffff, name);
  view.setInt32(at, value, littleEndian);
}
export function writeUint32(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  checkInteger(value, 0, 0xffff_ffff, name);
  view.setUint32(at, value, littleEndian);
}
export function writeBigInt64(
  view: BytesView,
  at: number,
  value: bigint,
  littleEndian: boolean,
  name: string,
): void {
  // Wrapping and comparing is several times faster than comparing with the limits.
  if (typeof value !== 'bigint' || BigInt.asIntN(64, value) !== value) checkBigInt(value, -(1n << 63n), (1n << 63n) - 1n, name);
  view.setBigInt64(at, value, littleEndian);
}
export function writeBigUint64(
  view: BytesView,
  at: number,
  value: bigint,
  littleEndian: boolean,
  name: string,
): void {
  if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) checkBigInt(value, 0n, (1n << 64n) - 1n, name);
  view.setBigUint64(at, value, littleEndian);
}
export function writeFloat32(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  if (typeof value !== 'number')
    throw new TypeError(
      `field "${name}": ${String(value)} is a ${typeof value}, expected a number`,
    );
  view.setFloat32(at, value, littleEndian);
}
export function writeFloat64(
  view: BytesView,
  at: number,
  value: number,
  littleEndian: boolean,
  name: string,
): void {
  if (typeof value !== 'number')
    throw new TypeError(
      `field "${name}": ${String(value)} is a ${typeof value}, expected a number`,
    );
  view.setFloat64(at, value, littleEndian);
}
export function writeBool(view: BytesView, at: number, value: boolean, name: string): void {
  if (typeof value !== 'boolean')
    throw new TypeError(
      `field "${name}": ${String(value)} is a ${typeof value}, expected a boolean`,
    );
  view.setUint8(at, value ? 1 : 0);
}

function words128(
  view: BytesView,
  at: number,
  littleEndian: boolean,
): [low: bigint, highAt: number] {
  return littleEndian
    ? [view.getBigUint64(at, true), at + 8]
    : [view.getBigUint64(at + 8, false), at];
}
export function readUint128(view: BytesView, at: number, littleEndian: boolean): bigint {
  const [low, high] = words128(view, at, littleEndian);
  return (view.getBigUint64(high, littleEndian) << 64n) | low;
}
export function readInt128(view: BytesView, at: number, littleEndian: boolean): bigint {
  const [low, high] = words128(view, at, littleEndian);
  return (view.getBigInt64(high, littleEndian) << 64n) | low;
}
export function writeUint128(
  view: BytesView,
  at: number,
  value: bigint,
  littleEndian: boolean,
  name: string,
): void {
  checkBigInt(value, 0n, (1n << 128n) - 1n, name);
  write128(view, at, value, littleEndian);
}
export function writeInt128(
  view: BytesView,
  at: number,
  value: bigint,
  littleEndian: boolean,
  name: string,
): void {
  checkBigInt(value, -(1n << 127n), (1n << 127n) - 1n, name);
  write128(view, at, value, littleEndian);
}
function write128(view: BytesView, at: number, value: bigint, littleEndian: boolean): void {
  view.setBigUint64(littleEndian ? at : at + 8, BigInt.asUintN(64, value), littleEndian);
  view.setBigUint64(littleEndian ? at + 8 : at, BigInt.asUintN(64, value >> 64n), littleEndian);
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** UTF-8 up to the first NUL of `length` bytes. Short ASCII, which is nearly all of it, is read without a decoder. */
export function readChars(view: BytesView, at: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) {
    const byte = view.getUint8(at + index);
    if (byte === 0) return text;
    if (byte > 0x7f || index === 64) return decodeUtf8(view, at, length);
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeUtf8(view: BytesView, at: number, length: number): string {
  const bytes = readBytes(view, at, length);
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

/** Text or bytes, then zeroes. Text leaves room for its NUL. */
export function writeChars(
  view: BytesView,
  at: number,
  length: number,
  value: string | Uint8Array,
  name: string,
): void {
  const isText = typeof value === 'string';
  if (!isText && !(value instanceof Uint8Array))
    throw new TypeError(
      `field "${name}": ${String(value)} is a ${typeof value}, expected a string or a Uint8Array`,
    );
  const bytes = isText ? encoder.encode(value) : value;
  const room = isText ? length - 1 : length;
  if (bytes.length > room)
    throw misfit(name, `${bytes.length} bytes`, `at most ${room}${isText ? ' (and a NUL)' : ''}`);
  for (let index = 0; index < length; index++) view.setUint8(at + index, bytes[index] ?? 0);
}

/** A copy. */
export function readBytes(view: BytesView, at: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) bytes[index] = view.getUint8(at + index);
  return bytes;
}
/** At most `length` bytes; the rest becomes zero. */
export function writeBytes(
  view: BytesView,
  at: number,
  length: number,
  value: Uint8Array,
  name: string,
): void {
  if (value.length > length) throw misfit(name, `${value.length} bytes`, `at most ${length}`);
  for (let index = 0; index < length; index++) view.setUint8(at + index, value[index] ?? 0);
}

export function readArray<T>(
  view: BytesView,
  at: number,
  length: number,
  stride: number,
  read: (view: DataView, at: number) => T,
): T[] {
  const values: T[] = [];
  for (let index = 0; index < length; index++) values.push(read(view, at + index * stride));
  return values;
}
/** At most `length` elements; the rest stays as it is. */
export function writeArray<T>(
  view: BytesView,
  at: number,
  length: number,
  stride: number,
  values: ArrayLike<T>,
  write: (view: DataView, at: number, value: T) => void,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    write(view, at + index * stride, values[index]!);
}
function checkLength(values: ArrayLike<unknown>, length: number, name: string): void {
  if (values.length > length) throw misfit(name, `${values.length} elements`, `at most ${length}`);
}

export function readUint8Array(view: BytesView, at: number, length: number): Uint8Array {
  return readBytes(view, at, length);
}
export function readInt8Array(view: BytesView, at: number, length: number): Int8Array {
  return new Int8Array(readBytes(view, at, length).buffer);
}
export function readUint16Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Uint16Array {
  return Uint16Array.from({ length }, (_, index) => view.getUint16(at + 2 * index, littleEndian));
}
export function readInt16Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Int16Array {
  return Int16Array.from({ length }, (_, index) => view.getInt16(at + 2 * index, littleEndian));
}
export function readUint32Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Uint32Array {
  return Uint32Array.from({ length }, (_, index) => view.getUint32(at + 4 * index, littleEndian));
}
export function readInt32Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Int32Array {
  return Int32Array.from({ length }, (_, index) => view.getInt32(at + 4 * index, littleEndian));
}
export function readBigUint64Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): BigUint64Array {
  const values = new BigUint64Array(length);
  for (let index = 0; index < length; index++)
    values[index] = view.getBigUint64(at + 8 * index, littleEndian);
  return values;
}
export function readBigInt64Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): BigInt64Array {
  const values = new BigInt64Array(length);
  for (let index = 0; index < length; index++)
    values[index] = view.getBigInt64(at + 8 * index, littleEndian);
  return values;
}
export function readFloat32Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Float32Array {
  return Float32Array.from({ length }, (_, index) => view.getFloat32(at + 4 * index, littleEndian));
}
export function readFloat64Array(
  view: BytesView,
  at: number,
  length: number,
  littleEndian: boolean,
): Float64Array {
  return Float64Array.from({ length }, (_, index) => view.getFloat64(at + 8 * index, littleEndian));
}

type Numbers = ArrayLike<number>;
type BigInts = ArrayLike<bigint>;

export function writeUint8Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeUint8(view, at + index, values[index]!, name);
}
export function writeInt8Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeInt8(view, at + index, values[index]!, name);
}
export function writeUint16Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeUint16(view, at + 2 * index, values[index]!, littleEndian, name);
}
export function writeInt16Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeInt16(view, at + 2 * index, values[index]!, littleEndian, name);
}
export function writeUint32Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeUint32(view, at + 4 * index, values[index]!, littleEndian, name);
}
export function writeInt32Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeInt32(view, at + 4 * index, values[index]!, littleEndian, name);
}
export function writeBigUint64Array(
  view: BytesView,
  at: number,
  length: number,
  values: BigInts,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeBigUint64(view, at + 8 * index, values[index]!, littleEndian, name);
}
export function writeBigInt64Array(
  view: BytesView,
  at: number,
  length: number,
  values: BigInts,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeBigInt64(view, at + 8 * index, values[index]!, littleEndian, name);
}
export function writeFloat32Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeFloat32(view, at + 4 * index, values[index]!, littleEndian, name);
}
export function writeFloat64Array(
  view: BytesView,
  at: number,
  length: number,
  values: Numbers,
  littleEndian: boolean,
  name: string,
): void {
  checkLength(values, length, name);
  for (let index = 0; index < values.length; index++)
    writeFloat64(view, at + 8 * index, values[index]!, littleEndian, name);
}

/**
 * A bit-field as an unsigned bigint. Bits are counted from the start of the struct, in the order of the machine: on a
 * little-endian one from the lowest bit of a byte, on a big-endian one from the highest.
 */
function bits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  let value = 0n;
  const first = Math.floor(bitOffset / 8);
  const last = Math.floor((bitOffset + bitSize - 1) / 8);
  for (let byte = first; byte <= last; byte++) {
    const position = littleEndian ? byte - first : last - byte;
    value |= BigInt(view.getUint8(base + byte)) << BigInt(8 * position);
  }
  return BigInt.asUintN(bitSize, value >> BigInt(bitShift(bitOffset, bitSize, last, littleEndian)));
}
function bitShift(bitOffset: number, bitSize: number, last: number, littleEndian: boolean): number {
  return littleEndian ? bitOffset % 8 : 8 * (last + 1) - bitOffset - bitSize;
}
export function readBits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): number {
  return Number(bits(view, base, bitOffset, bitSize, littleEndian));
}
export function readSignedBits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): number {
  return Number(BigInt.asIntN(bitSize, bits(view, base, bitOffset, bitSize, littleEndian)));
}
export function readBigBits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  return bits(view, base, bitOffset, bitSize, littleEndian);
}
export function readBigSignedBits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  return BigInt.asIntN(bitSize, bits(view, base, bitOffset, bitSize, littleEndian));
}
/** Writes a bit-field; its neighbours in the same bytes stay as they are. */
export function writeBits(
  view: BytesView,
  base: number,
  bitOffset: number,
  bitSize: number,
  value: number | bigint | boolean,
  signed: boolean,
  littleEndian: boolean,
  name: string,
): void {
  if (typeof value === 'number' && !Number.isInteger(value))
    throw misfit(name, value, 'an integer');
  const size = BigInt(bitSize);
  const low = signed ? -(1n << (size - 1n)) : 0n;
  const high = signed ? (1n << (size - 1n)) - 1n : (1n << size) - 1n;
  const big = BigInt(value);
  checkBigInt(big, low, high, name);
  const first = Math.floor(bitOffset / 8);
  const last = Math.floor((bitOffset + bitSize - 1) / 8);
  const shift = BigInt(bitShift(bitOffset, bitSize, last, littleEndian));
  const mask = ((1n << size) - 1n) << shift;
  const field = BigInt.asUintN(bitSize, big) << shift;
  for (let byte = first; byte <= last; byte++) {
    const position = BigInt(8 * (littleEndian ? byte - first : last - byte));
    const keep = view.getUint8(base + byte) & ~Number((mask >> position) & 0xffn);
    view.setUint8(base + byte, keep | Number((field >> position) & 0xffn));
  }
}
