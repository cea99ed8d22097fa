/**
 * Atomic operations on integers of a data section, against programs that use `__sync_fetch_and_add` and its like.
 *
 * They work where the memory is mapped, on integers of 1, 2, 4 or 8 bytes that lie at a multiple of their size: as the
 * compiler places them outside packed structs.
 */

import { BpfError } from '../errors.js';
import type { SectionMemory } from './section-memory.js';

/** How an integer lies in memory. */
export type IntKind = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64';

/** Integers by name: offset and kind. Generated classes carry one as `static $ints`. */
export type IntLayout = Readonly<Record<string, readonly [offset: number, kind: IntKind]>>;

type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;
type BigInts = BigInt64Array | BigUint64Array;
type Operation = 'add' | 'sub' | 'and' | 'or' | 'xor' | 'exchange' | 'store';

const ARRAYS = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
} as const;

/**
 * `skel.bss.$atomics.add('hits', 1n)`. Operations give the value from before, and wrap as they do in C.
 *
 * Each throws a RangeError for an operand that does not fit, `BPF_NO_SUCH_VARIABLE`, `BPF_NOT_MAPPED`, `BPF_FROZEN`,
 * `BPF_CLOSED`.
 */
export class SectionAtomics<Ints = Record<string, number | bigint>> {
  readonly #memory: SectionMemory;
  readonly #layout: IntLayout;
  readonly #windows = new Map<string, Numbers | BigInts>();

  /** @internal */
  constructor(memory: SectionMemory, layout: IntLayout) {
    this.#memory = memory;
    this.#layout = layout;
  }

  load<Name extends keyof Ints & string>(name: Name): Ints[Name] {
    return Atomics.load(this.#window(name) as BigInts, 0) as Ints[Name];
  }
  /** @returns what was written */
  store<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('store', name, value);
  }
  add<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('add', name, value);
  }
  sub<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('sub', name, value);
  }
  and<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('and', name, value);
  }
  or<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('or', name, value);
  }
  xor<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('xor', name, value);
  }
  exchange<Name extends keyof Ints & string>(name: Name, value: Ints[Name]): Ints[Name] {
    return this.#apply('exchange', name, value);
  }
  /** Writes `replacement` if the value is `expected`. @returns the value from before */
  compareExchange<Name extends keyof Ints & string>(
    name: Name,
    expected: Ints[Name],
    replacement: Ints[Name],
  ): Ints[Name] {
    const window = this.#window(name) as BigInts;
    const [before, after] = [this.#operand(name, expected), this.#operand(name, replacement)];
    return Atomics.compareExchange(window, 0, before, after) as Ints[Name];
  }

  #apply<Name extends keyof Ints & string>(
    operation: Operation,
    name: Name,
    value: Ints[Name],
  ): Ints[Name] {
    return Atomics[operation](
      this.#window(name) as BigInts,
      0,
      this.#operand(name, value),
    ) as Ints[Name];
  }

  /** As a bigint for the type checker only: arrays of numbers get numbers. */
  #operand(name: string, value: unknown): bigint {
    const kind = this.#layout[name]![1];
    const bits = Number(kind.slice(1));
    const signed = kind.startsWith('i');
    const wants = bits === 64 ? 'bigint' : 'number';
    if (typeof value !== wants)
      throw new TypeError(`"${name}": ${String(value)} is a ${typeof value}, expected a ${wants}`);
    const fits =
      bits === 64
        ? (signed ? BigInt.asIntN(64, value as bigint) : BigInt.asUintN(64, value as bigint)) ===
          value
        : Number.isInteger(value) &&
          (value as number) >= (signed ? -(2 ** (bits - 1)) : 0) &&
          (value as number) < 2 ** (signed ? bits - 1 : bits);
    if (!fits)
      throw new RangeError(
        `"${name}": ${value} does not fit, expected ${signed ? 'a signed' : 'an unsigned'} ${bits}-bit integer`,
      );
    return value as bigint;
  }

  #window(name: string): Numbers | BigInts {
    const memory = this.#memory;
    const known = this.#windows.get(name);
    if (known !== undefined && memory.state === 'mapped') return known;
    const place = Object.hasOwn(this.#layout, name) ? this.#layout[name] : undefined;
    if (place === undefined) {
      throw new BpfError(
        'BPF_NO_SUCH_VARIABLE',
        `section "${memory.name}": "${name}" is no integer of it`,
        { section: memory.name },
      );
    }
    const [offset, kind] = place;
    const type = ARRAYS[kind];
    // Frozen and closed sections say so themselves.
    if (memory.state === 'frozen' || memory.state === 'closed' || memory.state === 'unknown')
      memory.mut.setUint8(offset, 0);
    if (memory.state === 'syscalls' || offset % type.BYTES_PER_ELEMENT !== 0) {
      const problem =
        memory.state === 'syscalls'
          ? 'the section is not mapped on this kernel'
          : `it lies at offset ${offset}, which is not a multiple of its size`;
      throw new BpfError(
        'BPF_NOT_MAPPED',
        `section "${memory.name}": "${name}" has no atomic operations, ${problem}`,
        { section: memory.name },
      );
    }
    const window = new type(memory.buffer, offset, 1);
    this.#windows.set(name, window);
    return window;
  }
}
