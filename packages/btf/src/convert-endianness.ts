/**
 * BTF and BTF.ext in the other byte order. Beyond the first four bytes of the headers both consist of 32-bit words and,
 * in BTF, strings, which have no byte order.
 */

import { encodeBtf } from './encode-btf.js';
import { BTF_MAGIC, readBtfExtHeader, readBtfHeader } from './header.js';

/**
 * BTF in the byte order asked for; parts of it that are neither types, strings nor layout are left behind. Records of kinds that
 * only the layout knows are taken to consist of 32-bit words, as all others do.
 *
 * @returns always a copy
 * @throws {@link BtfError} where the header is malformed
 */
export function convertEndianness(bytes: Uint8Array, littleEndian: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readBtfHeader(view, true);
  if (header.littleEndian === littleEndian) return new Uint8Array(bytes);
  const types = new Uint8Array(bytes.subarray(header.typeStart, header.typeEnd));
  swapWords(types, 0);
  const layout = new Uint8Array(bytes.subarray(header.layout.start, header.layout.end));
  swapFlags(layout);
  const strings = bytes.subarray(header.stringStart, header.stringEnd);
  return encodeBtf(types, strings, littleEndian, layout);
}

/**
 * BTF.ext in the byte order asked for.
 *
 * @returns always a copy
 * @throws {@link BtfError} where the header is malformed
 */
export function convertExtEndianness(bytes: Uint8Array, littleEndian: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readBtfExtHeader(view);
  const copy = new Uint8Array(bytes);
  if (header.littleEndian === littleEndian) return copy;
  new DataView(copy.buffer).setUint16(0, BTF_MAGIC, littleEndian);
  swapWords(copy, 4);
  return copy;
}

/** Turns the flags of each entry of a layout section around: two bytes for themselves, then 16 bits. */
function swapFlags(layout: Uint8Array): void {
  const view = new DataView(layout.buffer, layout.byteOffset, layout.byteLength);
  for (let at = 2; at < layout.length; at += 4) view.setUint16(at, view.getUint16(at, true), false);
}

/** Turns each whole 32-bit word around. */
function swapWords(bytes: Uint8Array, from: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at + 4 <= bytes.length; at += 4)
    view.setUint32(at, view.getUint32(at, true), false);
}
