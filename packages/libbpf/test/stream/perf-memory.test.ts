import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PerfMemory } from '../../src/stream/perf-memory.js';
import { ReadResult } from '../../src/stream/record-source.js';
import { RecordView } from '../../src/stream/record-view.js';

const test = suite('perf memory');
const PAGE = 4096;
const SAMPLE = 9;
const LOST = 2;

/** The kernel's side of a perf ring. */
class FakePerf {
  readonly buffer: ArrayBuffer;
  readonly view: DataView;
  readonly size: number;
  #head: bigint;

  constructor(size = 256, start = 0n) {
    this.size = size;
    this.buffer = new ArrayBuffer(PAGE + size);
    this.view = new DataView(this.buffer);
    this.#head = start;
    this.view.setBigUint64(1032, start, true);
    this.view.setBigUint64(1024, start, true);
  }
  get tail(): bigint {
    return this.view.getBigUint64(1032, true);
  }
  write(type: number, payload: Uint8Array): void {
    const record = new Uint8Array(8 + payload.length);
    const header = new DataView(record.buffer);
    header.setUint32(0, type, true);
    header.setUint16(6, record.length, true);
    record.set(payload, 8);
    record.forEach((byte, index) => {
      this.view.setUint8(PAGE + Number((this.#head + BigInt(index)) % BigInt(this.size)), byte);
    });
    this.#head += BigInt(record.length);
    this.view.setBigUint64(1024, this.#head, true);
  }
  sample(bytes: Uint8Array): void {
    const padded = new Uint8Array(Math.ceil((4 + bytes.length) / 8) * 8);
    new DataView(padded.buffer).setUint32(0, padded.length - 4, true);
    padded.set(bytes, 4);
    this.write(SAMPLE, padded);
  }
  lost(count: bigint): void {
    const payload = new Uint8Array(16);
    new DataView(payload.buffer).setBigUint64(8, count, true);
    this.write(LOST, payload);
  }
}

function text(record: RecordView): string {
  return String.fromCharCode(...record.bytes()).replace(/\0+$/, '');
}
const bytes = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));

test('gives samples, and losses as they come', () => {
  const fake = new FakePerf();
  const losses: [number, number][] = [];
  const ring = new PerfMemory(fake.buffer, PAGE, new RecordView(undefined, 3), 'p', (count, cpu) =>
    losses.push([count, cpu]),
  );
  fake.sample(bytes('one'));
  fake.lost(7n);
  fake.sample(bytes('two'));
  const seen: string[] = [];
  assert.is(
    ring.consume((record) => void seen.push(`${record.source}:${text(record)}`), 9),
    2,
  );
  assert.equal(seen, ['3:one', '3:two']);
  assert.equal(losses, [[7, 3]]);
  assert.is(ring.counters.lost, 7);
  assert.is(ring.counters.read, 2);
  assert.is(fake.tail, fake.view.getBigUint64(1024, true));
});

test('puts records together that go past the end', () => {
  const fake = new FakePerf(64);
  const ring = new PerfMemory(fake.buffer, PAGE, new RecordView<Uint8Array>(undefined, 0), 'p');
  const result = new ReadResult<Uint8Array>(undefined, 'p');
  for (let round = 0; round < 50; round++) {
    const value = `record number ${round}`;
    fake.sample(bytes(value));
    assert.ok(ring.takeOne(result));
    assert.is(String.fromCharCode(...result.take()).replace(/\0+$/, ''), value);
    assert.is(ring.takeOne(result), false);
  }
  assert.is(fake.tail, fake.view.getBigUint64(1024, true));
});

test('positions go past 32 bits', () => {
  const fake = new FakePerf(64, 0xffff_fff0n);
  const ring = new PerfMemory(fake.buffer, PAGE, new RecordView(undefined, 0), 'p');
  fake.sample(bytes('a long enough record'));
  assert.is(
    ring.consume(() => true, 9),
    1,
  );
  assert.is(fake.tail, 0x1_0000_0010n);
});

test('skips records of kinds it does not know', () => {
  const fake = new FakePerf();
  const ring = new PerfMemory(fake.buffer, PAGE, new RecordView(undefined, 0), 'p');
  fake.write(5, new Uint8Array(16));
  fake.sample(bytes('x'));
  assert.is(
    ring.consume(() => true, 9),
    1,
  );
});

test('stops when the callback says false, or at the limit', () => {
  const fake = new FakePerf();
  const ring = new PerfMemory(fake.buffer, PAGE, new RecordView(undefined, 0), 'p');
  for (const value of ['a', 'b', 'c', 'd']) fake.sample(bytes(value));
  assert.is(
    ring.consume(() => false, 9),
    1,
  );
  assert.is(
    ring.consume(() => true, 2),
    2,
  );
  assert.is(
    ring.consume(() => true, 9),
    1,
  );
});

test('sizes that cannot be are errors', () => {
  const fake = new FakePerf();
  const ring = new PerfMemory(
    fake.buffer,
    PAGE,
    new RecordView(undefined, 0),
    'perf buffer "p", CPU 0',
  );
  fake.sample(bytes('x'));
  fake.view.setUint32(PAGE + 8, 1000, true);
  assert.throws(
    () => ring.consume(() => true, 9),
    /^perf buffer "p", CPU 0: a sample of 1000 bytes in a record of 16$/,
  );
  fake.view.setBigUint64(1032, 0n, true);
  const other = new PerfMemory(fake.buffer, PAGE, new RecordView(undefined, 0), 'p');
  fake.view.setUint16(PAGE + 6, 0, true);
  assert.throws(() => other.consume(() => true, 9), /a record of 0 bytes where/);
});

test.run();
