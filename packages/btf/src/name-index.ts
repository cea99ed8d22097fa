/**
 * Names of one BTF's own types → ids: a chained hash over the name bytes where they lie, so that building it makes no
 * string and no object. Two 32-bit words per type is all it keeps.
 *
 * It is built from the lowest id up and no further than look-ups need: the first type of a name is the one that is asked for,
 * and those that everything refers to come early.
 */

const encoder = new TextEncoder();

/** Types that are added to the index at a time. */
const STEP = 4096;

/** What the index needs of a BTF: its own type records and the strings they may refer to. */
export interface IndexedNames {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte offset of each own record. */
  readonly recordOffsets: Uint32Array;
  /** Own strings, and where they begin in the numbering that `name_off` uses. */
  readonly strings: Uint8Array;
  readonly stringsStart: number;
  /** Names that lie in the strings of a base, by their offset there. */
  baseName(offset: number): Uint8Array | undefined;
}

export class NameIndex {
  readonly #names: IndexedNames;
  readonly #strings: DataView;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  /** Types that are in the index: those before this position. */
  #done = 0;

  constructor(names: IndexedNames) {
    const { strings, recordOffsets } = names;
    this.#names = names;
    this.#strings = viewOf(strings);
    // 0 ends a chain, so entries are position + 1. Each chain runs from the highest position down.
    this.#heads = new Int32Array(bucketCount(recordOffsets.length));
    this.#next = new Int32Array(recordOffsets.length);
  }

  /** Whether every type is in it. */
  get isComplete(): boolean {
    return this.#done === this.#next.length;
  }

  /** Position of the first type of that name that `accepts`; among the first `limit` or so only, if there is one. */
  first(
    name: string,
    accepts: (position: number) => boolean,
    limit: number = Number.POSITIVE_INFINITY,
  ): number | undefined {
    const wanted = nameBytes(name);
    if (wanted === undefined) return undefined;
    const hash = hashAt(viewOf(wanted), 0);
    let from = 0;
    for (;;) {
      const found = this.#matches(wanted, hash, from).findLast(accepts);
      if (found !== undefined) return found;
      if (this.isComplete || this.#done >= limit) return undefined;
      from = this.#done;
      this.#extend();
    }
  }

  /** Positions of all types of that name, ascending. */
  all(name: string): number[] {
    const wanted = nameBytes(name);
    if (wanted === undefined) return [];
    while (this.#done < this.#next.length) this.#extend();
    return this.#matches(wanted, hashAt(viewOf(wanted), 0), 0).reverse();
  }

  /** Positions of the types of that name, `from` and above, descending. */
  #matches(wanted: Uint8Array, hash: number, from: number): number[] {
    const { view, littleEndian, recordOffsets } = this.#names;
    const found: number[] = [];
    let entry = this.#heads[hash & (this.#heads.length - 1)]!;
    for (; entry > from; entry = this.#next[entry - 1]!) {
      const nameOffset = view.getUint32(recordOffsets[entry - 1]!, littleEndian);
      if (this.#isNamed(nameOffset, wanted)) found.push(entry - 1);
    }
    return found;
  }

  /** Adds the next types. */
  #extend(): void {
    const { view, littleEndian, recordOffsets, strings, stringsStart } = this.#names;
    const heads = this.#heads;
    const next = this.#next;
    const text = this.#strings;
    const mask = heads.length - 1;
    const limit = strings.length;
    const end = Math.min(this.#done + STEP, next.length);
    for (let position = this.#done; position < end; position++) {
      const nameOffset = view.getUint32(recordOffsets[position]!, littleEndian);
      if (nameOffset === 0) continue;
      let bucket: number;
      if (nameOffset >= stringsStart) {
        if (nameOffset - stringsStart >= limit) continue;
        bucket = hashAt(text, nameOffset - stringsStart) & mask;
      } else {
        const name = this.#names.baseName(nameOffset);
        if (name === undefined) continue;
        bucket = hashAt(viewOf(name), 0) & mask;
      }
      next[position] = heads[bucket]!;
      heads[bucket] = position + 1;
    }
    this.#done = end;
  }

  #isNamed(nameOffset: number, wanted: Uint8Array): boolean {
    const { strings, stringsStart } = this.#names;
    if (nameOffset >= stringsStart) {
      const at = nameOffset - stringsStart;
      return strings[at + wanted.length] === 0 && startsWith(strings, at, wanted);
    }
    const name = this.#names.baseName(nameOffset);
    return name?.length === wanted.length && startsWith(name, 0, wanted);
  }
}

function bucketCount(entries: number): number {
  let buckets = 16;
  while (buckets < entries) buckets *= 2;
  return buckets;
}

/** Names that no type can have are looked for in vain. */
function nameBytes(name: string): Uint8Array | undefined {
  return name === '' || name.includes('\0') ? undefined : encoder.encode(name);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Hash of the string at `at`, up to NUL or the end of the bytes, four bytes at a time. What follows the NUL in its word does
 * not count.
 */
function hashAt(text: DataView, at: number): number {
  const lastWord = text.byteLength - 4;
  let hash = 0;
  for (let here = at; ; here += 4) {
    const word = here <= lastWord ? text.getInt32(here, true) : shortWord(text, here);
    // The lowest set bit is the top one of the first byte that is zero.
    const zeros = (word - 0x01010101) & ~word & 0x80808080;
    if (zeros !== 0) {
      const firstZero = zeros & -zeros;
      hash = mix(hash, word & ((firstZero >>> 7) - 1));
      return hash ^ (hash >>> 13);
    }
    hash = mix(hash, word);
  }
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** The bytes that are left, as a word with zeros above. */
function shortWord(text: DataView, at: number): number {
  let word = 0;
  for (let here = text.byteLength - 1; here >= at; here--) word = (word << 8) | text.getUint8(here);
  return word;
}

function startsWith(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++)
    if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
