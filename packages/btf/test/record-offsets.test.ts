/** Records that are measured as they are asked for are those that are measured at once. */

import { type Btf, btfBuilder, convertEndianness, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';

const test = suite('RecordOffsets');

const COUNT = 20_000;

/** Types of different sizes, more than are measured at a time. */
function manyTypes(): Uint8Array {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  for (let index = 2; index <= COUNT; index++) {
    const member = { name: `m${index}`, typeId: int, bitOffset: 0 };
    const members = Array.from({ length: index % 3 }, () => member);
    builder.struct(`s${index}`, { size: 4, members });
  }
  return builder.toBytes();
}

const bytes = manyTypes();
const whole = parseBtf(bytes);
const lazy = (): Btf => parseBtf(bytes, { lazy: true });

test('in any order', () => {
  for (const ids of [
    [1, 5000, 4096, 4097, COUNT],
    [COUNT, 1],
    [COUNT + 1, 2],
    [8192, 8193, 3],
  ]) {
    const btf = lazy();
    for (const id of ids) {
      assert.is(btf.hasType(id), whole.hasType(id), String(id));
      if (!btf.hasType(id)) continue;
      assert.is(btf.recordOffset(id), whole.recordOffset(id), String(id));
      assert.is(btf.recordEnd(id), whole.recordEnd(id), String(id));
      assert.equal(btf.type(id), whole.type(id), String(id));
    }
  }
});

test('how many there are', () => {
  assert.is(lazy().typeCount, COUNT + 1);
  assert.is(lazy().hasType(COUNT), true);
  assert.is(lazy().hasType(COUNT + 1), false);
  assert.is(lazy().hasType(-1), false);
  assert.is(lazy().hasType(0), true);
  assert.is(lazy().pointerSize, 8);
  assert.is([...lazy().types()].length, COUNT);
});

test('names of those that were not measured yet', () => {
  for (const id of [2, 7000, COUNT]) {
    assert.is(lazy().findByName(`s${id}`), id);
    assert.equal(lazy().findAllByName(`s${id}`), [id]);
    const btf = lazy();
    btf.expectNames(['s3', `s${id}`]);
    assert.is(btf.findByName(`s${id}`), id);
    assert.is(btf.findByName('s3'), 3);
    assert.is(btf.findByName('int'), 1);
  }
});

test('bases and splits', () => {
  const base = lazy();
  const builder = btfBuilder({ base });
  const id = builder.typedef('s17', 17);
  const split = builder.build();
  assert.is(id, COUNT + 1);
  assert.is(split.hasType(id), true);
  assert.is(split.hasType(id + 1), false);
  assert.equal(split.findAllByName('s17'), [17, id]);
});

test('in either byte order, aligned or not', () => {
  const room = new Uint8Array(bytes.length + 1);
  room.set(bytes, 1);
  for (const other of [convertEndianness(bytes, false), room.subarray(1)]) {
    const btf = parseBtf(other, { lazy: true });
    for (const id of [6000, 17, COUNT]) {
      assert.is(btf.nameOf(id), `s${id}`);
      assert.is(btf.recordOffset(id), whole.recordOffset(id));
    }
    assert.is(btf.typeCount, COUNT + 1);
  }
});

test('what is wrong with a record is told when it is asked for, every time', () => {
  const damaged = bytes.slice();
  new DataView(damaged.buffer).setUint32(whole.recordOffset(15_000) + 4, 25 << 24, true);
  const message = btfError(() => parseBtf(damaged)).message;
  assert.match(message, /^BTF type 15000, offset 0x[\da-f]+: unknown kind, found 25/);
  const btf = parseBtf(damaged, { lazy: true });
  assert.is(btf.nameOf(5000), 's5000');
  for (let round = 0; round < 2; round++) {
    assert.is(btfError(() => btf.nameOf(15_000)).message, message);
    assert.is(btfError(() => btf.typeCount).message, message);
    assert.is(btfError(() => btf.hasType(16_000)).message, message);
    assert.is(btf.nameOf(4999), 's4999');
  }
});

test.run();
