/**
 * In which order definitions must stand.
 *
 * C wants a struct complete before another struct, an array or a typedef-then-struct holds one by value, and is content
 * with `struct a;` where only a pointer to it is held. Types in BTF refer to each other in any order and in circles, so
 * before a type is printed, everything that it needs is put in a queue, each after what it needs itself: a depth-first
 * walk that appends a definition on the way out.
 *
 * Worked example. Asked for `b`:
 *
 *     struct b { struct a inside; struct c *later; };      queue: a, b
 *     struct a { struct b *back; u32 n; };                 (typedef u32 goes in front of a)
 *
 * `b` holds `a`, a strong link: the walk goes into `a` and queues it first. `a` reaches `b` again, but through a pointer, a
 * weak link: the printer will write `struct b;` in front of `a` when it gets there, and the walk turns back. `c` is
 * weak as well and need not be defined at all for `b`.
 *
 * What makes it hard is that a pointer alone does not make a link weak. Anonymous types are written out in the place
 * that uses them, so
 *
 *     struct b { struct { struct a inside; } *pointer; };
 *
 * needs `a` complete although all of `b` is one pointer. Hence the rule: a link is weak if there is a pointer in the chain
 * and a *named* struct or union (or a typedef that leads to one weakly) after it. Enums and forward declarations are strong
 * always, for C has no forward declaration of an enum. Function prototypes are as strong as the strongest of what they
 * mention, seen through the same pointer.
 *
 * The walk remembers what it is done with. Structs, unions, enums, ints and pointers are done after one visit; const,
 * arrays and prototypes only once all that they mention is, for until then whether they are weak depends on how they were
 * reached. A type that is done counts as strong: it is defined already, so whoever asks may be defined, too. That makes
 * the order in which types are requested visible in the output (a typedef of an int is queued through a pointer only once
 * the int is done), and answers are kept exactly as libbpf gives them (btf_dump.c: btf_dump_order_type), because the
 * output has to be the same byte for byte.
 *
 * A struct that is met again while its members are walked, with no pointer between, would contain itself: an error.
 */

import { BtfKind } from '@libbpf-ts/btf';
import { type CState, Flag } from './c-state.js';
import { BtfDumpError } from './errors.js';
import { MAX_DEPTH } from './type-table.js';

const { ARRAY } = BtfKind;
const { ORDERED, ORDERING } = Flag;

/**
 * Queues what `id` needs and, if it is something to define, `id` itself.
 *
 * @param weak - reached through a pointer
 * @returns whether the link is strong: `id` has to be defined before who refers to it
 */
export function orderType(state: CState, id: number, weak: boolean, depth: number): boolean {
  const { flags, types } = state;
  const flag = flags[id];
  if (flag === undefined) types.check(id);
  if ((flag! & ORDERED) !== 0) return true;
  if (depth > MAX_DEPTH) state.step(id, depth);
  const record = types.at[id]!;
  const { words } = types;
  const info = words[record + 1]!;
  const kind = (info >>> 24) & 0x7f;
  const named = words[record] !== 0;
  if ((flag! & ORDERING) !== 0) {
    if (weak && named) return false;
    throw new BtfDumpError('BTF_DUMP_CYCLE', { typeId: id, typeName: types.describe(id) });
  }
  switch (kind) {
    case 1: // INT
    case 16: // FLOAT
    case 12: // FUNC
    case 14: // VAR
    case 15: // DATASEC
    case 17: // DECL_TAG
      flags[id]! |= ORDERED;
      return false;

    case 2: {
      // PTR
      const strong = orderType(state, words[record + 2]!, true, depth + 1);
      flags[id]! |= ORDERED;
      return strong;
    }

    case 3: // ARRAY
    case 9: // VOLATILE
    case 10: // CONST
    case 11: // RESTRICT
    case 18: {
      // TYPE_TAG
      const isArray = kind === ARRAY;
      const target = words[isArray ? record + 3 : record + 2]!;
      const strong = orderType(state, target, weak && !isArray, depth + 1);
      if ((flags[target]! & ORDERED) !== 0) flags[id]! |= ORDERED;
      return strong;
    }

    case 4: // STRUCT
    case 5: {
      // UNION
      if (weak && named) return false;
      flags[id]! |= ORDERING;
      const end = record + 3 + (info & 0xff_ffff) * 3;
      for (let member = record + 4; member < end; member += 3) {
        const type = words[member]!;
        if ((flags[type]! & ORDERED) === 0) orderType(state, type, false, depth + 1);
      }
      if (named) state.enqueue(id);
      flags[id]! |= ORDERED;
      return true;
    }

    case 6: // ENUM
    case 19: // ENUM64
    case 7: // FWD
      // An anonymous enum that nothing refers to declares constants; others are written out where they are used.
      if (named || types.referenced[id] === 0) state.enqueue(id);
      flags[id]! |= ORDERED;
      return true;

    case 8: {
      // TYPEDEF
      const strong = orderType(state, words[record + 2]!, weak, depth + 1);
      if (weak && !strong) return false;
      state.enqueue(id);
      flags[id]! |= ORDERED;
      return true;
    }

    case 13: {
      // FUNC_PROTO
      state.step(id, depth);
      let strong = false;
      let done = true;
      const end = record + 3 + (info & 0xff_ffff) * 2;
      // The return type stands two words in front of the first parameter's.
      for (let part = record + 2; part < end; part += 2) {
        const type = words[part]!;
        if ((flags[type]! & ORDERED) !== 0) strong = true;
        else if (orderType(state, type, weak, depth + 1)) strong = true;
        if ((flags[type]! & ORDERED) === 0) done = false;
      }
      if (done) flags[id]! |= ORDERED;
      return strong;
    }

    default:
      return false;
  }
}
