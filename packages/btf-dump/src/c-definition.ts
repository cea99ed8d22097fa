/**
 * Bodies: structs, unions, enums and typedefs, as definitions and as references.
 *
 * A struct is `packed` if its members or its size are not aligned as C would; one that was declared packed but needs not be
 * is printed without it, the layout being the same. Follows libbpf 1.5 (btf_dump.c).
 */

import { BtfKind } from '@libbpf-ts/btf';
import { emitDeclaration, nameOfTypedef } from './c-declaration.js';
import { claimIdentifier, emitTag } from './c-names.js';
import { emitPadding } from './c-padding.js';
import type { CState } from './c-state.js';

/** `struct name { … }`, without the semicolon. */
export function emitStruct(state: CState, id: number, level: number, depth: number): void {
  const { types, text } = state;
  const { words } = types;
  state.step(id, depth);
  const record = types.at[id]!;
  const size = words[record + 2]!;
  const vlen = types.vlen(id);
  const bitFields = types.kindFlag(id);
  const isStruct = types.kind(id) === BtfKind.STRUCT;
  const packed = isStruct && isPacked(state, id);
  let bit = 0;
  let afterBitField = false;
  emitStructReference(state, id);
  text.ascii(' {');
  for (let i = 0, member = record + 3; i < vlen; i++, member += 3) {
    const type = words[member + 1]!;
    const offset = words[member + 2]!;
    const width = bitFields ? offset >>> 24 : 0;
    const start = bitFields ? offset & 0xff_ffff : offset | 0;
    const align = packed ? 1 : types.align(type);
    emitPadding(state, bit, start, align, afterBitField && width !== 0, level + 1);
    text.newLine(level + 1);
    emitDeclaration(state, type, words[member]!, level + 1, depth + 1);
    afterBitField = width !== 0;
    if (afterBitField) {
      text.ascii(': ');
      text.decimal(width);
      bit = start + width;
    } else {
      bit = (start + Math.max(types.size(type), 0) * 8) | 0;
    }
    text.byte(0x3b);
  }
  if (isStruct) emitPadding(state, bit, (size * 8) | 0, types.align(id), false, level + 1);
  if (vlen !== 0 || size !== 0) text.newLine(level);
  text.byte(0x7d);
  if (packed) text.ascii(' __attribute__((packed))');
}

/** `struct name`. */
export function emitStructReference(state: CState, id: number): void {
  const { types, text } = state;
  text.ascii(types.kind(id) === BtfKind.STRUCT ? 'struct' : 'union');
  if (types.name(id) === 0) return;
  text.byte(0x20);
  emitTag(state, id);
}

/** `struct name` or `union name` of a forward declaration. */
export function emitFwd(state: CState, id: number): void {
  state.text.ascii(state.types.kindFlag(id) ? 'union ' : 'struct ');
  emitTag(state, id);
}

/** `enum name { … }`, without the semicolon; `enum name` alone if it has no enumerators. */
export function emitEnum(state: CState, id: number, level: number): void {
  const { types, text } = state;
  text.ascii('enum');
  if (types.name(id) !== 0) {
    text.byte(0x20);
    emitTag(state, id);
  }
  if (types.vlen(id) === 0) return;
  text.ascii(' {');
  const wide = types.kind(id) === BtfKind.ENUM64;
  if (wide) emitWideEnumerators(state, id, level + 1);
  else emitEnumerators(state, id, level + 1);
  text.newLine(level);
  text.byte(0x7d);
  const size = types.sizeOrType(id);
  if (size === 1) text.ascii(' __attribute__((mode(byte)))');
  else if (size === 8 && types.pointerSize === 8 && !(wide && needsWideEnum(state, id))) {
    text.ascii(' __attribute__((mode(word)))');
  }
}

/** `typedef … name`, without the semicolon. */
export function emitTypedef(state: CState, id: number): void {
  const { types, text } = state;
  const target = types.sizeOrType(id);
  // The name is decided before the type is printed, which may take names of its own.
  claimIdentifier(state, id);
  // Old GCC describes __gnuc_va_list as a typedef of void.
  if (target === 0 && types.nameIs(id, '__gnuc_va_list')) {
    text.ascii('typedef __builtin_va_list __gnuc_va_list');
    return;
  }
  text.ascii('typedef ');
  emitDeclaration(state, target, nameOfTypedef(id), 0, 0);
}

/**
 * Whether C would lay the struct out differently without the attribute: a member that is no bit-field and not aligned, or
 * a size that is no multiple of the widest alignment.
 */
function isPacked(state: CState, id: number): boolean {
  const { types } = state;
  const { words } = types;
  const record = types.at[id]!;
  const bitFields = types.kindFlag(id);
  const end = record + 3 + types.vlen(id) * 3;
  let widest = 1;
  for (let member = record + 3; member < end; member += 3) {
    const align = types.align(words[member + 1]!);
    const offset = words[member + 2]!;
    const width = bitFields ? offset >>> 24 : 0;
    if (align !== 0 && width === 0 && offset % (8 * align) !== 0) return true;
    if (align > widest) widest = align;
  }
  return words[record + 2]! % widest !== 0;
}

function emitEnumerators(state: CState, id: number, level: number): void {
  const { types, text } = state;
  const { words } = types;
  const record = types.at[id]!;
  const signed = types.kindFlag(id);
  const end = record + 3 + types.vlen(id) * 2;
  for (let i = record + 3; i < end; i += 2) {
    emitEnumeratorName(state, words[i]!, level);
    const value = words[i + 1]!;
    if (signed && value >>> 31 === 1) {
      text.byte(0x2d);
      text.decimal(-(value | 0));
    } else {
      text.decimal(value);
    }
    text.byte(0x2c);
  }
}

function emitWideEnumerators(state: CState, id: number, level: number): void {
  const { types, text } = state;
  const { words } = types;
  const record = types.at[id]!;
  const signed = types.kindFlag(id);
  const end = record + 3 + types.vlen(id) * 3;
  for (let i = record + 3; i < end; i += 3) {
    emitEnumeratorName(state, words[i]!, level);
    const value = (BigInt(words[i + 2]!) << 32n) | BigInt(words[i + 1]!);
    text.ascii(signed ? `${BigInt.asIntN(64, value)}LL,` : `${value}ULL,`);
  }
}

function emitEnumeratorName(state: CState, name: number, level: number): void {
  const { types, text, identifiers } = state;
  const uses = identifiers.add(name);
  text.newLine(level);
  text.cString(types.strings, name);
  if (uses > 1) {
    text.ascii('___');
    text.decimal(uses);
  }
  text.ascii(' = ');
}

/** Whether some value needs more than 32 bits, so that the compiler makes the enum 8 bytes wide by itself. */
function needsWideEnum(state: CState, id: number): boolean {
  const { words, at } = state.types;
  const first = at[id]! + 3;
  const end = first + state.types.vlen(id) * 3;
  for (let i = first; i < end; i += 3) if (words[i + 2] !== 0) return true;
  return false;
}
