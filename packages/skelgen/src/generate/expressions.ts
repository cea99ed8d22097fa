/**
 * A shape → the expressions that read, write and type it: straight-line accesses at constant offsets.
 */

import type { Shape } from './shape.js';
import { type SourceWriter, stringLiteral } from './source-writer.js';

/** What expressions need to know of the module they are written into. */
export interface ModuleContext {
  readonly writer: SourceWriter;
  readonly littleEndian: boolean;
  /** Name of the interface, codec and enum declared for a composite or enum shape. */
  typeName(shape: Shape & { kind: 'composite' | 'enum' }): string;
}

/** TypeScript type of a decoded value. */
export function valueType(context: ModuleContext, shape: Shape): string {
  switch (shape.kind) {
    case 'int':
      return shape.size > 4 ? 'bigint' : 'number';
    case 'pointer':
      return 'bigint';
    case 'bool':
      return 'boolean';
    case 'float':
      return 'number';
    case 'chars':
      return 'string';
    case 'numbers':
      return shape.array;
    case 'array':
      return `${parenthesized(valueType(context, shape.element))}[]`;
    case 'enum':
    case 'composite':
      return context.typeName(shape as Shape & { kind: 'composite' | 'enum' });
    case 'opaque':
      return 'Uint8Array';
  }
}

function parenthesized(type: string): string {
  return type.includes('|') ? `(${type})` : type;
}

/** `o + 8`, or `o` for the first byte. */
export function plus(base: string, offset: number): string {
  if (base === '') return String(offset);
  return offset === 0 ? base : `${base} + ${offset}`;
}

/** Getter and setter suffix of DataView for a scalar of 1, 2, 4 or 8 bytes, e.g. `Int32`. */
function viewType(shape: Shape): string | undefined {
  if (shape.kind === 'float') return shape.size === 4 ? 'Float32' : 'Float64';
  const signed = 'signed' in shape && shape.signed;
  if (shape.kind !== 'int' && shape.kind !== 'enum' && shape.kind !== 'pointer') return undefined;
  if (shape.size === 8) return signed ? 'BigInt64' : 'BigUint64';
  if (shape.size === 1 || shape.size === 2 || shape.size === 4)
    return `${signed ? 'Int' : 'Uint'}${shape.size * 8}`;
  return undefined;
}

/** Expression for the value at `view`, `at`. */
export function readExpression(
  context: ModuleContext,
  shape: Shape,
  view: string,
  at: string,
): string {
  const { writer } = context;
  const order = context.littleEndian ? 'true' : 'false';
  const scalar = viewType(shape);
  if (scalar !== undefined) {
    const call = `${view}.get${scalar}(${at}${shape.size > 1 ? `, ${order}` : ''})`;
    return shape.kind === 'enum' ? `${call} as ${valueType(context, shape)}` : call;
  }
  switch (shape.kind) {
    case 'bool':
      return `${view}.getUint8(${at}) !== 0`;
    case 'chars':
      return `${writer.runtime('readChars')}(${view}, ${at}, ${shape.size})`;
    case 'numbers':
      return `${writer.runtime(`read${shape.array}`)}(${view}, ${at}, ${shape.length}${shape.elementSize > 1 ? `, ${order}` : ''})`;
    case 'array':
      return `${writer.runtime('readArray')}(${view}, ${at}, ${shape.length}, ${shape.stride}, ${elementReader(context, shape.element)})`;
    case 'composite':
      return `${valueType(context, shape)}.decode(${view}, ${at})`;
    case 'int':
      return `${writer.runtime(shape.signed ? 'readInt128' : 'readUint128')}(${view}, ${at}, ${order})`;
    default:
      return `${writer.runtime('readBytes')}(${view}, ${at}, ${shape.size})`;
  }
}

function elementReader(context: ModuleContext, element: Shape): string {
  return element.kind === 'composite'
    ? `${valueType(context, element)}.decode`
    : `(v, o) => ${readExpression(context, element, 'v', 'o')}`;
}

/** Statement that writes `value` at `view`, `at`; numbers are checked against the field's range. */
export function writeStatement(
  context: ModuleContext,
  shape: Shape,
  view: string,
  at: string,
  value: string,
  label: string,
): string {
  const { writer } = context;
  const order = context.littleEndian ? 'true' : 'false';
  const name = stringLiteral(label);
  const scalar = viewType(shape);
  if (scalar !== undefined) {
    return `${writer.runtime(`write${scalar}`)}(${view}, ${at}, ${value}, ${shape.size > 1 ? `${order}, ` : ''}${name});`;
  }
  switch (shape.kind) {
    case 'bool':
      return `${writer.runtime('writeBool')}(${view}, ${at}, ${value}, ${name});`;
    case 'chars':
      return `${writer.runtime('writeChars')}(${view}, ${at}, ${shape.size}, ${value}, ${name});`;
    case 'numbers':
      return `${writer.runtime(`write${shape.array}`)}(${view}, ${at}, ${shape.length}, ${value}, ${shape.elementSize > 1 ? `${order}, ` : ''}${name});`;
    case 'array':
      return `${writer.runtime('writeArray')}(${view}, ${at}, ${shape.length}, ${shape.stride}, ${value}, ${elementWriter(context, shape.element, label)}, ${name});`;
    case 'composite':
      return `${valueType(context, shape)}.encode(${view}, ${at}, ${value});`;
    case 'int':
      return `${writer.runtime(shape.signed ? 'writeInt128' : 'writeUint128')}(${view}, ${at}, ${value}, ${order}, ${name});`;
    default:
      return `${writer.runtime('writeBytes')}(${view}, ${at}, ${shape.size}, ${value}, ${name});`;
  }
}

function elementWriter(context: ModuleContext, element: Shape, label: string): string {
  if (element.kind === 'composite') return `${valueType(context, element)}.encode`;
  return `(v, o, x) => ${writeStatement(context, element, 'v', 'o', 'x', `${label}[]`).replace(/;$/, '')}`;
}
