// Kinds of maps that came later, or need something to refer to.

import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { isBpfError, openMapById, pidfdOpen } from '@libbpf-ts/libbpf';
import { assert, type Feature, features, getpgid, syscall, type TestContext, test } from '#harness';
import { MapArenaBpf } from '../build/map_arena.skel.js';
import { MapBloomBpf } from '../build/map_bloom.skel.js';
import { MapCgroupBpf } from '../build/map_cgroup.skel.js';
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
  field: 'sockets' | 'tasks' | 'inodes' | 'cgroups',
  owner: () => number,
  needs: readonly Feature[],
): void {
  test(
    `${field}: a value for each owner`,
    () => {
      const opened = MapStorageBpf.open();
      for (const map of ['sockets', 'tasks', 'inodes', 'cgroups'] as const)
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
        map.update(fd, { number: 7, text: '' }, { mode: 'no-exist' });
        assert.equal(map.has(fd), true);
      } finally {
        closeSync(fd);
      }
    },
    { needs },
  );
}
storageTest('sockets', () => syscall(SOCKET, AF_INET, SOCK_STREAM, 0), []);
storageTest('tasks', () => pidfdOpen(process.pid), [features.taskStorage]);
storageTest('inodes', () => openSync(import.meta.filename, 'r'), [
  features.inodeStorage,
  features.activeBpfLsm,
]);
storageTest('cgroups', () => openSync(cgroup2(), 'r'), [features.cgroupStorage]);

function cgroup2(): string {
  const mount = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2');
  assert.ok(mount !== undefined, 'no cgroup2 is mounted');
  return mount.split(' ')[1]!;
}

/** A cgroup of its own with this process in it, for the time of the test. */
function ownCgroup(t: TestContext): string {
  const path = `${cgroup2()}/selftest-map-${process.pid}`;
  const old = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] ?? '/';
  mkdirSync(path);
  writeFileSync(`${path}/cgroup.procs`, String(process.pid));
  t.after(() => {
    writeFileSync(`${cgroup2()}${old}/cgroup.procs`, String(process.pid));
    rmdirSync(path);
  });
  return path;
}

test(
  'storage of a cgroup program: one element for each attachment, shared and per CPU',
  (t) => {
    const cgroup = ownCgroup(t);
    using opened = MapCgroupBpf.open();
    const skel = opened.load();
    const { made, made_here } = skel.maps;
    assert.deepEqual([...made.entries()], []);
    using link = skel.progs.on_sock.attachCgroup({ cgroup });
    for (let count = 0; count < 3; count++) closeSync(syscall(SOCKET, AF_INET, SOCK_STREAM, 0));
    const [key, ...more] = [...made.keys()];
    assert.ok(key !== undefined && more.length === 0 && link.isOpen);
    assert.equal(key.cgroup_inode_id, statSync(cgroup, { bigint: true }).ino);
    assert.equal(made.lookup(key), 3n);
    assert.equal(
      made_here.lookup(key)!.reduce((sum, value) => sum + value, 0),
      3,
    );
    made.update(key, 100n);
    made_here.update(key, 10);
    closeSync(syscall(SOCKET, AF_INET, SOCK_STREAM, 0));
    assert.equal(made.lookup(key), 101n);
    assert.deepEqual(
      made_here.lookup(key)!.toSorted((a, b) => b - a),
      made_here.cpus.map((_, index) => (index === 0 ? 11 : 10)),
    );
    const untyped = made as unknown as { delete(key: unknown): void };
    assert.throws(
      () => untyped.delete(key),
      (error) => isBpfError(error, 'BPF_WRONG_KIND'),
    );
  },
  { alone: true },
);

test(
  'cgroup array: programs compare with the cgroups in it',
  (t) => {
    const cgroup = ownCgroup(t);
    using opened = MapCgroupBpf.open();
    const skel = opened.load();
    skel.bss.tgid = process.pid;
    using link = skel.progs.on_syscall.attach();
    const isUnder = (): bigint => {
      getpgid();
      return skel.data.is_under;
    };
    assert.ok(link.isOpen && isUnder() < 0n, 'the slot is empty');
    const fd = openSync(cgroup, 'r');
    skel.maps.groups.update(1, fd);
    closeSync(fd);
    assert.equal(isUnder(), 1n);
    assert.equal(skel.maps.groups.delete(1), true);
    assert.ok(isUnder() < 0n);
  },
  { alone: true },
);

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

test(
  'device and CPU maps: with a program, written as itself and read as its id',
  () => {
    using opened = MapRedirectBpf.open();
    opened.progs.on_device.autoload = true;
    opened.progs.on_cpu.autoload = true;
    opened.maps.cpus.valueSize = 8;
    const { maps, progs } = opened.load();
    maps.device_hash.update(3, { target: 1, program: progs.on_device });
    assert.deepEqual(maps.device_hash.lookup(3), {
      target: 1,
      program: progs.on_device.info().id,
    });
    maps.cpus.update(0, { target: 192, program: progs.on_cpu });
    assert.deepEqual(
      [...maps.cpus.entries()],
      [[0, { target: 192, program: progs.on_cpu.info().id }]],
    );
    assert.throws(
      () => maps.cpus.update(0, { target: 192, program: progs.on_device }),
      (error) => isBpfError(error, 'BPF_MAP_UPDATE'),
      'it was loaded for another place',
    );
    assert.throws(
      () => maps.devices.update(0, { target: 1, program: progs.on_device }),
      RangeError,
    );
  },
  { needs: [features.deviceMapProgram, features.cpuMapProgram] },
);

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
    // Nobody else knows where it is.
    using other = openMapById(skel.maps.arena.id);
    assert.throws(
      () => other.memory(),
      (error) => {
        assert.ok(isBpfError(error, 'BPF_MAP_MEMORY'));
        assert.match(
          error.message,
          /mapped it at an address that is known there alone; set map_extra/,
        );
        return true;
      },
    );
    skel.close();
    assert.equal(words[5000], 0);
  },
  { needs: [features.arena] },
);

test(
  'arena: at an address of its own, for whoever opens it',
  () => {
    using opened = MapArenaBpf.open();
    opened.maps.arena.mapExtra = 0x1000_0000_0000n;
    const skel = opened.load();
    const words = new Uint32Array(skel.maps.arena.memory());
    words[3] = 7;
    using other = openMapById(skel.maps.arena.id);
    assert.throws(
      () => other.memory(),
      /it belongs at 0x100000000000, where this process may have something already/,
    );
    assert.equal(words[3], 7);
  },
  { needs: [features.arena] },
);
