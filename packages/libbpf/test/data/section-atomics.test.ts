import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DataSection } from '../../src/data/data-section.js';
import type { IntLayout } from '../../src/data/section-atomics.js';
import { SectionMemory } from '../../src/data/section-memory.js';

const test = suite('section atomics');

interface Ints {
  hits: bigint;
  balance: bigint;
  count: number;
  delta: number;
  small: number;
  odd: number;
}
class Bss extends DataSection<Ints> {
  static override readonly $ints: IntLayout = {
    hits: [0, 'u64'],
    balance: [8, 'i64'],
    count: [16, 'u32'],
    delta: [20, 'i32'],
    small: [24, 'u8'],
    odd: [25, 'u16'],
  };
}
function bss(readOnly = false): Bss {
  return new Bss(
    new SectionMemory({
      object: 'o',
      section: '.bss',
      bytes: new Uint8Array(32),
      readOnly,
      mmapable: true,
    }),
  );
}

test('operations give the value from before', () => {
  const { $atomics, $m } = bss();
  assert.is($atomics.add('hits', 5n), 0n);
  assert.is($atomics.add('hits', 2n), 5n);
  assert.is($atomics.load('hits'), 7n);
  assert.is($m.view.getBigUint64(0, true), 7n);
  assert.is($atomics.sub('balance', 3n), 0n);
  assert.is($atomics.load('balance'), -3n);
  assert.is($atomics.or('count', 6), 0);
  assert.is($atomics.and('count', 3), 6);
  assert.is($atomics.xor('count', 1), 2);
  assert.is($atomics.exchange('count', 9), 3);
  assert.is($atomics.compareExchange('count', 9, 1), 9);
  assert.is($atomics.compareExchange('count', 9, 5), 1);
  assert.is($atomics.load('count'), 1);
  assert.is($atomics.store('delta', -4), -4);
  assert.is($m.view.getInt32(20, true), -4);
  $m.close();
});

test('operands must fit', () => {
  const { $atomics } = bss();
  assert.throws(
    () => $atomics.add('hits', -1n),
    /^"hits": -1 does not fit, expected an unsigned 64-bit integer$/,
  );
  assert.throws(
    () => $atomics.add('balance', 1n << 63n),
    /^"balance": 9223372036854775808 does not fit, expected a signed 64-bit integer$/,
  );
  assert.throws(() => $atomics.store('small', 256), RangeError);
  assert.throws(() => $atomics.store('delta', 2 ** 31), RangeError);
  assert.throws(() => $atomics.store('count', 1.5), RangeError);
  assert.throws(() => $atomics.compareExchange('count', 0, -1), RangeError);
  assert.throws(
    () => $atomics.add('hits', 1 as unknown as bigint),
    /^"hits": 1 is a number, expected a bigint$/,
  );
  assert.throws(
    () => $atomics.add('count', 1n as unknown as number),
    /^"count": 1 is a bigint, expected a number$/,
  );
  assert.is($atomics.store('small', 255), 255);
});

test('names what has none', () => {
  const { $atomics } = bss();
  assert.throws(
    () => $atomics.load('odd'),
    /^section ".bss": "odd" has no atomic operations, it lies at offset 25, which is not a multiple of its size$/,
  );
  for (const name of ['missing', 'constructor', 'toString']) {
    assert.throws(
      () => $atomics.load(name as 'hits'),
      new RegExp(`^section ".bss": "${name}" is no integer of it$`),
    );
  }
});

test('follows the phase of the section', () => {
  const constants = bss(true);
  assert.is(constants.$atomics.add('count', 1), 0);
  constants.$m.attach(-1);
  assert.throws(() => constants.$atomics.add('count', 1), /cannot be set after load\(\)/);
  const closed = bss();
  closed.$atomics.add('count', 1);
  closed.$m.close();
  assert.throws(() => closed.$atomics.load('count'), /the object is closed/);
});

test.run();
