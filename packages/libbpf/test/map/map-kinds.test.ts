import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mapKind, mapKinds } from '../../src/map/map-kinds.js';
import { MAP_TYPES } from '../../src/open/constants.js';

const test = suite('map kinds');

test('has every type of the kernel, in its place', () => {
  assert.equal(
    mapKinds.map(({ name }) => name),
    [...MAP_TYPES],
  );
  assert.equal(
    mapKinds.map(({ type }) => type),
    mapKinds.map((_, index) => index),
  );
});

test('every interface is there and takes what the row says', () => {
  const source = readFileSync(new URL('../../src/map/map-types.ts', import.meta.url), 'utf8');
  const interfaces = new Map<string, number>();
  for (const [, name, parameters] of source.matchAll(/^export interface (\w+)(?:<([^>]*)>)?/gm)) {
    interfaces.set(name!, parameters === undefined ? 0 : parameters.split(',').length);
  }
  for (const { name, interfaceName, parameters } of mapKinds) {
    assert.is(interfaces.get(interfaceName), parameters.length, `${name}: ${interfaceName}`);
  }
});

test('a type from the future is handled as bytes', () => {
  const kind = mapKind(99);
  assert.is(kind.name, 'TYPE_99');
  assert.is(kind.title, 'map of type 99');
  assert.is(kind.interfaceName, 'UnknownMap');
});

test.run();
