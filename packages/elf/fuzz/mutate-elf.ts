// Changes ELF files where it hurts: the numbers of headers and tables, mostly, and sometimes any bytes.

import { type ElfField, listElfFields, readField, writeField } from './elf-fields.js';

/** An integer from 0 to `limit` - 1. */
export type Random = (limit: number) => number;

const fieldsOfSeed = new WeakMap<Uint8Array, readonly ElfField[]>();

/** A changed copy of a well-formed file. */
export function mutateElf(seed: Uint8Array, random: Random): Uint8Array {
  let fields = fieldsOfSeed.get(seed);
  if (fields === undefined) {
    fields = listElfFields(seed);
    fieldsOfSeed.set(seed, fields);
  }
  let bytes: Uint8Array = seed.slice();
  for (let left = 1 + random(4); left > 0; left--) {
    bytes = random(8) === 0 ? changeBytes(bytes, random) : changeField(bytes, fields, random);
  }
  return bytes;
}

function changeField(bytes: Uint8Array, fields: readonly ElfField[], random: Random): Uint8Array {
  const field = fields[random(fields.length)]!;
  const littleEndian = bytes[5] !== 2;
  const value = readField(bytes, field, littleEndian);
  writeField(bytes, field, changedValue(bytes, value, fields, random), littleEndian);
  return bytes;
}

function changedValue(
  bytes: Uint8Array,
  value: bigint,
  fields: readonly ElfField[],
  random: Random,
): bigint {
  const length = BigInt(bytes.length);
  switch (random(8)) {
    case 0:
      return [0n, 1n, -1n, 0x7fffffffn, 0x80000000n, 1n << 63n, (1n << 53n) - 1n][random(7)]!;
    case 1:
      return length + BigInt(random(65) - 32);
    case 2:
      return 1n << BigInt(random(64));
    case 3:
      return BigInt(random(256));
    case 4:
      return BigInt(random(bytes.length + 1));
    case 5:
      return readField(bytes, fields[random(fields.length)]!, bytes[5] !== 2);
    default:
      return value + BigInt(random(33) - 16);
  }
}

function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random(bytes.length + 1);
  const length = Math.min(1 + random(64), bytes.length - at);
  switch (random(5)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return concatenate(bytes.subarray(0, at), bytes.subarray(at + length));
    case 2:
      return concatenate(bytes.subarray(0, at), bytes.slice(at, at + length), bytes.subarray(at));
    case 3:
      bytes.copyWithin(at, random(bytes.length + 1), random(bytes.length + 1));
      return bytes;
    default:
      for (let left = random(8); left >= 0 && bytes.length > 0; left--) {
        bytes[random(bytes.length)] = random(256);
      }
      return bytes;
  }
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
