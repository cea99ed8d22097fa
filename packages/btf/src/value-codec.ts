/**
 * Typed bytes ↔ plain JavaScript values, for callers that have the types at run time and no generated code.
 *
 * | BTF | value |
 * | --- | --- |
 * | int or enum of at most 4 bytes, float, double | `number` |
 * | wider int or enum, pointer | `bigint` |
 * | `_Bool` | `boolean` |
 * | bit-field | as its declared type |
 * | `char[N]` | `string`, UTF-8 up to the first NUL; accepts a `Uint8Array` as well |
 * | array of other ints, of floats, of 8-byte pointers | typed array, a copy |
 * | other arrays | array |
 * | struct, union | object; members of anonymous structs and unions belong to the object around them, as in C |
 * | data section | object by variable |
 * | spin lock, timer, other structs that the kernel guards, kptr, long double | `Uint8Array` of its bytes |
 *
 * A type is compiled once into a tree of closures with all offsets worked out; reading then follows no BTF. Writing starts
 * from zeroes, padding included, as hash map keys need it: members that are left out are zero. Of a union, members that
 * are left out do not count, and of those given the later one wins; strings, booleans and floats give way to members that
 * hold every bit, so that what was read can be written back.
 */

import { type Btf, MAX_DEPTH } from './btf.js';
import { BtfError } from './errors.js';
import { isKernelOnlyStruct, isKernelPointerTag } from './kernel-only.js';
import type { BtfComposite, BtfDatasec, BtfMember } from './types.js';
import { arrayNode } from './value-array.js';
import { BadValue, inside, opaqueNode, type ValueNode } from './value-node.js';
import { bitFieldNode, scalarNode } from './value-scalar.js';

/** Reads and writes values of one type; made by {@link compileCodec}. */
export interface BtfCodec<Value = unknown> {
  /** The type it was compiled from. */
  readonly typeId: number;
  /** Bytes of a value. */
  readonly size: number;
  /**
   * Reads the value at `offset` (0 by default). Nothing in it refers to `source` afterwards.
   *
   * @throws {@link BtfError} `BTF_SHORT_DATA` if `source` ends before the value does
   */
  decode(source: Uint8Array | DataView, offset?: number): Value;
  /**
   * Writes `value` at `offset`, all {@link size} bytes.
   *
   * @throws {@link BtfError} `BTF_BAD_VALUE`, with the path of the member, for one that does not fit or does not exist;
   *   `BTF_SHORT_DATA` if `target` is too short
   */
  encode(target: Uint8Array | DataView, offset: number, value: Value): void;
}

/** Scalars that a value may have whatever its size, and per byte beyond: more, and its unions overlap by design. */
const FREE_COST = 1 << 20;
const COST_PER_BYTE = 64;
/** Members of one codec, those of anonymous structs counted wherever they stand. */
const MOST_MEMBERS = 1 << 18;

/**
 * Compiles the type `id` into a codec.
 *
 * @throws {@link BtfError} `BTF_NO_SIZE` for what has no value (void, functions, forward declarations); `BTF_BAD_TYPE` for
 *   a member outside its struct; `BTF_TOO_DEEP`, `BTF_TOO_LARGE`; all errors of {@link Btf.type}
 */
export function compileCodec<Value = unknown>(btf: Btf, id: number): BtfCodec<Value> {
  const root = new Compiler(btf).compile(id, 0);
  const { size } = root;
  const checked = (bytes: Uint8Array | DataView, offset: number): DataView => {
    const view =
      bytes instanceof DataView
        ? bytes
        : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!(offset >= 0) || offset + size > view.byteLength) {
      throw shortData(btf, id, size, offset, view.byteLength);
    }
    return view;
  };
  return {
    typeId: id,
    size,
    decode: (source, offset = 0) => root.read(checked(source, offset), offset) as Value,
    encode(target, offset, value) {
      const view = checked(target, offset);
      new Uint8Array(view.buffer, view.byteOffset + offset, size).fill(0);
      try {
        root.write(view, offset, value);
      } catch (error) {
        throw error instanceof BadValue ? badValue(btf, id, error) : error;
      }
    },
  };
}

