import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Codec } from '../../src/codec.js';
import { ReadResult } from '../../src/stream/record-source.js';
import { RecordView } from '../../src/stream/record-view.js';
import { RingMemory } from '../../src/stream/ring-memory.js';
import { FakeRing, u32 } from './fake-ring.js';

const test = suite('ring memory');

const number: Codec<number> = {
  size: 4,
  decode: (view, offset) => view.getUint32(offset, true),
  encode: (view, offset, value) => view.setUint32(offset, value, true),
};

function open(fake: FakeRing): RingMemory<number> {
  return new RingMemory(fake, new RecordView(number, 0), 'ring buffer "r"');
}
function all(ring: RingMemory<number>, limit = Number.POSITIVE_INFINITY): number[] {
  const values: number[] = [];
  ring.consume((record) => void values.push(record.decode()), limit);
  return values;
}
function take(ring: RingMemory<number>): number | undefined {
  const result = new ReadResult(number, 'ring buffer "r"');
  return ring.takeOne(result) ? result.take() : undefined;
}

test('gives records in order and tells the kernel how far it got', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1, 2, 3);
  assert.is(ring.bytesPending, 48);
  assert.equal(all(ring), [1, 2, 3]);
  assert.is(fake.consumerPosition, 48n);
  assert.is(ring.bytesPending, 0);
  assert.equal(all(ring), []);
  assert.is(ring.counters.read, 3);
  assert.is(ring.producerPosition, 48n);
  assert.is(ring.consumerPosition, 48n);
});

test('counts discarded records and leaves them out', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1);
  fake.reserve(u32(2)).discard();
  fake.submit(3);
  assert.equal(all(ring), [1, 3]);
  fake.reserve(u32(4)).discard();
  fake.submit(5);
  assert.is(take(ring), 5);
  assert.is(ring.counters.discarded, 2);
  assert.is(ring.counters.read, 3);
});

test('waits for a reserved record, whatever comes after it', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1);
  const reserved = fake.reserve(u32(2));
  fake.submit(3);
  assert.equal(all(ring), [1]);
  assert.is(take(ring), undefined);
  assert.is(fake.consumerPosition, 16n);
  reserved.submit();
  assert.is(take(ring), 2);
  assert.equal(all(ring), [3]);
});

test('sees what is produced while it reads', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1);
  const values: number[] = [];
  ring.consume((record) => {
    const value = record.decode();
    values.push(value);
    if (value < 4) fake.submit(value + 1);
  }, Number.POSITIVE_INFINITY);
  assert.equal(values, [1, 2, 3, 4]);
});

test('reads records across the end of the ring, again and again', () => {
  const fake = new FakeRing(64);
  const ring = open(fake);
  for (let round = 0; round < 100; round++) {
    fake.reserve(u32(round, round, round)).submit();
    assert.is(take(ring), round);
  }
  for (let round = 0; round < 100; round++) {
    fake.reserve(u32(round, round, round, round, round)).submit();
    assert.equal(all(ring), [round]);
  }
});

test('positions go past 32 bits in both directions of the carry', () => {
  const start = 0x1_ffff_ffe8n;
  const fake = new FakeRing(4096, start);
  const ring = open(fake);
  fake.submit(1, 2, 3, 4);
  assert.equal(all(ring), [1, 2, 3, 4]);
  assert.is(fake.consumerPosition, start + 64n);
  assert.is(fake.consumerPosition, 0x2_0000_0028n);
  assert.is(ring.consumerPosition, fake.consumerPosition);
  fake.submit(5);
  assert.is(take(ring), 5);
  ring.settle();
  assert.is(fake.consumerPosition, start + 80n);
});

test('positions go past 31 bits', () => {
  const fake = new FakeRing(4096, 0x7fff_fff8n);
  const ring = open(fake);
  fake.submit(1, 2, 3);
  assert.equal(all(ring), [1, 2, 3]);
  assert.is(fake.consumerPosition, 0x7fff_fff8n + 48n);
});

test('frees room while a long batch is read', () => {
  const fake = new FakeRing(4096);
  const ring = open(fake);
  for (let index = 0; index < 256; index++) fake.submit(index);
  assert.is(fake.room, 0);
  let seen = 0;
  let freed = 0;
  ring.consume(() => {
    if (++seen === 200) freed = fake.room;
  }, Number.POSITIVE_INFINITY);
  assert.is(seen, 256);
  assert.ok(freed > 2048, `${freed} bytes were free after 200 of 256 records`);
});

test('stops at the limit, and when the callback says false', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1, 2, 3, 4, 5);
  assert.equal(all(ring, 2), [1, 2]);
  assert.is(fake.consumerPosition, 32n);
  assert.is(
    ring.consume(() => false, Number.POSITIVE_INFINITY),
    1,
  );
  assert.is(
    ring.consume(() => true, 0),
    0,
  );
  assert.equal(all(ring), [4, 5]);
});

test('a record whose callback threw counts as read', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1, 2);
  assert.throws(
    () =>
      ring.consume(() => {
        throw new Error('no');
      }, 9),
    /^no$/,
  );
  assert.is(fake.consumerPosition, 16n);
  assert.is(ring.counters.read, 1);
  assert.equal(all(ring), [2]);
});

