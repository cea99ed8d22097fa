/**
 * Names of an object → names of C. What no C identifier may hold becomes `_`, as bpftool has it; what C keeps for itself gets
 * one behind it.
 */

import { type Btf, BtfKind, type BtfType } from '@libbpf-ts/btf';
import { sanitizeIdentifier } from '@libbpf-ts/libbpf/open';

const KEYWORDS = new Set(
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local asm typeof'.split(
    ' ',
  ),
);
/** As bpftool cuts them. */
const LONGEST = 255;
const MAX_DEPTH = 64;

export function cIdentifier(name: string): string {
  const plain = sanitizeIdentifier(name).slice(0, LONGEST);
  if (plain === '' || /^[0-9]/.test(plain)) return `_${plain}`;
  return KEYWORDS.has(plain) ? `${plain}_` : plain;
}

/** A string literal of bytes: printable ASCII as it is, the rest in octal. */
export function cString(text: string): string {
  return `"${[...Buffer.from(text, 'utf8')].map(escapeByte).join('')}"`;
}

/** `?` too: two of them may begin a trigraph. */
export function escapeByte(byte: number): string {
  const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c && byte !== 0x3f;
  return isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
}

/** Text inside a comment. */
export function cComment(text: string): string {
  return text
    .slice(0, 200)
    .replace(/[^ -~]/g, '?')
    .replaceAll('*/', '*?')
    .replaceAll('/*', '?*')
    .replace(/\\$/, '');
}

/**
 * Whether a declaration of the type consists of C names only. BTF may hold any bytes as a name; one that is no identifier must
 * not be printed as code.
 */
export function isDeclarable(btf: Btf, typeId: number, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  const type = btf.type(typeId);
  const inner = (id: number) => isDeclarable(btf, id, depth + 1);
  switch (type.kind) {
    case 'void':
      return true;
    case 'int':
    case 'float':
      return /^[A-Za-z_][\w ]*$/.test(type.name);
    case 'struct':
    case 'union':
      if (type.name !== '') return isName(type.name);
      return type.members.every(
        ({ name, typeId: id }) => (name === '' || isName(name)) && inner(id),
      );
    case 'enum':
    case 'enum64':
      if (type.name !== '') return isName(type.name);
      return type.values.every(({ name }) => isName(name));
    case 'typedef':
    case 'fwd':
      return isName(type.name);
    case 'type_tag':
      return isName(type.name) && inner(type.typeId);
    case 'array':
      return inner(type.elementTypeId);
    case 'func_proto':
      return (
        inner(type.returnTypeId) &&
        type.parameters.every(({ name, typeId: id }) => (name === '' || isName(name)) && inner(id))
      );
    case 'var':
    case 'ptr':
    case 'const':
    case 'volatile':
    case 'restrict':
      return inner(type.typeId);
    default:
      return false;
  }
}

function isName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !KEYWORDS.has(name);
}

/** The type behind const, volatile, restrict and type tags. */
export function unmodified(btf: Btf, typeId: number): BtfType {
  return btf.type(btf.skipModifiers(typeId));
}

/** Whether `T *name` does not declare a pointer to it: arrays and pointers to functions. */
export function needsTypeof(btf: Btf, typeId: number): boolean {
  const type = unmodified(btf, typeId);
  if (type.kind === 'array') return true;
  return type.kind === 'ptr' && btf.kindOf(btf.skipModifiers(type.typeId)) === BtfKind.FUNC_PROTO;
}
