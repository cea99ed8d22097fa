// A map's specification for tests.

import { type MapTypeName, mapType } from '../../src/open/constants.js';
import type { MapSpec } from '../../src/open/object-spec.js';

export function mapSpec(type: MapTypeName, change: Partial<MapSpec> = {}): MapSpec {
  return {
    name: 'counts',
    section: '.maps',
    origin: 'user',
    identifier: 'counts',
    type: mapType(type),
    keySize: 4,
    valueSize: 8,
    maxEntries: 16,
    flags: 0,
    numaNode: undefined,
    mapExtra: 0n,
    ifindex: 0,
    btfKeyTypeId: 0,
    btfValueTypeId: 0,
    recordTypeId: 0,
    pinByName: false,
    pinPath: undefined,
    autocreate: true,
    inner: undefined,
    initialSlots: [],
    initialValue: undefined,
    dataSectionTypeId: 0,
    variables: [],
    ...change,
  };
}
