// Every kind of map that all kernels here have: what user space writes the program sees, and the other way round.

import { closeSync, openSync } from 'node:fs';
import {
  type HashMap,
  isBpfError,
  openMapById,
  openObject,
  openPinnedMap,
  possibleCpus,
} from '@libbpf-ts/libbpf';
import { injectFaults } from '@libbpf-ts/libbpf/internal';
import { assert, features, getpgid, type TestContext, test } from '#harness';
import { MapKindsBpf } from '../build/map_kinds.skel.js';

function open(t: TestContext): MapKindsBpf {
  const opened = MapKindsBpf.open();
  t.after(() => opened.close());
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.links.on_syscall = skel.progs.on_syscall.attach();
  return skel;
}

const hasCode = (code: string) => (error: unknown) => isBpfError(error, code);

test('hash: look-up, update by mode, delete', (t) => {
  const { counts } = open(t).maps;
  assert.equal(counts.lookup(1), undefined);
  assert.equal(counts.has(1), false);
  counts.update(1, 10n);
  assert.equal(counts.lookup(1), 10n);
  counts.update(1, 2n ** 64n - 1n, { mode: 'exist' });
  assert.equal(counts.lookup(1), 2n ** 64n - 1n);
  assert.throws(() => counts.update(1, 0n, { mode: 'no-exist' }), hasCode('BPF_KEY_EXISTS'));
  assert.throws(() => counts.update(2, 0n, { mode: 'exist' }), hasCode('BPF_NO_KEY'));
  counts.update(0xffff_ffff, 3n, { mode: 'no-exist' });
  assert.equal(counts.has(0xffff_ffff), true);
  assert.equal(counts.delete(1), true);
  assert.equal(counts.delete(1), false);
  assert.deepEqual([...counts.entries()], [[0xffff_ffff, 3n]]);
});

test('hash: numbers that do not fit are errors, and write nothing', (t) => {
  const { counts } = open(t).maps;
  assert.throws(() => counts.update(-1, 0n), RangeError);
  assert.throws(() => counts.update(2 ** 32, 0n), RangeError);
  assert.throws(() => counts.lookup(1.5), RangeError);
  assert.throws(() => counts.update(1, -1n), RangeError);
  assert.throws(() => counts.update(1, 2n ** 64n), RangeError);
  assert.throws(() => counts.update(1, 1.5 as unknown as bigint));
  assert.throws(() => counts.update(1, '1' as unknown as bigint));
  assert.equal([...counts.keys()].length, 0);
});

test('without a skeleton, keys and values have the same types and limits', (t) => {
  const object = openObject(MapKindsBpf.elfBytes(), { name: 'map_kinds' });
  t.after(() => object.close());
  for (const program of object.programs.values()) program.autoload = false;
  object.load();
  const counts = object.map('counts');
  counts.update(0xffff_ffff, 2n ** 64n - 1n);
  assert.deepEqual([...counts.entries()], [[0xffff_ffff, 2n ** 64n - 1n]]);
  assert.throws(
    () => counts.update(-1, 0n),
    /^RangeError: map "counts", key: does not fit, found -1, expected an integer in 0..4294967295$/,
  );
  assert.throws(() => counts.update(2 ** 32, 0n), RangeError);
  assert.throws(() => counts.update(0, 2n ** 64n), RangeError);
  assert.throws(() => counts.update('0', 0n), /^TypeError: map "counts", key: wrong type, found/);
  const pairs = object.map('pairs');
  const key = { first: 1, second: 2, third: 3 };
  const value = { count: 5n, balance: -6, name: 'name', flags: new Uint8Array([1, 2, 3, 4]) };
  pairs.update(key, value);
  assert.deepEqual(pairs.lookup(key), value);
  assert.throws(
    () => pairs.update({ ...key, second: 65536 }, value),
    /^RangeError: map "pairs", key\.second: does not fit, found 65536/,
  );
  assert.throws(
    () => pairs.update(key, { ...value, balance: 2 ** 31 }),
    /^RangeError: map "pairs", value\.balance: does not fit/,
  );
  assert.throws(() => pairs.update(key, { ...value, name: 'longer than it is' }), RangeError);
  assert.deepEqual(pairs.lookup(key), value);
});

