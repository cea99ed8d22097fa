/**
 * Shape of type records: how many bytes follow the 12 that every record starts with, and what the `info` word holds.
 *
 * Source of truth: linux/include/uapi/linux/btf.h. `kind` is read as 7 bits and `vlen` as 24, as Linux 7.2 defines them;
 * older writers leave the added bits zero.
 */

import { BtfKind } from './types.js';

/** `name_off`, `info` and `size`/`type`. */
export const RECORD_SIZE = 12;
/** Most entries that the 24 bits of `vlen` can count; kernels before 7.2 take no more than 65,535. */
export const MAX_VLEN = 0xffffff;

/** Bytes after the first 12, whatever `vlen` is; {@link UNKNOWN_KIND} for kinds nobody knows. */
export const FIXED_BYTES: Uint8Array = new Uint8Array(128).fill(255);
/** Bytes for each of the `vlen` entries. */
export const ENTRY_BYTES: Uint8Array = new Uint8Array(128);
/** Marks an unknown kind in {@link FIXED_BYTES}. */
export const UNKNOWN_KIND = 255;

for (const kind of Object.values(BtfKind)) if (kind !== BtfKind.VOID) FIXED_BYTES[kind] = 0;
FIXED_BYTES[BtfKind.INT] = 4;
FIXED_BYTES[BtfKind.ARRAY] = 12;
FIXED_BYTES[BtfKind.VAR] = 4;
FIXED_BYTES[BtfKind.DECL_TAG] = 4;
ENTRY_BYTES[BtfKind.STRUCT] = 12;
ENTRY_BYTES[BtfKind.UNION] = 12;
ENTRY_BYTES[BtfKind.ENUM] = 8;
ENTRY_BYTES[BtfKind.ENUM64] = 12;
ENTRY_BYTES[BtfKind.FUNC_PROTO] = 8;
ENTRY_BYTES[BtfKind.DATASEC] = 12;

/** Kind in an `info` word. */
export function infoKind(info: number): number {
  return (info >>> 24) & 0x7f;
}

/** Number of entries in an `info` word (linkage, for FUNC). */
export function infoVlen(info: number): number {
  return info & 0xffffff;
}

/** The `kind_flag` bit of an `info` word. */
export function infoFlag(info: number): boolean {
  return info < 0 || info > 0x7fffffff;
}

/** Puts an `info` word together. */
export function makeInfo(kind: number, vlen: number, flag: boolean): number {
  return ((flag ? 0x80000000 : 0) | (kind << 24) | vlen) >>> 0;
}

/** What the kernel calls the kind, in lower case: the `kind` of a decoded type. */
export const KIND_NAMES = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
] as const;

/** What to call a kind in messages: `struct`, `kind 20` for one that is newer than this package. */
export function kindName(kind: number): string {
  return KIND_NAMES[kind] ?? `kind ${kind}`;
}
