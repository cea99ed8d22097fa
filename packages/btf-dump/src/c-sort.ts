/**
 * The order in which a sorted dump asks for the types, which keeps the headers of two similar kernels comparable.
 *
 * Types are asked for by rank (enums, ints, structs, function types, the rest), then by the name of what they lead to, so
 * that a typedef stands beside its target, then by their own name, then by a hash of what they contain, then by id. What a
 * type needs is still printed in front of it, so this order is only visible where C leaves a choice.
 *
 * Two thirds of a kernel's types have the last rank and most of them (functions, prototypes, pointers) define nothing.
 * Sorting them would cost more than printing everything: {@link lastInOrder} is therefore asked when all others are
 * printed, and sorts only those through which something is reached that is not defined yet.
 *
 * Ranks, names and hash are those of bpftool 7.5 (btf.c: sort_btf_c), which also never asks for the first type in order,
 * because its loop skips entry 0 where it means type 0. `bpftool` shows this: of two enums that only variables use,
 * the first one is missing from its output.
 */

import { BtfKind } from '@libbpf-ts/btf';
import { type CState, Flag } from './c-state.js';
import { BtfDumpError } from './errors.js';
import { sortByName } from './sort-by-name.js';
import { MAX_DEPTH, type TypeTable } from './type-table.js';

const { TYPEDEF } = BtfKind;
const { ORDERED, ORDERING } = Flag;

/** Marks what leads to something undefined; nothing is being ordered while that is looked for. */
const LEADS = ORDERING;
/** Rank of everything that has no better one. */
const LAST = 10;

/** Every type that can define something and is not of the last rank, in order. */
export function firstInOrder(types: TypeTable): Uint32Array {
  const { candidates } = types;
  const ranks = new Uint8Array(candidates.length);
  const ends = new Uint32Array(LAST + 1);
  for (let i = 0; i < candidates.length; i++) {
    const rank = rankOf(types, candidates[i]!);
    ranks[i] = rank;
    ends[rank]!++;
  }
  const starts = new Uint32Array(LAST + 1);
  for (let rank = 1; rank <= LAST; rank++) starts[rank] = starts[rank - 1]! + ends[rank - 1]!;
  ends.set(starts);
  const ids = new Uint32Array(candidates.length);
  for (let i = 0; i < candidates.length; i++) ids[ends[ranks[i]!]!++] = candidates[i]!;
  const sorter = new Sorter(types);
  for (let rank = 0; rank < LAST; rank++) sorter.sort(ids, starts[rank]!, ends[rank]!);
  return ids.subarray(0, starts[LAST]!);
}

/** The types of the last rank, in order, that still lead to something undefined. */
export function lastInOrder(state: CState): Uint32Array {
  const { types, flags } = state;
  const { candidates, links } = types;
  const leads = flags.slice();
  let undefinedTypes = 0;
  for (let i = 0; i < candidates.length; i++) {
    const id = candidates[i]!;
    if ((flags[id]! & ORDERED) !== 0 || !definesSomething(types, id)) continue;
    leads[id] = LEADS;
    undefinedTypes++;
  }
  if (undefinedTypes === 0) return new Uint32Array(0);
  const found: number[] = [];
  for (const ids of [candidates, links]) {
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      if ((leads[id]! & ORDERED) !== 0) continue;
      if (leadsToUndefined(state, leads, id, 0) && rankOf(types, id) === LAST) found.push(id);
    }
  }
  const ids = Uint32Array.from(found);
  new Sorter(types).sort(ids, 0, ids.length);
  return ids;
}

function rankOf(types: TypeTable, id: number): number {
  const { words, at } = types;
  let named = false;
  let current = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (current === 0) return LAST;
    const record = at[current]!;
    if (words[record] !== 0) named = true;
    switch ((words[record + 1]! >>> 24) & 0x7f) {
      case 6: // ENUM
      case 19: // ENUM64
        return named ? 1 : 0;
      case 1: // INT
      case 16: // FLOAT
        return 2;
      case 4: // STRUCT
      case 5: // UNION
        return named ? 3 : LAST;
      case 13: // FUNC_PROTO
        return named ? 4 : LAST;
      case 3: // ARRAY
        if (!named) return LAST;
        current = words[record + 3]!;
        break;
      case 18: // TYPE_TAG
      case 10: // CONST
      case 2: // PTR
      case 9: // VOLATILE
      case 11: // RESTRICT
      case 8: // TYPEDEF
      case 17: // DECL_TAG
        if (!named) return LAST;
        current = words[record + 2]!;
        break;
      default:
        return LAST;
    }
  }
  throw tooDeep(types, id);
}