test('hash: the program writes it too', (t) => {
  const skel = open(t);
  getpgid();
  getpgid();
  assert.equal(skel.maps.counts.lookup(7), 2n);
});

test('hash: structs as keys and values', (t) => {
  const { pairs } = open(t).maps;
  const key = { first: 1, second: 2, third: 3 };
  const value = { count: 5n, balance: -6, name: 'name', flags: new Uint8Array([1, 2, 3, 4]) };
  pairs.update(key, value);
  assert.deepEqual(pairs.lookup(key), value);
  assert.equal(pairs.lookup({ ...key, third: 4 }), undefined);
  assert.deepEqual([...pairs.entries()], [[key, value]]);
  assert.throws(() => pairs.update({ ...key, second: 65536 }, value), RangeError);
  assert.throws(() => pairs.update(key, { ...value, name: 'longer than it is' }), RangeError);
  assert.deepEqual(pairs.lookup(key), value);
});

test('hash: bytes, where nothing is declared, and everywhere by raw', (t) => {
  const { untyped, counts } = open(t).maps;
  const key = new Uint8Array([1, 2, 3]);
  untyped.update(key, new Uint8Array([9, 8, 7, 6, 5]));
  assert.deepEqual(untyped.lookup(key), new Uint8Array([9, 8, 7, 6, 5]));
  assert.throws(() => untyped.lookup(new Uint8Array(4)), /key: expected 3 bytes, found 4/);
  assert.throws(() => untyped.update(key, new Uint8Array(4)), /value: expected 5 bytes, found 4/);
  assert.equal(untyped.delete(key), true);

  counts.update(0x01020304, 5n);
  const { raw } = counts;
  assert.deepEqual([raw.keySize, raw.valueSize], [4, 8]);
  assert.deepEqual(
    raw.lookup(new Uint8Array([4, 3, 2, 1])),
    new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]),
  );
  raw.update(new Uint8Array(4), new Uint8Array(8).fill(1));
  assert.equal(counts.lookup(0), 0x0101010101010101n);
  const keys: Uint8Array[] = [];
  for (let next = raw.nextKey(); next !== undefined; next = raw.nextKey(next)) keys.push(next);
  assert.equal(keys.length, 2);
  assert.equal(raw.delete(new Uint8Array(4)), true);
  assert.throws(() => raw.lookup(new Uint8Array(3)), RangeError);
});

test('hash: batches', (t) => {
  const { counts } = open(t).maps;
  const entries = Array.from({ length: 1000 }, (_, index): [number, bigint] => [
    index,
    BigInt(index) * 3n,
  ]);
  assert.equal(counts.updateBatch(entries), 1000);
  const { keys, values } = counts.lookupBatch();
  assert.equal(keys.length, 1000);
  assert.ok(keys.every((key, index) => values[index] === BigInt(key) * 3n));
  assert.deepEqual(
    [...keys].sort((a, b) => a - b),
    entries.map(([key]) => key),
  );
  let sum = 0n;
  assert.equal(
    counts.forEach((value) => {
      sum += value;
    }),
    1000,
  );
  assert.equal(sum, 3n * 999n * 500n);
  assert.equal(counts.deleteBatch([1, 2, 5000, 3]), 3);
  assert.equal(counts.deleteBatch([]), 0);
  assert.equal([...counts.values()].length, 997);
  assert.equal(counts.lookupAndDeleteBatch().keys.length, 997);
  assert.equal([...counts.keys()].length, 0);
  assert.equal(counts.lookupBatch().keys.length, 0);
});

test('hash: a full map says so', (t) => {
  const { pairs } = open(t).maps;
  const value = { count: 0n, balance: 0, name: '', flags: new Uint8Array(4) };
  for (let first = 0; first < 64; first++) pairs.update({ first, second: 0, third: 0 }, value);
  assert.throws(
    () => pairs.update({ first: 64, second: 0, third: 0 }, value),
    /map "pairs": update: it is full: 64 entries/,
  );
});