test('a view ends with its callback', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(7);
  let kept: RecordView<number> | undefined;
  ring.consume((record) => {
    kept = record;
  }, 1);
  assert.is(kept!.length, 0);
  assert.throws(
    () => kept!.getUint32(0),
    /^record: it ended with the callback it was given to; copy what must outlive it/,
  );
  assert.throws(() => kept!.bytes(0, 1), /it ended with the callback/);
});

test('a view refuses what lies outside its record', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.reserve(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 0xff, 0xff, 0xff, 0xff, 0xff])).submit();
  fake.submit(9);
  ring.consume((record) => {
    assert.is(record.length, 13);
    assert.is(record.getUint8(12), 255);
    assert.is(record.getInt8(12), -1);
    assert.is(record.getUint16(0), 0x0201);
    assert.is(record.getInt16(11), -1);
    assert.is(record.getInt32(9), -1);
    assert.is(record.getUint32(0), 0x04030201);
    assert.is(record.getBigUint64(0), 0x0807060504030201n);
    assert.is(record.getBigInt64(5), -0xf7f8fan);
    assert.is(record.getFloat32(0), new DataView(u32(0x04030201).buffer).getFloat32(0, true));
    assert.type(record.getFloat64(0), 'number');
    assert.equal(record.bytes(1, 2), new Uint8Array([2, 3]));
    for (const offset of [-1, 13, 1e9, Number.NaN]) {
      assert.throws(() => record.getUint8(offset), RangeError);
      assert.throws(() => record.bytes(offset, 1), RangeError);
    }
    assert.throws(
      () => record.getUint32(10),
      /^record: 4 bytes at offset 10 are not inside its 13 bytes$/,
    );
    assert.throws(() => record.getUint16(12), RangeError);
    assert.throws(() => record.getBigUint64(6), RangeError);
    return false;
  }, 1);
});

test('64-bit fields as numbers, up to what a number can hold', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.reserve(u32(0xffff_ffff, 0x1f_ffff)).submit();
  fake.reserve(u32(0, 0x20_0000)).submit();
  assert.is(
    ring.consume((record) => {
      assert.is(record.getSafeUint64(0), Number.MAX_SAFE_INTEGER);
    }, 1),
    1,
  );
  assert.throws(
    () => ring.consume((record) => record.getSafeUint64(0), 1),
    /a value of 9007199254740992 is no safe integer; read it with getBigUint64/,
  );
});

test('what bytes() gives is owned', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(7);
  let copy: Uint8Array = new Uint8Array();
  ring.consume((record) => {
    copy = record.bytes();
  }, 1);
  copy[0] = 99;
  assert.is(new DataView(fake.data).getUint8(4096 + 8), 7);
});

test('records longer than their type are cut, shorter ones are errors', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.reserve(u32(1, 2)).submit();
  fake.reserve(new Uint8Array(2)).submit();
  fake.submit(3);
  assert.is(take(ring), 1);
  assert.throws(
    () => take(ring),
    /^ring buffer "r": a record of 2 bytes is shorter than its type, 4 bytes/,
  );
  assert.is(take(ring), 3);
  assert.equal(
    { ...ring.counters },
    { read: 2, discarded: 0, lost: 0, overwritten: 0, malformed: 1 },
  );
});

test('positions that cannot be are errors, not endless loops', () => {
  const fake = new FakeRing();
  const ring = open(fake);
  fake.submit(1);
  fake.setHeader(0, 4000);
  assert.throws(
    () => all(ring),
    /^ring buffer "r": a record of 4000 bytes reaches past what was produced$/,
  );
  assert.throws(() => take(ring), /reaches past what was produced/);
  new DataView(fake.data).setBigUint64(0, 1n << 20n, true);
  assert.throws(() => all(ring), /producer and consumer are 1048576 bytes apart, at most 4096 fit/);
});

test('a ring that overwrites: what is gone is skipped', () => {
  const fake = new FakeRing(64, 0n, true);
  const ring = open(fake);
  fake.submit(1, 2, 3, 4, 5, 6);
  fake.overwriteUntil(32n);
  assert.equal(all(ring), [3, 4, 5, 6]);
  fake.submit(7, 8);
  fake.overwriteUntil(64n);
  assert.is(take(ring), 7);
});

test('a ring that overwrites: a record replaced while it is read is not given out', () => {
  const fake = new FakeRing(64, 0n, true);
  fake.submit(1, 2, 3, 4);
  let calls = 0;
  const late: Codec<number> = {
    ...number,
    decode: (view, offset) => {
      if (calls++ === 0) fake.overwriteUntil(16n);
      return number.decode(view, offset);
    },
  };
  const ring = new RingMemory(fake, new RecordView(late, 0), 'r');
  const result = new ReadResult(late, 'r');
  assert.ok(ring.takeOne(result));
  assert.is(result.take(), 2);
  assert.is(ring.counters.overwritten, 1);
});

test.run();
