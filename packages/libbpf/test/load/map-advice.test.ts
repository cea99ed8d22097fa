import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapAdvice } from '../../src/load/map-advice.js';
import { newHelper } from '../../src/load/new-helpers.js';
import { type MapTypeName, mapType } from '../../src/open/constants.js';
import { newMapSpec } from '../../src/open/map-definitions.js';
import type { MapSpec } from '../../src/open/object-spec.js';

const test = suite('map-advice');

function advice(type: MapTypeName, fields: Partial<MapSpec> = {}): string | undefined {
  return mapAdvice(
    newMapSpec({
      name: 'map',
      section: '.maps',
      origin: 'user',
      identifier: 'map',
      type: mapType(type),
      keySize: 4,
      valueSize: 4,
      maxEntries: 1,
      ...fields,
    }),
  );
}

const mistakes: readonly [MapTypeName, Partial<MapSpec>, string][] = [
  ['HASH', { maxEntries: 0 }, 'add __uint(max_entries, N), or set maxEntries before load()'],
  ['RINGBUF', {}, 'it is memory, without key and value: remove both from its definition'],
  [
    'PERF_EVENT_ARRAY',
    { valueSize: 8 },
    'its keys and values are of 4 bytes: __uint(key_size, 4), __uint(value_size, 4)',
  ],
  [
    'ARRAY_OF_MAPS',
    {},
    'it does not say what the maps in it are like: __array(values, struct inner_map)',
  ],
  ['HASH', { keySize: 0 }, 'it has no key: __type(key, T)'],
  ['PERCPU_ARRAY', { keySize: 8 }, 'its key is an index of 4 bytes'],
  ['LRU_HASH', { valueSize: 0 }, 'it has no value: __type(value, T)'],
  ['ARRAY', { mapExtra: 5n }, 'map_extra 5 means nothing to it'],
  ['ARRAY', { type: 99 }, '99 is no type of map that is known'],
];

for (const [type, fields, expected] of mistakes) {
  test(`${type} with ${Object.keys(fields).join()}: ${expected}`, () => {
    assert.is(advice(type, fields), expected);
  });
}

test('nothing is said of what may be right', () => {
  assert.is(advice('HASH'), undefined);
  assert.is(advice('TASK_STORAGE', { maxEntries: 0 }), undefined);
  assert.is(advice('RINGBUF', { keySize: 0, valueSize: 0 }), undefined);
  assert.is(advice('BLOOM_FILTER', { keySize: 0, mapExtra: 3n }), undefined);
});

test('helpers that came after 5.10, by number', () => {
  assert.is(newHelper(155), undefined);
  assert.equal(newHelper(156), { name: 'bpf_task_storage_get', since: '5.11' });
  assert.equal(newHelper(174), { name: 'bpf_get_attach_cookie', since: '5.15' });
  assert.equal(newHelper(181), { name: 'bpf_loop', since: '5.17' });
  assert.equal(newHelper(211), { name: 'bpf_cgrp_storage_delete', since: '6.2' });
  assert.is(newHelper(212), undefined);
});

test.run();