test('hash: iterating while everything is deleted and added ends, and says how it went', (t) => {
  const { counts } = open(t).maps;
  for (let key = 0; key < 500; key++) counts.update(key, 0n);
  const entries = counts.entries();
  let next = 1000;
  for (const [key] of entries) {
    counts.delete(key);
    counts.update(next++, 0n);
    if (next > 100_000) break;
  }
  assert.ok(next < 5000, `${next - 1000} entries`);
  assert.ok(entries.statistics.entries >= 500);
  const keys = counts.keys();
  let seen = 0;
  for (const key of keys) {
    counts.delete(key);
    seen++;
  }
  assert.equal(seen, 500);
  assert.deepEqual(keys.statistics, { entries: 500, restarts: 0, vanished: 0, complete: true });
});

test('hash: a walk that stands on a key that vanished starts over, and says so', (t) => {
  const { counts } = open(t).maps;
  for (let key = 0; key < 100; key++) counts.update(key, 0n);
  const order = [...counts.keys()];
  const keys = counts.keys();
  const given = [keys.next().value, keys.next().value];
  // It has looked ahead by one: that key is where it stands.
  counts.delete(order[2]!);
  const rest = [...keys];
  const { entries, restarts, complete } = keys.statistics;
  assert.deepEqual([given, restarts, complete], [order.slice(0, 2), 1, true]);
  assert.equal(entries, given.length + rest.length);
  assert.deepEqual(
    [...new Set([...given, ...rest])].toSorted((a, b) => a! - b!),
    [...order].toSorted((a, b) => a - b),
    'all of them, some twice',
  );
  const values = counts.raw;
  assert.equal(values.nextKey(new Uint8Array(4).fill(0xee))?.length, 4, 'as the kernel does');
});

test('hash: look-up and delete in one step', (t) => {
  const { counts } = open(t).maps;
  counts.update(1, 5n);
  if (!t.atLeast('5.14'))
    return assert.throws(() => counts.lookupAndDelete(1), hasCode('BPF_MAP_LOOKUP_AND_DELETE'));
  assert.equal(counts.lookupAndDelete(1), 5n);
  assert.equal(counts.lookupAndDelete(1), undefined);
});

test('hash: without batches of the kernel, the same by single calls', (t) => {
  const { counts, table } = open(t).maps;
  let refused = 0;
  injectFaults((_syscall, command) => {
    if (command?.endsWith('_BATCH') !== true) return 0;
    refused++;
    return 22;
  });
  t.after(() => injectFaults(undefined));
  assert.equal(
    counts.updateBatch([
      [1, 10n],
      [2, 20n],
      [3, 30n],
    ]),
    3,
  );
  const { keys, values } = counts.lookupBatch();
  assert.deepEqual(keys.map((key, index) => [key, values[index]]).sort(), [
    [1, 10n],
    [2, 20n],
    [3, 30n],
  ]);
  const entries = counts.entries();
  assert.equal([...entries].length, 3);
  assert.deepEqual(entries.statistics, { entries: 3, restarts: 0, vanished: 0, complete: true });
  assert.equal(
    counts.forEach(() => {}),
    3,
  );
  assert.equal(counts.deleteBatch([1, 9]), 1);
  assert.equal(counts.lookupAndDeleteBatch().keys.length, 2);
  assert.equal([...counts.keys()].length, 0);
  assert.equal([...table.entries()].length, 4);
  assert.ok(refused >= 6);
});

test('hash: a batch that runs into an error says so', (t) => {
  const { counts } = open(t).maps;
  injectFaults((_syscall, command) => (command === 'BPF_MAP_UPDATE_BATCH' ? 1 : 0));
  t.after(() => injectFaults(undefined));
  assert.throws(() => counts.updateBatch([[1, 1n]]), /map "counts": update: EPERM/);
});

