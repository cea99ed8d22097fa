/**
 * A whole BTF from its two sections, with the 24-byte header that every reader knows.
 */

import { BTF_HEADER_SIZE, BTF_MAGIC } from './header.js';

/** Puts header, types and strings together. */
export function encodeBtf(
  types: Uint8Array,
  strings: Uint8Array,
  littleEndian: boolean,
): Uint8Array {
  const bytes = new Uint8Array(BTF_HEADER_SIZE + types.length + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, littleEndian);
  view.setUint8(2, 1);
  view.setUint32(4, BTF_HEADER_SIZE, littleEndian);
  view.setUint32(8, 0, littleEndian);
  view.setUint32(12, types.length, littleEndian);
  view.setUint32(16, types.length, littleEndian);
  view.setUint32(20, strings.length, littleEndian);
  bytes.set(types, BTF_HEADER_SIZE);
  bytes.set(strings, BTF_HEADER_SIZE + types.length);
  return bytes;
}
