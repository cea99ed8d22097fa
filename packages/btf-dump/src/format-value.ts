/**
 * Typed bytes as text in the style of a C initialiser, as libbpf's `btf_dump__dump_type_data` prints them:
 *
 *     (struct event){
 *     	.task = (char[16])['b','a','s','h',],
 *     	.delta_us = (__u64)12000,
 *     }
 *
 * Zero members are left out unless asked for; the outermost value and everything in an array are always there. Types are
 * named once per array. A bit-field is printed in hexadecimal, an enum by name, a `char` array up to its end without the
 * NULs.
 *
 * Where libbpf's text depends on where it runs or on what was printed before, this one does not:
 * - a struct inside another is zero if all of it is (libbpf asks its first member only);
 * - only `char` is text; arrays of `unsigned char` and `_Bool` are numbers, and keep their zeroes as all arrays do (libbpf
 *   takes bytes of any kind for text, and after a `char` array other bytes, too);
 * - a null pointer is `0x0`, as a misaligned one is there, not glibc's `(nil)`;
 * - quotes and backslashes in characters are escaped; an enum in a signed bit-field is looked up by its signed value;
 * - data that ends too early is refused before anything is printed.
 */

import type {
  Btf,
  BtfArray,
  BtfComposite,
  BtfDatasec,
  BtfEnum,
  BtfEnum64,
  BtfInt,
  BtfVar,
} from '@libbpf-ts/btf';
import { castText } from './c-dumper.js';
import { BtfDumpError } from './errors.js';
import { formatFloat, formatLongDouble } from './format-number.js';
import { ValueBytes } from './value-bytes.js';

/** Options of {@link formatValue}; all off by default. */
export interface FormatValueOptions {
  /** What one level is indented by; a tab by default. */
  readonly indent?: string;
  /** Levels that all lines are indented by. */
  readonly indentLevel?: number;
  /** Everything on one line. */
  readonly compact?: boolean;
  /** No member names and no type names. */
  readonly skipNames?: boolean;
  /** Members that are zero, too. */
  readonly emitZeroes?: boolean;
  /** `char` arrays that hold a NUL as `"text"`. */
  readonly emitStrings?: boolean;
}

/** Nesting that is followed; the kernel's own types stay below 40. */
const MAX_DEPTH = 64;
/** Values printed or looked at, and so many more for each byte; a struct of unions of unions would otherwise take for ever. */
const MAX_VALUES = 1 << 16;
const MAX_VALUES_PER_BYTE = 64;

/**
 * The value of type `id` in `bytes`, which may be longer than the value.
 *
 * @throws {@link BtfDumpError} `BTF_DUMP_TRUNCATED`, saying how many bytes are missing; `BTF_DUMP_UNSUPPORTED` for a type
 *   that has no value; `BTF_DUMP_TOO_DEEP`, `BTF_DUMP_TOO_LARGE`; {@link BtfError} for malformed BTF
 */
export function formatValue(
  btf: Btf,
  id: number,
  bytes: Uint8Array,
  options: FormatValueOptions = {},
): string {
  return new ValueFormatter(btf, id, bytes, options).format();
}

/** Where a value stands. */
interface Place {
  /** Member name, '' for none. */
  readonly name: string;
  /** Byte of {@link ValueBytes}. */
  readonly at: number;
  /** Bits from `at * 8` on to where a bit-field starts. */
  readonly bit: number;
  /** Bits of a bit-field, else 0. */
  readonly width: number;
  /** In an array, which has named the type already; `char`: as text. */
  readonly element: 'no' | 'yes' | 'char';
}

class ValueFormatter {
  readonly #btf: Btf;
  readonly #rootId: number;
  readonly #bytes: ValueBytes;
  readonly #options: FormatValueOptions;
  #depth = 0;
  #values = 0;
  readonly #maxValues: number;
  #out = '';

  constructor(btf: Btf, id: number, bytes: Uint8Array, options: FormatValueOptions) {
    this.#btf = btf;
    this.#rootId = id;
    this.#bytes = new ValueBytes(bytes, btf.littleEndian, id);
    this.#options = options;
    this.#maxValues = MAX_VALUES + MAX_VALUES_PER_BYTE * bytes.length;
  }

  format(): string {
    this.#checkSize();
    this.#value(this.#rootId, { name: '', at: 0, bit: 0, width: 0, element: 'no' });
    return this.#out;
  }

