/**
 * Sorts types by a name each, in the order of the names' bytes.
 *
 * A kernel has 15 000 names to sort, and comparing two strings costs as much as printing a line. So the names are sorted as
 * numbers, four bytes at a time from the left, by the typed array's own sort:
 *
 *     task_struct   0x7461736b ('task')   alone after one step
 *     skb_frag      0x736b625f ('skb_')   two are equal so far, and are sorted by the next four bytes
 *     skb_ext       0x736b625f
 *
 * Below its four bytes a number carries which item it belongs to; this also keeps equal names in the order they had. A few that
 * are left together are compared as strings, which is then the cheaper way, and so are names that are long and alike.
 */

import type { TypeTable } from './type-table.js';

/** Where the names are. */
export type Names = Pick<TypeTable, 'string' | 'stringBytes'>;

/** This many are compared as strings. */
const FEW = 4;
/** Bytes after which equal names are compared as strings. */
const LONG = 128;

/** Which half of a number of 64 bits counts more. */
const HIGH = new Uint32Array(new BigUint64Array([1n]).buffer)[0] === 1 ? 1 : 0;
const LOW = 1 - HIGH;

/**
 * Sorts `items` in place by the names that begin at `nameOf` in the strings; calls `onTies` for each run of two or more with
 * equal names, as a view that it may sort further.
 */
export function sortByName(
  types: Names,
  items: Uint32Array,
  nameOf: (item: number) => number,
  onTies: (ties: Uint32Array) => void,
): void {
  const ties: number[] = [];
  const left = items.length <= FEW ? [0, items.length] : sortByNumbers(types, items, nameOf, ties);
  for (let i = 0; i < left.length; i += 2) {
    sortByStrings(types, items, left[i]!, left[i + 1]!, nameOf, ties);
  }
  for (let i = 0; i < ties.length; i += 2) onTies(items.subarray(ties[i]!, ties[i + 1]!));
}

/**
 * Sorts `items` as far as numbers are the cheaper way; adds where names are equal to `ties`. Returns what is left to sort. Both are
 * lists of ranges, start and end in turn.
 */
function sortByNumbers(
  types: Names,
  items: Uint32Array,
  nameOf: (item: number) => number,
  ties: number[],
): number[] {
  const { stringBytes } = types;
  const text = new DataView(stringBytes.buffer, stringBytes.byteOffset, stringBytes.byteLength);
  const before = items.slice();
  const names = items.map(nameOf);
  const numbers = new BigUint64Array(items.length);
  const halves = new Uint32Array(numbers.buffer);
  for (let i = 0; i < items.length; i++) halves[2 * i + LOW] = i;
  const left: number[] = [];
  /** Ranges that are to be sorted: start, end, and how many bytes their names have in common. */
  const pending = [0, items.length, 0];
  while (pending.length > 0) {
    const common = pending.pop()!;
    const to = pending.pop()!;
    const from = pending.pop()!;
    for (let i = 2 * from; i < 2 * to; i += 2) {
      halves[i + HIGH] = fourBytes(text, names[halves[i + LOW]!]! + common);
    }
    numbers.subarray(from, to).sort();
    let start = from;
    let bytes = halves[2 * from + HIGH]!;
    for (let end = from + 1; end <= to; end++) {
      const following = end < to ? halves[2 * end + HIGH]! : -1;
      if (following === bytes) continue;
      if (end - start > 1) {
        if ((bytes & 0xff) === 0) ties.push(start, end);
        else if (end - start <= FEW || common >= LONG) left.push(start, end);
        else pending.push(start, end, common + 4);
      }
      start = end;
      bytes = following;
    }
  }
  for (let i = 0; i < items.length; i++) items[i] = before[halves[2 * i + LOW]!]!;
  return left;
}

/** Four bytes of a name as a number that orders as they do; zeros from the end of the name on. */
function fourBytes(text: DataView, at: number): number {
  const word = at <= text.byteLength - 4 ? text.getUint32(at) : shortWord(text, at);
  // Cheap, and true of four ASCII characters: where no byte is zero, none borrows.
  if (((word - 0x01010101) & 0x80808080) === 0) return word;
  for (let shift = 24; shift >= 0; shift -= 8) {
    if (((word >>> shift) & 0xff) === 0)
      return shift === 24 ? 0 : (word >>> (shift + 8)) * 2 ** (shift + 8);
  }
  return word;
}

/** The bytes that are left, with zeros behind. */
function shortWord(text: DataView, at: number): number {
  let word = 0;
  for (let i = at; i < at + 4; i++)
    word = word * 256 + (i < text.byteLength ? text.getUint8(i) : 0);
  return word;
}

/** Sorts a range of `items` by comparing their names, and adds to `ties` where names are equal. */
function sortByStrings(
  types: Names,
  items: Uint32Array,
  from: number,
  to: number,
  nameOf: (item: number) => number,
  ties: number[],
): void {
  const named: { readonly item: number; readonly name: string }[] = [];
  const areFew = to - from <= FEW;
  for (let i = from; i < to; i++) {
    const item = items[i]!;
    const name = types.string(nameOf(item));
    let at = i - from;
    for (; areFew && at > 0 && named[at - 1]!.name > name; at--) named[at] = named[at - 1]!;
    named[at] = { item, name };
  }
  if (!areFew) named.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let start = from;
  for (let i = from; i < to; i++) {
    const { item, name } = named[i - from]!;
    items[i] = item;
    if (i + 1 < to && named[i + 1 - from]!.name === name) continue;
    if (i > start) ties.push(start, i + 1);
    start = i + 1;
  }
}
