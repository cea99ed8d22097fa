import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SectionMemory } from '../../src/data/section-memory.js';

const test = suite('section memory');

const variables = [
  { name: 'min_us', offset: 0, size: 8 },
  { name: 'names', offset: 8, size: 16 },
];
function section(
  change: Partial<ConstructorParameters<typeof SectionMemory>[0]> = {},
): SectionMemory {
  return new SectionMemory({
    object: 'runqslower',
    section: '.bss',
    bytes: new Uint8Array(32),
    readOnly: false,
    mmapable: true,
    variables,
    ...change,
  });
}

test('starts as the bytes of the object, which stay as they are', () => {
  const bytes = new Uint8Array([1, 0, 0, 0, 2, 0, 0, 0]);
  const memory = section({ bytes });
  assert.is(memory.size, 8);
  assert.is(memory.name, '.bss');
  assert.equal(memory.bytes(), bytes);
  assert.is(memory.view.getInt32(0, true), 1);
  memory.mut.setInt32(4, 7, true);
  assert.is(memory.view.getInt32(4, true), 7);
  assert.is(bytes[4], 2);
  assert.equal(memory.bytes(), new Uint8Array([1, 0, 0, 0, 7, 0, 0, 0]));
  memory.close();
});

test('accesses past the end are RangeErrors', () => {
  const memory = section({ bytes: new Uint8Array(10) });
  assert.throws(() => memory.view.getInt32(7, true), RangeError);
  assert.throws(() => memory.mut.setInt32(10, 1, true), RangeError);
  assert.throws(() => memory.mut.setUint8(-1, 1), RangeError);
  memory.close();
});

test('windows are live before load, and zeros after close', () => {
  const memory = section();
  const numbers = memory.numbers(Int32Array, 8, 4);
  assert.is(memory.numbers(Int32Array, 8, 4), numbers, 'made once');
  numbers[1] = 5;
  assert.is(memory.view.getInt32(12, true), 5);
  memory.raw(8, 16)[0] = 9;
  assert.is(numbers[0], 9);
  memory.close();
  assert.equal(numbers, new Int32Array(4));
  numbers[0] = 1;
});

test('numbers that are not aligned are copied', () => {
  const memory = section({ bytes: new Uint8Array([0, 1, 0, 0, 0, 2, 0, 0, 0]) });
  const numbers = memory.numbers(Int32Array, 1, 2);
  assert.equal([...numbers], [1, 2]);
  numbers[0] = 9;
  assert.is(memory.view.getInt32(1, true), 1);
  memory.close();
});

test('constants can be set until they are frozen, and keep what they were', () => {
  const memory = section({ section: '.rodata', readOnly: true });
  memory.mut.setBigUint64(0, 10_000n, true);
  memory.attach(-1);
  assert.is(memory.state, 'frozen');
  assert.is(memory.view.getBigUint64(0, true), 10_000n);
  assert.throws(
    () => memory.mut.setBigUint64(0, 1n, true),
    /^BPF object "runqslower", section ".rodata": "min_us" cannot be set after load\(\), the kernel has frozen it; set it between open\(\) and load\(\)$/,
  );
  assert.throws(() => memory.mut.setUint8(12, 1), /"names" cannot be set after load\(\)/);
  assert.throws(() => memory.mut.setUint8(30, 1), /the byte at 0x1e cannot be set after load\(\)/);
  assert.throws(() => memory.write(0, new Uint8Array(8)), /"min_us" cannot be set after load/);
});

test('windows onto frozen constants are copies', () => {
  const memory = section({ section: '.rodata', readOnly: true });
  memory.mut.setInt32(8, 3, true);
  memory.attach(-1);
  memory.numbers(Int32Array, 8, 4)[0] = 9;
  memory.raw(8, 4)[0] = 9;
  new Uint8Array(memory.buffer)[8] = 9;
  assert.is(memory.view.getInt32(8, true), 3);
  assert.is(memory.isLive, false);
});

test('values that the kernel gives are not there before load', () => {
  const memory = section({ section: '.kconfig', readOnly: true, lateBound: true });
  assert.throws(
    () => memory.view.getUint8(0),
    /^BPF object "runqslower", section ".kconfig": "min_us": its values are known after load\(\); call load\(\) first$/,
  );
  assert.throws(() => memory.mut.setUint8(0, 1), /call load\(\) first/);
  assert.throws(() => memory.buffer, /call load\(\) first/);
  assert.equal(memory.bytes(), new Uint8Array(32));
});

test('a closed section says so, and closing twice is fine', () => {
  for (const readOnly of [false, true]) {
    const memory = section({ readOnly });
    memory.mut.setUint8(0, 1);
    memory.close();
    memory.close();
    for (const access of [
      () => memory.view.getUint8(8),
      () => memory.mut.setBigInt64(8, 1n),
      () => memory.buffer,
      () => memory.raw(8, 1),
      () => memory.bytes(),
      () => memory.numbers(Int32Array, 8, 1),
      () => memory.write(8, new Uint8Array(1)),
      () => memory.read(8, 1),
    ]) {
      assert.throws(access, /^BPF object "runqslower", section ".bss": .*: the object is closed$/);
    }
  }
});

test('initial values can be replaced, in place or by another size', () => {
  const memory = section({ bytes: new Uint8Array(8) });
  const window = memory.raw(0, 8);
  memory.replace(new Uint8Array(8).fill(3));
  assert.equal(window, new Uint8Array(8).fill(3));
  memory.replace(new Uint8Array(16).fill(4));
  assert.is(memory.size, 16);
  assert.is(memory.view.getUint8(15), 4);
  assert.equal(window, new Uint8Array(8));
  const frozen = section({ readOnly: true });
  frozen.attach(-1);
  assert.throws(
    () => frozen.replace(new Uint8Array(32)),
    /its initial values cannot be set any more/,
  );
  memory.close();
});

test('an empty section has nothing to see', () => {
  const memory = section({ bytes: new Uint8Array(0) });
  assert.throws(() => memory.view.getUint8(0), RangeError);
  assert.equal(memory.bytes(), new Uint8Array(0));
  memory.close();
});

test.run();