test('hash: under the lock of the value', (t) => {
  const { guarded } = open(t).maps;
  const value = { lock: new Uint8Array(4), amount: 5, other: 6 };
  guarded.update(1, value);
  guarded.update(1, { ...value, amount: 7 }, { locked: true });
  assert.deepEqual(guarded.lookup(1, { locked: true }), { ...value, amount: 7 });
  assert.throws(() => open(t).maps.counts.lookup(1, { locked: true }), hasCode('BPF_MAP_LOOKUP'));
});

test('LRU hash: the oldest make room', (t) => {
  const { recent } = open(t).maps;
  for (let key = 0; key < 1000; key++) recent.update(key, key);
  const keys = [...recent.keys()];
  assert.ok(keys.length > 0 && keys.length <= 32, `${keys.length} keys`);
});

test('array: elements are there from the start, others never', (t) => {
  const { table } = open(t).maps;
  const zero = { count: 0n, balance: 0, name: '', flags: new Uint8Array(4) };
  assert.deepEqual(table.lookup(3), zero);
  assert.equal(table.lookup(4), undefined);
  table.update(3, { ...zero, count: 9n });
  assert.deepEqual(
    [...table.values()].map(({ count }) => count),
    [0n, 0n, 0n, 9n],
  );
  assert.throws(() => table.update(4, zero), /the index is not below its 4 entries/);
  assert.equal(
    table.updateBatch([
      [0, { ...zero, count: 1n }],
      [1, { ...zero, count: 2n }],
    ]),
    2,
  );
  assert.deepEqual(
    table.lookupBatch().values.map(({ count }) => count),
    [1n, 2n, 0n, 9n],
  );
});

test('array: its memory, live', (t) => {
  const skel = open(t);
  const numbers = new BigUint64Array(skel.maps.shared.memory());
  assert.ok(numbers.length >= 600);
  assert.equal(skel.maps.shared.memory(), numbers.buffer);
  getpgid();
  assert.equal(numbers[7], 1n);
  numbers[599] = 77n;
  assert.equal(skel.maps.shared.lookup(599), 77n);
  assert.throws(() => skel.maps.table.memory(), hasCode('BPF_WRONG_KIND'));
  skel.close();
  assert.equal(numbers[7], 0n, 'a window onto a closed map is only zeros');
  numbers[7] = 1n;
});

test('per-CPU: a value for each possible CPU', (t) => {
  const skel = open(t);
  const { cpu_table, cpu_counts } = skel.maps;
  const cpus = possibleCpus();
  assert.deepEqual(cpu_table.cpus, cpus);
  getpgid();
  const values = cpu_table.lookup(0)!;
  assert.deepEqual(
    values,
    cpus.map((cpu) => (cpu === skel.data.cpu ? 1n : 0n)),
  );
  cpu_counts.update(
    5,
    cpus.map((cpu) => cpu + 100),
  );
  assert.deepEqual(
    cpu_counts.lookup(5),
    cpus.map((cpu) => cpu + 100),
  );
  cpu_counts.update(6, 9);
  assert.deepEqual(
    cpu_counts.lookup(6),
    cpus.map(() => 9),
  );
  assert.deepEqual([...cpu_counts.keys()].sort(), [5, 6]);
  assert.deepEqual(
    new Map(cpu_counts.entries()).get(6),
    cpus.map(() => 9),
  );
  assert.throws(() => cpu_counts.update(7, [...cpus.map(() => 1), 1]), /one for each possible CPU/);
  assert.equal(cpu_counts.deleteBatch([5, 6]), 2);
  assert.deepEqual(cpu_table.lookupBatch().keys, [0, 1]);
});

