/**
 * Unnamed bit-fields that put the next member where it was.
 *
 * The compiler that reads the header aligns members by their types. Where the original had a wider gap than that (an
 * `aligned` attribute, a `#pragma pack` neighbour, bit-fields that were left out), the gap is filled with `int: 32;` and the
 * like, using the widest unit whose boundary the gap reaches, so that most padding is a whole number of units:
 *
 *     struct { char a; long: 0; int b; };     b at byte 8: `long: 0` closes the word that a opened
 *     struct { char a; long: 0; long: 64; };  16 bytes, nothing behind a
 *     struct { int a: 4; int: 8; int b: 4; }; between bit-fields the width is given, for 0 would close the word
 *
 * `long: 0;` is left out where the next member's own alignment leads there anyway.
 *
 * Same choices as libbpf 1.5 (btf_dump.c: btf_dump_emit_bit_padding).
 */

import type { CState } from './c-state.js';

/** Units, widest first; a long is as wide as a pointer. */
const UNITS = ['long: ', 'int: ', 'short: ', 'char: '];

/** Where padding goes. */
export interface Gap {
  /** Bit after the last member. */
  readonly from: number;
  /** Bit at which the next member, or the end of the struct, is; behind {@link from}. */
  readonly to: number;
  /** Bytes that the next member is aligned to by itself. */
  readonly align: number;
  /** Both neighbours are bit-fields. */
  readonly betweenBitFields: boolean;
}

/** What fills the gap: units without semicolons, `first` in front of the first, `separator` in front of the others. */
export function padding(state: CState, gap: Gap, first: string, separator: string): string {
  const { from, to, betweenBitFields } = gap;
  let unit = 0;
  let bits = state.types.pointerSize * 8;
  let boundary = roundUp(from, bits);
  while (boundary > to && unit < 3) {
    unit++;
    bits = 64 >> unit;
    boundary = roundUp(from, bits);
  }
  let out = '';
  let at = from;
  const add = (of: number, width: number): void => {
    out += `${out === '' ? first : separator}${UNITS[of]}${width}`;
  };
  if (boundary > at && boundary <= to) {
    if (betweenBitFields) add(unit, boundary - at);
    else if (boundary === to ? roundUp(at, gap.align * 8) !== to : to - boundary <= boundary - at) {
      add(unit, 0);
    }
    at = boundary;
  }
  for (; to - at >= bits; at += bits) {
    add(unit, bits);
    state.step(0, 0, out.length);
  }
  if (at === to) return out;
  const rest = to - at;
  for (unit = 3; unit > 0 && 64 >> unit < rest; ) unit--;
  add(unit, rest);
  return out;
}

/** The next multiple of `unit`; 0 for a unit of 0, which stands for "no alignment". */
function roundUp(value: number, unit: number): number {
  return unit === 0 ? 0 : Math.ceil(value / unit) * unit;
}
