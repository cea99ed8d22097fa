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

/** Unit names, widest first; a long is as wide as a pointer. */
const UNITS = ['long: ', 'int: ', 'short: ', 'char: '];

/**
 * Prints what goes between two members.
 *
 * @param from - bit after the last member
 * @param to - bit at which the next member, or the end of the struct, is
 * @param align - bytes that the next member is aligned to by itself
 * @param betweenBitFields - both neighbours are bit-fields
 */
export function emitPadding(
  state: CState,
  from: number,
  to: number,
  align: number,
  betweenBitFields: boolean,
  level: number,
): void {
  if (from >= to) return;
  let unit = 0;
  let bits = state.types.pointerSize * 8;
  let boundary = roundUp(from, bits);
  while (boundary > to && unit < 3) {
    unit++;
    bits = 64 >> unit;
    boundary = roundUp(from, bits);
  }
  let at = from;
  if (boundary > at && boundary <= to) {
    if (betweenBitFields) emitUnit(state, unit, boundary - at, level);
    else if (boundary === to ? roundUp(at, align * 8) !== to : to - boundary <= boundary - at) {
      emitUnit(state, unit, 0, level);
    }
    at = boundary;
  }
  for (; to - at >= bits; at += bits) {
    emitUnit(state, unit, bits, level);
    state.step(0, 0);
  }
  if (at === to) return;
  const rest = to - at;
  for (unit = 3; unit > 0 && 64 >> unit < rest; ) unit--;
  emitUnit(state, unit, rest, level);
}

function emitUnit(state: CState, unit: number, bits: number, level: number): void {
  const { text } = state;
  text.newLine(level);
  text.ascii(UNITS[unit]!);
  text.decimal(bits);
  text.byte(0x3b);
}

/** The next multiple of `unit`; 0 for a unit of 0, which stands for "no alignment". */
function roundUp(value: number, unit: number): number {
  return unit === 0 ? 0 : Math.ceil(value / unit) * unit;
}
