/**
 * Parts of type records read in place, without making objects: for code that walks many of them.
 */

import type { Btf } from './btf.js';
import { infoVlen, RECORD_SIZE } from './record.js';
import { BtfKind } from './types.js';

/** Where the entries of a type begin, and in whose bytes. */
export interface Entries {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte offset of the first entry. */
  readonly start: number;
  readonly count: number;
}

/** Members, values, parameters or variables of a type that has such. */
export function entriesOf(btf: Btf, id: number): Entries {
  const { view, littleEndian } = btf.ownerOf(id);
  const record = btf.recordOffset(id);
  const count = infoVlen(view.getUint32(record + 4, littleEndian));
  return { view, littleEndian, start: record + RECORD_SIZE, count };
}

/** One member of a struct or union. */
export interface MemberRecord {
  readonly nameOffset: number;
  readonly typeId: number;
  readonly bitOffset: number;
  /** 0 unless a bit-field. */
  readonly bitSize: number;
}

/** Member `index`, which must exist. */
export function memberOf(btf: Btf, id: number, index: number): MemberRecord {
  const { view, littleEndian, start } = entriesOf(btf, id);
  const at = start + index * 12;
  const word = view.getUint32(at + 8, littleEndian);
  const flag = btf.kindFlag(id);
  return {
    nameOffset: view.getUint32(at, littleEndian),
    typeId: view.getUint32(at + 4, littleEndian),
    bitOffset: flag ? word & 0xffffff : word,
    bitSize: flag ? word >>> 24 : 0,
  };
}

/** Element type and length of an array. */
export function arrayOf(btf: Btf, id: number): { elementTypeId: number; length: number } {
  const { view, littleEndian, start } = entriesOf(btf, id);
  return {
    elementTypeId: view.getUint32(start, littleEndian),
    length: view.getUint32(start + 8, littleEndian),
  };
}

/** The word after an INT's first 12 bytes: `encoding << 24 | offset << 16 | bits`. */
export function intWord(btf: Btf, id: number): number {
  const { view, littleEndian, start } = entriesOf(btf, id);
  return view.getUint32(start, littleEndian);
}

/** Whether a kind is ENUM or ENUM64. */
export function isEnum(kind: number): boolean {
  return kind === BtfKind.ENUM || kind === BtfKind.ENUM64;
}

/** Whether a kind is STRUCT or UNION. */
export function isComposite(kind: number): boolean {
  return kind === BtfKind.STRUCT || kind === BtfKind.UNION;
}

/** Bytes of one value of an ENUM or ENUM64. */
export function enumEntrySize(kind: number): number {
  return kind === BtfKind.ENUM ? 8 : 12;
}

/** Value `index` of an enum: as the bits say, sign-extended from 32 for an ENUM, whatever its `kind_flag`. */
export function enumValueOf(btf: Btf, id: number, index: number): bigint {
  const { view, littleEndian, start } = entriesOf(btf, id);
  if (btf.kindOf(id) === BtfKind.ENUM)
    return BigInt(view.getInt32(start + index * 8 + 4, littleEndian));
  const at = start + index * 12;
  const high = BigInt(view.getInt32(at + 8, littleEndian));
  return (high << 32n) | BigInt(view.getUint32(at + 4, littleEndian));
}
