/**
 * Codecs that somebody wrote by hand, kept away from the memory of rings.
 *
 * That memory is mapped read-only: a store into it, even through a typed array that was kept, ends the process. Generated codecs
 * only read and copy; of others nobody knows, so they get a copy of the record's bytes.
 */

import type { Codec } from '../codec.js';

/** Bytes up to which copying word by word is quicker than by `set`. */
const FEW_BYTES = 256;

/** Decodes from a copy, which serves again for the next record unless it was given out as the value. */
export function copyingCodec<T>(codec: Codec<T>): Codec<T> {
  const { size } = codec;
  const words = size <= FEW_BYTES ? size >>> 2 : 0;
  const whole = words * 4;
  let copy = new DataView(new ArrayBuffer(size));
  return {
    size,
    decode: (view, offset) => {
      // In whichever order, as long as it is the same.
      for (let at = 0; at < whole; at += 4)
        copy.setInt32(at, view.getInt32(offset + at, true), true);
      if (whole < size) {
        const rest = new Uint8Array(view.buffer, view.byteOffset + offset + whole, size - whole);
        new Uint8Array(copy.buffer, whole).set(rest);
      }
      const value = codec.decode(copy, 0);
      if (ArrayBuffer.isView(value) && value.buffer === copy.buffer)
        copy = new DataView(new ArrayBuffer(size));
      return value;
    },
    encode: (view, offset, value) => codec.encode(view, offset, value),
  };
}