test('LPM trie: the longest prefix is found', (t) => {
  const { routes } = open(t).maps;
  const prefix = (length: number, ...address: number[]) => ({
    length,
    address: Uint8Array.from(address),
  });
  routes.update(prefix(8, 10, 0, 0, 0), 8);
  routes.update(prefix(24, 10, 1, 2, 0), 24);
  assert.equal(routes.lookup(prefix(32, 10, 1, 2, 3)), 24);
  assert.equal(routes.lookup(prefix(32, 10, 9, 9, 9)), 8);
  assert.equal(routes.lookup(prefix(32, 11, 0, 0, 1)), undefined);
  assert.equal([...routes.entries()].length, 2);
  assert.equal(routes.delete(prefix(24, 10, 1, 2, 0)), true);
  assert.equal(routes.lookup(prefix(32, 10, 1, 2, 3)), 8);
});

test('queue and stack: push, pop, peek', (t) => {
  const skel = open(t);
  const { waiting, pile } = skel.maps;
  for (const value of [1, 2, 3, 4]) waiting.push(value);
  assert.throws(() => waiting.push(5), hasCode('BPF_MAP_FULL'));
  waiting.push(5, { mode: 'exist' });
  assert.equal(waiting.peek(), 2);
  assert.deepEqual(
    [waiting.pop(), waiting.pop(), waiting.pop(), waiting.pop(), waiting.pop()],
    [2, 3, 4, 5, undefined],
  );
  assert.equal(waiting.peek(), undefined);
  getpgid();
  assert.equal(waiting.pop(), 7);

  const key = (first: number) => ({ first, second: 0, third: 0 });
  pile.push(key(1));
  pile.push(key(2));
  assert.deepEqual([pile.pop(), pile.pop(), pile.pop()], [key(2), key(1), undefined]);
  const untyped = pile as unknown as HashMap<number, number>;
  assert.throws(
    () => untyped.lookup(1),
    /map "pile": a stack has no lookup\(\); use push\(\), pop\(\) and peek\(\)/,
  );
  assert.throws(() => untyped.entries(), hasCode('BPF_WRONG_KIND'));
});

test('maps of maps: filled by the object, by descriptor, read as maps and ids', (t) => {
  const skel = open(t);
  const { map_table, map_hash, inner_one, inner_two } = skel.maps;
  assert.equal(map_table.lookupId(1), inner_one.id);
  assert.equal(map_table.lookupId(0), undefined);
  assert.equal(map_table.lookup(0), undefined);
  map_table.update(0, inner_two);
  assert.equal(map_table.lookupId(0), inner_two.id);
  using inner = map_table.lookup(0)!;
  inner_two.update(3, 4n);
  assert.deepEqual(
    inner.raw.lookup(new Uint8Array([3, 0, 0, 0])),
    new Uint8Array([4, 0, 0, 0, 0, 0, 0, 0]),
  );
  assert.equal(map_table.delete(0), true);

  inner_two.update(7, 0n);
  map_hash.update(7, inner_two);
  getpgid();
  assert.equal(inner_two.lookup(7), 1n);
  assert.deepEqual([...map_hash.entries()], [[7, inner_two.id]]);
  assert.throws(() => map_hash.update(1, skel.maps.table), hasCode('BPF_MAP_UPDATE'));
  assert.throws(
    () => map_hash.update(1, {} as number),
    /expected a descriptor or something with an "fd"/,
  );
});

test('program array: tail calls go where it says', (t) => {
  const skel = open(t);
  getpgid();
  assert.equal(skel.bss.tail_calls, 0);
  skel.maps.tails.update(0, skel.progs.on_tail);
  getpgid();
  assert.equal(skel.bss.tail_calls, 1);
  assert.equal(skel.maps.tails.lookup(0), skel.progs.on_tail.info().id);
  assert.equal(skel.maps.tails.lookup(1), undefined);
  assert.equal(skel.maps.tails.delete(0), true);
  getpgid();
  assert.equal(skel.bss.tail_calls, 1);
});

test('stack traces: frames with the kernel symbols', (t) => {
  const skel = open(t);
  getpgid();
  const id = skel.data.stack_id;
  assert.ok(id >= 0, `stack id ${id}`);
  const frames = skel.maps.stacks.lookup(id)!;
  t.log(frames.map(String));
  assert.ok(frames.length >= 2);
  assert.ok(
    frames.some(({ symbol }) => /syscall|entry/.test(symbol?.name ?? '')),
    frames.map(String).join(' '),
  );
  assert.equal(skel.maps.stacks.lookup(id === 0 ? 1 : id - 1), undefined);
  assert.equal(skel.maps.stacks.delete(id), true);
});

