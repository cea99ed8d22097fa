// A map before it is loaded, and after it was closed: no kernel needed.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SectionMemory } from '../../src/data/section-memory.js';
import { BpfMap } from '../../src/map/bpf-map.js';
import { mapType } from '../../src/open/constants.js';
import { mapSpec } from './map-spec.js';

const test = suite('map');

test('attributes can be set before load', () => {
  const spec = mapSpec('HASH');
  const map = new BpfMap({ spec, objectName: 'o' });
  map.type = mapType('LRU_HASH');
  map.keySize = 8;
  map.valueSize = 16;
  map.maxEntries = 32;
  map.flags = 1;
  map.numaNode = 0;
  map.ifindex = 2;
  map.mapExtra = 5n;
  map.autocreate = false;
  map.pinPath = '/sys/fs/bpf/x';
  assert.is(map.kind, 'LRU hash');
  const {
    type,
    keySize,
    valueSize,
    maxEntries,
    flags,
    numaNode,
    ifindex,
    mapExtra,
    autocreate,
    pinPath,
  } = spec;
  assert.equal(
    [type, keySize, valueSize, maxEntries, flags, numaNode, ifindex, mapExtra, autocreate, pinPath],
    [9, 8, 16, 32, 1, 0, 2, 5n, false, '/sys/fs/bpf/x'],
  );
  assert.throws(() => {
    map.maxEntries = -1;
  }, /^map "counts": maxEntries: expected an integer from 0 to 4294967295, found -1$/);
  assert.throws(() => {
    map.keySize = 1.5;
  }, RangeError);
});

test('what needs the kernel says so before load', () => {
  const map = new BpfMap({ spec: mapSpec('HASH'), objectName: 'o', isObjectLoaded: () => false });
  const message =
    /^object "o", map "counts": .* needs the map in the kernel; call load\(\) on its object first$/;
  for (const call of [
    () => map.lookup(1),
    () => map.update(1, 1),
    () => map.delete(1),
    () => map.has(1),
    () => map.entries(),
    () => map.fd,
    () => map.id,
    () => map.info(),
    () => map.freeze(),
    () => map.pin('/x'),
    () => map.raw,
    () => map.open(),
    () => map.writer,
    () => map.push(1),
    () => map.lookupBatch(),
    () => map.memory(),
    () => map.stream,
  ]) {
    assert.throws(call, message);
  }
});

test('after load, attributes are fixed, and maps that were not created say so', () => {
  const spec = mapSpec('HASH', { autocreate: false });
  const map = new BpfMap({ spec, isObjectLoaded: () => true });
  assert.throws(() => {
    map.maxEntries = 1;
  }, /^map "counts": maxEntries cannot be set any more; set it between openObject\(\) and load\(\)$/);
  assert.throws(
    () => map.lookup(1),
    /^map "counts": lookup\(\): it was not created, since its autocreate is false$/,
  );
});

test('a closed map says so', () => {
  const map = new BpfMap({ spec: mapSpec('HASH') });
  map.close();
  map.close();
  assert.throws(() => map.lookup(1), /^map "counts": lookup\(\) after close\(\)$/);
  assert.throws(() => {
    map.flags = 1;
  }, /flags cannot be set, its object is closed/);
  assert.is(map.isLoaded, false);
});

test('the initial value is that of the section', () => {
  const bytes = new Uint8Array([1, 2, 3, 4]);
  const spec = mapSpec('ARRAY', {
    origin: 'bss',
    section: '.bss',
    valueSize: 4,
    initialValue: bytes,
  });
  const memory = new SectionMemory({
    object: 'o',
    section: '.bss',
    bytes,
    readOnly: false,
    mmapable: true,
  });
  const map = new BpfMap({ spec, section: () => memory });
  memory.mut.setUint8(0, 9);
  assert.equal(map.initialValue, new Uint8Array([9, 2, 3, 4]));
  map.initialValue = new Uint8Array([5, 6, 7, 8]);
  assert.is(memory.view.getUint8(1), 6);
  assert.throws(() => {
    map.initialValue = new Uint8Array(3);
  }, /^map "counts": initialValue: expected 4 bytes, found 3$/);
  map.valueSize = 6;
  assert.is(memory.size, 6);
  assert.equal(memory.bytes(), new Uint8Array([5, 6, 7, 8, 0, 0]));
  assert.equal(spec.initialValue, new Uint8Array([5, 6, 7, 8, 0, 0]));
});

test('other maps have no initial value', () => {
  const map = new BpfMap({ spec: mapSpec('HASH') });
  assert.is(map.initialValue, undefined);
  assert.throws(() => {
    map.initialValue = new Uint8Array(1);
  }, /it has no initial value; only maps of sections/);
});

test.run();
