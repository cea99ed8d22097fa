/**
 * Changes to input that is made of 32-bit words: what a field could plausibly hold (another field's value, a small number, a
 * neighbour of its own) gets deeper than random bytes do.
 */

/** An integer from 0 to `limit` - 1. */
export type Random = (limit: number) => number;

const ODD_VALUES = [
  0, 1, 2, 3, 0xff, 0xffff, 0x10000, 0xffffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** A copy of `seed` with a few words between `start` and `end` changed, and sometimes its tail cut off. */
export function mutateWords(
  seed: Uint8Array,
  start: number,
  end: number,
  random: Random,
): Uint8Array {
  let bytes = new Uint8Array(seed);
  const view = new DataView(bytes.buffer);
  const words = Math.floor((Math.min(end, bytes.length) - start) / 4);
  const changes = 1 + random(8);
  for (let change = 0; change < changes && words > 0; change++) {
    const at = start + random(words) * 4;
    view.setUint32(at, newWord(view, at, start, words, random), true);
  }
  if (random(16) === 0) bytes = bytes.slice(0, random(bytes.length + 1));
  return bytes;
}

function newWord(view: DataView, at: number, start: number, words: number, random: Random): number {
  const old = view.getUint32(at, true);
  switch (random(7)) {
    case 0:
      return ODD_VALUES[random(ODD_VALUES.length)]!;
    case 1:
      return view.getUint32(start + random(words) * 4, true);
    case 2:
      return (old + random(9) - 4) >>> 0;
    case 3:
      return random(200);
    case 4:
      // A byte of it: a kind, the low byte of a count.
      return (old ^ ((1 + random(255)) << (8 * random(4)))) >>> 0;
    case 5:
      // An info word: any kind, few entries.
      return ((random(2) << 31) | (random(21) << 24) | random(5)) >>> 0;
    default:
      return ((old << 24) | ((old & 0xff00) << 8) | ((old >>> 8) & 0xff00) | (old >>> 24)) >>> 0;
  }
}
