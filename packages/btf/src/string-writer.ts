/**
 * A string section in the making: each string once, found again by its text; strings that a base has are not repeated.
 */

import type { Btf } from './btf.js';
import { ByteWriter } from './byte-writer.js';

const encoder = new TextEncoder();
const NUL = new Uint8Array(1);

export class StringWriter {
  readonly #writer = new ByteWriter(true);
  readonly #offsets = new Map<string, number>();
  readonly #start: number;

  constructor(base: Btf | undefined) {
    this.#start = base?.stringsEnd ?? 0;
    if (base === undefined) this.add('');
    else collect(base, this.#offsets);
  }

  /** Offset of `text`, which is added if it is new. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    if (text.includes('\0')) throw new TypeError('BTF string: contains NUL');
    const offset = this.#start + this.#writer.length;
    this.#writer.append(encoder.encode(text));
    this.#writer.append(NUL);
    this.#offsets.set(text, offset);
    return offset;
  }

  /** The section: a copy. */
  toBytes(): Uint8Array {
    return this.#writer.toBytes();
  }
}

/** Offsets of all strings of a BTF and its bases; of equal ones the first. */
function collect(btf: Btf, offsets: Map<string, number>): void {
  if (btf.base !== undefined) collect(btf.base, offsets);
  const { strings, stringsStart } = btf;
  for (let at = 0; at < strings.length; at = strings.indexOf(0, at) + 1) {
    const text = btf.string(stringsStart + at);
    if (!offsets.has(text)) offsets.set(text, stringsStart + at);
  }
}
