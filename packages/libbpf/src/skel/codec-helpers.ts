/**
 * What generated codecs and accessors are written in: typed reads and range-checked writes at an offset of a DataView.
 *
 * The values are those of the codecs that `@libbpf-ts/btf` compiles at run time (value-codec.ts there): numbers up to 32 bits,
 * bigints beyond, and either is taken for the other where it is exact. A value that does not fit its field is an error that
 * names the field, never a wrap. `undefined`, a member that was left out, writes nothing.
 */

export {
  readBigBits,
  readBigSignedBits,
  readBits,
  readBoolBits,
  readSignedBits,
  writeBits,
} from './bits.js';
export {
  clear,
  clearFor,
  readBytes,
  readChars,
  readNumbers,
  writeBytes,
  writeChars,
  writeNumbers,
} from './bytes.js';

import { misfit, wrongType } from './misfit.js';

/** A number to be written, or nothing. */
export type NumberInput = number | bigint | undefined;

function checked(value: number | bigint, low: number, high: number, name: string): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (Number.isInteger(number) && number >= low && number <= high) return number;
  throw misfit(name, value, `an integer from ${low} to ${high}`);
}

/** As a bigint in range. */
export function checkedBig(
  value: number | bigint,
  low: bigint,
  high: bigint,
  name: string,
): bigint {
  let big: bigint;
  if (typeof value === 'bigint') big = value;
  else if (Number.isSafeInteger(value)) big = BigInt(value);
  else throw wrongType(name, value, 'a bigint');
  if (big < low || big > high) throw misfit(name, value, `a bigint from ${low} to ${high}`);
  return big;
}

export function writeInt8(view: DataView, at: number, value: NumberInput, name: string): void {
  if (value !== undefined) view.setInt8(at, checked(value, -0x80, 0x7f, name));
}
export function writeUint8(view: DataView, at: number, value: NumberInput, name: string): void {
  if (value !== undefined) view.setUint8(at, checked(value, 0, 0xff, name));
}
export function writeInt16(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value !== undefined) view.setInt16(at, checked(value, -0x8000, 0x7fff, name), littleEndian);
}
export function writeUint16(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value !== undefined) view.setUint16(at, checked(value, 0, 0xffff, name), littleEndian);
}
export function writeInt32(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  view.setInt32(at, checked(value, -0x8000_0000, 0x7fff_ffff, name), littleEndian);
}
export function writeUint32(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value !== undefined) view.setUint32(at, checked(value, 0, 0xffff_ffff, name), littleEndian);
}
export function writeBigInt64(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  // Wrapping and comparing is several times faster than comparing with the limits.
  const fits = typeof value === 'bigint' && BigInt.asIntN(64, value) === value;
  const big = fits ? value : checkedBig(value, -(1n << 63n), (1n << 63n) - 1n, name);
  view.setBigInt64(at, big, littleEndian);
}
export function writeBigUint64(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  const fits = typeof value === 'bigint' && BigInt.asUintN(64, value) === value;
  const big = fits ? value : checkedBig(value, 0n, (1n << 64n) - 1n, name);
  view.setBigUint64(at, big, littleEndian);
}
export function writeFloat32(
  view: DataView,
  at: number,
  value: number | undefined,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw wrongType(name, value, 'a number');
  view.setFloat32(at, value, littleEndian);
}
export function writeFloat64(
  view: DataView,
  at: number,
  value: number | undefined,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw wrongType(name, value, 'a number');
  view.setFloat64(at, value, littleEndian);
}

/** Whether any of its bytes is set. */
export function readBool(view: DataView, at: number, size = 1): boolean {
  for (let index = 0; index < size; index++) if (view.getUint8(at + index) !== 0) return true;
  return false;
}
/** Sets its first byte. */
export function writeBool(
  view: DataView,
  at: number,
  value: boolean | number | undefined,
  name: string,
): void {
  if (value === undefined) return;
  if (value !== true && value !== false && value !== 1 && value !== 0)
    throw wrongType(name, value, 'true or false');
  view.setUint8(at, value ? 1 : 0);
}

/** Where the words of a 128-bit integer are: the low one, the high one. */
function words128(at: number, littleEndian: boolean): [low: number, high: number] {
  return littleEndian ? [at, at + 8] : [at + 8, at];
}
export function readUint128(view: DataView, at: number, littleEndian: boolean): bigint {
  const [low, high] = words128(at, littleEndian);
  return (view.getBigUint64(high, littleEndian) << 64n) | view.getBigUint64(low, littleEndian);
}
export function readInt128(view: DataView, at: number, littleEndian: boolean): bigint {
  const [low, high] = words128(at, littleEndian);
  return (view.getBigInt64(high, littleEndian) << 64n) | view.getBigUint64(low, littleEndian);
}
export function writeUint128(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  write128(view, at, checkedBig(value, 0n, (1n << 128n) - 1n, name), littleEndian);
}
export function writeInt128(
  view: DataView,
  at: number,
  value: NumberInput,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  write128(view, at, checkedBig(value, -(1n << 127n), (1n << 127n) - 1n, name), littleEndian);
}
function write128(view: DataView, at: number, value: bigint, littleEndian: boolean): void {
  const [low, high] = words128(at, littleEndian);
  view.setBigUint64(low, BigInt.asUintN(64, value), littleEndian);
  view.setBigUint64(high, BigInt.asUintN(64, value >> 64n), littleEndian);
}
