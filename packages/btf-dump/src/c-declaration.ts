/**
 * A type and a name as a C declaration: `int (*name[4])(void)`.
 *
 * BTF stores a declaration from the outside in: array of pointers to functions returning int. C writes it from the inside
 * out, with what binds tightest next to the name, so that arrays and functions go behind the name, pointers before it, and
 * parentheses wherever a pointer would otherwise bind too late. The chain is therefore collected first, then printed from
 * its far end: the base type with its qualifiers, then what remains of the chain around the name.
 *
 *     typedef const int *const (*name)[3];
 *     typedef name -> ptr -> array 3 -> const -> ptr -> const -> int
 *     printed: `const int` ` *` ` const` ` (` `*name` `)[3]`
 *
 * A qualifier stands before the base type but after a pointer. One that qualifies an array or a function prototype
 * is dropped: it comes from how GCC describes them and says nothing.
 *
 * Half the members of a kernel's structs have one of a few hundred types, and unless a type has something to say behind the
 * name or a body of its own, it looks the same wherever it is mentioned. What stands in front of the name is then kept.
 *
 * Text is put together strictly from left to right, because what is mentioned first keeps its name without a suffix.
 *
 * The spelling follows libbpf 1.5 (btf_dump.c: btf_dump_emit_type_chain).
 */

import { BtfKind } from '@libbpf-ts/btf';
import {
  enumDefinition,
  forwardReference,
  structDefinition,
  structReference,
} from './c-definition.js';
import { identifierOf, tagOf } from './c-names.js';
import { type CState, Flag, MEMBER_FRONT } from './c-state.js';
import { BtfDumpError } from './errors.js';
import { MAX_DEPTH } from './type-table.js';

const {
  ARRAY,
  CONST,
  DATASEC,
  DECL_TAG,
  FUNC,
  FUNC_PROTO,
  PTR,
  RESTRICT,
  TYPE_TAG,
  VAR,
  VOLATILE,
} = BtfKind;
const { HAS_BEHIND } = Flag;

/** As {@link declaration}, with the name as an offset into the strings. */
export function declarationNamed(
  state: CState,
  id: number,
  name: number,
  level: number,
  depth: number,
): string {
  const text = name === 0 ? '' : state.types.string(name);
  return declaration(state, id, text, level, depth);
}

/** The declaration of `name` with type `id`; with no name the type alone. */
export function declaration(
  state: CState,
  id: number,
  name: string,
  level: number,
  depth: number,
): string {
  if (!state.stripModifiers) {
    const front = frontOf(state, id, depth);
    if (front !== undefined) {
      const behind = (state.flags[id]! & HAS_BEHIND) === 0 ? '' : state.behinds.get(id)!;
      if (name === '') return bareOf(state, id, front) + behind;
      return front.slice(MEMBER_FRONT.length) + name + behind;
    }
    const pointed = functionPointer(state, id, name, level, depth);
    if (pointed !== undefined) return pointed;
  }
  const bottom = state.declarationLength;
  pushChain(state, id, depth);
  const out = chain(state, bottom, name, level, depth);
  state.declarationLength = bottom;
  return out;
}

/** A front as it stands where no name follows. */
function bareOf(state: CState, id: number, front: string): string {
  let bare = state.bares.get(id);
  if (bare === undefined) {
    bare = front.slice(MEMBER_FRONT.length).trimEnd();
    state.bares.set(id, bare);
  }
  return bare;
}

/** The common case of a pointer to a function whose return type looks the same everywhere; `undefined` for all others. */
function functionPointer(
  state: CState,
  id: number,
  name: string,
  level: number,
  depth: number,
): string | undefined {
  const { types } = state;
  if (types.kind(id) !== PTR) return undefined;
  const target = types.sizeOrType(id);
  if (types.kind(target) !== FUNC_PROTO) return undefined;
  const result = types.sizeOrType(target);
  const front = frontOf(state, result, depth + 1);
  if (front === undefined || (state.flags[result]! & HAS_BEHIND) !== 0) return undefined;
  state.step(id, depth);
  return `${bareOf(state, result, front)} (*${name})${parametersOf(state, target, level, depth)}`;
}

/** Keeps front and dimensions of an array, of all its dimensions if it has several. */
function arrayFront(state: CState, id: number, depth: number): string | undefined {
  const { types } = state;
  let dimensions = '';
  let element = id;
  for (let steps = 0; ; steps++) {
    if (depth + steps > MAX_DEPTH) throw tooDeep(state, id);
    // Modifiers of an array are dropped.
    let array = element;
    while (isModifier(types.kind(array)) && ++steps <= MAX_DEPTH) array = types.sizeOrType(array);
    if (types.kind(array) !== ARRAY) break;
    const record = types.at[array]!;
    dimensions += `[${types.words[record + 5]!}]`;
    element = types.words[record + 3]!;
  }
  const front = frontOf(state, element, depth + 1);
  if (front === undefined) return undefined;
  state.behinds.set(id, dimensions);
  state.flags[id]! |= HAS_BEHIND;
  state.fronts[id] = front;
  return front;
}

