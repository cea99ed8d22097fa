/**
 * Accessors of global variables without generated code: classes put together from BTF at run time, with the same getters and
 * setters that a generated class has.
 */

import type { Btf, BtfMember, BtfType } from '@libbpf-ts/btf';
import { codecFromBtf } from '../codec-from-btf.js';
import type { VariableSpec } from '../open/object-spec.js';
import * as access from '../skel/codec-helpers.js';
import { CharWindow, DataSection, StructView, viewArray } from './data-section.js';
import type { IntKind, IntLayout } from './section-atomics.js';
import type { NumbersType, SectionMemory } from './section-memory.js';

/** Global variables by name: a property for each, of the type that a skeleton would give it. */
// biome-ignore lint/suspicious/noExplicitAny: types are known at run time only
export type GlobalData = DataSection & Record<string, any>;

/** A getter and a setter of something at an offset. */
interface Place {
  get(memory: SectionMemory, at: number): unknown;
  set(memory: SectionMemory, at: number, value: unknown): void;
}

type ViewClass = new (memory: SectionMemory, offset: number) => StructView;
type Accessor = { readonly $m: SectionMemory; readonly $o?: number };

/**
 * Accessors for the variables of a section.
 *
 * @param variables - `MapSpec.variables`; static ones are left out, as in a skeleton
 * @returns one property for each variable: `section.counter`
 */
export function dataSectionFromBtf(
  memory: SectionMemory,
  btf: Btf,
  variables: readonly VariableSpec[],
): GlobalData {
  const places = new Places(btf);
  const shown = variables.filter(({ linkage }) => linkage !== 'static');
  const ints: Record<string, readonly [number, IntKind]> = {};
  class ReflectedSection extends DataSection {
    static override readonly $ints: IntLayout = ints;
  }
  for (const { name, offset, typeId } of shown) {
    const kind = places.intKind(typeId);
    if (kind !== undefined) ints[name] = [offset, kind];
    define(ReflectedSection.prototype, name, places.of(typeId), offset);
  }
  return new ReflectedSection(memory) as ReflectedSection & GlobalData;
}

function define(prototype: object, name: string, place: Place, offset: number): void {
  Object.defineProperty(prototype, OWN_NAMES.has(name) ? `${name}_` : name, {
    get(this: Accessor) {
      return place.get(this.$m, (this.$o ?? 0) + offset);
    },
    set(this: Accessor, value: unknown) {
      place.set(this.$m, (this.$o ?? 0) + offset, value);
    },
    enumerable: true,
    configurable: true,
  });
}

const NUMBERS = {
  i8: [Int8Array, 'Int8', access.writeInt8],
  u8: [Uint8Array, 'Uint8', access.writeUint8],
  i16: [Int16Array, 'Int16', access.writeInt16],
  u16: [Uint16Array, 'Uint16', access.writeUint16],
  i32: [Int32Array, 'Int32', access.writeInt32],
  u32: [Uint32Array, 'Uint32', access.writeUint32],
  i64: [BigInt64Array, 'BigInt64', access.writeBigInt64],
  u64: [BigUint64Array, 'BigUint64', access.writeBigUint64],
} as const;

/** What every accessor has: a member of such a name gets an underscore behind it. */
const OWN_NAMES = new Set(['$m', '$o', '$atomics', 'constructor', 'toJSON']);

/** Compiles types into places. */
class Places {
  readonly #btf: Btf;
  readonly #views = new Map<number, ViewClass>();

  constructor(btf: Btf) {
    this.#btf = btf;
  }

  of(id: number): Place {
    const type = this.#type(id);
    if (type.kind === 'struct' || type.kind === 'union') return this.#struct(type.id);
    if (type.kind === 'array') return this.#array(type);
    const kind = this.intKind(type.id);
    return kind === undefined ? this.#copied(type.id) : this.#integer(kind);
  }

  /** How an integer or enum of ordinary size lies in memory; `undefined` for every other type. */
  intKind(id: number): IntKind | undefined {
    const type = this.#type(id);
    const isInt = type.kind === 'int' && !type.bool && type.bits === type.size * 8;
    if (!isInt && type.kind !== 'enum' && type.kind !== 'enum64') return undefined;
    return intKind(type.size, type.signed);
  }