class Compiler {
  readonly #btf: Btf;
  readonly #nodes = new Map<number, ValueNode>();
  #membersSeen = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  compile(id: number, depth: number): ValueNode {
    let node = this.#nodes.get(id);
    if (node !== undefined) return node;
    if (depth > MAX_DEPTH) throw this.#tooDeep(id);
    node = this.#compileOnce(id, depth);
    if (node.cost > FREE_COST && node.cost > node.size * COST_PER_BYTE) {
      const expected = `at most ${COST_PER_BYTE} per byte`;
      throw this.#badType(id, 'members overlap too often', `${node.cost} scalars`, expected);
    }
    this.#nodes.set(id, node);
    return node;
  }

  #compileOnce(id: number, depth: number): ValueNode {
    const btf = this.#btf;
    const resolved = btf.resolve(id);
    const type = btf.type(resolved);
    switch (type.kind) {
      case 'struct':
      case 'union':
        if (isKernelOnlyStruct(type.name)) return opaqueNode(type.size);
        return this.#composite(type, depth);
      case 'array': {
        const size = btf.sizeOf(resolved);
        const elementId = btf.resolve(type.elementTypeId);
        const element = this.compile(elementId, depth + 1);
        const node = arrayNode(btf.type(elementId), element, type.length, btf.littleEndian);
        return node.size === size ? node : { ...node, size };
      }
      case 'ptr':
        if (this.#isKernelPointer(type.typeId)) return opaqueNode(btf.pointerSize);
        break;
      case 'var':
        return this.compile(type.typeId, depth + 1);
      case 'datasec':
        return this.#section(type, depth);
    }
    return scalarNode(type, btf.littleEndian, btf.pointerSize) ?? opaqueNode(btf.sizeOf(resolved));
  }

  #composite(type: BtfComposite<'struct' | 'union'>, depth: number): ValueNode {
    const parts: ObjectParts = { fields: [], names: new Set(), overlapping: false };
    this.#addFields(parts, type, 0, depth);
    return objectNode(type.size, parts.fields, parts.overlapping);
  }

  /** Adds a member each, those of anonymous structs and unions with their offset in the type at hand. */
  #addFields(
    parts: ObjectParts,
    type: BtfComposite<'struct' | 'union'>,
    base: number,
    depth: number,
  ): void {
    if (depth > MAX_DEPTH) throw this.#tooDeep(type.id);
    const btf = this.#btf;
    if (type.kind === 'union') parts.overlapping = true;
    for (const member of type.members) {
      if (++this.#membersSeen > MOST_MEMBERS) {
        throw this.#badType(type.id, 'too many members', 'more', `at most ${MOST_MEMBERS}`);
      }
      const at = base + (member.bitOffset >>> 3);
      if (member.name === '') {
        const inner = btf.type(btf.resolve(member.typeId));
        if (inner.kind !== 'struct' && inner.kind !== 'union') continue;
        this.#checkInside(type, member, inner.size * 8);
        this.#addFields(parts, inner, at, depth + 1);
      } else if (!parts.names.has(member.name)) {
        parts.names.add(member.name);
        parts.fields.push({ name: member.name, at, ...this.#member(type, member, depth) });
      }
    }
  }

  #member(
    type: BtfComposite<'struct' | 'union'>,
    member: BtfMember,
    depth: number,
  ): { readonly node: ValueNode; readonly wholeBytes: boolean } {
    const btf = this.#btf;
    const target = btf.type(btf.resolve(member.typeId));
    const legacy =
      target.kind === 'int' && (target.bits !== target.size * 8 || target.offset !== 0);
    const width = member.bitSize !== 0 ? member.bitSize : legacy ? target.bits : 0;
    const shift = (member.bitOffset & 7) + (member.bitSize === 0 && legacy ? target.offset : 0);
    if (width !== 0 || shift !== 0) {
      this.#checkInside(type, member, shift - (member.bitOffset & 7) + width);
      const node = bitFieldNode(target, btf.littleEndian, shift, width);
      if (node !== undefined && width !== 0) return { node, wholeBytes: false };
      const what = width === 0 ? 'offset is no whole byte' : 'bit-field of a type that has none';
      throw this.#badType(
        type.id,
        `member "${member.name}": ${what}`,
        target.kind,
        'an int or enum',
      );
    }
    const node = this.compile(member.typeId, depth + 1);
    this.#checkInside(type, member, node.size * 8);
    return { node, wholeBytes: true };
  }

  #section(type: BtfDatasec, depth: number): ValueNode {
    const fields: Field[] = [];
    let end = 0;
    for (const variable of type.variables) {
      const node = this.compile(variable.typeId, depth + 1);
      const name = this.#btf.nameOf(variable.typeId);
      fields.push({ name, at: variable.offset, node, wholeBytes: true });
      end = Math.max(end, variable.offset + node.size);
    }
    if (end > type.size) {
      throw this.#badType(
        type.id,
        'variable outside its section',
        `end ${end}`,
        `${type.size} bytes`,
      );
    }
    return objectNode(type.size, fields, false);
  }

  #checkInside(type: BtfComposite<'struct' | 'union'>, member: BtfMember, bits: number): void {
    const end = Math.ceil((member.bitOffset + bits) / 8);
    if (end <= type.size) return;
    const problem = `member "${member.name}" outside its ${type.kind}`;
    throw this.#badType(type.id, problem, `end ${end}`, `at most ${type.size} bytes`);
  }

  #isKernelPointer(targetId: number): boolean {
    let id = targetId;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const type = this.#btf.type(id);
      if (type.kind === 'type_tag' && isKernelPointerTag(type.name)) return true;
      if (type.kind !== 'type_tag' && type.kind !== 'const' && type.kind !== 'volatile')
        return false;
      id = type.typeId;
    }
    return false;
  }

  #badType(id: number, problem: string, found: string, expected: string): BtfError {
    return new BtfError({
      code: 'BTF_BAD_TYPE',
      offset: this.#btf.recordOffset(id),
      typeId: id,
      subject: this.#btf.describe(id),
      problem,
      found,
      expected,
    });
  }

  #tooDeep(id: number): BtfError {
    return new BtfError({
      code: 'BTF_TOO_DEEP',
      offset: this.#btf.recordOffset(id),
      typeId: id,
      subject: this.#btf.describe(id),
      doing: 'compiling a codec',
      limit: MAX_DEPTH,
    });
  }
}

