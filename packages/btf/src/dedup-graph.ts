/**
 * All types of a BTF and its bases as one array of words in host order, and the comparisons of single types that deduplication
 * is made of: what has to be equal for two types of one kind to be the same, given that what they refer to is.
 *
 * Rules: libbpf `src/btf.c`, the btf_hash_* and btf_equal_* functions beside btf__dedup.
 */

import type { Btf } from './btf.js';
import { infoKind, infoVlen } from './record.js';
import { StringWriter } from './string-writer.js';
import { BtfKind } from './types.js';

/** Words after the first three in which a type refers to another, per kind: first, and distance to the next entry's. */
const ENTRY_WORDS: Partial<Record<number, { step: number; id: number; name: number }>> = {
  [BtfKind.STRUCT]: { step: 3, id: 1, name: 0 },
  [BtfKind.UNION]: { step: 3, id: 1, name: 0 },
  [BtfKind.ENUM]: { step: 2, id: -1, name: 0 },
  [BtfKind.ENUM64]: { step: 3, id: -1, name: 0 },
  [BtfKind.FUNC_PROTO]: { step: 2, id: 1, name: 0 },
  [BtfKind.DATASEC]: { step: 3, id: 0, name: -1 },
};

/** Kinds whose third word is a type id. */
const THIRD_IS_ID: readonly number[] = [
  BtfKind.PTR,
  BtfKind.TYPEDEF,
  BtfKind.VOLATILE,
  BtfKind.CONST,
  BtfKind.RESTRICT,
  BtfKind.FUNC,
  BtfKind.FUNC_PROTO,
  BtfKind.VAR,
  BtfKind.DECL_TAG,
  BtfKind.TYPE_TAG,
];

export class DedupGraph {
  /** Types, `void` and those of the bases included. */
  readonly count: number;
  /** First id that is to be deduplicated. */
  readonly startId: number;
  /** Strings of the result; names in {@link words} are offsets in it. */
  readonly strings: StringWriter;
  readonly words: Uint32Array;
  readonly #at: Uint32Array;

  constructor(btf: Btf) {
    this.count = btf.typeCount;
    this.startId = btf.startId;
    this.strings = new StringWriter(btf.base);
    this.#at = new Uint32Array(btf.typeCount + 1);
    this.words = this.#load(btf);
  }

