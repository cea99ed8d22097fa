// Data sections as structs: every variable where C put it, whatever padding lies between, and written without touching another.

import { assert, test } from '#harness';
import { DataSectionsBpf } from '../build/data_sections.skel.js';

test('initial values of all shapes', () => {
  using open = DataSectionsBpf.open();
  const { data, bss, rodata } = open;
  assert.equal(data.in1, 0x11111111);
  assert.equal(data.in2, 0x2222222222222222n);
  assert.equal(data.in3, 0x33);
  assert.equal(data.in4, 0x4444444444444444n);
  assert.deepEqual([data.in5.a, data.in5.b], [0x55555555, 0x6666666666666666n]);
  assert.equal(data.after_packed, 0x77);
  assert.deepEqual([...data.small], [1, 2, 3]);
  assert.equal(data.shade, 5);
  assert.equal(data.flag, true);
  assert.equal(data.ratio, 1.5);
  assert.equal(String(data.name), 'padding');
  assert.deepEqual([data.bits.low, data.bits.middle, data.bits.high], [5, -3, 99]);
  assert.equal(data.both.whole, 0x04030201);
  assert.deepEqual([...data.both.bytes], [1, 2, 3, 4]);
  assert.deepEqual(
    [...data.pairs].map(({ a, b }) => [a, b]),
    [
      [1, 2n],
      [3, 4n],
    ],
  );
  assert.equal(data.wide, (1n << 64n) + 2n);
  assert.deepEqual([bss.zero1, bss.zero2.a, bss.zero2.b], [0, 0, 0n]);
  assert.deepEqual([rodata.constant, String(rodata.label)], [-7, 'abc']);
  assert.equal(open.data_custom.custom, 9);
});

test('writing one variable changes no other byte', () => {
  using open = DataSectionsBpf.open();
  const { data } = open;
  const bytes = () => data.$m.bytes();
  const changes = (write: () => void): number => {
    const before = bytes();
    write();
    return bytes().filter((byte, at) => byte !== before[at]).length;
  };
  assert.equal(
    changes(() => (data.in1 = -1)),
    4,
  );
  assert.equal(
    changes(() => (data.in3 = 0x44)),
    1,
  );
  assert.equal(
    changes(() => (data.in4 = -1n)),
    8,
  );
  assert.equal(
    changes(() => (data.in5 = { a: -1, b: -1n })),
    12,
  );
  assert.equal(
    changes(() => (data.small = [9, 9, 9])),
    3,
  );
  assert.equal(
    changes(() => (data.bits.middle = 1)),
    2,
    'it lies across two bytes',
  );
  assert.deepEqual([data.bits.low, data.bits.middle, data.bits.high], [5, 1, 99]);
  assert.equal(
    changes(() => (data.pairs.at(1)!.a = 7)),
    1,
  );
  assert.equal(
    changes(() => (data.flag = false)),
    1,
  );
  assert.throws(() => (data.bits.low = 8), RangeError);
  assert.throws(() => (data.in1 = 2 ** 31), RangeError);
  assert.throws(() => (data.name = 'longer than ten'), RangeError);
});

test('what was written before load is what programs and later readers see', () => {
  using open = DataSectionsBpf.open();
  open.data.in5 = { a: 1, b: 2n };
  open.rodata.constant = 40;
  open.data_custom.custom = 41;
  const skel = open.load();
  assert.deepEqual([skel.data.in5.a, skel.data.in5.b], [1, 2n]);
  assert.equal(skel.rodata.constant, 40);
  assert.equal(skel.data_custom.custom, 41);
  // By the kernel's own account, not through the mapping.
  const raw = skel.maps.rodata.lookup(0);
  assert.ok(raw !== undefined);
  assert.equal(new DataView(raw.buffer, raw.byteOffset).getInt32(0, true), 40);
});
