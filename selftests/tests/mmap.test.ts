// Memory of maps: what may be mapped how, that all views agree, and that a map lives as long as a mapping of it.

import { setTimeout as sleep } from 'node:timers/promises';
import { openMapById } from '@libbpf-ts/libbpf';
import koffi from 'koffi';
import { assert, nanosleep, syscall, syscallNumber, test } from '#harness';
import { MmapBpf } from '../build/mmap.skel.js';

const PAGE = 4096;
const READ = 1;
const WRITE = 2;
const EXEC = 4;
const SHARED = 1;
const FIXED = 0x10;
const ANONYMOUS = 0x20;
const [EPERM, EACCES, EINVAL] = [-1, -13, -22];

const libc = koffi.load(null);
const mprotect = libc.func('int mprotect(intptr_t address, size_t length, int protection)');

/** @returns the address, or the negated errno */
function mmap(fd: number, length: number, protection: number, at = 0, offset = 0): number {
  const flags = SHARED | (at === 0 ? 0 : FIXED) | (fd < 0 ? ANONYMOUS : 0);
  return syscall(syscallNumber('mmap'), at, length, protection, flags, fd, offset);
}
function munmap(address: number, length: number): void {
  assert.equal(syscall(syscallNumber('munmap'), address, length), 0);
}
function words(address: number, length: number): BigUint64Array {
  return new BigUint64Array(koffi.view(address, length));
}
function protect(address: number, length: number, protection: number): number {
  return mprotect(address, length, protection) === 0 ? 0 : -koffi.errno();
}

test('mapped maps and global data', async () => {
  const open = MmapBpf.open();
  open.maps.rdonly_map.maxEntries = PAGE;
  open.maps.data_map.maxEntries = (4 * PAGE) / 8;
  const skel = open.load();
  skel.bss.tgid = process.pid;
  const { bss } = skel;
  const data = skel.maps.data_map;

  // Programs only read this one, and so may we.
  assert.ok([EPERM, EACCES].includes(mmap(skel.maps.rdonly_map.fd, PAGE, READ | WRITE)));
  const readOnly = mmap(skel.maps.rdonly_map.fd, PAGE, READ);
  assert.ok(readOnly > 0);
  munmap(readOnly, PAGE);

  // Mappings of our own beside the skeleton's.
  const bssAt = mmap(skel.maps.bss.fd, PAGE, READ | WRITE);
  const mapAt = mmap(data.fd, 4 * PAGE, READ | WRITE);
  assert.ok(bssAt > 0 && mapAt > 0);
  const ownBss = words(bssAt, PAGE);
  const ownMap = words(mapAt, 4 * PAGE);
  assert.deepEqual(
    [bss.in_val, bss.out_val, ownMap[0], ownMap[1], ownMap[2], ownMap[1500]],
    [0n, 0n, 0n, 0n, 0n, 0n],
  );

  skel.attach();
  bss.in_val = 123n;
  data.update(0, 111n);
  nanosleep();
  assert.deepEqual([bss.in_val, bss.out_val], [123n, 123n]);
  assert.ok(
    [...ownBss.slice(0, 8)].filter((value) => value === 123n).length >= 2,
    'seen through a mapping of our own',
  );
  assert.deepEqual([ownMap[0], ownMap[1], ownMap[2], ownMap[1500]], [111n, 222n, 123n, 369n]);
  assert.deepEqual(
    [data.lookup(0), data.lookup(1), data.lookup(2), data.lookup(1500)],
    [111n, 222n, 123n, 369n],
  );

  // A map that is mapped writable cannot be frozen.
  assert.throws(
    () => data.freeze(),
    (error: { errno?: string }) => error.errno === 'EBUSY',
  );
  assert.equal(protect(mapAt, 4 * PAGE, READ), 0);
  munmap(mapAt, 4 * PAGE);

  const reader = mmap(data.fd, 4 * PAGE, READ);
  assert.ok(reader > 0);
  munmap(reader, 4 * PAGE);
  for (let round = 0; round < 10; round++) {
    const at = mmap(data.fd, 4 * PAGE, round % 2 === 0 ? WRITE : READ);
    assert.ok(at > 0);
    munmap(at, 4 * PAGE);
  }
  data.freeze();
  assert.equal(mmap(data.fd, 4 * PAGE, READ | WRITE), EPERM);
  const frozen = mmap(data.fd, 4 * PAGE, READ);
  assert.ok(frozen > 0);
  assert.ok(protect(frozen, 4 * PAGE, READ | WRITE) < 0);
  assert.ok(protect(frozen, 4 * PAGE, READ | EXEC) < 0);
  munmap(frozen, 4 * PAGE);

  // Frozen for us, not for programs.
  bss.in_val = 321n;
  nanosleep();
  assert.deepEqual(
    [bss.in_val, bss.out_val, data.lookup(2), data.lookup(1500)],
    [321n, 321n, 321n, 963n],
  );

  // Parts of a map in and out of one range of addresses.
  const area = mmap(-1, 4 * PAGE, READ | WRITE);
  assert.equal(mmap(data.fd, 3 * PAGE, READ, area), area);
  munmap(area + PAGE, PAGE);
  assert.equal(mmap(data.fd, PAGE, READ, area + PAGE, 0), area + PAGE);
  assert.equal(words(area + PAGE, PAGE)[2], 321n);
  assert.equal(mmap(data.fd, 4 * PAGE, READ, area), area);
  assert.deepEqual([words(area, 4 * PAGE)[2], words(area, 4 * PAGE)[1500]], [321n, 963n]);
  munmap(area, 4 * PAGE);
  assert.equal(mmap(data.fd, 4 * PAGE, READ, 0, PAGE), EINVAL);

  // A mapping keeps the map alive when nothing else does.
  const last = mmap(data.fd, 4 * PAGE, READ);
  const { id } = data;
  munmap(bssAt, PAGE);
  skel.close();
  await sleep(50);
  openMapById(id).close();
  munmap(last, 4 * PAGE);
  for (let wait = 0; wait < 100; wait++) {
    await sleep(20);
    try {
      openMapById(id).close();
    } catch (error) {
      assert.equal((error as { errno?: string }).errno, 'ENOENT');
      return;
    }
  }
  assert.fail(`map ${id} is still there after its last mapping is gone`);
});
