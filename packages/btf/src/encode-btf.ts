/**
 * A whole BTF from its sections: with the 24-byte header that every reader knows, or, if there is a layout section, the one of
 * 32 bytes that says where it is.
 */

import { BTF_HEADER_SIZE, BTF_LAYOUT_HEADER_SIZE, BTF_MAGIC } from './header.js';

/** Puts header, types, layout and strings together, in this order. */
export function encodeBtf(
  types: Uint8Array,
  strings: Uint8Array,
  littleEndian: boolean,
  layout: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const headerSize = layout.length === 0 ? BTF_HEADER_SIZE : BTF_LAYOUT_HEADER_SIZE;
  const stringOffset = types.length + layout.length;
  const bytes = new Uint8Array(headerSize + stringOffset + strings.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, BTF_MAGIC, littleEndian);
  view.setUint8(2, 1);
  view.setUint32(4, headerSize, littleEndian);
  view.setUint32(8, 0, littleEndian);
  view.setUint32(12, types.length, littleEndian);
  view.setUint32(16, stringOffset, littleEndian);
  view.setUint32(20, strings.length, littleEndian);
  if (layout.length > 0) {
    view.setUint32(24, types.length, littleEndian);
    view.setUint32(28, layout.length, littleEndian);
  }
  bytes.set(types, headerSize);
  bytes.set(layout, headerSize + types.length);
  bytes.set(strings, headerSize + stringOffset);
  return bytes;
}