/**
 * What stands in front of a name of type `id`, with {@link MEMBER_FRONT} before it; `undefined` if the type looks different
 * in different places: it has a body to write out, or parameters behind the name.
 */
export function frontOf(state: CState, id: number, depth: number): string | undefined {
  const kept = state.fronts[id];
  if (kept !== undefined) return kept;
  const { types } = state;
  const kind = types.kind(id);
  let front: string;
  switch (kind) {
    case 2: {
      // PTR
      if (depth > MAX_DEPTH) throw tooDeep(state, id);
      const target = types.sizeOrType(id);
      const pointed = frontOf(state, target, depth + 1);
      // A pointer to an array has parentheses.
      if (pointed === undefined || (state.flags[target]! & HAS_BEHIND) !== 0) return undefined;
      front = `${pointed}*`;
      break;
    }
    case 3: // ARRAY
      return arrayFront(state, id, depth);
    case 0: // VOID
    case 1: // INT
    case 16: // FLOAT
    case 7: // FWD
    case 8: // TYPEDEF
      front = `${MEMBER_FRONT}${base(state, id, kind, 0, depth)} `;
      break;
    case 4: // STRUCT
    case 5: // UNION
    case 6: // ENUM
    case 19: // ENUM64
      if (types.name(id) === 0) return undefined;
      front = `${MEMBER_FRONT}${base(state, id, kind, 0, depth)} `;
      break;
    case 9: // VOLATILE
    case 10: // CONST
    case 11: // RESTRICT
    case 18: {
      // TYPE_TAG
      const bottom = state.declarationLength;
      const looksTheSame = pushChain(state, id, depth);
      const text = looksTheSame ? frontOfStack(state, bottom, 0, depth) : '';
      state.declarationLength = bottom;
      if (!looksTheSame) return undefined;
      front = `${MEMBER_FRONT}${text}${text.endsWith('*') ? '' : ' '}`;
      break;
    }
    default:
      return undefined;
  }
  state.fronts[id] = front;
  return front;
}

/**
 * Stacks the types of a declaration, from the outermost to the one that has a name or a body. Returns whether the
 * declaration looks the same wherever it stands and ends with the name.
 */
function pushChain(state: CState, id: number, depth: number): boolean {
  const { types } = state;
  const { words, at } = types;
  let current = id;
  let looksTheSame = true;
  state.step(id, depth);
  // Counted here: stripped modifiers, which may be a cycle, leave nothing on the stack.
  for (let length = 0; ; length++) {
    if (length > MAX_DEPTH) throw tooDeep(state, id);
    const kind = types.kind(current);
    if (!(state.stripModifiers && isModifier(kind))) state.push(current);
    switch (kind) {
      case 2: // PTR
      case 9: // VOLATILE
      case 10: // CONST
      case 11: // RESTRICT
      case 18: // TYPE_TAG
        current = words[at[current]! + 2]!;
        break;
      case 13: // FUNC_PROTO
        looksTheSame = false;
        current = words[at[current]! + 2]!;
        break;
      case 3: // ARRAY
        looksTheSame = false;
        current = words[at[current]! + 3]!;
        break;
      case 0: // VOID
        return looksTheSame;
      default:
        return looksTheSame && types.name(current) !== 0 && isPrinted(kind);
    }
  }
}

/** The stacked types above `bottom`, last pushed first, then the name. */
function chain(state: CState, bottom: number, name: string, level: number, depth: number): string {
  const { types } = state;
  const out = frontOfStack(state, bottom, level, depth);
  const top = state.declarationLength;
  // At the start of a chain a pointer follows an opening parenthesis, and so does a name.
  const blank = name === '' || out === '' || out.endsWith('*') ? '' : ' ';
  if (top === bottom) return out + blank + name;
  const id = state.declaration[top - 1]!;
  const kind = types.kind(id);
  state.declarationLength = dropModifiers(state, bottom, top - 1);
  if (kind === ARRAY) return out + arrayOf(state, id, bottom, name, blank, level, depth);
  if (kind === FUNC_PROTO) {
    return out + functionOf(state, id, bottom, name, blank, level, depth);
  }
  return out;
}

/**
 * What is stacked above `bottom` up to the first type that has something to say behind the name, which stays on the stack.
 */
