/**
 * The types of a few names, found by the runtime's own search through the strings, and one pass over the types. A process that looks
 * up what one object needs is done before an index of all names would be made: compiled code needs no warming up. Look-ups
 * beyond the first few passes are for the index.
 *
 * Names that will be asked for are best told before: they are found in one pass together.
 *
 * A type's name may begin anywhere in a string, at the end of a longer one: whatever ends like a wanted name is looked for among the
 * types.
 *
 * Only for a BTF of the machine's own byte order, without base, whose types are aligned; anything else is for the index, too.
 */

import { essentialName, FLAVOUR } from './essential-name.js';
import { infoKind } from './record.js';
import type { RecordOffsets } from './record-offsets.js';
import type { StringTable } from './string-table.js';

/** Passes that are cheaper than an index. */
const PASSES = 4;
/** Names in one pass: more make the search through the strings slow. */
const MOST_NAMES = 64;
/** More strings that end like the names are not worth a list. */
const MOST_STRINGS = 4096;
/** Characters of a name; longer ones take long to compare. */
const LONGEST = 512;
/** For up to so many strings the runtime's own search through the types is quicker than a pass over their names. */
const FEW_STRINGS = 20;

/** What is searched. */
export interface ScannedNames {
  readonly records: RecordOffsets;
  /** Id of the first record. */
  readonly startId: number;
  readonly strings: StringTable;
}

/** Ids of types, ascending. */
export interface NamedTypes {
  /** Of exactly that name. */
  readonly exact: readonly number[];
  /** Of that name and a flavour. */
  readonly flavoured: readonly number[];
}

/** A string that a type of a wanted name would have, by its offset. */
interface WantedString {
  readonly name: string;
  readonly isFlavoured: boolean;
}

export class NameScan {
  readonly #names: ScannedNames;
  readonly #known = new Map<string, { exact: number[]; flavoured: number[] }>();
  readonly #expected = new Set<string>();
  #left = PASSES;

  constructor(names: ScannedNames) {
    this.#names = names;
  }

  /** Says that these will be asked for. Those that can't be searched for are left out. */
  expect(names: Iterable<string>): void {
    for (const name of names) {
      if (this.#expected.size === MOST_NAMES) return;
      if (isPlain(name) && !this.#known.has(name)) this.#expected.add(name);
    }
  }

  /** Whether {@link find} has the answer, or will find it for this and all expected names in one pass. */
  expects(name: string): boolean {
    return this.#known.has(name) || (this.#left > 0 && this.#expected.has(name));
  }

  /** The types of a name; `undefined` where the index is to be asked. */
  find(name: string): NamedTypes | undefined {
    const known = this.#known.get(name);
    if (known !== undefined || this.#left === 0 || !isPlain(name)) return known;
    this.#left--;
    this.#expected.add(name);
    const wanted = this.#wantedStrings();
    const { words } = this.#names.records;
    if (wanted === undefined || words === undefined) {
      this.#left = 0;
      return undefined;
    }
    const found = [...this.#expected].map((one) => {
      const types = { exact: [], flavoured: [] };
      this.#known.set(one, types);
      return types;
    });
    this.#expected.clear();
    const note = (position: number, offset: number) => {
      const { name: one, isFlavoured } = wanted.get(offset)!;
      const types = this.#known.get(one)!;
      (isFlavoured ? types.flavoured : types.exact).push(this.#names.startId + position);
    };
    if (wanted.size <= FEW_STRINGS) this.#searchWords(words, wanted.keys(), note);
    else this.#passOverNames(words, wanted, note);
    for (const { exact, flavoured } of found) {
      exact.sort((a, b) => a - b);
      flavoured.sort((a, b) => a - b);
    }
    return this.#known.get(name);
  }

  /** Offsets of what ends like one of the expected names, with a flavour or without; `undefined` if the index is better. */
  #wantedStrings(): Map<number, WantedString> | undefined {
    const text = this.#names.strings.oneCharacterPerByte();
    if (text === undefined) return undefined;
    const found = new Map<number, WantedString>();
    const pattern = new RegExp(`(?:${[...this.#expected].join('|')})(?=\\0|${FLAVOUR})`, 'g');
    let count = 0;
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      const { index, 0: name } = match;
      // One name may end another.
      pattern.lastIndex = index + 1;
      const end = text.indexOf('\0', index);
      if (++count > MOST_STRINGS || end - index > LONGEST) return undefined;
      const whole = text.slice(index, end);
      if (essentialName(whole) === name) found.set(index, { name, isFlavoured: whole !== name });
    }
    return found;
  }

  /** Tells of each record whose first word is one of `offsets`, for a few of those. */
  #searchWords(
    words: Int32Array,
    offsets: Iterable<number>,
    note: (position: number, offset: number) => void,
  ): void {
    const { records } = this.#names;
    for (const offset of offsets) {
      for (let at = words.indexOf(offset); at !== -1; at = words.indexOf(offset, at + 1)) {
        // Most words that are not a name's have no kind behind them.
        if (infoKind(words[at + 1] ?? 0) === 0) continue;
        const position = records.positionAt(records.start + at * 4);
        if (position !== undefined) note(position, offset);
      }
    }
  }

  /** As {@link #searchWords}, for any number. */
  #passOverNames(
    words: Int32Array,
    offsets: ReadonlyMap<number, unknown>,
    note: (position: number, offset: number) => void,
  ): void {
    const { start } = this.#names.records;
    const recordOffsets = this.#names.records.complete();
    const marks = new Uint8Array(0x10000);
    for (const offset of offsets.keys()) marks[offset & 0xffff] = 1;
    for (let position = 0; position < recordOffsets.length; position++) {
      const offset = words[(recordOffsets[position]! - start) >> 2]!;
      if (marks[offset & 0xffff] === 0) continue;
      if (offsets.has(offset)) note(position, offset);
    }
  }
}

/** Whether a name stands for itself in a pattern, and has no flavour in it. */
function isPlain(name: string): boolean {
  return /^\w+$/.test(name) && name.length <= LONGEST && !name.includes(FLAVOUR);
}