interface Field {
  readonly name: string;
  /** Byte offset in the object. */
  readonly at: number;
  readonly node: ValueNode;
  /** It shares none of its bytes with a neighbour, as bit-fields do. */
  readonly wholeBytes: boolean;
}

/** An object under construction. */
interface ObjectParts {
  readonly fields: Field[];
  readonly names: Set<string>;
  /** A union is among what it is made of. */
  overlapping: boolean;
}

function objectNode(size: number, fields: readonly Field[], overlapping: boolean): ValueNode {
  const names = new Set(fields.map((field) => field.name));
  const expected = `an object with members ${[...names].slice(0, 12).join(', ')}${names.size > 12 ? ', …' : ''}`;
  // Stable: members that lose bits first, so that the others overwrite them where they overlap.
  const writeOrder = [...fields].sort((a, b) => Number(a.node.exact) - Number(b.node.exact));
  return {
    size,
    exact: !overlapping && fields.every((field) => field.node.exact),
    cost: fields.reduce((sum, field) => sum + field.node.cost + 1, 0),
    read(view, at) {
      const object: Record<string, unknown> = {};
      for (const { name, at: offset, node } of fields) {
        const value = node.read(view, at + offset);
        if (name === '__proto__') defineProto(object, value);
        else object[name] = value;
      }
      return object;
    },
    write(view, at, value) {
      if (typeof value !== 'object' || value === null)
        throw new BadValue('wrong type', value, expected);
      for (const key of Object.keys(value)) {
        if (!names.has(key)) throw new BadValue('unknown member', key, expected);
      }
      const object = value as Record<string, unknown>;
      for (const { name, at: offset, node, wholeBytes } of writeOrder) {
        if (name === '__proto__' && !Object.hasOwn(object, name)) continue;
        const part = object[name];
        if (part === undefined) continue;
        if (overlapping && wholeBytes) {
          new Uint8Array(view.buffer, view.byteOffset + at + offset, node.size).fill(0);
        }
        try {
          node.write(view, at + offset, part);
        } catch (error) {
          throw inside(`.${name}`, error);
        }
      }
    },
  };
}

/** C allows a member of that name; an assignment would set the prototype. */
function defineProto(object: object, value: unknown): void {
  const attributes = { value, enumerable: true, configurable: true, writable: true };
  Object.defineProperty(object, '__proto__', attributes);
}

function shortData(btf: Btf, id: number, size: number, offset: number, length: number): BtfError {
  return new BtfError({
    code: 'BTF_SHORT_DATA',
    typeId: id,
    subject: btf.describe(id),
    available: Math.max(0, length - offset),
    needed: size,
  });
}

function badValue(btf: Btf, id: number, bad: BadValue): BtfError {
  return new BtfError({
    code: 'BTF_BAD_VALUE',
    typeId: id,
    subject: btf.describe(id),
    path: bad.path,
    problem: bad.problem,
    found: bad.found,
    expected: bad.expected,
  });
}