function frontOfStack(state: CState, bottom: number, level: number, depth: number): string {
  const { types, declaration } = state;
  let top = state.declarationLength;
  let out = '';
  while (top > bottom) {
    const id = declaration[top - 1]!;
    const kind = types.kind(id);
    if (isBehindName(kind)) break;
    top--;
    switch (kind) {
      case 2: // PTR
        out += out === '' || out.endsWith('*') ? '*' : ' *';
        break;
      case 9: // VOLATILE
        out += ' volatile';
        break;
      case 10: // CONST
        out += ' const';
        break;
      case 11: // RESTRICT
        out += ' restrict';
        break;
      default:
        for (; top > bottom; top--) {
          const qualifier = qualifierOf(types.kind(declaration[top - 1]!));
          if (qualifier === '') break;
          out += qualifier;
        }
        state.declarationLength = top;
        out += base(state, id, kind, level, depth);
    }
  }
  state.declarationLength = top;
  return out;
}

/** A type tag, or the type that everything else in a declaration is built on. */
function base(state: CState, id: number, kind: number, level: number, depth: number): string {
  const { types } = state;
  switch (kind) {
    case 0: // VOID
      types.check(id);
      return 'void';
    case 1: // INT
    case 16: // FLOAT
      return types.string(types.name(id));
    case 4: // STRUCT
    case 5: // UNION
      if (types.name(id) !== 0 || state.mentionOnly) return structReference(state, id);
      return structDefinition(state, id, level, depth + 1);
    case 6: // ENUM
    case 19: // ENUM64
      if (types.name(id) !== 0) return `enum ${tagOf(state, id)}`;
      return state.mentionOnly ? 'enum' : enumDefinition(state, id, level);
    case 7: // FWD
      return forwardReference(state, id);
    case 8: // TYPEDEF
      return identifierOf(state, id);
    default:
      // A kind that only the layout section of the BTF knows: what points to it stays a pointer.
      if (kind > BtfKind.ENUM64) return `void /* BTF kind ${kind} */`;
      return ` __attribute__((btf_type_tag("${types.string(types.name(id))}")))`;
  }
}

function arrayOf(
  state: CState,
  id: number,
  bottom: number,
  name: string,
  blank: string,
  level: number,
  depth: number,
): string {
  const { types } = state;
  const length = types.words[types.at[id]! + 5]!;
  const top = state.declarationLength;
  if (top === bottom) return `${blank + name}[${length}]`;
  const isOfArray = types.kind(state.declaration[top - 1]!) === ARRAY;
  const inner = chain(state, bottom, name, level, depth);
  return isOfArray ? `${blank + inner}[${length}]` : `${blank}(${inner})[${length}]`;
}

function functionOf(
  state: CState,
  id: number,
  bottom: number,
  name: string,
  blank: string,
  level: number,
  depth: number,
): string {
  const out =
    state.declarationLength === bottom
      ? blank + name
      : ` (${chain(state, bottom, name, level, depth)})`;
  state.declarationLength = bottom;
  return out + parametersOf(state, id, level, depth);
}

/** The parameters of a function, in parentheses. */
function parametersOf(state: CState, id: number, level: number, depth: number): string {
  const { types } = state;
  const { words } = types;
  const first = types.at[id]! + 3;
  const last = first + (types.vlen(id) - 1) * 2;
  if (last < first || (last === first && words[first + 1] === 0)) return '(void)';
  let out = '(';
  for (let parameter = first; parameter <= last; parameter += 2) {
    const type = words[parameter + 1]!;
    if (parameter !== first) out += ', ';
    if (parameter === last && type === 0) out += '...';
    else out += declarationNamed(state, type, words[parameter]!, level, depth + 1);
    if (out.length > state.maxBytes) state.step(id, depth, out.length);
  }
  return `${out})`;
}

/** A qualifier as it stands in front of a base type; '' for what is none. */
function qualifierOf(kind: number): string {
  switch (kind) {
    case 9: // VOLATILE
      return 'volatile ';
    case 10: // CONST
      return 'const ';
    case 11: // RESTRICT
      return 'restrict ';
    default:
      return '';
  }
}

function dropModifiers(state: CState, bottom: number, from: number): number {
  let top = from;
  while (top > bottom && isModifier(state.types.kind(state.declaration[top - 1]!))) top--;
  return top;
}

function isModifier(kind: number): boolean {
  return kind === VOLATILE || kind === CONST || kind === RESTRICT || kind === TYPE_TAG;
}

/** Whether the kind prints something behind the name, or cannot be part of a declaration at all. */
function isBehindName(kind: number): boolean {
  return kind === ARRAY || kind === FUNC_PROTO || !isPrinted(kind);
}

/** Functions, variables, sections and declaration tags are no types to declare anything with. */
function isPrinted(kind: number): boolean {
  return kind !== FUNC && kind !== VAR && kind !== DATASEC && kind !== DECL_TAG;
}

function tooDeep(state: CState, id: number): BtfDumpError {
  const facts = { typeId: id, typeName: state.types.describe(id), limit: MAX_DEPTH };
  return new BtfDumpError('BTF_DUMP_TOO_DEEP', facts);
}
