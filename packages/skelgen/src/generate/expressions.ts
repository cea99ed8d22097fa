/**
 * A shape → the expressions that read, write and type it: straight-line accesses at constant offsets.
 */

import { type Call, call, cast, type Expression } from './layout.js';
import type { CompositeShape, EnumShape, FlatMember, Shape } from './shape.js';
import { type Imports, stringLiteral } from './source-writer.js';

/** What expressions need to know of the module they are written into. */
export interface ModuleContext {
  readonly imports: Imports;
  readonly littleEndian: boolean;
  /** Name of the interface, codec and enum declared for a composite or enum shape. */
  typeName(shape: CompositeShape | EnumShape): string;
  /** Name of a constant of the module that holds the codec of an array. */
  arrayCodec(shape: Shape & { kind: 'array' }, label: string): string;
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
      return `${valueType(context, shape.element)}[]`;
    case 'enum':
    case 'composite':
      return context.typeName(shape);
    case 'opaque':
      return 'Uint8Array';
  }
}

/** `o + 8`, or `o` for the first byte. */
export function plus(base: string, offset: number): string {
  if (base === '') return String(offset);
  return offset === 0 ? base : `${base} + ${offset}`;
}

/** Suffix of the DataView methods for a scalar of 1, 2, 4 or 8 bytes, e.g. `Int32`. */
function viewType(shape: Shape): string | undefined {
  if (shape.kind === 'float') return shape.size === 4 ? 'Float32' : 'Float64';
  if (shape.kind !== 'int' && shape.kind !== 'enum' && shape.kind !== 'pointer') return undefined;
  const signed = 'signed' in shape && shape.signed;
  // A pointer is a bigint also where it has 4 bytes.
  if (shape.kind === 'pointer' && shape.size !== 8) return undefined;
  if (shape.size === 8) return signed ? 'BigInt64' : 'BigUint64';
  if (shape.size === 16) return undefined;
  return `${signed ? 'Int' : 'Uint'}${shape.size * 8}`;
}

/** Expression for the value at `view`, `at`. */
export function readExpression(
  context: ModuleContext,
  shape: Shape,
  view: string,
  at: string,
  label: string,
): Call {
  const { imports } = context;
  const order = String(context.littleEndian);
  const scalar = viewType(shape);
  if (scalar !== undefined) {
    const read = call(`${view}.get${scalar}`, at, ...(shape.size > 1 ? [order] : []));
    return shape.kind === 'enum' ? cast(read, valueType(context, shape)) : read;
  }
  switch (shape.kind) {
    case 'bool':
      return call(
        imports.value('readBool'),
        view,
        at,
        ...(shape.size > 1 ? [String(shape.size)] : []),
      );
    case 'chars':
      return call(imports.value('readChars'), view, at, String(shape.size));
    case 'numbers':
      return call(imports.value('readNumbers'), shape.array, view, at, String(shape.length), order);
    case 'array':
      return call(`${context.arrayCodec(shape, label)}.decode`, view, at);
    case 'composite':
      return call(`${context.typeName(shape)}.decode`, view, at);
    case 'int':
      return call(imports.value(shape.signed ? 'readInt128' : 'readUint128'), view, at, order);
    case 'pointer':
      // A bigint of 32 bits.
      return bitsRead(context, shape, view, at, { offset: 0, size: shape.size * 8 });
    default:
      return call(imports.value('readBytes'), view, at, String(shape.size));
  }
}

