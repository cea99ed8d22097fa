// An element that a program inserts into a per-CPU map is zero for all CPUs but the one that inserted it, whatever was there before.

import { possibleCpus } from '@libbpf-ts/libbpf';
import { assert, nanosleep, test } from '#harness';
import { MapInitBpf } from '../build/map_init.skel.js';

const BPF_MAP_TYPE_PERCPU_HASH = 5;
const BPF_MAP_TYPE_LRU_PERCPU_HASH = 10;
const FILL = 0xdeadbeefn;
const VALUE = 0x1234n;

function slotsAfterInsert(type: number, maxEntries: number, insertKey: bigint): bigint[] {
  using open = MapInitBpf.open();
  open.maps.hashmap1.type = type;
  open.maps.hashmap1.maxEntries = maxEntries;
  const skel = open.load();
  const map = skel.maps.hashmap1 as unknown as {
    update(key: bigint, values: bigint[]): void;
    delete(key: bigint): void;
    lookup(key: bigint): bigint[] | undefined;
  };
  const fill = possibleCpus().map(() => FILL);
  for (let key = 1n; key <= BigInt(maxEntries); key++) map.update(key, fill);
  if (type === BPF_MAP_TYPE_PERCPU_HASH) map.delete(insertKey);
  skel.bss.inKey = insertKey;
  skel.bss.inValue = VALUE;
  skel.bss.inPid = process.pid;
  skel.attach();
  nanosleep();
  skel.detach();
  const slots = map.lookup(insertKey);
  assert.ok(slots !== undefined, 'the program inserted nothing');
  return slots;
}

function assertOneSlot(slots: readonly bigint[]): void {
  assert.equal(slots.length, possibleCpus().length);
  assert.deepEqual(
    slots.filter((slot) => slot !== 0n),
    [VALUE],
  );
}

test('a preallocated element that was used before', () => {
  assertOneSlot(slotsAfterInsert(BPF_MAP_TYPE_PERCPU_HASH, 1, 1n));
});

test('an element that an LRU map takes from another key', () => {
  assertOneSlot(slotsAfterInsert(BPF_MAP_TYPE_LRU_PERCPU_HASH, 2, 3n));
});
