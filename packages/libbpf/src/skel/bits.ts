/**
 * Bit-fields. Bits are counted from the start of the struct in the order of the machine: on a little-endian one from the
 * lowest bit of a byte, on a big-endian one from the highest.
 *
 * Rule: libbpf `src/btf_dump.c`, btf_dump_get_bitfield_value.
 */

import type { NumberInput } from './codec-helpers.js';
import { misfit, wrongType } from './misfit.js';

/** Bytes that hold a bit-field, and how far its lowest bit is from theirs. */
interface Place {
  readonly first: number;
  readonly bytes: number;
  readonly shift: number;
}

function place(bitOffset: number, bitSize: number, littleEndian: boolean): Place {
  const first = Math.floor(bitOffset / 8);
  const start = bitOffset % 8;
  const bytes = Math.ceil((start + bitSize) / 8);
  return { first, bytes, shift: littleEndian ? start : bytes * 8 - start - bitSize };
}

/** Up to 32 bits lie in at most 5 bytes, whose 40 bits a number holds exactly. */
function small(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): number {
  const { first, bytes, shift } = place(bitOffset, bitSize, littleEndian);
  const from = base + first;
  let all = 0;
  for (let index = 0; index < bytes; index++)
    all = all * 256 + view.getUint8(littleEndian ? from + bytes - 1 - index : from + index);
  return Math.floor(all / 2 ** shift) % 2 ** bitSize;
}

function big(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  const { first, bytes, shift } = place(bitOffset, bitSize, littleEndian);
  const from = base + first;
  let all = 0n;
  for (let index = 0; index < bytes; index++) {
    const byte = view.getUint8(littleEndian ? from + bytes - 1 - index : from + index);
    all = (all << 8n) | BigInt(byte);
  }
  return BigInt.asUintN(bitSize, all >> BigInt(shift));
}

export function readBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): number {
  if (bitSize <= 32) return small(view, base, bitOffset, bitSize, littleEndian);
  return Number(big(view, base, bitOffset, bitSize, littleEndian));
}
export function readSignedBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): number {
  if (bitSize > 32)
    return Number(BigInt.asIntN(bitSize, big(view, base, bitOffset, bitSize, littleEndian)));
  const value = small(view, base, bitOffset, bitSize, littleEndian);
  return value >= 2 ** (bitSize - 1) ? value - 2 ** bitSize : value;
}
export function readBoolBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): boolean {
  return small(view, base, bitOffset, bitSize, littleEndian) !== 0;
}
export function readBigBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  return big(view, base, bitOffset, bitSize, littleEndian);
}
export function readBigSignedBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  littleEndian: boolean,
): bigint {
  return BigInt.asIntN(bitSize, big(view, base, bitOffset, bitSize, littleEndian));
}

/** Writes a bit-field; its neighbours in the same bytes stay as they are. */
export function writeBits(
  view: DataView,
  base: number,
  bitOffset: number,
  bitSize: number,
  value: NumberInput | boolean,
  signed: boolean,
  littleEndian: boolean,
  name: string,
): void {
  if (value === undefined) return;
  const field = fieldOf(value, bitSize, signed, name);
  const { first, bytes, shift } = place(bitOffset, bitSize, littleEndian);
  const mask = ((1n << BigInt(bitSize)) - 1n) << BigInt(shift);
  const bits = BigInt.asUintN(bitSize, field) << BigInt(shift);
  for (let index = 0; index < bytes; index++) {
    const position = BigInt(8 * index);
    const at = base + first + (littleEndian ? index : bytes - 1 - index);
    const keep = view.getUint8(at) & ~Number((mask >> position) & 0xffn);
    view.setUint8(at, keep | Number((bits >> position) & 0xffn));
  }
}

function fieldOf(
  value: number | bigint | boolean,
  bitSize: number,
  signed: boolean,
  name: string,
): bigint {
  if (typeof value !== 'bigint' && typeof value !== 'boolean' && typeof value !== 'number')
    throw wrongType(name, value, 'a number');
  const size = BigInt(bitSize);
  const low = signed ? -(1n << (size - 1n)) : 0n;
  const high = signed ? (1n << (size - 1n)) - 1n : (1n << size) - 1n;
  const exact = typeof value !== 'number' || Number.isSafeInteger(value);
  const field = exact ? BigInt(value) : undefined;
  if (field === undefined || field < low || field > high)
    throw misfit(name, value, `an integer from ${low} to ${high}`);
  return field;
}
