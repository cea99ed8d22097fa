/**
 * The TypeScript type of a value, as `compileCodec` reads it (packages/btf/src/value-codec.ts has the table).
 */

import { type Btf, type BtfType, isKernelOnlyStruct, isKernelPointerTag } from '@libbpf-ts/btf';

/** Names the declarations that a type refers to: structs, unions and enums by id. */
export type NameOfType = (id: number) => string;

const MAX_DEPTH = 64;

/** What a type is to TypeScript. */
export interface TypeScriptType {
  /** The type of a value: `number`, `Uint8Array`, `Event[]`. */
  readonly text: string;
  /** The struct, union or enum that {@link text} names, by id. */
  readonly declares: number | undefined;
}

/**
 * The type of a value of type `id`.
 *
 * @throws {@link BtfError} for malformed types
 */
export function typescriptType(btf: Btf, id: number, nameOf: NameOfType): TypeScriptType {
  return typeOf(btf, id, nameOf, 0);
}

function typeOf(btf: Btf, id: number, nameOf: NameOfType, depth: number): TypeScriptType {
  if (depth > MAX_DEPTH) return plain('unknown');
  const resolved = btf.resolve(id);
  const type = btf.type(resolved);
  switch (type.kind) {
    case 'int':
      if (type.bool) return plain('boolean');
      return plain(integer(type.size));
    case 'float':
      return plain(type.size === 4 || type.size === 8 ? 'number' : 'Uint8Array');
    case 'ptr':
      return plain(isKernelPointer(btf, type.typeId) ? 'Uint8Array' : 'bigint');
    case 'enum':
    case 'enum64':
      return { text: nameOf(resolved), declares: resolved };
    case 'struct':
    case 'union':
      if (isKernelOnlyStruct(type.name)) return plain('Uint8Array');
      return { text: nameOf(resolved), declares: resolved };
    case 'array': {
      const element = typeOf(btf, type.elementTypeId, nameOf, depth + 1);
      return { ...element, text: arrayOf(btf, type.elementTypeId, element.text) };
    }
    case 'var':
      return typeOf(btf, type.typeId, nameOf, depth + 1);
    default:
      return plain('never');
  }
}

function arrayOf(btf: Btf, elementId: number, element: string): string {
  const type = btf.type(btf.resolve(elementId));
  if (isChar(type)) return 'string';
  if (type.kind === 'float' && element === 'number') return `Float${type.size * 8}Array`;
  if (type.kind === 'ptr' && element === 'bigint' && btf.pointerSize === 8) return 'BigUint64Array';
  if (type.kind === 'int' && !type.bool && type.bits === type.size * 8 && type.size <= 8) {
    const sign = type.signed ? 'Int' : 'Uint';
    return `${type.size === 8 ? 'Big' : ''}${sign}${type.size * 8}Array`;
  }
  return `${element}[]`;
}

function integer(size: number): string {
  switch (size) {
    case 1:
    case 2:
    case 4:
      return 'number';
    case 8:
    case 16:
      return 'bigint';
    default:
      return 'Uint8Array';
  }
}

function isChar(type: BtfType): boolean {
  return (
    type.kind === 'int' && type.size === 1 && !type.bool && (type.char || type.name === 'char')
  );
}

function isKernelPointer(btf: Btf, targetId: number): boolean {
  let id = targetId;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = btf.type(id);
    if (type.kind === 'type_tag' && isKernelPointerTag(type.name)) return true;
    if (type.kind !== 'type_tag' && type.kind !== 'const' && type.kind !== 'volatile') return false;
    id = type.typeId;
  }
  return false;
}

function plain(text: string): TypeScriptType {
  return { text, declares: undefined };
}
