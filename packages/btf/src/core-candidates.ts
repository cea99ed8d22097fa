/**
 * Which types of the running kernel a type of the object may stand for: those of the same kind and the same essential name,
 * which is the name up to its last `___`. `task_struct`, `task_struct___old` and `task_struct___2` are
 * candidates for each other: the part after the separator, the flavour, is for the compiler only.
 *
 * Rules: libbpf `src/libbpf.c`, bpf_core_find_cands, bpf_core_add_cands, bpf_core_essential_name_len. The first target is
 * searched whole; further ones only if it has no candidate, and only for types of their own.
 */

import type { Btf } from './btf.js';
import { essentialName, FLAVOUR } from './essential-name.js';
import { isEnum } from './record-fields.js';

/** A type that a local type may stand for. */
export interface CoreCandidate {
  readonly btf: Btf;
  readonly btfName: string;
  readonly id: number;
}

/** The kernel's BTF, or that of a module. */
export interface CoreTarget {
  /** `vmlinux`, or the name of a module. */
  readonly name: string;
  readonly btf: Btf;
}

/** Whether two kinds may stand for each other: the same, or any two enums. */
export function kindsAreCompatible(a: number, b: number): boolean {
  return a === b || (isEnum(a) && isEnum(b));
}

/**
 * Candidates for the type `id` of `local`, in the order they are tried.
 *
 * @param targets - taken one by one, and no more of them than needed
 */
export function findCandidates(
  local: Btf,
  id: number,
  targets: Iterable<CoreTarget>,
): CoreCandidate[] {
  const name = essentialName(local.nameOf(id));
  const kind = local.kindOf(id);
  const candidates: CoreCandidate[] = [];
  let first = true;
  for (const { name: btfName, btf } of targets) {
    for (const candidate of idsByEssentialName(btf, name, first)) {
      if (!kindsAreCompatible(btf.kindOf(candidate), kind)) continue;
      candidates.push({ btf, btfName, id: candidate });
    }
    if (first && candidates.length > 0) break;
    first = false;
  }
  return candidates;
}

/** Every id whose essential name is `name`, ascending; those of the base only if `withBase`. */
function idsByEssentialName(btf: Btf, name: string, withBase: boolean): readonly number[] {
  const scanned = btf.scanForName(name);
  if (scanned !== undefined) return inOrder(scanned.exact, scanned.flavoured);
  // Of `a___b___c` the essential name is `a___b`, but of a type called `a___b` it is `a`.
  let ids = essentialName(name) === name ? btf.findAllByName(name) : [];
  if (!withBase) ids = ids.filter((id) => id >= btf.startId);
  const flavoured: number[] = [];
  for (let one: Btf | undefined = btf; one !== undefined; one = withBase ? one.base : undefined) {
    // Most names have none, and then not even a string that could be one.
    if (one.mayHaveString(name + FLAVOUR)) flavoured.push(...(flavoursOf(one).get(name) ?? []));
  }
  return inOrder(ids, flavoured);
}

function inOrder(ids: readonly number[], flavoured: readonly number[]): readonly number[] {
  return flavoured.length === 0 ? ids : [...ids, ...flavoured].sort((a, b) => a - b);
}

const flavours = new WeakMap<Btf, ReadonlyMap<string, readonly number[]>>();

/** Own types that carry a flavour, by essential name; found once per BTF. */
function flavoursOf(btf: Btf): ReadonlyMap<string, readonly number[]> {
  let map = flavours.get(btf);
  if (map === undefined) {
    map = findFlavours(btf);
    flavours.set(btf, map);
  }
  return map;
}

function findFlavours(btf: Btf): ReadonlyMap<string, readonly number[]> {
  const found = new Map<string, number[]>();
  for (const id of btf.typesNamedWithin(rangesWithFlavour(btf))) {
    const essential = essentialName(btf.nameOf(id));
    if (essential === btf.nameOf(id)) continue;
    const ids = found.get(essential);
    if (ids === undefined) found.set(essential, [id]);
    else ids.push(id);
  }
  return found;
}

/**
 * First and last offset of each string that has a flavour, ascending, those of the bases included. A name may start anywhere
 * in a string; only the rest of a string with a flavour can have one.
 */
function rangesWithFlavour(btf: Btf): (readonly [start: number, end: number])[] {
  const ranges = btf.base === undefined ? [] : rangesWithFlavour(btf.base);
  const { strings, stringsStart } = btf;
  const text = oneCharacterPerByte(strings);
  for (let at = text.indexOf(FLAVOUR); at >= 0; ) {
    const start = text.lastIndexOf('\0', at) + 1;
    const end = text.indexOf('\0', at);
    const name = text.slice(start, end);
    if (essentialName(name) !== name) ranges.push([stringsStart + start, stringsStart + end]);
    at = text.indexOf(FLAVOUR, end);
  }
  return ranges;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text whose character at each position is the byte there, where it is ASCII; searching it is the runtime's own work. */
function oneCharacterPerByte(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  if (text.length === bytes.length) return text;
  return new TextDecoder('latin1').decode(bytes);
}
