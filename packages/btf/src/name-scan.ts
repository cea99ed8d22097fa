/**
 * The types of a name, found by the runtime's own searches through the bytes: `\0name\0` in the strings, then its offset among
 * the words of the types. A process that looks up few names is done before an index of all of them would be made: compiled code
 * needs no warming up. Look-ups beyond the first few are for the index.
 *
 * Only for a BTF of the machine's own byte order, without base, whose types are aligned; anything else is for the index, too.
 */

import type { StringTable } from './string-table.js';

/** Look-ups that are cheaper than an index. */
const SCANS = 4;

/** More strings that end with the name than this are not worth a search each. */
const MOST_STRINGS = 6;

const HOST_IS_LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** What is searched. */
export interface ScannedNames {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte offset of each record, ascending. */
  readonly recordOffsets: Uint32Array;
  /** One past the last record. */
  readonly typesEnd: number;
  readonly strings: StringTable;
}

export class NameScan {
  readonly #names: ScannedNames;
  #left = SCANS;

  constructor(names: ScannedNames) {
    this.#names = names;
  }

  /** Positions of all types of that name, ascending; `undefined` where the index is to be asked. */
  find(name: string): number[] | undefined {
    if (this.#left === 0 || name === '' || name.includes('\0')) return undefined;
    this.#left--;
    const words = this.#words();
    const text = words && this.#names.strings.oneCharacterPerByte();
    if (text === undefined) return undefined;
    const offsets = occurrences(text, `${name}\0`);
    if (offsets === undefined) return undefined;
    const positions = offsets.flatMap((offset) => this.#positionsOf(words!, offset));
    return positions.sort((a, b) => a - b);
  }

  /** The types as words, where they can be seen so. */
  #words(): Uint32Array | undefined {
    const { view, littleEndian, recordOffsets, typesEnd } = this.#names;
    const start = recordOffsets[0];
    if (start === undefined || littleEndian !== HOST_IS_LITTLE) return undefined;
    if ((view.byteOffset + start) % 4 !== 0) return undefined;
    return new Uint32Array(view.buffer, view.byteOffset + start, (typesEnd - start) >> 2);
  }

  /** Records whose first word is `nameOffset`. */
  #positionsOf(words: Uint32Array, nameOffset: number): number[] {
    const { recordOffsets } = this.#names;
    const start = recordOffsets[0]!;
    const found: number[] = [];
    for (let at = words.indexOf(nameOffset); at !== -1; at = words.indexOf(nameOffset, at + 1)) {
      const position = positionOf(recordOffsets, start + at * 4);
      if (position !== undefined) found.push(position);
    }
    return found;
  }
}

/** Where the bytes of `wanted` begin in `text`; `undefined` if in too many places. An offset of 0 stands for no name. */
function occurrences(text: string, wanted: string): number[] | undefined {
  const found: number[] = [];
  for (let at = text.indexOf(wanted, 1); at !== -1; at = text.indexOf(wanted, at + 1)) {
    if (found.push(at) > MOST_STRINGS) return undefined;
  }
  return found;
}

/** Index of `offset` in an ascending list. */
function positionOf(offsets: Uint32Array, offset: number): number | undefined {
  let [low, high] = [0, offsets.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const value = offsets[middle]!;
    if (value === offset) return middle;
    if (value < offset) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}
