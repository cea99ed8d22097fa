/**
 * Base classes of generated accessors.
 *
 * A generated class has one getter and one setter per variable or member, at a constant offset: reads go through
 * `this.$m.view`, writes through `this.$m.mut`, which follow the phase of the object. Names with `$` in front cannot be C's.
 */

import { readChars, writeChars } from '../skel/codec-helpers.js';
import type { SectionMemory } from './section-memory.js';

/** A data section: `skel.bss`. */
export class DataSection {
  readonly $m: SectionMemory;

  constructor(memory: SectionMemory) {
    this.$m = memory;
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
}

/** Text in a `char[N]`: reads and writes the memory itself. */
export class CharWindow {
  readonly #memory: SectionMemory;
  readonly #offset: number;
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
  set text(value: string) {
    writeChars(this.#memory.mut, this.#offset, this.length, value, 'text');
  }
  /** All bytes as a window. */
  get bytes(): Uint8Array {
    return this.#memory.raw(this.#offset, this.length);
  }
  toString(): string {
    return this.text;
  }
}

/** Structs in an array: `skel.bss.slots.at(3)`. Views are made as they are asked for. */
export interface ViewArray<View> extends Iterable<View> {
  readonly length: number;
  /** @throws RangeError past the end */
  at(index: number): View;
}

export function viewArray<View>(
  memory: SectionMemory,
  offset: number,
  length: number,
  stride: number,
  view: new (memory: SectionMemory, offset: number) => View,
): ViewArray<View> {
  const at = (index: number): View => {
    if (!Number.isInteger(index) || index < 0 || index >= length)
      throw new RangeError(`index ${index} is outside the array, expected 0 to ${length - 1}`);
    return new view(memory, offset + index * stride);
  };
  return {
    length,
    at,
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield at(index);
    },
  };
}
