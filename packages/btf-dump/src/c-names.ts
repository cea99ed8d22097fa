/**
 * Names as they are printed.
 *
 * A compiled program can define one name twice (in two files, or as `struct list` here and there), a header cannot: the
 * second one printed becomes `list___2`. Tags live in a name space of their own, typedefs and enumerators share another,
 * as in C. Who is the second is decided by who is printed or mentioned first. Forward declarations and enums without
 * enumerators neither get a suffix nor count, since they may stand for a definition of that name.
 */

import { BtfKind } from '@libbpf-ts/btf';
import { type CState, Flag } from './c-state.js';
import type { NameCounts } from './name-counts.js';

/** A name with its suffix is cut to this many bytes, as libbpf's buffer of 256 cuts it. */
const LONGEST_SUFFIXED = 255;

/** Decides the tag of a struct, union or enum, if that was not done before. */
export function claimTag(state: CState, id: number): void {
  claim(state, id, state.tags);
}

/** Decides the name of a typedef, if that was not done before. */
export function claimIdentifier(state: CState, id: number): void {
  claim(state, id, state.identifiers);
}

/** Prints the tag of a struct, union or enum; nothing if it is anonymous. */
export function emitTag(state: CState, id: number): void {
  claim(state, id, state.tags);
  emitName(state, id);
}

/** Prints the name of a typedef. */
export function emitIdentifier(state: CState, id: number): void {
  claim(state, id, state.identifiers);
  emitName(state, id);
}

function claim(state: CState, id: number, names: NameCounts): void {
  const { types, flags } = state;
  if ((flags[id]! & Flag.NAMED) !== 0) return;
  const name = types.name(id);
  if (name === 0) return;
  flags[id]! |= Flag.NAMED;
  if (!isDefinition(types.kind(id), types.vlen(id))) return;
  const uses = names.add(name);
  if (uses > 1) state.suffixes[id] = uses;
}

function emitName(state: CState, id: number): void {
  const { types, text } = state;
  const name = types.name(id);
  if (name === 0) return;
  const start = text.length;
  text.cString(types.strings, name);
  const suffix = state.suffixes[id]!;
  if (suffix === 0) return;
  text.ascii('___');
  text.decimal(suffix);
  if (text.length - start > LONGEST_SUFFIXED) text.length = start + LONGEST_SUFFIXED;
}

function isDefinition(kind: number, vlen: number): boolean {
  return kind !== BtfKind.FWD && !(kind === BtfKind.ENUM && vlen === 0);
}
