/**
 * Prints queued definitions, each after the forward declarations that it needs.
 *
 * The queue (see c-order.ts) has made sure that what must be complete stands earlier. What is left: a struct that is only
 * pointed to must at least be declared. `struct a;` inside a parameter list would declare another `a`, local to that list, so
 * everything that a definition mentions is looked through first, and what is neither printed nor declared yet is
 * declared. Two cases need no declaration: a struct that mentions itself, and one met again while it is being printed
 * and declared already. A typedef met while it is printed itself (it leads to a struct that mentions it) is
 * printed on the spot: a typedef of an incomplete struct is as good as a forward declaration.
 *
 * Follows libbpf 1.5 (btf_dump.c: btf_dump_emit_type).
 */

import { BtfKind } from '@libbpf-ts/btf';
import {
  enumDefinition,
  forwardReference,
  structDefinition,
  structReference,
  typedefDefinition,
} from './c-definition.js';
import { tagOf } from './c-names.js';
import { type CState, Flag } from './c-state.js';
import { MAX_DEPTH } from './type-table.js';

const { ARRAY, TYPEDEF } = BtfKind;
const { EMITTED, EMITTING, FORWARD_EMITTED, SATISFIED } = Flag;

/** Mentioning such a type again prints nothing: it is defined, declared, or leads to nothing else. */
const SETTLED = EMITTED | SATISFIED | FORWARD_EMITTED;
/** No container: the type itself is to be defined. */
const TOP_LEVEL = 0;

/** Prints the definition of `id`, if that was not done before. */
export function emitDefinition(state: CState, id: number): void {
  emitType(state, id, TOP_LEVEL, 0);
}

/** Prints what `id` needs to be mentioned inside `container`; at top level, its definition as well. */
function emitType(state: CState, id: number, container: number, depth: number): void {
  const { flags, types } = state;
  const flag = flags[id]!;
  if ((flag & (EMITTED | SATISFIED)) !== 0) return;
  if (depth > MAX_DEPTH) state.step(id, depth);
  const { words } = types;
  const record = types.at[id]!;
  const info = words[record + 1]!;
  const kind = (info >>> 24) & 0x7f;
  if ((flag & EMITTING) !== 0) {
    emitMetAgain(state, id, kind, container);
    return;
  }
  switch (kind) {
    case 1: // INT
      emitMissingAlias(state, id);
      flags[id]! |= EMITTED;
      break;
    case 6: // ENUM
    case 19: // ENUM64
      if (container === TOP_LEVEL) {
        state.out += `${enumDefinition(state, id, 0)};\n\n`;
      }
      flags[id]! |= EMITTED;
      break;
    case 2: // PTR
    case 9: // VOLATILE
    case 10: // CONST
    case 11: // RESTRICT
    case 18: // TYPE_TAG
    case 3: {
      // ARRAY
      const target = words[kind === ARRAY ? record + 3 : record + 2]!;
      if ((flags[target]! & SETTLED) === 0) emitType(state, target, container, depth + 1);
      if ((flags[target]! & SETTLED) !== 0) flags[id]! |= SATISFIED;
      break;
    }
    case 7: // FWD
      state.out += `${forwardReference(state, id)};\n\n`;
      flags[id]! |= EMITTED;
      break;
    case 8: // TYPEDEF
      flags[id]! |= EMITTING;
      emitType(state, words[record + 2]!, id, depth + 1);
      if ((flags[id]! & FORWARD_EMITTED) === 0) emitTypedefLine(state, id);
      flags[id]! |= EMITTED;
      break;
    case 4: // STRUCT
    case 5: // UNION
      emitComposite(state, id, container, depth);
      break;
    case 13: {
      // FUNC_PROTO
      const end = record + 3 + (info & 0xff_ffff) * 2;
      // The return type stands two words in front of the first parameter's.
      if (emitParts(state, record + 2, end, 2, container, depth)) flags[id]! |= SATISFIED;
      break;
    }
    default:
      flags[id]! |= SATISFIED;
  }
}

/**
 * Prints what the types in `words[from..to)` need, every `step` words one. Returns whether all of them are settled.
 */
function emitParts(
  state: CState,
  from: number,
  to: number,
  step: number,
  container: number,
  depth: number,
): boolean {
  const { flags } = state;
  const { words } = state.types;
  state.step(0, depth);
  let settled = true;
  for (let part = from; part < to; part += step) {
    const type = words[part]!;
    if ((flags[type]! & SETTLED) !== 0) continue;
    emitType(state, type, container, depth + 1);
    if ((flags[type]! & SETTLED) === 0) settled = false;
  }
  return settled;
}

function emitComposite(state: CState, id: number, container: number, depth: number): void {
  const { flags, types } = state;
  const named = types.name(id) !== 0;
  flags[id]! |= EMITTING;
  if (container === TOP_LEVEL || !named) {
    const first = types.at[id]! + 4;
    const end = first + types.vlen(id) * 3;
    const settled = emitParts(state, first, end, 3, named ? id : container, depth);
    if (settled && container !== TOP_LEVEL) flags[id]! |= SATISFIED;
  } else if ((flags[id]! & FORWARD_EMITTED) === 0 && id !== container) {
    emitForward(state, id);
  }
  if (container === TOP_LEVEL) {
    state.out += `${structDefinition(state, id, 0, 0)};\n\n`;
    flags[id]! |= EMITTED;
  } else {
    flags[id]! &= ~EMITTING;
  }
}

/** A type that is mentioned while it is being printed. */
function emitMetAgain(state: CState, id: number, kind: number, container: number): void {
  const { flags, types } = state;
  if ((flags[id]! & FORWARD_EMITTED) !== 0) return;
  if (kind === TYPEDEF) emitTypedefLine(state, id);
  else if (id !== container && types.name(id) !== 0) emitForward(state, id);
}

function emitForward(state: CState, id: number): void {
  state.out += `${structReference(state, id)};\n\n`;
  state.flags[id]! |= FORWARD_EMITTED;
}

/** The typedef, except of a name that the compiler that reads the header has built in. */
function emitTypedefLine(state: CState, id: number): void {
  if (state.types.string(state.types.name(id)) !== '__builtin_va_list') {
    state.out += `${typedefDefinition(state, id)};\n\n`;
  }
  state.flags[id]! |= FORWARD_EMITTED;
}

/** Types that GCC has built in for Arm vectors and Clang does not know. */
const MISSING_TYPES: ReadonlyMap<string, string> = new Map([
  ['__Poly8_t', 'unsigned char'],
  ['__Poly16_t', 'unsigned short'],
  ['__Poly64_t', 'unsigned long long'],
  ['__Poly128_t', 'unsigned __int128'],
]);

function emitMissingAlias(state: CState, id: number): void {
  // An int takes part in the count of tags, though it is always printed by its own name.
  const name = tagOf(state, id);
  const standIn = MISSING_TYPES.get(name);
  if (standIn !== undefined) state.out += `typedef ${standIn} ${name};\n\n`;
}