/** Offset of the name of what `id` leads to. */
function sortNameOf(types: TypeTable, id: number): number {
  const { words, at } = types;
  let current = id;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    if (current === 0) return 0;
    const record = at[current]!;
    switch ((words[record + 1]! >>> 24) & 0x7f) {
      case 6: // ENUM
      case 19: // ENUM64
        // Constants without an enum name of their own go by the first of them.
        return depth === 0 && words[record] === 0 && types.vlen(current) > 0
          ? words[record + 3]!
          : words[record]!;
      case 3: // ARRAY
        current = words[record + 3]!;
        break;
      case 18: // TYPE_TAG
      case 10: // CONST
      case 2: // PTR
      case 9: // VOLATILE
      case 11: // RESTRICT
      case 8: // TYPEDEF
      case 17: // DECL_TAG
        current = words[record + 2]!;
        break;
      default:
        return words[record]!;
    }
  }
  throw tooDeep(types, id);
}

/** Sorts ids of one rank. */
class Sorter {
  readonly #types: TypeTable;
  readonly #hashes = new Map<number, TypeHash>();

  constructor(types: TypeTable) {
    this.#types = types;
  }

  sort(ids: Uint32Array, from: number, to: number): void {
    const types = this.#types;
    const part = ids.subarray(from, to);
    sortByName(
      types,
      part,
      (id) => sortNameOf(types, id),
      (ties) => {
        sortByName(
          types,
          ties,
          (id) => types.name(id),
          (same) => {
            const decides = same.byteOffset === ids.byteOffset;
            if (!decides && isStructAndTypedef(types, same)) return;
            same.sort((a, b) => this.#compareHashes(a, b));
          },
        );
      },
    );
  }

  #compareHashes(a: number, b: number): number {
    const [first, second] = [this.#hashOf(a), this.#hashOf(b)];
    return first.high - second.high || first.low - second.low || a - b;
  }

  #hashOf(id: number): TypeHash {
    let hash = this.#hashes.get(id);
    if (hash === undefined) {
      hash = new TypeHash();
      hash.addType(this.#types, id, true, 0);
      this.#hashes.set(id, hash);
    }
    return hash;
  }
}

/**
 * `struct a` and `typedef struct a a`: whoever is asked for first, the struct is printed before the typedef. Half of all
 * types with equal names are such pairs. (At the very start their order decides which of them is never asked for.)
 */
function isStructAndTypedef(types: TypeTable, ties: Uint32Array): boolean {
  if (ties.length !== 2) return false;
  const [a, b] = ties as unknown as [number, number];
  return (
    (types.kind(a) === TYPEDEF && types.sizeOrType(a) === b) ||
    (types.kind(b) === TYPEDEF && types.sizeOrType(b) === a)
  );
}

/** A hash of the names that a type is made of: 64 bits, `hash * 31 + value` for each, in two halves. */
class TypeHash {
  high = 0;
  low = 0;

  /** Own name, enumerators, members and their types (one level), what a reference leads to. */
  addType(types: TypeTable, id: number, withMembers: boolean, depth: number): void {
    if (id === 0) return;
    if (depth > MAX_DEPTH) throw tooDeep(types, id);
    const { words, at } = types;
    const record = at[id]!;
    const vlen = types.vlen(id);
    this.#addName(types, words[record]!);
    switch (types.kind(id)) {
      case 6: // ENUM
        for (let i = 0; i < vlen; i++) this.#addName(types, words[record + 3 + i * 2]!);
        break;
      case 19: // ENUM64
        for (let i = 0; i < vlen; i++) this.#addName(types, words[record + 3 + i * 3]!);
        break;
      case 4: // STRUCT
      case 5: // UNION
        if (!withMembers) break;
        for (let member = record + 3; member < record + 3 + vlen * 3; member += 3) {
          this.#addName(types, words[member]!);
          this.#addHashOf(types, words[member + 1]!, false, depth);
        }
        break;
      case 18: // TYPE_TAG
      case 10: // CONST
      case 2: // PTR
      case 9: // VOLATILE
      case 11: // RESTRICT
      case 8: // TYPEDEF
      case 17: // DECL_TAG
        this.#addHashOf(types, words[record + 2]!, withMembers, depth);
        break;
      case 3: // ARRAY
        this.#add(0, words[record + 5]!);
        this.#addHashOf(types, words[record + 3]!, withMembers, depth);
        break;
    }
  }

