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
 * The spelling follows libbpf 1.5 (btf_dump.c: btf_dump_emit_type_chain).
 */

import { BtfKind } from '@libbpf-ts/btf';
import { emitEnum, emitFwd, emitStruct, emitStructReference } from './c-definition.js';
import { emitIdentifier, emitTag } from './c-names.js';
import type { CState } from './c-state.js';
import { BtfDumpError } from './errors.js';
import { MAX_DEPTH } from './type-table.js';

/** A declared name: a string of the BTF by offset, the name of a typedef, or text of the caller's. */
export type DeclaredName = number | string;

/** The printed name of typedef `id` as a name to declare. */
export function nameOfTypedef(id: number): DeclaredName {
  return -id;
}

/** Prints the declaration of `name` with type `id`; with no name (0 or '') the type alone. */
export function emitDeclaration(
  state: CState,
  id: number,
  name: DeclaredName,
  level: number,
  depth: number,
): void {
  const start = state.declarationLength;
  pushChain(state, id, depth);
  emitChain(state, start, name, level, depth);
  state.declarationLength = start;
}

/** Stacks the types of a declaration, from the outermost to the one that has a name or a body. */
function pushChain(state: CState, id: number, depth: number): void {
  const { types } = state;
  const { words, at } = types;
  const start = state.declarationLength;
  let current = id;
  state.step(id, depth);
  for (;;) {
    if (state.declarationLength - start > MAX_DEPTH) {
      const facts = { typeId: id, typeName: types.describe(id), limit: MAX_DEPTH };
      throw new BtfDumpError('BTF_DUMP_TOO_DEEP', facts);
    }
    const kind = types.kind(current);
    if (!(state.stripModifiers && isModifier(kind))) {
      if (state.declarationLength === state.declaration.length) {
        const longer = new Uint32Array(state.declaration.length * 2);
        longer.set(state.declaration);
        state.declaration = longer;
      }
      state.declaration[state.declarationLength++] = current;
    }
    switch (kind) {
      case BtfKind.PTR:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.FUNC_PROTO:
      case BtfKind.TYPE_TAG:
        current = words[at[current]! + 2]!;
        break;
      case BtfKind.ARRAY:
        current = words[at[current]! + 3]!;
        break;
      default:
        return;
    }
  }
}

/** Prints the stacked types above `bottom`, last pushed first, then the name. */
function emitChain(
  state: CState,
  bottom: number,
  name: DeclaredName,
  level: number,
  depth: number,
): void {
  const { types, text } = state;
  let top = state.declarationLength;
  // A pointer that starts the chain follows an opening parenthesis and wants no blank.
  let afterPointer = true;
  while (top > bottom) {
    const id = state.declaration[--top]!;
    const kind = types.kind(id);
    switch (kind) {
      case BtfKind.VOID:
        top = emitQualifiers(state, bottom, top);
        text.ascii('void');
        break;
      case BtfKind.INT:
      case BtfKind.FLOAT:
        top = emitQualifiers(state, bottom, top);
        text.cString(types.strings, types.name(id));
        break;
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        top = emitQualifiers(state, bottom, top);
        if (types.name(id) === 0) emitStruct(state, id, level, depth + 1);
        else emitStructReference(state, id);
        break;
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        top = emitQualifiers(state, bottom, top);
        if (types.name(id) === 0) emitEnum(state, id, level);
        else {
          text.ascii('enum ');
          emitTag(state, id);
        }
        break;
      case BtfKind.FWD:
        top = emitQualifiers(state, bottom, top);
        emitFwd(state, id);
        break;
      case BtfKind.TYPEDEF:
        top = emitQualifiers(state, bottom, top);
        emitIdentifier(state, id);
        break;
      case BtfKind.PTR:
        text.ascii(afterPointer ? '*' : ' *');
        break;
      case BtfKind.VOLATILE:
        text.ascii(' volatile');
        break;
      case BtfKind.CONST:
        text.ascii(' const');
        break;
      case BtfKind.RESTRICT:
        text.ascii(' restrict');
        break;
      case BtfKind.TYPE_TAG:
        top = emitQualifiers(state, bottom, top);
        text.ascii(' __attribute__((btf_type_tag("');
        text.cString(types.strings, types.name(id));
        text.ascii('")))');
        break;
      case BtfKind.ARRAY:
        top = dropModifiers(state, bottom, top);
        emitArray(state, id, bottom, top, name, afterPointer, level, depth);
        return;
      case BtfKind.FUNC_PROTO:
        top = dropModifiers(state, bottom, top);
        emitFunction(state, id, bottom, top, name, afterPointer, level, depth);
        return;
      default:
        return;
    }
    afterPointer = kind === BtfKind.PTR;
  }
  emitDeclaredName(state, name, afterPointer);
}

