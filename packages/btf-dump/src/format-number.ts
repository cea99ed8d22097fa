/** Numbers as `printf` writes them. */

/** `%f` of a 4 or 8 byte float: six decimals, rounded half to even from the exact value. */
export function formatFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n);
  return fixed(bits >> 63n === 1n, mantissa, Math.max(exponent, 1) - 1075);
}

/** `%Lf` of an x87 long double: 64 bits of mantissa with the leading 1 written out, 15 of exponent. */
export function formatLongDouble(low: bigint, high: bigint): string {
  const negative = ((high >> 15n) & 1n) === 1n;
  const exponent = Number(high & 0x7fffn);
  if (exponent === 0x7fff) {
    if (BigInt.asUintN(63, low) !== 0n) return negative ? '-nan' : 'nan';
    return negative ? '-inf' : 'inf';
  }
  return fixed(negative, low, Math.max(exponent, 1) - 16446);
}

/** `mantissa * 2 ** exponent` with six decimals. */
function fixed(negative: boolean, mantissa: bigint, exponent: number): string {
  const scaled = mantissa * 1_000_000n;
  let units: bigint;
  if (exponent >= 0) units = scaled << BigInt(exponent);
  else {
    const shift = BigInt(-exponent);
    units = scaled >> shift;
    const rest = scaled - (units << shift);
    const half = 1n << (shift - 1n);
    if (rest > half || (rest === half && (units & 1n) === 1n)) units++;
  }
  const digits = units.toString().padStart(7, '0');
  return `${negative ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}
