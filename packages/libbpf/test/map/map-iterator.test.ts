import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Codec } from '../../src/codec.js';
import { KeyWalk } from '../../src/map/map-iterator.js';
import { FakeCalls } from './fake-calls.js';

const test = suite('walk');

const number: Codec<number> = {
  size: 4,
  decode: (view, offset) => view.getUint32(offset, true),
  encode: (view, offset, value) => view.setUint32(offset, value, true),
};

function walk(map: Map<number, number>, maxSteps = 100): KeyWalk<number, number, [number, number]> {
  return new KeyWalk<number, number, [number, number]>({
    calls: new FakeCalls(map).asCalls,
    keyCodec: number,
    valueCodec: number,
    give: (key, value) => [key, value],
    maxSteps,
    fail: (command, errno) => new Error(`${command} ${errno}`),
    checkOpen: () => {},
  });
}
const filled = (count: number): Map<number, number> =>
  new Map(Array.from({ length: count }, (_, index) => [index, index * 10]));

test('gives every entry once', () => {
  const iterator = walk(filled(3));
  assert.equal(
    [...iterator],
    [
      [0, 0],
      [1, 10],
      [2, 20],
    ],
  );
  assert.equal(iterator.statistics, { entries: 3, restarts: 0, vanished: 0, complete: true });
});

test('an empty map is complete at once', () => {
  const iterator = walk(new Map());
  assert.equal([...iterator], []);
  assert.ok(iterator.statistics.complete);
});

test('deleting what one was given disturbs nothing', () => {
  const map = filled(50);
  const iterator = walk(map);
  for (const [key] of iterator) map.delete(key);
  assert.is(map.size, 0);
  assert.equal(iterator.statistics, { entries: 50, restarts: 0, vanished: 0, complete: true });
});

test('a key that vanished before its value was read is counted, and starting over is noticed', () => {
  const map = filled(4);
  const iterator = walk(map);
  assert.equal(iterator.next().value, [0, 0]);
  map.delete(1);
  assert.equal(
    [...iterator],
    [
      [0, 0],
      [2, 20],
      [3, 30],
    ],
  );
  assert.equal(iterator.statistics, { entries: 4, restarts: 1, vanished: 1, complete: true });
});

test('a map that changes for ever does not make it endless', () => {
  const map = filled(4);
  const iterator = walk(map, 40);
  let next = 100;
  let given = 0;
  for (const [key] of iterator) {
    given++;
    for (const gone of [...map.keys()]) if (gone !== key) map.delete(gone);
    for (let count = 0; count < 4; count++) map.set(next++, 0);
  }
  assert.ok(given <= 41, `${given} entries`);
  assert.is(iterator.statistics.complete, false);
});

test('breaking off ends it', () => {
  const iterator = walk(filled(4));
  for (const _ of iterator) break;
  assert.equal([...iterator], []);
  assert.is(iterator.statistics.complete, false);
});

test('other failures are thrown', () => {
  const calls = new FakeCalls(filled(2));
  calls.lookup = () => 1;
  const iterator = new KeyWalk({
    calls: calls.asCalls,
    keyCodec: number,
    valueCodec: number,
    give: (key: number) => key,
    maxSteps: 10,
    fail: (command, errno) => new Error(`${command} ${errno}`),
    checkOpen: () => {},
  });
  assert.throws(() => iterator.next(), /^lookup 1$/);
  calls.nextKey = () => 9;
  const other = new KeyWalk({
    calls: calls.asCalls,
    keyCodec: number,
    valueCodec: undefined,
    give: (key: number) => key,
    maxSteps: 10,
    fail: (command, errno) => new Error(`${command} ${errno}`),
    checkOpen: () => {},
  });
  assert.throws(() => other.next(), /^nextKey 9$/);
});

test.run();