  /** What a type, or that of a variable, stands for. */
  #type(id: number): BtfType {
    const type = this.#btf.type(this.#btf.resolve(id));
    return type.kind === 'var' ? this.#type(type.typeId) : type;
  }

  #integer(kind: IntKind): Place {
    const little = this.#btf.littleEndian;
    const [, name, check] = NUMBERS[kind];
    const big = name.startsWith('Big');
    return {
      get: (memory, at) => memory.view[`get${name}`](at, little),
      set: (memory, at, value) => {
        const write = check as (...values: unknown[]) => void;
        // Where a 64-bit integer is wanted, a safe number is as good.
        const exact = big && Number.isSafeInteger(value) ? BigInt(value as number) : value;
        if (name === 'Int8' || name === 'Uint8') write(memory.mut, at, exact, name);
        else write(memory.mut, at, exact, little, name);
      },
    };
  }

  /** Values that are read and written as a whole. */
  #copied(id: number): Place {
    const codec = codecFromBtf(this.#btf, id);
    return {
      get: (memory, at) => codec.decode(memory.read(at, codec.size)),
      set: (memory, at, value) => {
        const bytes = memory.read(at, codec.size);
        codec.encode(bytes, 0, value);
        memory.write(at, bytes);
      },
    };
  }

  #struct(id: number): Place {
    const { set } = this.#copied(id);
    return {
      get: (memory, at) => new (this.#view(id))(memory, at),
      set,
    };
  }

  #array(type: BtfType & { kind: 'array' }): Place {
    const { length } = type;
    const element = this.#type(type.elementTypeId);
    const stride = this.#btf.sizeOf(type.elementTypeId);
    if (this.#isChar(element.id)) {
      return {
        get: (memory, at) => new CharWindow(memory, at, length),
        set: (memory, at, value) =>
          access.writeChars(memory.mut, at, length, value as string, 'char array'),
      };
    }
    const { set } = this.#copied(type.id);
    if (element.kind === 'struct' || element.kind === 'union') {
      return {
        get: (memory, at) => viewArray(memory, at, length, stride, this.#view(element.id)),
        set,
      };
    }
    const kind = element.kind === 'int' ? this.intKind(element.id) : undefined;
    const numbers = kind !== undefined ? NUMBERS[kind][0] : undefined;
    if (numbers === undefined) return { get: this.#copied(type.id).get, set };
    return {
      get: (memory, at) => memory.numbers(numbers as NumbersType<unknown>, at, length),
      set,
    };
  }

  /** `char` by its own name, as the codecs of `@libbpf-ts/btf` see it; not `__u8`. */
  #isChar(id: number): boolean {
    const type = this.#type(id);
    return (
      type.kind === 'int' && type.size === 1 && !type.bool && (type.char || type.name === 'char')
    );
  }

  #view(id: number): ViewClass {
    let view = this.#views.get(id);
    if (view !== undefined) return view;
    const made = class ReflectedView extends StructView {};
    view = made;
    this.#views.set(id, view);
    this.#members(made.prototype, id, 0);
    return view;
  }

  /** Members of anonymous structs and unions belong to the struct around them, as in C. */
  #members(prototype: object, id: number, base: number): void {
    const type = this.#type(id);
    if (type.kind !== 'struct' && type.kind !== 'union') return;
    for (const member of type.members) {
      const bits = base * 8 + member.bitOffset;
      if (member.bitSize > 0) define(prototype, member.name, this.#bitField(member, bits), 0);
      else if (member.name === '') this.#members(prototype, member.typeId, bits / 8);
      else define(prototype, member.name, this.of(member.typeId), bits / 8);
    }
  }

  #bitField(member: BtfMember, bitOffset: number): Place {
    const little = this.#btf.littleEndian;
    const type = this.#type(member.typeId);
    const { bitSize, name } = member;
    const signed = 'signed' in type && type.signed;
    const big = 'size' in type && type.size > 4;
    const read = big
      ? signed
        ? access.readBigSignedBits
        : access.readBigBits
      : signed
        ? access.readSignedBits
        : access.readBits;
    const isBool = type.kind === 'int' && type.bool;
    return {
      get: (memory, at) => {
        const value = read(memory.view, at, bitOffset, bitSize, little);
        return isBool ? value !== 0 : value;
      },
      set: (memory, at, value) =>
        access.writeBits(memory.mut, at, bitOffset, bitSize, value as number, signed, little, name),
    };
  }
}

function intKind(size: number, signed: boolean): IntKind | undefined {
  const kind = `${signed ? 'i' : 'u'}${size * 8}`;
  return Object.hasOwn(NUMBERS, kind) ? (kind as IntKind) : undefined;
}
