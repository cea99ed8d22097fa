/**
 * Sorts numbers by a string each, in the order of the strings' characters.
 *
 * Each key is sorted once, with the numbers that have it waiting in a map: an array of strings is sorted by machine code,
 * where numbers would need a call of ours per comparison.
 */

/**
 * Sorts `items` in place by `keyOf`; calls `onTies` for each run of two or more with equal keys, as a view that it may sort
 * further.
 */
export function sortByKey(
  items: Uint32Array,
  keyOf: (item: number) => string,
  onTies: (ties: Uint32Array) => void,
): void {
  const byKey = new Map<string, number | number[]>();
  const keys: string[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    const key = keyOf(item);
    const others = byKey.get(key);
    if (others === undefined) {
      byKey.set(key, item);
      keys.push(key);
    } else if (typeof others === 'number') byKey.set(key, [others, item]);
    else others.push(item);
  }
  keys.sort();
  let end = 0;
  for (let i = 0; i < keys.length; i++) {
    const found = byKey.get(keys[i]!)!;
    if (typeof found === 'number') {
      items[end++] = found;
      continue;
    }
    items.set(found, end);
    end += found.length;
    onTies(items.subarray(end - found.length, end));
  }
}