test('freezing: no more changes by system call', (t) => {
  const { table } = open(t).maps;
  table.freeze();
  assert.throws(
    () => table.update(0, { count: 0n, balance: 0, name: '', flags: new Uint8Array(4) }),
    /map "table": update: EPERM/,
  );
  assert.equal(table.lookup(0)!.count, 0n);
  const { shared } = open(t).maps;
  shared.memory();
  assert.throws(() => shared.freeze(), hasCode('BPF_MAP_FREEZE'), 'it is mapped writable');
});

test(
  'by id and by pin',
  (t) => {
    const skel = open(t);
    const { counts } = skel.maps;
    counts.update(1, 2n);
    const info = counts.info();
    assert.deepEqual(
      [info.name, info.type, info.keySize, info.valueSize, info.maxEntries, info.id],
      ['counts', 1, 4, 8, 1024, counts.id],
    );
    using byId = openMapById(counts.id);
    assert.equal(byId.name, 'counts');
    assert.deepEqual(
      byId.lookup(new Uint8Array([1, 0, 0, 0])),
      new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0]),
    );

    const path = `/sys/fs/bpf/selftest-${process.pid}/counts`;
    t.after(() => closeSync(openSync('/dev/null', 'r')));
    counts.pin(path);
    try {
      assert.equal(counts.isPinned, true);
      assert.equal(counts.pinPath, path);
      skel.close();
      using pinned = openPinnedMap(path, {
        keyCodec: {
          size: 4,
          decode: (view, at) => view.getUint32(at, true),
          encode: (view, at, value: number) => view.setUint32(at, value, true),
        },
        valueCodec: {
          size: 8,
          decode: (view, at) => view.getBigUint64(at, true),
          encode: (view, at, value: bigint) => view.setBigUint64(at, value, true),
        },
      });
      assert.equal(pinned.lookup(1), 2n);
      pinned.unpin();
      assert.equal(pinned.isPinned, false);
    } finally {
      t.after(async () => {
        const { rmSync } = await import('node:fs');
        rmSync(`/sys/fs/bpf/selftest-${process.pid}`, { recursive: true, force: true });
      });
    }
    assert.throws(() => openPinnedMap(path), hasCode('BPF_MAP_OPEN'));
    assert.throws(() => openMapById(0x7fff_ffff), hasCode('BPF_MAP_OPEN'));
  },
  { needs: [features.bpffs] },
);

test('attributes can be changed before load, not after', (t) => {
  const opened = MapKindsBpf.open();
  t.after(() => opened.close());
  opened.maps.counts.maxEntries = 3;
  const skel = opened.load();
  assert.equal(skel.maps.counts.info().maxEntries, 3);
  assert.throws(() => {
    opened.maps.counts.maxEntries = 4;
  }, hasCode('BPF_PHASE'));
});

test('a closed map says so, whatever is asked', (t) => {
  const skel = open(t);
  const { counts } = skel.maps;
  counts.update(1, 1n);
  counts.update(2, 1n);
  const { raw } = counts;
  const entries = counts.entries();
  const keys = counts.keys();
  keys.next();
  skel.close();
  for (const use of [
    () => counts.lookup(1),
    () => counts.update(1, 1n),
    () => counts.delete(1),
    () => counts.has(1),
    () => counts.entries(),
    () => entries.next(),
    () => keys.next(),
    () => raw.lookup(new Uint8Array(4)),
    () => raw.nextKey(),
    () => counts.lookupBatch(),
    () => counts.updateBatch([[1, 1n]]),
    () => counts.fd,
    () => counts.id,
    () => counts.info(),
    () => counts.freeze(),
    () => counts.pin('/x'),
  ]) {
    assert.throws(use, hasCode('BPF_CLOSED'), String(use));
  }
});
