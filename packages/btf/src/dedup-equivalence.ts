/**
 * Whether two struct graphs are the same: the hard part of deduplication, because types refer to each other in circles.
 *
 * Both graphs are walked together. Each pair of types that meets is noted as a hypothesis; meeting a type again with the same
 * partner closes a circle, meeting it with another one refutes the whole. A forward declaration stands for a struct of its
 * name, which is how `struct s;` of one file learns what another file says `s` is.
 *
 *   file 1: struct a { struct b *b; };  struct b { struct a *a; };
 *   file 2: struct a { struct b *b; };  struct b;
 *
 * Comparing the `a`s pairs the pointers, then the full `b` with the declaration: they fit, and from then on the
 * declaration of file 2 means the struct of file 1.
 *
 * Rules: libbpf `src/btf.c`, btf_dedup_is_equiv and btf_dedup_merge_hypot_map. The walk uses a stack of its own and a budget,
 * so that deep and hostile graphs end; types that are too much to compare are left as different.
 */

import type { DedupGraph } from './dedup-graph.js';
import { BtfKind } from './types.js';

const UNMAPPED = 0xffffffff;
/** How far two types that stand in for each other may go on being identical. */
const IDENTICAL_DEPTH = 16;

/** What every type is replaced by; types that are replaced by themselves are kept. */
export class DedupMap {
  readonly #map: Uint32Array;

  constructor(count: number) {
    this.#map = new Uint32Array(count).fill(UNMAPPED);
  }
  has(id: number): boolean {
    return this.#map[id] !== UNMAPPED;
  }
  get(id: number): number {
    return this.#map[id]!;
  }
  set(id: number, replacement: number): void {
    this.#map[id] = replacement;
  }
  /** The type at the end of the chain of replacements. */
  resolve(id: number): number {
    let current = id;
    for (
      let next = this.#map[current]!;
      next !== UNMAPPED && next !== current;
      next = this.#map[current]!
    ) {
      current = next;
    }
    return current;
  }
}

export class Equivalence {
  readonly #graph: DedupGraph;
  readonly #map: DedupMap;
  /** Hypotheses: which type of the candidate's graph each canonical type stands for. */
  readonly #partner: Uint32Array;
  #paired: number[] = [];
  /** The graphs differ only in that a base's declaration is completed; that much may be noted, no more. */
  #onlyDeclarations = false;
  #budget: number;

  constructor(graph: DedupGraph, map: DedupMap) {
    this.#graph = graph;
    this.#map = map;
    this.#partner = new Uint32Array(graph.count).fill(UNMAPPED);
    this.#budget = 4_000_000 + graph.count * 200;
  }

