/**
 * Bodies: structs, unions, enums and typedefs, as definitions and as references.
 *
 * A struct is `packed` if its members or its size are not aligned as C would; one that was declared packed but needs not be
 * is printed without it, the layout being the same. Follows libbpf 1.5 (btf_dump.c).
 */

import { BtfKind } from '@libbpf-ts/btf';
import { declaration, declarationNamed, frontOf } from './c-declaration.js';
import { countUse, identifierOf, tagOf } from './c-names.js';
import { padding } from './c-padding.js';
import { type CState, Flag, MEMBER_FRONT } from './c-state.js';

const { ENUM64, STRUCT } = BtfKind;
const { HAS_BEHIND } = Flag;

/** A newline and tabs by level; like libbpf, never more than 13 tabs. */
const NEW_LINES: readonly string[] = Array.from(
  { length: 14 },
  (_, level) => `\n${'\t'.repeat(level)}`,
);

/** `struct name { … }`, without the semicolon. */
export function structDefinition(state: CState, id: number, level: number, depth: number): string {
  const { types, fronts, flags } = state;
  const { words, strings, sizes } = types;
  const record = types.at[id]!;
  const info = words[record + 1]!;
  const size = words[record + 2]!;
  const end = record + 3 + (info & 0xff_ffff) * 3;
  const bitFields = info >>> 31 === 1;
  const isStruct = ((info >>> 24) & 0x7f) === STRUCT;
  const packed = isStruct && types.isPacked(id);
  const newLine = NEW_LINES[Math.min(level + 1, 13)]!;
  const separator = `;${newLine}`;
  const keepsFronts = !state.stripModifiers;
  // In front of a member; what is in front of the first does not end another one.
  let front = newLine;
  let bit = 0;
  let afterBitField = false;
  let out = `${structReference(state, id)} {`;
  for (let member = record + 3; member < end; member += 3) {
    const name = words[member]!;
    const type = words[member + 1]!;
    const offset = words[member + 2]!;
    const width = bitFields ? offset >>> 24 : 0;
    const start = bitFields ? offset & 0xff_ffff : offset | 0;
    if (bit < start) {
      const align = packed ? 1 : types.align(type);
      const betweenBitFields = afterBitField && width !== 0;
      const gap = { from: bit, to: start, align, betweenBitFields };
      const filled = padding(state, gap, front, separator);
      if (filled !== '') front = separator;
      out += filled;
    }
    const kept = keepsFronts ? (fronts[type] ?? frontOf(state, type, depth)) : undefined;
    if (kept !== undefined && name !== 0) {
      if (level !== 0) out += front + kept.slice(MEMBER_FRONT.length);
      else out += front === separator ? kept : front + kept.slice(MEMBER_FRONT.length);
      const nameEnd = strings.indexOf('\0', name);
      out += nameEnd > 0 ? strings.substring(name, nameEnd) : types.string(name);
      if ((flags[type]! & HAS_BEHIND) !== 0) out += state.behinds.get(type)!;
    } else {
      out += front + declarationNamed(state, type, name, level + 1, depth + 1);
    }
    if (out.length > state.maxBytes) state.step(id, depth, out.length);
    front = separator;
    afterBitField = width !== 0;
    if (afterBitField) {
      out += `: ${width}`;
      bit = start + width;
    } else {
      const known = sizes[type]!;
      const bytes = known !== 0 ? known - 2 : types.size(type);
      bit = bytes > 0 ? (start + bytes * 8) | 0 : start;
    }
  }
  const bits = (size * 8) | 0;
  if (isStruct && bit < bits) {
    const gap = { from: bit, to: bits, align: types.align(id), betweenBitFields: false };
    const filled = padding(state, gap, front, separator);
    if (filled !== '') front = separator;
    out += filled;
  }
  if (front === separator) out += ';';
  if (end > record + 3 || size !== 0) out += NEW_LINES[Math.min(level, 13)];
  return packed ? `${out}} __attribute__((packed))` : `${out}}`;
}

/** `struct name`. */
export function structReference(state: CState, id: number): string {
  const keyword = state.types.kind(id) === STRUCT ? 'struct' : 'union';
  return state.types.name(id) === 0 ? keyword : `${keyword} ${tagOf(state, id)}`;
}

/** `struct name` or `union name` of a forward declaration. */
export function forwardReference(state: CState, id: number): string {
  return (state.types.kindFlag(id) ? 'union ' : 'struct ') + tagOf(state, id);
}

/** `enum name { … }`, without the semicolon; `enum name` alone if it has no enumerators. */
export function enumDefinition(state: CState, id: number, level: number): string {
  const { types } = state;
  let out = types.name(id) === 0 ? 'enum' : `enum ${tagOf(state, id)}`;
  if (types.vlen(id) === 0) return out;
  const wide = types.kind(id) === ENUM64;
  const newLine = NEW_LINES[Math.min(level + 1, 13)]!;
  out += ' {';
  out += wide ? wideEnumerators(state, id, newLine) : enumerators(state, id, newLine);
  out += `${NEW_LINES[Math.min(level, 13)]}}`;
  const size = types.sizeOrType(id);
  if (size === 1) return `${out} __attribute__((mode(byte)))`;
  if (size === 8 && types.pointerSize === 8 && !(wide && isWideByItself(state, id))) {
    return `${out} __attribute__((mode(word)))`;
  }
  return out;
}

/** `typedef … name`, without the semicolon. */
export function typedefDefinition(state: CState, id: number): string {
  // The name is decided before the type is printed, which may take names of its own.
  const name = identifierOf(state, id);
  const target = state.types.sizeOrType(id);
  // Old GCC describes __gnuc_va_list as a typedef of void.
  if (target === 0 && name === '__gnuc_va_list') {
    return 'typedef __builtin_va_list __gnuc_va_list';
  }
  return `typedef ${declaration(state, target, name, 0, 0)}`;
}

function enumerators(state: CState, id: number, newLine: string): string {
  const { types, identifiers } = state;
  const { words } = types;
  const record = types.at[id]!;
  const signed = types.kindFlag(id);
  const end = record + 3 + types.vlen(id) * 2;
  const separator = `,${newLine}`;
  let front = newLine;
  let out = '';
  for (let i = record + 3; i < end; i += 2) {
    const value = words[i + 1]!;
    const name = countUse(state, identifiers, words[i]!);
    out += `${front + name} = ${signed ? value | 0 : value}`;
    front = separator;
  }
  return `${out},`;
}

function wideEnumerators(state: CState, id: number, newLine: string): string {
  const { types, identifiers } = state;
  const { words } = types;
  const record = types.at[id]!;
  const signed = types.kindFlag(id);
  const end = record + 3 + types.vlen(id) * 3;
  let out = '';
  for (let i = record + 3; i < end; i += 3) {
    const value = (BigInt(words[i + 2]!) << 32n) | BigInt(words[i + 1]!);
    const name = countUse(state, identifiers, words[i]!);
    out += `${newLine}${name} = ${signed ? `${BigInt.asIntN(64, value)}LL` : `${value}ULL`},`;
  }
  return out;
}

/** Whether some value needs more than 32 bits, so that the compiler makes the enum 8 bytes wide by itself. */
function isWideByItself(state: CState, id: number): boolean {
  const { words, at } = state.types;
  const first = at[id]! + 3;
  const end = first + state.types.vlen(id) * 3;
  for (let i = first; i < end; i += 3) if (words[i + 2] !== 0) return true;
  return false;
}
