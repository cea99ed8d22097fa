/**
 * BTF in the making: one call per type, ids in the order of the calls. Types may refer to ids that come later; nothing is
 * checked but that numbers fit their fields, so that a test can build what a compiler never would.
 *
 * Source of truth: linux/include/uapi/linux/btf.h.
 */

import type { Btf } from './btf.js';
import { ByteWriter } from './byte-writer.js';
import { encodeBtf } from './encode-btf.js';
import { parseBtf } from './parse-btf.js';
import { makeInfo } from './record.js';
import { StringWriter } from './string-writer.js';
import { BtfKind, type BtfLinkage, type BtfType } from './types.js';

/** Options of {@link btfBuilder}. */
export interface BtfBuilderOptions {
  /** Byte order of the result; that of the base, or little, by default. */
  readonly littleEndian?: boolean;
  /** Bytes of a pointer, for {@link BtfBuilder.build}; by default as `parseBtf` finds out. */
  readonly pointerSize?: 4 | 8;
  /** Makes a split BTF: ids and string offsets continue those of the base. */
  readonly base?: Btf;
}

/** A member for {@link BtfBuilder.struct}. */
export interface NewMember {
  /** Anonymous if left out. */
  readonly name?: string;
  readonly typeId: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bit-field; 0 by default, which is no bit-field. */
  readonly bitSize?: number;
}

/** A struct or union for {@link BtfBuilder.struct}. */
export interface NewComposite {
  /** Bytes. */
  readonly size: number;
  readonly members?: readonly NewMember[];
  /** Whether members carry bit-field sizes; by default, whether one has one. */
  readonly kindFlag?: boolean;
}

const LINKAGES: readonly BtfLinkage[] = ['static', 'global', 'extern'];

/** Most entries that kernels before 7.2 take in one type. */
const MAX_ENTRIES = 0xffff;

/** Starts a new BTF without types. */
export function btfBuilder(options: BtfBuilderOptions = {}): BtfBuilder {
  return new BtfBuilder(options);
}

/** A BTF in the making, made by {@link btfBuilder}. Every method that adds a type returns its id. */
export class BtfBuilder {
  readonly #options: BtfBuilderOptions;
  readonly #types: ByteWriter;
  readonly #strings: StringWriter;
  #nextId: number;

  /** @internal */
  constructor(options: BtfBuilderOptions) {
    this.#options = options;
    this.#types = new ByteWriter(options.littleEndian ?? options.base?.littleEndian ?? true);
    this.#strings = new StringWriter(options.base);
    this.#nextId = options.base?.typeCount ?? 1;
  }

  /** The id that the next type will get. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Offset of a string, which is added if it is new. */
  addString(text: string): number {
    return this.#strings.add(text);
  }

