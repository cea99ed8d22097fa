// Hash maps by a number: look-up, update, reading all of it in batches and by iterating, against the same calls in C.

import { openMapById, openObject } from '@libbpf-ts/libbpf';
import { compileObject, skipWithoutBpf } from './bpf-object.mjs';

const ENTRIES = 100_000;
const ROUNDS = 5;

/** As skelgen writes them for `__u32` and `__u64`. */
const u32 = {
  size: 4,
  decode: (view, offset) => view.getUint32(offset, true),
  encode(view, offset, value) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) throw new RangeError('key');
    view.setUint32(offset, value, true);
  },
};
const u64 = {
  size: 8,
  decode: (view, offset) => view.getBigUint64(offset, true),
  encode(view, offset, value) {
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value)
      throw new RangeError('value');
    view.setBigUint64(offset, value, true);
  },
};

function mapCase(what, run) {
  return {
    name: `map/${what}/u32-u64`,
    skip: skipWithoutBpf,
    setup({ build }) {
      const object = openObject(compileObject('map', build).bytes, { name: 'map' }).load();
      const map = openMapById(object.map('counts').id, { keyCodec: u32, valueCodec: u64 });
      for (let key = 0; key < ENTRIES; key++) map.update(key, BigInt(key * 3));
      for (let round = 0; round < 3; round++) run(map);
      return { object, map };
    },
    js({ map }) {
      // Of the processor, as in C: what else the machine does counts less so.
      const start = process.cpuUsage();
      for (let round = 0; round < ROUNDS; round++) run(map);
      const { user, system } = process.cpuUsage(start);
      return ((user + system) * 1000) / ROUNDS / ENTRIES;
    },
    c: { source: 'map.c', args: [what, String(ENTRIES), String(ROUNDS)] },
    teardown({ object, map }) {
      map.close();
      object.close();
    },
  };
}

function expect(count) {
  if (count !== ENTRIES) throw new Error(`saw ${count} entries of ${ENTRIES}`);
}

let kept = 0n;

export const cases = [
  mapCase('lookup', (map) => {
    for (let key = 0; key < ENTRIES; key++) kept = map.lookup(key);
  }),
  mapCase('update', (map) => {
    const value = 7n;
    for (let key = 0; key < ENTRIES; key++) map.update(key, value);
  }),
  mapCase('batch', (map) => {
    const { keys, values } = map.lookupBatch();
    kept = values[7];
    expect(keys.length);
  }),
  mapCase('iterate', (map) => {
    let count = 0;
    for (const [, value] of map.entries()) {
      kept = value;
      count++;
    }
    expect(count);
  }),
  {
    ...mapCase('batch', (map) => {
      expect(
        map.forEach((value) => {
          kept = value;
        }),
      );
    }),
    name: 'map/for-each/u32-u64',
  },
];
process.on('exit', () => typeof kept);
