// A map's specification for tests.

import { type MapTypeName, mapType } from '../../src/open/constants.js';
import { newMapSpec } from '../../src/open/map-definitions.js';
import type { MapSpec } from '../../src/open/object-spec.js';

export function mapSpec(type: MapTypeName, change: Partial<MapSpec> = {}): MapSpec {
  return newMapSpec({
    name: 'counts',
    section: '.maps',
    origin: 'user',
    identifier: 'counts',
    type: mapType(type),
    keySize: 4,
    valueSize: 8,
    maxEntries: 16,
    ...change,
  });
}
