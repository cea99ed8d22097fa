/**
 * Sorts numbers by a string each, in the order of the strings' characters.
 *
 * The first five characters of a key and the position of its number make a 64-bit integer; a typed array of those is sorted
 * by machine code, without a call per comparison. Runs that agree in five characters are sorted by the next five, small
 * ones by insertion. Keys have characters up to U+00FF, as names in a type table have.
 */

/** Runs up to this long are sorted by insertion. */
const FEW = 10;
/** Characters that a sort key holds: one in front of the position, which has 24 bits, and four above. */
const STEP = 5;
const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/**
 * Sorts `items` (fewer than 2**24) in place by `keyOf`; calls `onTies` for each run of two or more with equal keys, as a
 * view that it may sort further.
 */
export function sortByKey(
  items: Uint32Array,
  keyOf: (item: number) => string,
  onTies: (ties: Uint32Array) => void,
): void {
  const keys: string[] = [];
  for (const item of items) keys.push(keyOf(item));
  sort(items, keys, 0, items.length, 0);
  for (let first = 0, i = 1; i <= items.length; i++) {
    if (i < items.length && keys[i] === keys[first]) continue;
    if (i - first > 1) onTies(items.subarray(first, i));
    first = i;
  }
}

/** Sorts `items[from..to)` and their keys, which agree in the first `depth` characters. */
function sort(items: Uint32Array, keys: string[], from: number, to: number, depth: number): void {
  const count = to - from;
  if (count <= FEW) {
    insert(items, keys, from, to);
    return;
  }
  const words = new Uint32Array(count * 2);
  const [low, high] = HOST_IS_LITTLE_ENDIAN ? [0, 1] : [1, 0];
  for (let i = 0; i < count; i++) {
    const key = keys[from + i]!;
    words[i * 2 + high] = prefix(key, depth);
    words[i * 2 + low] = (character(key, depth + 4) << 24) | i;
  }
  new BigUint64Array(words.buffer).sort();
  const oldItems = items.slice(from, to);
  const oldKeys = keys.slice(from, to);
  for (let i = 0; i < count; i++) {
    const position = words[i * 2 + low]! & 0xff_ffff;
    items[from + i] = oldItems[position]!;
    keys[from + i] = oldKeys[position]!;
  }
  for (let first = 0, i = 1; i <= count; i++) {
    if (i < count && agree(words, first, i, low, high)) continue;
    // Keys that end within these characters agree in all of them: NUL stands behind the end only.
    if (i - first > 1 && words[first * 2 + low]! >>> 24 !== 0) {
      sort(items, keys, from + first, from + i, depth + STEP);
    }
    first = i;
  }
}

/** Four characters of a key from `at` on as a number that orders like them. */
function prefix(key: string, at: number): number {
  return (
    ((character(key, at) << 24) |
      (character(key, at + 1) << 16) |
      (character(key, at + 2) << 8) |
      character(key, at + 3)) >>>
    0
  );
}

/** A character of a key, 0 behind its end. */
function character(key: string, at: number): number {
  return at < key.length ? key.charCodeAt(at) : 0;
}

function agree(words: Uint32Array, a: number, b: number, low: number, high: number): boolean {
  return (
    words[a * 2 + high] === words[b * 2 + high] &&
    words[a * 2 + low]! >>> 24 === words[b * 2 + low]! >>> 24
  );
}

function insert(items: Uint32Array, keys: string[], from: number, to: number): void {
  for (let i = from + 1; i < to; i++) {
    const key = keys[i]!;
    const item = items[i]!;
    let at = i;
    for (; at > from && keys[at - 1]! > key; at--) {
      keys[at] = keys[at - 1]!;
      items[at] = items[at - 1]!;
    }
    keys[at] = key;
    items[at] = item;
  }
}
