import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Codec } from '../../src/codec.js';
import {
  bytesCodec,
  fdCodec,
  fdOf,
  keyCodecFor,
  perCpuCodec,
  redirectCodec,
  socketCookieCodec,
  u32Codec,
  valueCodecFor,
} from '../../src/map/map-codecs.js';
import { mapKind } from '../../src/map/map-kinds.js';
import { mapType } from '../../src/open/constants.js';

const test = suite('map codecs');

function roundTrip<T>(codec: Codec<T>, value: T): T {
  const view = new DataView(new ArrayBuffer(8 + codec.size));
  codec.encode(view, 8, value);
  return codec.decode(view, 8);
}

test('bytes are copied and have their size', () => {
  const codec = bytesCodec(3, 'map "m", key');
  const bytes = new Uint8Array([1, 2, 3]);
  const copy = roundTrip(codec, bytes);
  assert.equal(copy, bytes);
  assert.is.not(copy.buffer, bytes.buffer);
  assert.is(copy.buffer.byteLength, 3);
  assert.throws(
    () => roundTrip(codec, new Uint8Array(4)),
    /^map "m", key: expected 3 bytes, found 4$/,
  );
  assert.throws(
    () => roundTrip(codec, 'abc' as unknown as Uint8Array),
    /^map "m", key has no type in the object's BTF: expected a Uint8Array of 3 bytes, found string$/,
  );
});

test('indices are unsigned 32-bit integers', () => {
  const codec = u32Codec('index');
  for (const value of [0, 1, 0xffff_ffff]) assert.is(roundTrip(codec, value), value);
  for (const value of [-1, 2 ** 32, 1.5, Number.NaN, '1', 1n, undefined]) {
    assert.throws(
      () => roundTrip(codec, value as number),
      /^index: expected an integer from 0 to 4294967295, found /,
    );
  }
});

test('descriptors, and things that have one', () => {
  assert.is(roundTrip(fdCodec('slot') as Codec<unknown>, 7), 7);
  assert.is(roundTrip(fdCodec('slot') as Codec<unknown>, { fd: 8 }), 8);
  assert.is(roundTrip(socketCookieCodec('slot') as Codec<unknown>, { fd: 8 }), 8n);
  assert.is(fdOf({ fd: 3 }, 'x'), 3);
  for (const value of [-1, 1.5, 'x', {}, null, undefined]) {
    assert.throws(
      () => fdOf(value as number, 'map "m", value'),
      /^map "m", value: expected a descriptor or something with an "fd", found /,
    );
  }
});

test('per-CPU values are 8 bytes apart at least', () => {
  const codec = perCpuCodec(u32Codec('v'), 3, 'map "m", value');
  assert.is(codec.size, 24);
  assert.equal(roundTrip(codec, [1, 2, 3]), [1, 2, 3]);
  assert.equal(roundTrip(codec as Codec<unknown>, 5), [5, 5, 5]);
  assert.throws(
    () => roundTrip(codec, [1, 2]),
    /^map "m", value: expected 3 values, one for each possible CPU, found 2$/,
  );
});

test('targets to redirect to, with a program where there is room', () => {
  assert.is(roundTrip(redirectCodec(4, 'v'), 3), 3);
  assert.equal(roundTrip(redirectCodec(8, 'v'), 3), { target: 3, program: 0 });
  assert.equal(roundTrip(redirectCodec(8, 'v'), { target: 3, program: { fd: 9 } }), {
    target: 3,
    program: 9,
  });
  assert.throws(
    () => roundTrip(redirectCodec(4, 'v'), { target: 3, program: 9 }),
    /^v: its 4 bytes have no room for a program/,
  );
  assert.throws(() => roundTrip(redirectCodec(4, 'v'), -1), /^v: expected an integer/);
});

test('a codec of another size is not used', () => {
  const hash = mapKind(mapType('HASH'));
  const given = u32Codec('given') as Codec<unknown>;
  assert.is(keyCodecFor(hash, 4, given, 'k'), given);
  assert.is.not(keyCodecFor(hash, 8, given, 'k'), given);
  assert.is(keyCodecFor(hash, 8, given, 'k').size, 8);
  assert.is(valueCodecFor(hash, 4, given, 'v', 0), given);
  assert.is(valueCodecFor(hash, 12, given, 'v', 0).size, 12);
});

test('the kind of map decides where bytes mean something to the kernel', () => {
  const value = (name: Parameters<typeof mapType>[0], size: number): unknown =>
    valueCodecFor(mapKind(mapType(name)), size, undefined, 'v', 0).decode(
      new DataView(new ArrayBuffer(64)),
      0,
    );
  assert.is(value('PROG_ARRAY', 4), 0);
  assert.is(value('HASH_OF_MAPS', 4), 0);
  assert.is(value('SOCKMAP', 4), 0);
  assert.is(value('SOCKMAP', 8), 0n);
  assert.equal(value('DEVMAP', 8), { target: 0, program: 0 });
  assert.equal(value('STACK_TRACE', 64), []);
  assert.is(keyCodecFor(mapKind(mapType('TASK_STORAGE')), 4, undefined, 'k').size, 4);
});

test.run();
