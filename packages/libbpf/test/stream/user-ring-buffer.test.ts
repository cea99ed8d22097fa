import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { UserRingMemory, type UserRingPages } from '../../src/stream/user-ring-buffer.js';

const test = suite('user ring memory');
const PAGE = 4096;

class FakeUserRing implements UserRingPages {
  readonly pageSize = PAGE;
  readonly size: number;
  readonly consumer = new ArrayBuffer(PAGE);
  readonly data: ArrayBuffer;
  readonly view: DataView;

  constructor(size = 4096, start = 0n) {
    this.size = size;
    this.data = new ArrayBuffer(PAGE + 2 * size);
    this.view = new DataView(this.data);
    this.view.setBigUint64(0, start, true);
    this.consumed = start;
  }
  get produced(): bigint {
    return this.view.getBigUint64(0, true);
  }
  set consumed(position: bigint) {
    new DataView(this.consumer).setBigUint64(0, position, true);
  }
  header(at: number): number {
    return this.view.getUint32(PAGE + at, true);
  }
}

test('a record is busy until it is submitted', () => {
  const fake = new FakeUserRing();
  const ring = new UserRingMemory(fake, 'user ring buffer "u"');
  const record = ring.reserve(12)!;
  assert.is(fake.header(0), 0x8000_000c);
  assert.is(fake.produced, 24n);
  record.view.setUint32(0, 42, true);
  record.bytes[4] = 1;
  record.submit();
  assert.is(fake.header(0), 12);
  assert.is(fake.view.getUint32(PAGE + 8, true), 42);
  assert.is(ring.bytesPending, 24);
  assert.throws(
    () => record.submit(),
    /^user ring buffer: this record was submitted or discarded before/,
  );
  assert.throws(() => record.discard(), /submitted or discarded before/);
});

test('a discarded record says so', () => {
  const fake = new FakeUserRing();
  const ring = new UserRingMemory(fake, 'u');
  ring.reserve(5)!.discard();
  assert.is(fake.header(0), 0x4000_0005);
  assert.is(fake.produced, 16n);
});

test('a page holds 102 records of 32 bytes; then there is no room until they are drained', () => {
  const fake = new FakeUserRing();
  const ring = new UserRingMemory(fake, 'u');
  let count = 0;
  for (let record = ring.reserve(32); record !== undefined; record = ring.reserve(32)) {
    record.submit();
    count++;
  }
  assert.is(count, 102);
  fake.consumed = 40n;
  assert.ok(ring.reserve(32));
  assert.is(ring.reserve(32), undefined);
});

test('records that can never fit are errors', () => {
  const ring = new UserRingMemory(new FakeUserRing(), 'user ring buffer "u"');
  assert.throws(
    () => ring.reserve(4089),
    /^user ring buffer "u": a record has 0 to 4088 bytes, found 4089$/,
  );
  assert.throws(() => ring.reserve(-1), RangeError);
  assert.throws(() => ring.reserve(1.5), RangeError);
  assert.ok(ring.reserve(4088));
});

test('positions go past 32 bits', () => {
  const fake = new FakeUserRing(4096, 0xffff_fff0n);
  const ring = new UserRingMemory(fake, 'u');
  ring.reserve(32)!.submit();
  assert.is(fake.produced, 0x1_0000_0018n);
  assert.is(ring.bytesPending, 40);
});

test.run();
