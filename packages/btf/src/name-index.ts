/**
 * Names of one BTF's own types → ids: a chained hash over the name bytes where they lie, so that building it makes no
 * string and no object. Two 32-bit words per type is all it keeps.
 *
 * Chains run in id order, which gives "first id of that name" for free.
 */

const encoder = new TextEncoder();

/** What the index needs of a BTF: its own type records and the strings they may refer to. */
export interface IndexedNames {
  readonly view: DataView;
  readonly littleEndian: boolean;
  /** Byte offset of each own record. */
  readonly recordOffsets: Uint32Array;
  /** Own strings, and where they begin in the numbering that `name_off` uses. */
  readonly strings: Uint8Array;
  readonly stringsStart: number;
  /** Names that lie in the strings of a base, by their offset there; `undefined` if out of range. */
  baseName(offset: number): Uint8Array | undefined;
}

export class NameIndex {
  readonly #names: IndexedNames;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #mask: number;

  constructor(names: IndexedNames) {
    this.#names = names;
    const { view, littleEndian, recordOffsets, strings, stringsStart } = names;
    const count = recordOffsets.length;
    const buckets = bucketCount(count);
    const mask = buckets - 1;
    // 0 ends a chain, so entries are position + 1.
    const heads = new Int32Array(buckets);
    const next = new Int32Array(count);
    const limit = strings.length;
    for (let position = count - 1; position >= 0; position--) {
      const nameOffset = view.getUint32(recordOffsets[position]!, littleEndian);
      if (nameOffset === 0) continue;
      let hash = 0;
      if (nameOffset >= stringsStart) {
        let at = nameOffset - stringsStart;
        if (at >= limit) continue;
        for (let byte = strings[at]!; byte !== 0; byte = strings[++at]!)
          hash = (Math.imul(hash, 31) + byte) | 0;
      } else {
        const name = names.baseName(nameOffset);
        if (name === undefined) continue;
        hash = hashOf(name);
      }
      const bucket = spread(hash) & mask;
      next[position] = heads[bucket]!;
      heads[bucket] = position + 1;
    }
    this.#heads = heads;
    this.#next = next;
    this.#mask = mask;
  }

  /** Calls `visit` with the position of each type named `name`, ascending, until it returns true. */
  each(name: string, visit: (position: number) => boolean): void {
    const bytes = encoder.encode(name);
    if (bytes.length === 0 || bytes.includes(0)) return;
    const { view, littleEndian, recordOffsets } = this.#names;
    let entry = this.#heads[spread(hashOf(bytes)) & this.#mask]!;
    for (; entry !== 0; entry = this.#next[entry - 1]!) {
      const position = entry - 1;
      if (!this.#isNamed(view.getUint32(recordOffsets[position]!, littleEndian), bytes)) continue;
      if (visit(position)) return;
    }
  }

  #isNamed(nameOffset: number, wanted: Uint8Array): boolean {
    const { strings, stringsStart } = this.#names;
    if (nameOffset < stringsStart) return sameBytes(this.#names.baseName(nameOffset)!, 0, wanted);
    const at = nameOffset - stringsStart;
    return strings[at + wanted.length] === 0 && sameBytes(strings, at, wanted);
  }
}

function bucketCount(entries: number): number {
  let buckets = 16;
  while (buckets < entries) buckets *= 2;
  return buckets;
}

function hashOf(bytes: Uint8Array): number {
  let hash = 0;
  for (let at = 0; at < bytes.length; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash;
}

/** Mixes the high bits down, as buckets are picked by the low ones. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function sameBytes(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++)
    if (bytes[at + index] !== wanted[index]) return false;
  return true;
}