  #addHashOf(types: TypeTable, id: number, withMembers: boolean, depth: number): void {
    const other = new TypeHash();
    other.addType(types, id, withMembers, depth + 1);
    this.#add(other.high, other.low);
  }

  #addName(types: TypeTable, name: number): void {
    if (name === 0) return;
    const text = types.string(name);
    const ofName = new TypeHash();
    for (let i = 0; i < text.length; i++) {
      const char = text.charCodeAt(i);
      // `char` is signed where bpftool runs.
      if (char < 0x80) ofName.#add(0, char);
      else ofName.#add(0xffff_ffff, 0xffff_ff00 + char);
    }
    this.#add(ofName.high, ofName.low);
  }

  #add(high: number, low: number): void {
    const sum = this.low * 31 + low;
    const carry = Math.floor(sum / 0x1_0000_0000);
    this.low = sum >>> 0;
    this.high = (Math.imul(this.high, 31) + high + carry) >>> 0;
  }
}

/**
 * Whether asking for `id` would come to a type that is undefined as yet. `leads` remembers the answers: {@link LEADS} for a type
 * that does, ORDERED for one that does not, as one that is ordered already.
 */
function leadsToUndefined(state: CState, leads: Uint8Array, id: number, depth: number): boolean {
  const known = leads[id];
  // Whoever visits an id that does not exist says so.
  if (known === undefined || (known & ORDERED) !== 0) return false;
  if ((known & LEADS) !== 0) return true;
  leads[id] = ORDERED;
  const { words, at } = state.types;
  const record = at[id]!;
  const info = words[record + 1]!;
  let step = 1;
  let next: number;
  let end: number;
  switch ((info >>> 24) & 0x7f) {
    case 2: // PTR
    case 9: // VOLATILE
    case 10: // CONST
    case 11: // RESTRICT
    case 18: // TYPE_TAG
      next = record + 2;
      end = record + 3;
      break;
    case 3: // ARRAY
      next = record + 3;
      end = record + 4;
      break;
    case 4: // STRUCT
    case 5: // UNION
      step = 3;
      next = record + 4;
      end = record + 3 + (info & 0xff_ffff) * 3;
      break;
    case 13: // FUNC_PROTO
      // The return type stands two words in front of the first parameter's.
      step = 2;
      next = record + 2;
      end = record + 3 + (info & 0xff_ffff) * 2;
      break;
    default:
      return false;
  }
  state.step(id, depth);
  for (; next < end; next += step) {
    const type = words[next]!;
    if ((leads[type]! & ORDERED) !== 0 || !leadsToUndefined(state, leads, type, depth + 1))
      continue;
    leads[id] = LEADS;
    return true;
  }
  return false;
}

/** Whether a request for `id` prints a definition of `id` itself. */
function definesSomething(types: TypeTable, id: number): boolean {
  switch (types.kind(id)) {
    case 4: // STRUCT
    case 5: // UNION
      return types.name(id) !== 0;
    case 6: // ENUM
    case 19: // ENUM64
      return types.name(id) !== 0 || types.referenced[id] === 0;
    case 8: // TYPEDEF
    case 7: // FWD
      return true;
    default:
      return false;
  }
}

function tooDeep(types: TypeTable, id: number): BtfDumpError {
  const facts = { typeId: id, typeName: types.describe(id), limit: MAX_DEPTH };
  return new BtfDumpError('BTF_DUMP_TOO_DEEP', facts);
}