  /** Index of the first word of a type; of the type after the last, where the words end. */
  at(id: number): number {
    return this.#at[id]!;
  }
  name(id: number): number {
    return this.words[this.#at[id]!]!;
  }
  info(id: number): number {
    return this.words[this.#at[id]! + 1]!;
  }
  /** Size or type id. */
  third(id: number): number {
    return this.words[this.#at[id]! + 2]!;
  }
  kind(id: number): number {
    return infoKind(this.info(id));
  }
  vlen(id: number): number {
    return infoVlen(this.info(id));
  }
  isComposite(id: number): boolean {
    const kind = this.kind(id);
    return kind === BtfKind.STRUCT || kind === BtfKind.UNION;
  }
  isFwd(id: number): boolean {
    return this.kind(id) === BtfKind.FWD;
  }
  /** STRUCT or UNION, as the flag of a FWD says. */
  fwdKind(id: number): number {
    return this.info(id) > 0x7fffffff ? BtfKind.UNION : BtfKind.STRUCT;
  }

  /** Index of each word of a type that holds a type id. */
  idWords(id: number): number[] {
    const at = this.#at[id]!;
    const kind = this.kind(id);
    if (kind === BtfKind.ARRAY) return [at + 3, at + 4];
    const found = THIRD_IS_ID.includes(kind) ? [at + 2] : [];
    const entry = ENTRY_WORDS[kind];
    if (entry === undefined || entry.id < 0) return found;
    const end = this.#at[id + 1]!;
    for (let word = at + 3 + entry.id; word < end; word += entry.step) found.push(word);
    return found;
  }

  /** Same name, kind, entry count, flag and size or type id. */
  sameHead(a: number, b: number): boolean {
    return (
      this.name(a) === this.name(b) &&
      this.info(a) === this.info(b) &&
      this.third(a) === this.third(b)
    );
  }

  /** All words are the same. */
  sameWords(a: number, b: number): boolean {
    const [at, bt] = [this.#at[a]!, this.#at[b]!];
    const length = this.#at[a + 1]! - at;
    if (this.#at[b + 1]! - bt !== length) return false;
    for (let word = 0; word < length; word++)
      if (this.words[at + word] !== this.words[bt + word]) return false;
    return true;
  }

  /** Two structs or unions that are the same but for the types of members. */
  sameLayout(a: number, b: number): boolean {
    if (!this.sameHead(a, b)) return false;
    const [at, bt] = [this.#at[a]!, this.#at[b]!];
    const length = this.#at[a + 1]! - at;
    for (let word = 3; word < length; word += 3) {
      if (this.words[at + word] !== this.words[bt + word]) return false;
      if (this.words[at + word + 2] !== this.words[bt + word + 2]) return false;
    }
    return true;
  }

  /** An enum without values is a declaration, and stands for any enum of its name, be it 32 or 64 bits wide. */
  isEnumDeclaration(id: number): boolean {
    return this.vlen(id) === 0;
  }

  /** The same enum, or a declaration of it. */
  enumsAreCompatible(a: number, b: number): boolean {
    if (this.isEnumDeclaration(a) || this.isEnumDeclaration(b))
      return this.name(a) === this.name(b);
    return this.sameWords(a, b);
  }

  /** Hash of what is compared for a type of that kind. */
  hash(id: number): number {
    const kind = this.kind(id);
    const at = this.#at[id]!;
    if (kind === BtfKind.ENUM || kind === BtfKind.ENUM64) return mix(BtfKind.ENUM, this.words[at]!);
    const end = this.#at[id + 1]!;
    const isComposite = this.isComposite(id);
    let hash = 0;
    for (let word = at; word < end; word++) {
      // Types of members are compared as graphs, later.
      if (isComposite && word > at + 2 && (word - at) % 3 === 1) continue;
      hash = mix(hash, this.words[word]!);
    }
    return hash;
  }

  #load(btf: Btf): Uint32Array {
    const chain: Btf[] = [];
    for (let one: Btf | undefined = btf; one !== undefined; one = one.base) chain.unshift(one);
    const bytes = chain.reduce((sum, one) => sum + recordBytes(one), 0);
    const words = new Uint32Array(3 + bytes / 4);
    const renamed = new Map<number, number>();
    let at = 3;
    for (const { view, littleEndian, startId, typeCount } of chain) {
      for (let id = startId; id < typeCount; id++) {
        this.#at[id] = at;
        const [start, end] = [btf.recordOffset(id), btf.recordEnd(id)];
        for (let from = start; from < end; from += 4)
          words[at++] = view.getUint32(from, littleEndian);
        this.#rename(btf, words, this.#at[id]!, at, renamed);
      }
    }
    this.#at[this.count] = at;
    return words;
  }

  /** Turns the string offsets of one type into those of the result. */
  #rename(
    btf: Btf,
    words: Uint32Array,
    at: number,
    end: number,
    renamed: Map<number, number>,
  ): void {
    const rename = (word: number): void => {
      const old = words[word]!;
      let offset = renamed.get(old);
      if (offset === undefined) {
        offset = this.strings.add(btf.string(old));
        renamed.set(old, offset);
      }
      words[word] = offset;
    };
    rename(at);
    const entry = ENTRY_WORDS[infoKind(words[at + 1]!)];
    if (entry === undefined || entry.name < 0) return;
    for (let word = at + 3 + entry.name; word < end; word += entry.step) rename(word);
  }
}

function recordBytes(btf: Btf): number {
  return btf.typeCount === btf.startId
    ? 0
    : btf.recordEnd(btf.typeCount - 1) - btf.recordOffset(btf.startId);
}

function mix(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
