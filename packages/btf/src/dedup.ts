/**
 * Deduplication: of types that say the same, one is kept and all references lead to it; each string is kept once; forward
 * declarations give way to the structs they declare.
 *
 * In four passes, each relying on the ones before: types that refer to none (INT, ENUM, FWD, FLOAT); structs and unions, as
 * graphs (dedup-equivalence.ts); declarations that only one struct answers to; types that only refer to others. VAR and
 * DATASEC are always kept.
 *
 * Rules: libbpf `src/btf.c`, btf__dedup.
 */

import { type Btf, MAX_DEPTH } from './btf.js';
import { DedupMap, Equivalence } from './dedup-equivalence.js';
import { DedupGraph } from './dedup-graph.js';
import { encodeBtf } from './encode-btf.js';
import { BtfError } from './errors.js';
import { remapBtfExt } from './remap-btf-ext.js';
import { BtfKind } from './types.js';

/** Options of {@link dedupBtf}. */
export interface DedupOptions {
  /** BTF.ext that goes with it, to be adjusted. */
  readonly ext?: Uint8Array;
}

/** What {@link dedupBtf} gives. */
export interface DedupResult {
  /** The smaller BTF, in the byte order of the old one. */
  readonly bytes: Uint8Array;
  /** The BTF.ext of the options, with type ids and string offsets of the new BTF. */
  readonly ext: Uint8Array | undefined;
  /** New id by old id, `void` and the base included. */
  readonly newIds: Uint32Array;
}

/**
 * Removes types and strings that are there twice; of a split BTF those too that its base has.
 *
 * @throws {@link BtfError} `BTF_BAD_TYPE_ID`, `BTF_BAD_STRING_OFFSET`, `BTF_BAD_TYPE` where the input is malformed;
 *   `BTF_BAD_KIND` for a kind that only a layout section knows; `BTF_TOO_DEEP` if types refer to each other in a circle that
 *   no struct is part of
 */
export function dedupBtf(btf: Btf, options: DedupOptions = {}): DedupResult {
  checkReferences(btf);
  const graph = new DedupGraph(btf);
  const map = new DedupMap(graph.count);
  const buckets = new Buckets(graph);
  map.set(0, 0);
  for (let id = 1; id < graph.startId; id++) {
    map.set(id, id);
    buckets.add(id);
  }
  dedupPlain(graph, map, buckets);
  dedupComposites(graph, map, buckets);
  resolveDeclarations(graph, map);
  dedupReferences(btf, graph, map, buckets);
  const newIds = numberTypes(graph, map);
  // Before the strings are written out: BTF.ext brings some of its own.
  const ext =
    options.ext &&
    remapBtfExt(options.ext, btf, {
      typeId: (id) => newIds[id] ?? id,
      string: (offset) => graph.strings.add(btf.string(offset)),
    });
  const types = writeTypes(graph, map, newIds, btf.littleEndian);
  return { bytes: encodeBtf(types, graph.strings.toBytes(), btf.littleEndian), ext, newIds };
}

/** Kept types by hash. */
class Buckets {
  readonly #graph: DedupGraph;
  readonly #ids = new Map<number, number[]>();

  constructor(graph: DedupGraph) {
    this.#graph = graph;
  }
  add(id: number): void {
    const hash = this.#graph.hash(id);
    const ids = this.#ids.get(hash);
    if (ids === undefined) this.#ids.set(hash, [id]);
    else ids.push(id);
  }
  get(id: number): readonly number[] {
    return this.#ids.get(this.#graph.hash(id)) ?? [];
  }
}

/** Decoding a type checks its ids and strings; of kinds that are not known, nobody knows which words these are. */
function checkReferences(btf: Btf): void {
  if (btf.base !== undefined) checkReferences(btf.base);
  for (const type of btf.types()) {
    if (type.kind !== 'unknown') continue;
    throw new BtfError({
      code: 'BTF_BAD_KIND',
      offset: btf.recordOffset(type.id) + 4,
      typeId: type.id,
      doing: 'deduplicating',
      found: type.kindNumber,
    });
  }
}

function dedupPlain(graph: DedupGraph, map: DedupMap, buckets: Buckets): void {
  for (let id = graph.startId; id < graph.count; id++) {
    switch (graph.kind(id)) {
      case BtfKind.VAR:
      case BtfKind.DATASEC:
        map.set(id, id);
        break;
      case BtfKind.INT:
      case BtfKind.FWD:
      case BtfKind.FLOAT:
        keepOrReplace(id, map, buckets, (candidate) => graph.sameWords(id, candidate));
        break;
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
        dedupEnum(id, graph, map, buckets);
    }
  }
}

