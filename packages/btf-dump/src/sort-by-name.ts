/**
 * Sorts type ids by a string each, as `strcmp` orders them, on the bytes of the string section.
 *
 * Quicksort on one byte at a time: partition by the byte at some depth, sort the smaller and the larger part at the same
 * depth, the equal part one byte further. Each byte that two neighbours share is looked at once, not once per comparison,
 * and kernel names share long prefixes. The recursion is bounded: 256 values per depth, and depths are a loop.
 */

/** Below this many, insertion is quicker than partition. */
const FEW = 8;

/**
 * Sorts `ids[from..to)` by the strings at `offsetOf[id]`; calls `ties` for each run of two or more with equal strings.
 */
export function sortByName(
  strings: Uint8Array,
  ids: Uint32Array,
  offsetOf: Uint32Array,
  from: number,
  to: number,
  ties: (from: number, to: number) => void,
): void {
  sort(strings, ids, offsetOf, from, to, 0, ties);
}

function sort(
  strings: Uint8Array,
  ids: Uint32Array,
  offsetOf: Uint32Array,
  from: number,
  to: number,
  startDepth: number,
  ties: (from: number, to: number) => void,
): void {
  let low = from;
  let high = to;
  for (let depth = startDepth; high - low > 1; depth++) {
    if (high - low < FEW) {
      insert(strings, ids, offsetOf, low, high, depth, ties);
      return;
    }
    const pivot = strings[offsetOf[ids[(low + high) >>> 1]!]! + depth]!;
    let less = low;
    let greater = high;
    for (let i = low; i < greater; ) {
      const id = ids[i]!;
      const byte = strings[offsetOf[id]! + depth]!;
      if (byte < pivot) {
        ids[i++] = ids[less]!;
        ids[less++] = id;
      } else if (byte > pivot) {
        ids[i] = ids[--greater]!;
        ids[greater] = id;
      } else {
        i++;
      }
    }
    sort(strings, ids, offsetOf, low, less, depth, ties);
    sort(strings, ids, offsetOf, greater, high, depth, ties);
    low = less;
    high = greater;
    if (pivot === 0) {
      if (high - low > 1) ties(low, high);
      return;
    }
  }
}

function insert(
  strings: Uint8Array,
  ids: Uint32Array,
  offsetOf: Uint32Array,
  from: number,
  to: number,
  depth: number,
  ties: (from: number, to: number) => void,
): void {
  for (let i = from + 1; i < to; i++) {
    const id = ids[i]!;
    let at = i;
    while (at > from && compare(strings, offsetOf[ids[at - 1]!]!, offsetOf[id]!, depth) > 0) {
      ids[at] = ids[at - 1]!;
      at--;
    }
    ids[at] = id;
  }
  for (let first = from, i = from + 1; i <= to; i++) {
    if (i < to && compare(strings, offsetOf[ids[first]!]!, offsetOf[ids[i]!]!, depth) === 0) {
      continue;
    }
    if (i - first > 1) ties(first, i);
    first = i;
  }
}

/** Negative, 0 or positive as the string at `a` comes before, equals or comes after that at `b`, from byte `depth` on. */
function compare(strings: Uint8Array, a: number, b: number, depth: number): number {
  if (a === b) return 0;
  for (let i = a + depth, j = b + depth; ; i++, j++) {
    const difference = strings[i]! - strings[j]!;
    if (difference !== 0 || strings[i] === 0) return difference;
  }
}