/** Statement (without its semicolon) that writes `value` at `view`, `at`; numbers are checked against the field's range. */
export function writeExpression(
  context: ModuleContext,
  shape: Shape,
  view: string,
  at: string,
  value: string,
  label: string,
): Call {
  const { imports } = context;
  const order = String(context.littleEndian);
  const name = stringLiteral(label);
  const scalar = viewType(shape);
  if (scalar !== undefined) {
    const ordered = shape.size > 1 ? [order] : [];
    return call(imports.value(`write${scalar}`), view, at, value, ...ordered, name);
  }
  switch (shape.kind) {
    case 'bool':
      return call(imports.value('writeBool'), view, at, value, name);
    case 'chars':
      return call(imports.value('writeChars'), view, at, String(shape.size), value, name);
    case 'numbers':
      return call(
        imports.value('writeNumbers'),
        shape.array,
        view,
        at,
        String(shape.length),
        value,
        order,
        name,
      );
    case 'array':
      return call(imports.value('encodeMember'), context.arrayCodec(shape, label), view, at, value);
    case 'composite':
      return call(imports.value('encodeMember'), context.typeName(shape), view, at, value);
    case 'int':
      return call(
        imports.value(shape.signed ? 'writeInt128' : 'writeUint128'),
        view,
        at,
        value,
        order,
        name,
      );
    case 'pointer':
      return bitsWrite(context, shape, view, at, { offset: 0, size: shape.size * 8 }, value, label);
    default:
      return call(imports.value('writeBytes'), view, at, String(shape.size), value, name);
  }
}

/** As {@link readExpression}, of a member: a bit-field is read at its bits. */
export function readMember(
  context: ModuleContext,
  member: FlatMember,
  view: string,
  base: string,
  label: string,
): Call {
  const { bits, shape, offset } = member;
  if (bits === undefined) return readExpression(context, shape, view, plus(base, offset), label);
  return bitsRead(context, shape, view, base, bits);
}

/** As {@link writeExpression}, of a member. */
export function writeMember(
  context: ModuleContext,
  member: FlatMember,
  view: string,
  base: string,
  value: string,
  label: string,
): Call {
  const { bits, shape, offset } = member;
  if (bits === undefined)
    return writeExpression(context, shape, view, plus(base, offset), value, label);
  return bitsWrite(context, shape, view, base, bits, value, label);
}

function bitsRead(
  context: ModuleContext,
  shape: Shape,
  view: string,
  base: string,
  bits: { offset: number; size: number },
): Call {
  const signed = 'signed' in shape && shape.signed ? 'Signed' : '';
  const isBig = shape.kind === 'pointer' || shape.size > 4;
  const reader = shape.kind === 'bool' ? 'readBoolBits' : `read${isBig ? 'Big' : ''}${signed}Bits`;
  const read = call(
    context.imports.value(reader),
    view,
    base,
    String(bits.offset),
    String(bits.size),
    String(context.littleEndian),
  );
  return shape.kind === 'enum' ? cast(read, valueType(context, shape)) : read;
}

function bitsWrite(
  context: ModuleContext,
  shape: Shape,
  view: string,
  base: string,
  bits: { offset: number; size: number },
  value: string,
  label: string,
): Call {
  return call(
    context.imports.value('writeBits'),
    view,
    base,
    String(bits.offset),
    String(bits.size),
    value,
    String('signed' in shape && shape.signed),
    String(context.littleEndian),
    stringLiteral(label),
  );
}

/** Expression for a codec of a value by itself: of a map's key, of an array's element. */
export function codecExpression(context: ModuleContext, shape: Shape, label: string): Expression {
  const { imports } = context;
  const name = stringLiteral(label);
  const order = String(context.littleEndian);
  switch (shape.kind) {
    case 'composite':
      return context.typeName(shape);
    case 'array':
      return call(
        imports.value('arrayOf'),
        String(shape.length),
        codecExpression(context, shape.element, `${label}[]`),
        name,
      );
    case 'chars':
      return call(imports.value('chars'), String(shape.size), name);
    case 'numbers':
      return call(imports.value('numbers'), shape.array, String(shape.length), name, order);
    case 'bool':
      return call(imports.value('bool'), String(shape.size), name);
    case 'opaque':
      return call(imports.value('bytes'), String(shape.size), name);
    case 'float':
      return call(imports.value(`float${shape.size * 8}`), name, order);
    case 'pointer':
      return call(imports.value(shape.size === 8 ? 'biguint64' : 'biguint32'), name, order);
    case 'enum': {
      const codec = imports.value(integerCodec(shape.size, shape.signed));
      return call(`${codec}<${valueType(context, shape)}>`, name, order);
    }
    case 'int':
      return call(imports.value(integerCodec(shape.size, shape.signed)), name, order);
  }
}

function integerCodec(size: number, signed: boolean): string {
  return `${size === 8 ? 'big' : ''}${signed ? 'int' : 'uint'}${size * 8}`;
}
