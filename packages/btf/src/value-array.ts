/**
 * Arrays: `char[N]` is a string, other integers, floats and pointers a typed array, everything else an array of values.
 *
 * What is read is a copy in host byte order. What is written may be shorter than the array: the rest is zero, as after a C
 * initialiser.
 */

import { HOST_IS_LITTLE_ENDIAN } from './host-order.js';
import type { BtfType } from './types.js';
import { BadValue, inside, isChar, type ValueNode } from './value-node.js';

type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

interface TypedArrayClass {
  new (length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** Up to this many elements are quicker read one by one than through a second view. */
const FEW = 8;

/**
 * An array of `length` elements of `type`, which compiles to `element`; what `type` is comes without typedefs and
 * modifiers.
 */
export function arrayNode(
  type: BtfType,
  element: ValueNode,
  length: number,
  littleEndian: boolean,
): ValueNode {
  if (isChar(type)) return stringNode(length);
  const array = typedArrayClass(type, element);
  if (array === undefined) return plainArrayNode(element, length);
  return typedArrayNode(array, element, length, littleEndian);
}

/** The class whose elements are exactly those of the type. */
function typedArrayClass(type: BtfType, element: ValueNode): TypedArrayClass | undefined {
  if (element.opaque) return undefined;
  if (type.kind === 'ptr') return element.size === 8 ? BigUint64Array : undefined;
  if (type.kind === 'float') {
    if (type.size === 4) return Float32Array;
    return type.size === 8 ? Float64Array : undefined;
  }
  if (type.kind !== 'int' || type.bool || type.bits !== type.size * 8) return undefined;
  switch (type.size) {
    case 1:
      return type.signed ? Int8Array : Uint8Array;
    case 2:
      return type.signed ? Int16Array : Uint16Array;
    case 4:
      return type.signed ? Int32Array : Uint32Array;
    case 8:
      return type.signed ? BigInt64Array : BigUint64Array;
    default:
      return undefined;
  }
}

function typedArrayNode(
  Class: TypedArrayClass,
  element: ValueNode,
  length: number,
  littleEndian: boolean,
): ValueNode {
  const size = length * Class.BYTES_PER_ELEMENT;
  const step = Class.BYTES_PER_ELEMENT;
  const copies = step === 1 || littleEndian === HOST_IS_LITTLE_ENDIAN;
  const writeEach = elementWriter(element, length);
  return {
    size,
    exact: element.exact,
    cost: length,
    read(view, at) {
      const array = new Class(length);
      if (copies && length > FEW) {
        const bytes = new Uint8Array(array.buffer);
        bytes.set(new Uint8Array(view.buffer, view.byteOffset + at, size));
      } else {
        for (let i = 0; i < length; i++) array[i] = element.read(view, at + i * step) as never;
      }
      return array;
    },
    write(view, at, value) {
      if (copies && value instanceof Class && value.length <= length) {
        const { buffer, byteOffset, byteLength } = value;
        const bytes = new Uint8Array(buffer, byteOffset, byteLength);
        new Uint8Array(view.buffer, view.byteOffset + at, size).set(bytes);
      } else {
        writeEach(view, at, value);
      }
    },
  };
}

function plainArrayNode(element: ValueNode, length: number): ValueNode {
  const step = element.size;
  // Elements without bytes are all alike, however many a forged length claims.
  const count = step === 0 ? 0 : length;
  return {
    size: step * length,
    exact: element.exact,
    cost: count * element.cost,
    read(view, at) {
      const values: unknown[] = [];
      for (let i = 0; i < count; i++) values.push(element.read(view, at + i * step));
      return values;
    },
    write: elementWriter(element, count),
  };
}

function elementWriter(
  element: ValueNode,
  length: number,
): (view: DataView, at: number, value: unknown) => void {
  const expected = `an array of at most ${length} elements`;
  return (view, at, value) => {
    if (!isArrayLike(value)) throw new BadValue('wrong type', value, expected);
    if (value.length > length) throw new BadValue('too long', value.length, expected);
    for (let i = 0; i < value.length; i++) {
      try {
        element.write(view, at + i * element.size, value[i]);
      } catch (error) {
        throw inside(`[${i}]`, error);
      }
    }
  };
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** UTF-8 up to the first NUL or the end; bytes that are not UTF-8 become U+FFFD. Writing takes bytes as well. */
function stringNode(length: number): ValueNode {
  const expected = `at most ${length} bytes of UTF-8`;
  return {
    size: length,
    exact: false,
    cost: length,
    read(view, at) {
      let text = '';
      const end = at + length;
      for (let i = at; i < end; i++) {
        const byte = view.getUint8(i);
        if (byte === 0) return text;
        if (byte >= 0x80) return decodeText(view, at, length);
        text += String.fromCharCode(byte);
      }
      return text;
    },
    write(view, at, value) {
      const bytes = typeof value === 'string' ? encoder.encode(value) : value;
      if (!(bytes instanceof Uint8Array)) {
        throw new BadValue('wrong type', value, 'a string or a Uint8Array');
      }
      if (bytes.length > length) throw new BadValue('too long', value, expected);
      const target = new Uint8Array(view.buffer, view.byteOffset + at, length);
      target.set(bytes);
    },
  };
}

function decodeText(view: DataView, at: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, length);
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}
