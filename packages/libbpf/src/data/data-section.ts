/**
 * Base classes of accessors, and what they are made of.
 *
 * The contract with generated code: a class extends {@link DataSection} or {@link StructView} and has one getter and one setter
 * per variable or member, at a constant offset. Reads go through `this.$m.view`, writes through `this.$m.mut`, which follow the
 * phase of the object and are DataViews in all but name: `get count() { return this.$m.view.getInt32(4, true); }`. A setter
 * checks the range before it writes. In place of a value, a getter gives:
 *
 * - for `char[N]`, `new CharWindow(this.$m, offset, length)`;
 * - for an array of ints or floats, `this.$m.numbers(Int32Array, offset, length)`;
 * - for a struct or union, `new PointView(this.$m, offset)`; for an array of them {@link viewArray};
 * - for opaque bytes, `this.$m.raw(offset, length)`.
 *
 * `static readonly $ints` of a section lists its integers for {@link DataSection.$atomics}. Names with `$` cannot be C's.
 */

import { readChars, writeChars } from '../skel/codec-helpers.js';
import { type IntLayout, SectionAtomics } from './section-atomics.js';
import type { SectionMemory } from './section-memory.js';

/** A data section: `skel.bss`. `Ints` has the type of each integer variable. */
export class DataSection<Ints = Record<string, number | bigint>> {
  /** Integers of the section, for {@link $atomics}. */
  static readonly $ints: IntLayout = {};
  readonly $m: SectionMemory;
  #atomics: SectionAtomics<Ints> | undefined;

  constructor(memory: SectionMemory) {
    this.$m = memory;
  }

  /** Atomic operations on the section's integers: `skel.bss.$atomics.add('hits', 1n)`. */
  get $atomics(): SectionAtomics<Ints> {
    this.#atomics ??= new SectionAtomics(this.$m, (this.constructor as typeof DataSection).$ints);
    return this.#atomics;
  }

  /** All values, for printing. */
  toJSON(): Record<string, unknown> {
    return valuesOf(this);
  }
}

/** A struct inside a data section, as a view: nothing is copied. */
export class StructView {
  readonly $m: SectionMemory;
  /** Bytes from the start of the section. */
  readonly $o: number;

  constructor(memory: SectionMemory, offset: number) {
    this.$m = memory;
    this.$o = offset;
  }

  /** All values, for printing. */
  toJSON(): Record<string, unknown> {
    return valuesOf(this);
  }
}

/** Text in a `char[N]`: reads and writes the memory itself. */
export class CharWindow {
  readonly #memory: SectionMemory;
  readonly #offset: number;
  /** Bytes. */
  readonly length: number;

  constructor(memory: SectionMemory, offset: number, length: number) {
    this.#memory = memory;
    this.#offset = offset;
    this.length = length;
  }

  /** UTF-8 up to the first NUL; a copy. */
  get text(): string {
    return readChars(this.#memory.view, this.#offset, this.length);
  }
  /** What follows it becomes zero. @throws RangeError for a text that does not fit with its NUL */
  set text(value: string) {
    writeChars(this.#memory.mut, this.#offset, this.length, value, 'text');
  }
  /** All bytes: a window where the section is live, else a copy. */
  get bytes(): Uint8Array {
    return this.#memory.raw(this.#offset, this.length);
  }
  toString(): string {
    return this.text;
  }
  toJSON(): string {
    return this.text;
  }
}

/** Structs in an array: `skel.bss.slots.at(3)`. Views are made as they are asked for. */
export interface ViewArray<View> extends Iterable<View> {
  readonly length: number;
  /** @throws RangeError past the end */
  at(index: number): View;
}

/** @param stride - bytes from one element to the next */
export function viewArray<View>(
  memory: SectionMemory,
  offset: number,
  length: number,
  stride: number,
  view: new (memory: SectionMemory, offset: number) => View,
): ViewArray<View> {
  return new Views(memory, offset, length, stride, view);
}

class Views<View> implements ViewArray<View> {
  readonly #memory: SectionMemory;
  readonly #offset: number;
  readonly #stride: number;
  readonly #view: new (
    memory: SectionMemory,
    offset: number,
  ) => View;
  readonly length: number;

  constructor(
    memory: SectionMemory,
    offset: number,
    length: number,
    stride: number,
    view: new (memory: SectionMemory, offset: number) => View,
  ) {
    this.#memory = memory;
    this.#offset = offset;
    this.#stride = stride;
    this.#view = view;
    this.length = length;
  }

  at(index: number): View {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new RangeError(`index ${index} is outside the array, expected 0 to ${this.length - 1}`);
    }
    return new this.#view(this.#memory, this.#offset + index * this.#stride);
  }

  *[Symbol.iterator](): IterableIterator<View> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  toJSON(): View[] {
    return [...this];
  }
}

/** What the getters of an accessor give. */
function valuesOf(accessor: object): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const properties = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(accessor));
  for (const [name, { get }] of Object.entries(properties)) {
    if (get !== undefined && !name.startsWith('$')) values[name] = get.call(accessor);
  }
  return values;
}