  /** `bits` is `size * 8` and `offset` 0 by default. */
  int(
    name: string,
    type: {
      readonly size: number;
      readonly bits?: number;
      readonly offset?: number;
      readonly signed?: boolean;
      readonly char?: boolean;
      readonly bool?: boolean;
    },
  ): number {
    const { size, bits = Math.min(size * 8, 255), offset = 0 } = type;
    const encoding =
      (type.signed === true ? 1 : 0) | (type.char === true ? 2 : 0) | (type.bool === true ? 4 : 0);
    const id = this.#record(name, BtfKind.INT, 0, false, size);
    this.#word(
      (encoding << 24) | (fit(offset, 0xff, 'offset') << 16) | fit(bits, 0xff, 'bits'),
      'encoding',
    );
    return id;
  }

  ptr(typeId: number): number {
    return this.#record('', BtfKind.PTR, 0, false, typeId);
  }

  /** `indexTypeId` should be an unsigned int of 4 bytes. */
  array(
    elementTypeId: number,
    type: { readonly length: number; readonly indexTypeId: number },
  ): number {
    const id = this.#record('', BtfKind.ARRAY, 0, false, 0);
    this.#word(elementTypeId, 'elementTypeId');
    this.#word(type.indexTypeId, 'indexTypeId');
    this.#word(type.length, 'length');
    return id;
  }

  struct(name: string, type: NewComposite): number {
    return this.#composite(name, BtfKind.STRUCT, type);
  }

  union(name: string, type: NewComposite): number {
    return this.#composite(name, BtfKind.UNION, type);
  }

  /** `size` is 4 and `signed` false by default; without values it is a forward declaration. */
  enum(
    name: string,
    type: {
      readonly size?: number;
      readonly signed?: boolean;
      readonly values: readonly { readonly name: string; readonly value: number }[];
    },
  ): number {
    const { size = 4, signed = false, values } = type;
    const id = this.#record(name, BtfKind.ENUM, values.length, signed, size);
    for (const value of values) {
      this.#word(this.addString(value.name), 'name');
      this.#types.u32(fit(value.value, 0xffffffff, 'value', -0x80000000));
    }
    return id;
  }

  /** `size` is 8 and `signed` false by default. */
  enum64(
    name: string,
    type: {
      readonly size?: number;
      readonly signed?: boolean;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    },
  ): number {
    const { size = 8, signed = false, values } = type;
    const id = this.#record(name, BtfKind.ENUM64, values.length, signed, size);
    for (const value of values) {
      this.#word(this.addString(value.name), 'name');
      this.#types.u32(Number(BigInt.asUintN(32, value.value)));
      this.#types.u32(Number(BigInt.asUintN(32, value.value >> 32n)));
    }
    return id;
  }

  fwd(name: string, fwdKind: 'struct' | 'union'): number {
    return this.#record(name, BtfKind.FWD, 0, fwdKind === 'union', 0);
  }

  typedef(name: string, typeId: number): number {
    return this.#record(name, BtfKind.TYPEDEF, 0, false, typeId);
  }

  volatile(typeId: number): number {
    return this.#record('', BtfKind.VOLATILE, 0, false, typeId);
  }

  const(typeId: number): number {
    return this.#record('', BtfKind.CONST, 0, false, typeId);
  }

  restrict(typeId: number): number {
    return this.#record('', BtfKind.RESTRICT, 0, false, typeId);
  }

  /** `typeId` is that of a FUNC_PROTO. */
  func(name: string, type: { readonly typeId: number; readonly linkage: BtfLinkage }): number {
    return this.#record(name, BtfKind.FUNC, LINKAGES.indexOf(type.linkage), false, type.typeId);
  }

  /** A last parameter without name and with `typeId` 0 stands for `...`. */
  funcProto(
    returnTypeId: number,
    parameters: readonly { readonly name?: string; readonly typeId: number }[] = [],
  ): number {
    const id = this.#record('', BtfKind.FUNC_PROTO, parameters.length, false, returnTypeId);
    for (const parameter of parameters) {
      this.#word(this.addString(parameter.name ?? ''), 'name');
      this.#word(parameter.typeId, 'typeId');
    }
    return id;
  }

  var(name: string, type: { readonly typeId: number; readonly linkage: BtfLinkage }): number {
    const id = this.#record(name, BtfKind.VAR, 0, false, type.typeId);
    this.#word(LINKAGES.indexOf(type.linkage), 'linkage');
    return id;
  }

  datasec(
    name: string,
    type: {
      readonly size: number;
      readonly variables: readonly {
        readonly typeId: number;
        readonly offset: number;
        readonly size: number;
      }[];
    },
  ): number {
    const id = this.#record(name, BtfKind.DATASEC, type.variables.length, false, type.size);
    for (const variable of type.variables) {
      this.#word(variable.typeId, 'typeId');
      this.#word(variable.offset, 'offset');
      this.#word(variable.size, 'size');
    }
    return id;
  }

  float(name: string, size: number): number {
    return this.#record(name, BtfKind.FLOAT, 0, false, size);
  }

  /** `componentIndex` is -1 (the whole type) and `kindFlag` false by default. */
  declTag(
    name: string,
    type: {
      readonly typeId: number;
      readonly componentIndex?: number;
      readonly kindFlag?: boolean;
    },
  ): number {
    const id = this.#record(name, BtfKind.DECL_TAG, 0, type.kindFlag ?? false, type.typeId);
    this.#types.u32(fit(type.componentIndex ?? -1, 0x7fffffff, 'componentIndex', -1));
    return id;
  }

  typeTag(name: string, type: { readonly typeId: number; readonly kindFlag?: boolean }): number {
    return this.#record(name, BtfKind.TYPE_TAG, 0, type.kindFlag ?? false, type.typeId);
  }

  /** Adds a type as `Btf.type` gives it; its id is not used, ids that it refers to are taken as they are. */
  add(type: BtfType): number {
    const { name } = type;
    switch (type.kind) {
      case 'void':
        throw new TypeError('BTF builder: void is id 0 everywhere and can not be added');
      case 'int':
        return this.int(name, type);
      case 'ptr':
        return this.#record(name, BtfKind.PTR, 0, false, type.typeId);
      case 'array':
        return this.array(type.elementTypeId, type);
      case 'struct':
      case 'union':
        return this[type.kind](name, type);
      case 'enum':
        return this.enum(name, type);
      case 'enum64':
        return this.enum64(name, type);
      case 'fwd':
        return this.fwd(name, type.fwdKind);
      case 'typedef':
        return this.typedef(name, type.typeId);
      case 'volatile':
      case 'const':
      case 'restrict':
        return this[type.kind](type.typeId);
      case 'func':
        return this.func(name, type);
      case 'func_proto':
        return this.funcProto(type.returnTypeId, type.parameters);
      case 'var':
        return this.var(name, type);
      case 'datasec':
        return this.datasec(name, type);
      case 'float':
        return this.float(name, type.size);
      case 'decl_tag':
        return this.declTag(name, type);
      case 'type_tag':
        return this.typeTag(name, type);
      case 'unknown':
        throw new TypeError(
          `BTF builder: type ${type.id} is of kind ${type.kindNumber}, which this version can not write: what in it are ids and names is not known`,
        );
    }
  }

  /** Serialises: header, types, strings. The builder can go on afterwards. */
  toBytes(): Uint8Array {
    return encodeBtf(this.#types.toBytes(), this.#strings.toBytes(), this.#types.littleEndian);
  }

  /** {@link toBytes}, parsed. */
  build(): Btf {
    const { base, pointerSize } = this.#options;
    return parseBtf(this.toBytes(), { base, pointerSize });
  }

  #composite(name: string, kind: BtfKind, type: NewComposite): number {
    const { size, members = [] } = type;
    const flag = type.kindFlag ?? members.some(({ bitSize = 0 }) => bitSize > 0);
    const id = this.#record(name, kind, members.length, flag, size);
    for (const { name: memberName = '', typeId, bitOffset, bitSize = 0 } of members) {
      this.#word(this.addString(memberName), 'name');
      this.#word(typeId, 'typeId');
      if (flag)
        this.#word(
          fit(bitSize, 0xff, 'bitSize') * 0x1000000 + fit(bitOffset, 0xffffff, 'bitOffset'),
          '',
        );
      else this.#word(bitOffset, 'bitOffset');
    }
    return id;
  }

  #record(name: string, kind: BtfKind, vlen: number, flag: boolean, sizeOrType: number): number {
    const nameOffset = this.addString(name);
    fit(sizeOrType, 0xffffffff, 'size or type id');
    this.#types.u32(nameOffset);
    this.#types.u32(makeInfo(kind, fit(vlen, MAX_ENTRIES, 'number of entries'), flag));
    this.#types.u32(sizeOrType);
    return this.#nextId++;
  }

  #word(value: number, field: string): void {
    this.#types.u32(fit(value, 0xffffffff, field));
  }
}

/** `value`, if it is a whole number in range. */
function fit(value: number, maximum: number, field: string, minimum = 0): number {
  if (Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw new RangeError(
    `BTF builder: ${field} is ${value}, expected a whole number from ${minimum} to ${maximum}`,
  );
}