  /** Compares two structs; if they are the same, notes what follows for the types that they refer to. */
  unify(candidate: number, canonical: number): boolean {
    for (const id of this.#paired) this.#partner[id] = UNMAPPED;
    this.#paired = [];
    this.#onlyDeclarations = false;
    if (!this.#walk(candidate, canonical)) return false;
    this.#merge();
    return !this.#onlyDeclarations;
  }

  #walk(candidate: number, canonical: number): boolean {
    const stack = [candidate, canonical];
    while (stack.length > 0) {
      const canon = this.#resolveFwd(stack.pop()!);
      const cand = stack.pop()!;
      if (this.#map.resolve(cand) === this.#map.resolve(canon)) continue;
      const partner = this.#partner[canon]!;
      if (partner !== UNMAPPED) {
        if (partner === cand || this.#areIdentical(partner, cand, IDENTICAL_DEPTH)) continue;
        return false;
      }
      if (this.#budget-- <= 0) return false;
      this.#partner[canon] = cand;
      this.#paired.push(canon);
      if (!this.#compare(cand, canon, stack)) return false;
    }
    return true;
  }

  /** Compares one pair; what it refers to goes on the stack, last first. */
  #compare(cand: number, canon: number, stack: number[]): boolean {
    const graph = this.#graph;
    if (graph.name(cand) !== graph.name(canon)) return false;
    const [candKind, canonKind] = [graph.kind(cand), graph.kind(canon)];
    if (candKind !== canonKind) {
      if (candKind === BtfKind.FWD) return graph.fwdKind(cand) === canonKind;
      if (canonKind === BtfKind.FWD) return this.#completes(candKind, canon);
      return isEnum(candKind) && isEnum(canonKind) && graph.enumsAreCompatible(cand, canon);
    }
    switch (candKind) {
      case BtfKind.INT:
        return graph.sameWords(cand, canon);
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        return graph.enumsAreCompatible(cand, canon);
      case BtfKind.FWD:
      case BtfKind.FLOAT:
        return graph.sameHead(cand, canon);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        if (!graph.sameLayout(cand, canon)) return false;
        break;
      case BtfKind.ARRAY:
        if (graph.words[graph.at(cand) + 5] !== graph.words[graph.at(canon) + 5]) return false;
        break;
      case BtfKind.FUNC_PROTO:
        if (!this.#sameParameterNames(cand, canon)) return false;
        break;
      case BtfKind.VOID:
      case BtfKind.VAR:
      case BtfKind.DATASEC:
      case BtfKind.DECL_TAG:
        return false;
      default:
        if (graph.info(cand) !== graph.info(canon)) return false;
    }
    const [from, to] = [graph.idWords(cand), graph.idWords(canon)];
    // An array's index type comes first.
    if (candKind === BtfKind.ARRAY) [from, to].map((words) => words.reverse());
    for (let index = from.length - 1; index >= 0; index--) {
      stack.push(graph.words[from[index]!]!, graph.words[to[index]!]!);
    }
    return true;
  }

  /** A full struct where the canonical graph has a declaration. */
  #completes(kind: number, canon: number): boolean {
    const fits = this.#graph.fwdKind(canon) === kind;
    if (fits && canon < this.#graph.startId) this.#onlyDeclarations = true;
    return fits;
  }

  #sameParameterNames(a: number, b: number): boolean {
    const graph = this.#graph;
    if (graph.name(a) !== graph.name(b) || graph.info(a) !== graph.info(b)) return false;
    const [at, bt] = [graph.at(a), graph.at(b)];
    const end = graph.at(a + 1) - at;
    for (let word = 3; word < end; word += 2) {
      if (graph.words[at + word] !== graph.words[bt + word]) return false;
    }
    return true;
  }

  /** Compilers may write one type twice within a struct: the second meeting is with a copy of the first partner. */
  #areIdentical(a: number, b: number, depth: number): boolean {
    const graph = this.#graph;
    if (a === b) return true;
    if (depth <= 0 || this.#budget-- <= 0 || graph.kind(a) !== graph.kind(b)) return false;
    switch (graph.kind(a)) {
      case BtfKind.INT:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FWD:
      case BtfKind.FLOAT:
        return graph.sameWords(a, b);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        if (!graph.sameLayout(a, b)) return false;
        break;
      case BtfKind.ARRAY:
        if (graph.words[graph.at(a) + 5] !== graph.words[graph.at(b) + 5]) return false;
        break;
      case BtfKind.FUNC_PROTO:
        if (!this.#sameParameterNames(a, b)) return false;
        break;
      default:
        if (graph.name(a) !== graph.name(b) || graph.info(a) !== graph.info(b)) return false;
    }
    const [from, to] = [graph.idWords(a), graph.idWords(b)];
    return from.every((word, index) =>
      this.#areIdentical(graph.words[word]!, graph.words[to[index]!]!, depth - 1),
    );
  }

  /** The hypotheses hold: declarations become what they stood for, structs that were met on the way are settled. */
  #merge(): void {
    const graph = this.#graph;
    const map = this.#map;
    for (const id of this.#paired) {
      const target = map.resolve(this.#partner[id]!);
      const canonical = map.resolve(id);
      const [targetIsFwd, canonicalIsFwd] = [graph.isFwd(target), graph.isFwd(canonical)];
      if (!targetIsFwd && canonicalIsFwd) map.set(canonical, target);
      if (this.#onlyDeclarations || canonicalIsFwd) continue;
      if (targetIsFwd) map.set(target, canonical);
      else if (graph.isComposite(target) && map.has(canonical) && !map.has(target))
        map.set(target, canonical);
    }
  }

  /** What a declaration is known to stand for; the declaration itself if nothing is. */
  #resolveFwd(id: number): number {
    if (!this.#graph.isFwd(id)) return id;
    const resolved = this.#map.resolve(id);
    return this.#graph.isFwd(resolved) ? id : resolved;
  }
}

function isEnum(kind: number): boolean {
  return kind === BtfKind.ENUM || kind === BtfKind.ENUM64;
}
