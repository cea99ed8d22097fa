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
import { emitEnum, emitFwd, emitStruct, emitStructReference, emitTypedef } from './c-definition.js';
import { claimTag } from './c-names.js';
import { type CState, Flag } from './c-state.js';

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
  if ((flag & Flag.EMITTED) !== 0) return;
  state.step(id, depth);
  const { words } = types;
  const record = types.at[id]!;
  const info = words[record + 1]!;
  const kind = (info >>> 24) & 0x7f;
  if ((flag & Flag.EMITTING) !== 0) {
    emitMetAgain(state, id, kind, container);
    return;
  }
  switch (kind) {
    case BtfKind.INT:
      emitMissingAlias(state, id);
      flags[id]! |= Flag.EMITTED;
      break;
    case BtfKind.ENUM:
    case BtfKind.ENUM64:
      if (container === TOP_LEVEL) {
        emitEnum(state, id, 0);
        state.text.ascii(';\n\n');
      }
      flags[id]! |= Flag.EMITTED;
      break;
    case BtfKind.PTR:
    case BtfKind.VOLATILE:
    case BtfKind.CONST:
    case BtfKind.RESTRICT:
    case BtfKind.TYPE_TAG:
      emitType(state, words[record + 2]!, container, depth + 1);
      break;
    case BtfKind.ARRAY:
      emitType(state, words[record + 3]!, container, depth + 1);
      break;
    case BtfKind.FWD:
      emitFwd(state, id);
      state.text.ascii(';\n\n');
      flags[id]! |= Flag.EMITTED;
      break;
    case BtfKind.TYPEDEF:
      flags[id]! |= Flag.EMITTING;
      emitType(state, words[record + 2]!, id, depth + 1);
      if ((flags[id]! & Flag.FORWARD_EMITTED) === 0) emitTypedefLine(state, id);
      flags[id]! |= Flag.EMITTED;
      break;
    case BtfKind.STRUCT:
    case BtfKind.UNION:
      emitComposite(state, id, container, depth);
      break;
    case BtfKind.FUNC_PROTO: {
      emitType(state, words[record + 2]!, container, depth + 1);
      const end = record + 3 + (info & 0xff_ffff) * 2;
      for (let parameter = record + 3; parameter < end; parameter += 2) {
        emitType(state, words[parameter + 1]!, container, depth + 1);
      }
      break;
    }
  }
}

function emitComposite(state: CState, id: number, container: number, depth: number): void {
  const { flags, types } = state;
  const { words } = types;
  const named = types.name(id) !== 0;
  flags[id]! |= Flag.EMITTING;
  if (container === TOP_LEVEL || !named) {
    const first = types.at[id]! + 3;
    const end = first + types.vlen(id) * 3;
    const inside = named ? id : container;
    for (let member = first; member < end; member += 3) {
      emitType(state, words[member + 1]!, inside, depth + 1);
    }
  } else if ((flags[id]! & Flag.FORWARD_EMITTED) === 0 && id !== container) {
    emitForward(state, id);
  }
  if (container === TOP_LEVEL) {
    emitStruct(state, id, 0, 0);
    state.text.ascii(';\n\n');
    flags[id]! |= Flag.EMITTED;
  } else {
    flags[id]! &= ~Flag.EMITTING;
  }
}

/** A type that is mentioned while it is being printed. */
function emitMetAgain(state: CState, id: number, kind: number, container: number): void {
  const { flags, types } = state;
  if ((flags[id]! & Flag.FORWARD_EMITTED) !== 0) return;
  if (kind === BtfKind.TYPEDEF) emitTypedefLine(state, id);
  else if (id !== container && types.name(id) !== 0) emitForward(state, id);
}

function emitForward(state: CState, id: number): void {
  emitStructReference(state, id);
  state.text.ascii(';\n\n');
  state.flags[id]! |= Flag.FORWARD_EMITTED;
}

/** The typedef, except of a name that the compiler that reads the header has built in. */
function emitTypedefLine(state: CState, id: number): void {
  if (!state.types.nameIs(id, '__builtin_va_list')) {
    emitTypedef(state, id);
    state.text.ascii(';\n\n');
  }
  state.flags[id]! |= Flag.FORWARD_EMITTED;
}

/** Types that GCC has built in for Arm vectors and Clang does not know. */
const MISSING_TYPES: readonly (readonly [name: string, standIn: string])[] = [
  ['__Poly8_t', 'unsigned char'],
  ['__Poly16_t', 'unsigned short'],
  ['__Poly64_t', 'unsigned long long'],
  ['__Poly128_t', 'unsigned __int128'],
];

function emitMissingAlias(state: CState, id: number): void {
  claimTag(state, id);
  if (state.suffixes[id] !== 0) return;
  for (const [name, standIn] of MISSING_TYPES) {
    if (state.types.nameIs(id, name)) state.text.ascii(`typedef ${standIn} ${name};\n\n`);
  }
}