function dedupEnum(id: number, graph: DedupGraph, map: DedupMap, buckets: Buckets): void {
  keepOrReplace(id, map, buckets, (candidate) => {
    if (!isEnum(graph.kind(candidate))) return false;
    if (graph.sameWords(id, candidate)) return true;
    if (!graph.enumsAreCompatible(id, candidate)) return false;
    if (graph.isEnumDeclaration(id)) return true;
    map.set(candidate, id);
    return false;
  });
}

function dedupComposites(graph: DedupGraph, map: DedupMap, buckets: Buckets): void {
  const equivalence = new Equivalence(graph, map);
  for (let id = graph.startId; id < graph.count; id++) {
    if (!graph.isComposite(id) || map.has(id)) continue;
    keepOrReplace(
      id,
      map,
      buckets,
      (candidate) => graph.sameLayout(id, candidate) && equivalence.unify(id, candidate),
    );
  }
}

/** A declaration that nothing was found to complete, but whose name only one struct or union has, is one of that. */
function resolveDeclarations(graph: DedupGraph, map: DedupMap): void {
  const byName = new Map<number, number | undefined>();
  for (let id = 1; id < graph.count; id++) {
    if (!graph.isComposite(id) || map.get(id) !== id) continue;
    const name = graph.name(id);
    byName.set(name, byName.has(name) ? undefined : id);
  }
  for (let id = graph.startId; id < graph.count; id++) {
    if (!graph.isFwd(id) || map.get(id) !== id) continue;
    const found = byName.get(graph.name(id));
    if (found !== undefined && graph.kind(found) === graph.fwdKind(id)) map.set(id, found);
  }
}

/** Types that refer to others, those they refer to first. */
function dedupReferences(btf: Btf, graph: DedupGraph, map: DedupMap, buckets: Buckets): void {
  const open = new Set<number>();
  for (let first = graph.startId; first < graph.count; first++) {
    const stack = map.has(first) ? [] : [first];
    while (stack.length > 0) {
      const id = stack.at(-1)!;
      if (map.has(id)) {
        stack.pop();
        continue;
      }
      if (!open.has(id)) {
        open.add(id);
        const missing = graph
          .idWords(id)
          .map((word) => graph.words[word]!)
          .filter((child) => !map.has(child));
        const looped = missing.find((child) => open.has(child));
        if (looped !== undefined) throw circle(btf, looped);
        if (missing.length > 0) {
          stack.push(...new Set(missing));
          continue;
        }
      }
      for (const word of graph.idWords(id)) graph.words[word] = map.resolve(graph.words[word]!);
      keepOrReplace(id, map, buckets, (candidate) => graph.sameWords(id, candidate));
      open.delete(id);
      stack.pop();
    }
  }
}

/** Maps a type to the first kept one that is `same`, or keeps it. */
function keepOrReplace(
  id: number,
  map: DedupMap,
  buckets: Buckets,
  same: (candidate: number) => boolean,
): void {
  const found = buckets.get(id).find(same);
  map.set(id, found ?? id);
  if (found === undefined) buckets.add(id);
}

/** New ids: kept types in their old order. */
function numberTypes(graph: DedupGraph, map: DedupMap): Uint32Array {
  const newIds = new Uint32Array(graph.count);
  let next = graph.startId;
  for (let id = 0; id < graph.startId; id++) newIds[id] = id;
  for (let id = graph.startId; id < graph.count; id++) if (map.get(id) === id) newIds[id] = next++;
  for (let id = 1; id < graph.count; id++) newIds[id] = newIds[map.resolve(id)]!;
  return newIds;
}

function writeTypes(
  graph: DedupGraph,
  map: DedupMap,
  newIds: Uint32Array,
  littleEndian: boolean,
): Uint8Array {
  const types = new Uint8Array(
    (graph.at(graph.count) - graph.at(Math.min(graph.startId, graph.count))) * 4,
  );
  const view = new DataView(types.buffer);
  let at = 0;
  for (let id = graph.startId; id < graph.count; id++) {
    if (map.get(id) !== id) continue;
    for (const word of graph.idWords(id)) graph.words[word] = newIds[graph.words[word]!]!;
    for (let word = graph.at(id); word < graph.at(id + 1); word++, at += 4) {
      view.setUint32(at, graph.words[word]!, littleEndian);
    }
  }
  return types.subarray(0, at);
}

function isEnum(kind: number): boolean {
  return kind === BtfKind.ENUM || kind === BtfKind.ENUM64;
}

function circle(btf: Btf, id: number): BtfError {
  return new BtfError({
    code: 'BTF_TOO_DEEP',
    offset: btf.recordOffset(id),
    typeId: id,
    subject: btf.describe(id),
    doing: 'deduplicating',
    limit: MAX_DEPTH,
  });
}
