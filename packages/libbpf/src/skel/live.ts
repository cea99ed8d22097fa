/**
 * What accessors of data sections do to memory beyond reading and writing one number.
 */

import type { Codec } from '../codec.js';
import type { SectionMemory } from '../data/section-memory.js';
import {
  type CharsInput,
  type NumberArrayClass,
  readNumbers,
  writeChars,
  writeNumbers,
} from './bytes.js';
import { wrongType } from './misfit.js';

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The value, unless it is none: a variable that is set to `undefined` is a mistake. */
export function given<T>(value: T, name: string): T {
  if (value === undefined) throw wrongType(name, value, 'a value');
  return value;
}

/** A copy of a value, read at once. */
export function load<T>(memory: SectionMemory, at: number, codec: Codec<T>): T {
  return codec.decode(viewOf(memory.read(at, codec.size)), 0);
}

/** Writes a whole value: put together elsewhere, then copied. */
export function store<T>(
  memory: SectionMemory,
  at: number,
  codec: { readonly size: number; encode(view: DataView, at: number, value: T): void },
  value: T,
  name: string,
): void {
  const bytes = new Uint8Array(codec.size);
  const found = given(value, name);
  if (typeof found !== 'object' || found === null) throw wrongType(name, found, 'an object');
  codec.encode(viewOf(bytes), 0, found);
  memory.write(at, bytes);
}

/** Text or bytes, then zeroes. */
export function storeChars(
  memory: SectionMemory,
  at: number,
  length: number,
  value: CharsInput,
  name: string,
): void {
  const bytes = new Uint8Array(length);
  writeChars(viewOf(bytes), 0, length, given(value, name), name);
  memory.write(at, bytes);
}

/** A window where the section is live and its byte order the host's, else a copy. */
export function loadNumbers<Numbers>(
  type: NumberArrayClass<Numbers> &
    (new (
      buffer: ArrayBuffer,
      at: number,
      length: number,
    ) => Numbers),
  memory: SectionMemory,
  at: number,
  length: number,
  littleEndian: boolean,
): Numbers {
  if (littleEndian === HOST_IS_LITTLE_ENDIAN) return memory.numbers(type, at, length);
  const bytes = memory.read(at, length * type.BYTES_PER_ELEMENT);
  return readNumbers(type, viewOf(bytes), 0, length, littleEndian);
}

/** A whole array; what is not given becomes zero. */
export function storeNumbers<Numbers>(
  type: NumberArrayClass<Numbers>,
  memory: SectionMemory,
  at: number,
  length: number,
  value: ArrayLike<number> | ArrayLike<bigint>,
  littleEndian: boolean,
  name: string,
): void {
  const bytes = new Uint8Array(length * type.BYTES_PER_ELEMENT);
  writeNumbers(type, viewOf(bytes), 0, length, given(value, name), littleEndian, name);
  memory.write(at, bytes);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
