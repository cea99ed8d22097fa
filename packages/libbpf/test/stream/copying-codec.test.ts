// Codecs of somebody's own see a copy of the record, never the ring.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Codec } from '../../src/codec.js';
import { copyingCodec } from '../../src/stream/copying-codec.js';

const test = suite('copying-codec');

/** Gives a window onto what it was shown, as a codec should not. */
function windowCodec(size: number): Codec<Uint8Array> {
  return {
    size,
    decode: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, size),
    encode: (view, offset, value) => view.setUint8(offset, value[0]!),
  };
}

for (const size of [0, 1, 4, 7, 24, 255, 256, 257, 4099]) {
  test(`${size} bytes, from any offset`, () => {
    const ring = Uint8Array.from({ length: size + 16 }, (_, index) => index * 7);
    const codec = copyingCodec(windowCodec(size));
    assert.is(codec.size, size);
    for (const base of [0, 4]) {
      const view = new DataView(ring.buffer, base);
      for (const offset of [0, 4, 8]) {
        const value = codec.decode(view, offset);
        assert.equal(value, ring.slice(base + offset, base + offset + size));
        assert.is.not(value.buffer, ring.buffer);
      }
    }
  });
}

test('a window that was given out is not written again', () => {
  const codec = copyingCodec(windowCodec(8));
  const first = codec.decode(new DataView(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer), 0);
  codec.decode(new DataView(new ArrayBuffer(8)), 0);
  assert.equal([...first], [1, 2, 3, 4, 5, 6, 7, 8]);
  first[0] = 9;
});

test('a codec that reads past its size is told so, and one that writes changes its copy only', () => {
  const past = copyingCodec<number>({
    size: 4,
    decode: (view, offset) => view.getUint32(offset + 4, true),
    encode: () => {},
  });
  assert.throws(() => past.decode(new DataView(new ArrayBuffer(64)), 0), RangeError);
  const writer = copyingCodec<number>({
    size: 4,
    decode: (view, offset) => {
      view.setUint32(offset, 1, true);
      return view.getUint32(offset, true);
    },
    encode: () => {},
  });
  const ring = new DataView(new ArrayBuffer(8));
  assert.is(writer.decode(ring, 0), 1);
  assert.is(ring.getUint32(0, true), 0);
});

test('encoding is left as it is', () => {
  const view = new DataView(new ArrayBuffer(8));
  copyingCodec(windowCodec(8)).encode(view, 4, Uint8Array.of(5));
  assert.is(view.getUint8(4), 5);
});

test.run();
