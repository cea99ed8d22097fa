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

const { ENUM, FWD } = BtfKind;

/** A name with its suffix is cut to this many bytes, as libbpf's buffer of 256 cuts it. */
const LONGEST_SUFFIXED = 255;

/** The tag of a struct, union or enum; '' if it is anonymous. Decides it, if that was not done before. */
export function tagOf(state: CState, id: number): string {
  return state.names[id] ?? decide(state, id, state.tags);
}

/** The name of a typedef. Decides it, if that was not done before. */
export function identifierOf(state: CState, id: number): string {
  return state.names[id] ?? decide(state, id, state.identifiers);
}

/** Counts one more use of a name and gives it the suffix that this use has. */
export function countUse(uses: NameUses, name: string): string {
  const { once } = uses;
  const before = once.size;
  once.add(name);
  if (once.size !== before) return name;
  const count = (uses.more.get(name) ?? 1) + 1;
  uses.more.set(name, count);
  return `${name}___${count}`;
}

function decide(state: CState, id: number, uses: NameUses): string {
  const { types } = state;
  const offset = types.name(id);
  if (offset === 0) return '';
  let name = types.string(offset);
  if (!state.mentionOnly && isDefinition(types.kind(id), types.vlen(id))) {
    const unique = countUse(uses, name);
    name = unique === name ? name : unique.slice(0, LONGEST_SUFFIXED);
  }
  state.names[id] = name;
  return name;
}

function isDefinition(kind: number, vlen: number): boolean {
  return kind !== FWD && !(kind === ENUM && vlen === 0);
}
