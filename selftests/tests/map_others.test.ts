// Kinds of maps that came later, or need something to refer to.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { isBpfError, pidfdOpen } from '@libbpf-ts/libbpf';
import { assert, type Feature, features, syscall, test } from '#harness';
import { MapArenaBpf } from '../build/map_arena.skel.js';
import { MapBloomBpf } from '../build/map_bloom.skel.js';
import { MapRedirectBpf } from '../build/map_redirect.skel.js';
import { MapStorageBpf } from '../build/map_storage.skel.js';

const SOCKET = 41;
const AF_INET = 2;
const SOCK_STREAM = 1;

test(
  'bloom filter: what was put in is found, most else is not',
  (t) => {
    using opened = MapBloomBpf.open();
    const { seen } = opened.load().maps;
    for (let value = 0n; value < 100n; value++) seen.push(value);
    for (let value = 0n; value < 100n; value++) assert.equal(seen.mayHave(value), true);
    let wrong = 0;
    for (let value = 1000n; value < 2000n; value++) if (seen.mayHave(value)) wrong++;
    t.log('false positives', wrong);
    assert.ok(wrong < 100, `${wrong} of 1000 wrongly found`);
    assert.equal(seen.info().mapExtra, 5n);
  },
  { needs: [features.bloomFilter] },
);

/** Storage of one kind: reads and writes it by the descriptor of an owner. */
function storageTest(
  field: 'sockets' | 'tasks' | 'cgroups',
  owner: () => number,
  needs: readonly Feature[],
): void {
  test(
    `${field}: a value for each owner`,
    () => {
      const opened = MapStorageBpf.open();
      for (const map of ['sockets', 'tasks', 'cgroups'] as const)
        opened.maps[map].autocreate = map === field;
      using skel = opened.load();
      const fd = owner();
      try {
        const map = skel.maps[field];
        assert.equal(map.lookup(fd), undefined);
        map.update(fd, { number: 5, text: 'five' });
        assert.deepEqual(map.lookup(fd), { number: 5, text: 'five' });
        assert.equal(map.has(fd), true);
        assert.throws(
          () => map.update(fd, { number: 6, text: '' }, { mode: 'no-exist' }),
          (error) => isBpfError(error, 'BPF_KEY_EXISTS'),
        );
        assert.equal(map.delete(fd), true);
        assert.equal(map.delete(fd), false);
        assert.throws(
          () => map.lookup(1_000_000),
          (error) => isBpfError(error, 'BPF_MAP_LOOKUP'),
        );
      } finally {
        closeSync(fd);
      }
    },
    { needs },
  );
}
storageTest('sockets', () => syscall(SOCKET, AF_INET, SOCK_STREAM, 0), []);
storageTest('tasks', () => pidfdOpen(process.pid), [features.taskStorage]);
storageTest('cgroups', () => openSync(cgroup2(), 'r'), [features.cgroupStorage]);

function cgroup2(): string {
  const mount = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2');
  assert.ok(mount !== undefined, 'no cgroup2 is mounted');
  return mount.split(' ')[1]!;
}

test('device and CPU maps', () => {
  using opened = MapRedirectBpf.open();
  const { devices, device_hash, cpus } = opened.load().maps;
  const LOOPBACK = 1;
  devices.update(2, LOOPBACK);
  assert.equal(devices.lookup(2), LOOPBACK);
  assert.equal(devices.lookup(1), undefined);
  assert.throws(
    () => devices.update(0, 1_000_000),
    (error) => isBpfError(error, 'BPF_MAP_UPDATE'),
  );
  device_hash.update(77, { target: LOOPBACK, program: 0 });
  assert.deepEqual(device_hash.lookup(77), { target: LOOPBACK, program: 0 });
  assert.equal(device_hash.delete(77), true);
  cpus.update(0, 192);
  assert.equal(cpus.lookup(0), 192);
});

test('sockets: written as descriptors, read as cookies', async () => {
  using opened = MapRedirectBpf.open();
  const { sockets, socket_hash } = opened.load().maps;
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    sockets.update(1, fd);
    const cookie = sockets.lookup(1);
    assert.ok(typeof cookie === 'bigint' && cookie > 0n);
    socket_hash.update(5n, { fd });
    assert.equal(socket_hash.lookup(5n), cookie);
    assert.equal(sockets.lookup(0), undefined);
    assert.equal(sockets.delete(1), true);
    assert.equal(socket_hash.delete(5n), true);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test(
  'arena: memory',
  () => {
    using opened = MapArenaBpf.open();
    const skel = opened.load();
    const memory = skel.maps.arena.memory();
    assert.equal(memory.byteLength, 16 * 4096);
    const words = new Uint32Array(memory);
    assert.equal(words[5000], 0);
    words[5000] = 42;
    assert.equal(new Uint32Array(skel.maps.arena.memory())[5000], 42);
    skel.close();
    assert.equal(words[5000], 0);
  },
  { needs: [features.arena] },
);