  #checkSize(): void {
    const { kind } = this.#btf.type(this.#btf.resolve(this.#rootId));
    if (!HAS_VALUE.has(kind)) throw this.#unsupported(this.#rootId);
    const needed = this.#btf.sizeOf(this.#rootId);
    const available = this.#bytes.view.byteLength;
    if (needed > available) {
      throw this.#error('BTF_DUMP_TRUNCATED', { available, missing: needed - available });
    }
  }

  #value(id: number, place: Place): void {
    this.#count();
    if (this.#isLeftOut(id, place)) return;
    const btf = this.#btf;
    const type = btf.type(btf.resolve(id));
    const { indent = '\t', indentLevel = 0, compact, skipNames } = this.#options;
    if (compact !== true) this.#out += indent.repeat(indentLevel + this.#depth);
    if (skipNames !== true) {
      if (place.name !== '') this.#out += `.${place.name} = `;
      const named = place.element === 'no' && type.kind !== 'var' && type.kind !== 'datasec';
      if (named) this.#out += `(${castText(btf, id)})`;
    }
    switch (type.kind) {
      case 'int':
        this.#end(this.#int(type, place));
        break;
      case 'enum':
      case 'enum64':
        this.#end(this.#enum(type, place));
        break;
      case 'float':
        this.#end(this.#float(type.size, place.at));
        break;
      case 'ptr':
        this.#end(`0x${this.#bytes.integer(place.at, btf.pointerSize, false).toString(16)}`);
        break;
      case 'array':
        this.#array(type, place.at);
        break;
      case 'struct':
      case 'union':
        this.#composite(type, place.at, place.element);
        break;
      case 'var':
        this.#variable(type, place.at);
        break;
      case 'datasec':
        this.#section(type, place.at);
        break;
      default:
        throw this.#unsupported(id);
    }
  }

  /** Adds a value and what separates it from the next. */
  #end(text: string): void {
    this.#out += text;
    if (this.#depth > 0) this.#out += this.#options.compact === true ? ',' : ',\n';
  }

  #open(bracket: string): void {
    if (++this.#depth > MAX_DEPTH) throw this.#error('BTF_DUMP_TOO_DEEP', { limit: MAX_DEPTH });
    this.#out += this.#options.compact === true ? bracket : `${bracket}\n`;
  }

  #close(bracket: string): void {
    this.#depth--;
    const { indent = '\t', indentLevel = 0, compact } = this.#options;
    if (compact !== true) this.#out += indent.repeat(indentLevel + this.#depth);
    this.#end(bracket);
  }

  #int(type: BtfInt, place: Place): string {
    // Compilers before 2018 put the place of a bit-field into the int.
    const width = place.width === 0 && type.bits !== type.size * 8 ? type.bits : place.width;
    if (width !== 0) {
      const start = place.at * 8 + place.bit + (place.width === 0 ? type.offset : 0);
      const value = this.#bytes.bits(start, width, false);
      return `0x${value.toString(16)}`;
    }
    if (place.element === 'char') {
      const byte = this.#bytes.byte(place.at);
      if (byte === 0) return "'\\0'";
      if (isPrintable(byte)) return `'${escaped(byte, "'")}'`;
    }
    const value = this.#bytes.integer(place.at, type.size, type.signed && type.size <= 8);
    return type.size > 8 ? `0x${value.toString(16)}` : String(value);
  }

  #enum(type: BtfEnum | BtfEnum64, place: Place): string {
    const width = place.width === 0 ? type.size * 8 : place.width;
    const value = this.#bytes.bits(place.at * 8 + place.bit, width, type.signed);
    for (const one of type.values) if (BigInt(one.value) === value) return one.name;
    const suffix = type.kind === 'enum' ? '' : type.signed ? 'LL' : 'ULL';
    return `${value}${suffix}`;
  }

  #float(size: number, at: number): string {
    if (size === 4 || size === 8) return formatFloat(this.#bytes.float(at, size));
    if (size !== 16) throw this.#unsupported(this.#rootId);
    const low = this.#bytes.integer(at, 8, false);
    return formatLongDouble(low, this.#bytes.integer(at + 8, 8, false));
  }

  #array(type: BtfArray, at: number): void {
    const btf = this.#btf;
    const size = btf.sizeOf(type.elementTypeId);
    const chars = isChar(btf, type.elementTypeId);
    if (chars && this.#options.emitStrings === true) {
      const text = this.#string(at, type.length);
      if (text !== undefined) {
        this.#end(text);
        return;
      }
    }
    this.#open('[');
    // Elements without bytes are all alike, however many a forged length claims.
    const length = size === 0 ? 0 : type.length;
    for (let i = 0; i < length; i++) {
      const element = chars ? 'char' : 'yes';
      const place: Place = { name: '', at: at + i * size, bit: 0, width: 0, element };
      this.#value(type.elementTypeId, place);
      if (chars && this.#bytes.byte(place.at) === 0) break;
    }
    this.#close(']');
  }

  /** A `char` array as a string literal; `undefined` if no NUL ends it. */
  #string(at: number, length: number): string | undefined {
    let text = '';
    for (let i = at; i < at + length; i++) {
      const byte = this.#bytes.byte(i);
      if (byte === 0) return `"${text}"`;
      text += isPrintable(byte) ? escaped(byte, '"') : `\\x${byte.toString(16).padStart(2, '0')}`;
    }
    return undefined;
  }

  #composite(type: BtfComposite<'struct' | 'union'>, at: number, element: Place['element']): void {
    this.#open('{');
    for (const member of type.members) {
      this.#value(member.typeId, {
        name: member.name,
        at: at + (member.bitOffset >>> 3),
        bit: member.bitOffset & 7,
        width: member.bitSize,
        element,
      });
    }
    this.#close('}');
  }

  #variable(type: BtfVar, at: number): void {
    const linkage = type.linkage === 'global' ? '' : `${type.linkage} `;
    this.#out += `${linkage}${castText(this.#btf, type.typeId)} ${type.name} = `;
    const inner = new ValueFormatter(this.#btf, type.typeId, this.#rest(at), this.#options);
    this.#out += inner.format().trimStart();
  }

  #section(type: BtfDatasec, at: number): void {
    this.#out += `SEC("${type.name}") `;
    for (const { typeId, offset } of type.variables) {
      const inner = new ValueFormatter(this.#btf, typeId, this.#rest(at + offset), this.#options);
      this.#out += `${inner.format().trimStart()};`;
    }
  }

  #rest(at: number): Uint8Array {
    const { buffer, byteOffset, byteLength } = this.#bytes.view;
    const start = Math.min(at, byteLength);
    return new Uint8Array(buffer, byteOffset + start, byteLength - start);
  }

  /** Zeroes are left out, but for the outermost value and in an array that holds something. */
  #isLeftOut(id: number, place: Place): boolean {
    if (this.#options.emitZeroes === true || this.#depth === 0 || place.element === 'yes')
      return false;
    return this.#isZero(id, place, 0);
  }

  #isZero(id: number, place: Place, depth: number): boolean {
    this.#count();
    if (depth > MAX_DEPTH) throw this.#error('BTF_DUMP_TOO_DEEP', { limit: MAX_DEPTH });
    const btf = this.#btf;
    const type = btf.type(btf.resolve(id));
    switch (type.kind) {
      case 'int':
      case 'enum':
      case 'enum64':
        if (place.width === 0) return this.#bytes.isZero(place.at, type.size);
        return this.#bytes.bits(place.at * 8 + place.bit, place.width, false) === 0n;
      case 'float':
        return this.#bytes.isZero(place.at, type.size);
      case 'ptr':
        return this.#bytes.isZero(place.at, btf.pointerSize);
      case 'array': {
        const size = btf.sizeOf(type.elementTypeId);
        // Text that starts with a NUL is empty, whatever follows.
        if (isChar(btf, type.elementTypeId))
          return type.length === 0 || this.#bytes.isZero(place.at, 1);
        for (let i = 0; i < type.length && size !== 0; i++) {
          const element: Place = { ...place, at: place.at + i * size, width: 0, bit: 0 };
          if (!this.#isZero(type.elementTypeId, element, depth + 1)) return false;
        }
        return true;
      }
      case 'struct':
      case 'union':
        return type.members.every((member) =>
          this.#isZero(
            member.typeId,
            {
              name: '',
              at: place.at + (member.bitOffset >>> 3),
              bit: member.bitOffset & 7,
              width: member.bitSize,
              element: 'no',
            },
            depth + 1,
          ),
        );
      default:
        return false;
    }
  }

  #count(): void {
    if (++this.#values > this.#maxValues) {
      throw this.#error('BTF_DUMP_TOO_LARGE', { limit: this.#maxValues, found: 'values' });
    }
  }

  #unsupported(id: number): BtfDumpError {
    const { kind } = this.#btf.type(this.#btf.resolve(id));
    return this.#error('BTF_DUMP_UNSUPPORTED', { found: kind });
  }

  #error(
    code: ConstructorParameters<typeof BtfDumpError>[0],
    facts: ConstructorParameters<typeof BtfDumpError>[1],
  ): BtfDumpError {
    const type = this.#btf.type(this.#rootId);
    const typeName = type.name === '' ? `anonymous ${type.kind}` : `${type.kind} "${type.name}"`;
    return new BtfDumpError(code, { typeId: this.#rootId, typeName, ...facts });
  }
}

/** Kinds that have bytes; a forward declaration, a function or `void` has none. */
const HAS_VALUE: ReadonlySet<string> = new Set([
  'int',
  'enum',
  'enum64',
  'float',
  'ptr',
  'array',
  'struct',
  'union',
  'var',
  'datasec',
]);

/** Whether an array of the type is printed as characters: `char` itself, not `unsigned char` or `_Bool`. */
function isChar(btf: Btf, id: number): boolean {
  const type = btf.type(btf.resolve(id));
  if (type.kind !== 'int' || type.size !== 1 || type.bool) return false;
  return type.char || type.name === 'char';
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

function escaped(byte: number, quote: string): string {
  const character = String.fromCharCode(byte);
  return character === quote || character === '\\' ? `\\${character}` : character;
}
