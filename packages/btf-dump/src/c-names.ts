/**
 * Names as they are printed.
 *
 * A compiled program can define one name twice (in two files, or as `struct list` here and there), a header cannot: the
 * second one printed becomes `list___2`. Tags live in a name space of their own, typedefs and enumerators share another,
 * as in C. Who is the second is decided by who is printed or mentioned first. Forward declarations and enums without
 * enumerators neither get a suffix nor count, since they may stand for a definition of that name.
 */

import { BtfKind } from '@libbpf-ts/btf';
import type { CState, NameUses } from './c-state.js';
import type { TypeTable } from './type-table.js';

const { ENUM, FWD } = BtfKind;

/** A name with its suffix is cut to this many bytes, as libbpf's buffer of 256 cuts it. */
const LONGEST_SUFFIXED = 255;

/** Slots that are looked at for a name. */
const LONGEST_PROBE = 8;

/** The tag of a struct, union or enum; '' if it is anonymous. Decides it, if that was not done before. */
export function tagOf(state: CState, id: number): string {
  return state.names[id] ?? decide(state, id, state.tags);
}

/** The name of a typedef. Decides it, if that was not done before. */
export function identifierOf(state: CState, id: number): string {
  return state.names[id] ?? decide(state, id, state.identifiers);
}

/** Counts one more use of the name at `offset` and gives it with the suffix that this use has. */
export function countUse(state: CState, uses: NameUses, offset: number): string {
  const name = state.types.string(offset);
  if (isFirstUse(state.types, uses, offset, name)) return name;
  const count = (uses.more.get(name) ?? 1) + 1;
  uses.more.set(name, count);
  return `${name}___${count}`;
}

/**
 * A kernel has 30 000 names to count, nearly all of them used once. A `Set` of strings would hash and keep every one; a table
 * of their offsets, found by a few of their bytes, takes a third of the time. Names are compared where slots meet; one
 * that finds no slot free near its own is left to a `Set`, so that no choice of names makes this slow.
 */
function isFirstUse(types: TypeTable, uses: NameUses, offset: number, name: string): boolean {
  const { offsets, others } = uses;
  const mask = offsets.length - 1;
  let slot = fingerprint(types.stringBytes, offset, name.length) & mask;
  for (let probe = 0; probe < LONGEST_PROBE; probe++) {
    const known = offsets[slot]!;
    if (known === 0) {
      offsets[slot] = offset;
      return true;
    }
    if (known === offset || types.string(known) === name) return false;
    slot = (slot + 1) & mask;
  }
  const before = others.size;
  others.add(name);
  return others.size !== before;
}

/** Names of a family differ in length, in the middle or at the end. */
function fingerprint(bytes: Uint8Array, offset: number, length: number): number {
  const half = length >> 1;
  const middle = offset + half;
  const end = offset + length;
  let hash = length * 31 + bytes[end - 1]!;
  hash = hash * 31 + bytes[end - 2]!;
  hash = hash * 31 + bytes[middle]!;
  hash = (hash * 31 + bytes[offset + (half >> 1)]!) & 0xff_ffff;
  hash = hash * 31 + bytes[middle + (half >> 1)]!;
  return hash ^ (hash >>> 13);
}

function decide(state: CState, id: number, uses: NameUses): string {
  const { types } = state;
  const offset = types.name(id);
  if (offset === 0) return '';
  let name = types.string(offset);
  if (!state.mentionOnly && isDefinition(types.kind(id), types.vlen(id))) {
    const unique = countUse(state, uses, offset);
    if (unique !== name) name = unique.slice(0, LONGEST_SUFFIXED);
  }
  state.names[id] = name;
  return name;
}

function isDefinition(kind: number, vlen: number): boolean {
  return kind !== FWD && !(kind === ENUM && vlen === 0);
}