function emitArray(
  state: CState,
  id: number,
  bottom: number,
  top: number,
  name: DeclaredName,
  afterPointer: boolean,
  level: number,
  depth: number,
): void {
  const { types, text } = state;
  if (top === bottom) {
    emitDeclaredName(state, name, afterPointer);
  } else {
    const outer = types.kind(state.declaration[top - 1]!);
    if (isNamed(state, name) && !afterPointer) text.byte(0x20);
    if (outer !== BtfKind.ARRAY) text.byte(0x28);
    state.declarationLength = top;
    emitChain(state, bottom, name, level, depth);
    if (outer !== BtfKind.ARRAY) text.byte(0x29);
  }
  text.byte(0x5b);
  text.decimal(types.words[types.at[id]! + 5]!);
  text.byte(0x5d);
}

function emitFunction(
  state: CState,
  id: number,
  bottom: number,
  top: number,
  name: DeclaredName,
  afterPointer: boolean,
  level: number,
  depth: number,
): void {
  const { types, text } = state;
  if (top === bottom) {
    emitDeclaredName(state, name, afterPointer);
  } else {
    text.ascii(' (');
    state.declarationLength = top;
    emitChain(state, bottom, name, level, depth);
    text.byte(0x29);
  }
  state.declarationLength = bottom;
  const { words } = types;
  const first = types.at[id]! + 3;
  const last = first + (types.vlen(id) - 1) * 2;
  if (last < first || (last === first && words[first + 1] === 0)) {
    text.ascii('(void)');
    return;
  }
  text.byte(0x28);
  for (let parameter = first; parameter <= last; parameter += 2) {
    if (parameter > first) text.ascii(', ');
    const type = words[parameter + 1]!;
    if (parameter === last && type === 0) text.ascii('...');
    else emitDeclaration(state, type, words[parameter]!, level, depth + 1);
  }
  text.byte(0x29);
}

/** Prints the qualifiers on top of the stack, which belong in front of a base type. Returns the new top. */
function emitQualifiers(state: CState, bottom: number, from: number): number {
  const { types, text, declaration } = state;
  let top = from;
  while (top > bottom) {
    switch (types.kind(declaration[top - 1]!)) {
      case BtfKind.VOLATILE:
        text.ascii('volatile ');
        break;
      case BtfKind.CONST:
        text.ascii('const ');
        break;
      case BtfKind.RESTRICT:
        text.ascii('restrict ');
        break;
      default:
        return top;
    }
    top--;
  }
  return top;
}

function dropModifiers(state: CState, bottom: number, from: number): number {
  let top = from;
  while (top > bottom && isModifier(state.types.kind(state.declaration[top - 1]!))) top--;
  return top;
}

function isModifier(kind: number): boolean {
  return (
    kind === BtfKind.VOLATILE ||
    kind === BtfKind.CONST ||
    kind === BtfKind.RESTRICT ||
    kind === BtfKind.TYPE_TAG
  );
}

function isNamed(state: CState, name: DeclaredName): boolean {
  if (typeof name === 'string') return name !== '';
  return name < 0 || state.types.strings[name] !== 0;
}

function emitDeclaredName(state: CState, name: DeclaredName, afterPointer: boolean): void {
  if (!isNamed(state, name)) return;
  const { text, types } = state;
  if (!afterPointer) text.byte(0x20);
  if (typeof name === 'string') text.utf8(name);
  else if (name < 0) emitIdentifier(state, -name);
  else text.cString(types.strings, name);
}
