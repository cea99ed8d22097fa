// The harness itself: a leak of each kind is found and named, and nothing is found where nothing leaks. Needs no library: the BPF
// objects are made by system calls of our own.

import { closeSync, mkdirSync, openSync, rmdirSync } from 'node:fs';
import { findGap } from '#gaps';
import { assert, features, RunningTest, Skipped, syscall, syscallNumber, test } from '#harness';
import { findLeaks, type Snapshot, takeSnapshot } from '#leaks';
import { addressOf, bpf } from '#syscalls';

/** Long enough for what is to go away, short enough for what is not. */
const TIME_SCALE = 0.3;

const BPF_MAP_CREATE = 0;
const BPF_OBJ_PIN = 6;
const BPF_MAP_TYPE_ARRAY = 2;
const BPF_F_MMAPABLE = 1 << 10;

async function leaksSince(before: Snapshot): Promise<string[]> {
  return (await findLeaks(before, TIME_SCALE)).leaks.map(({ text }) => text);
}

/** An array map of one page. @returns its descriptor */
function createMap(name: string): number {
  const attribute = new ArrayBuffer(48);
  new Uint32Array(attribute).set([BPF_MAP_TYPE_ARRAY, 4, 4096, 1, BPF_F_MMAPABLE]);
  new Uint8Array(attribute, 28, 16).set(Buffer.from(name));
  const fd = bpf(BPF_MAP_CREATE, attribute);
  assert.ok(fd >= 0, `BPF_MAP_CREATE: errno ${-fd}`);
  return fd;
}

test('a test that gives everything back has no leaks', async () => {
  const before = takeSnapshot();
  closeSync(createMap('returned'));
  assert.deepEqual(await leaksSince(before), []);
});

test('a map that stays open is found as descriptor and as kernel object, with its name', async () => {
  const before = takeSnapshot();
  const fd = createMap('left_open');
  const leaks = await leaksSince(before);
  closeSync(fd);
  assert.equal(leaks.length, 2, leaks.join('\n'));
  assert.match(leaks[0] ?? '', /^file descriptor \d+: anon_inode:bpf-map \(map \d+\)$/);
  assert.match(leaks[1] ?? '', /^kernel object: map \d+ \(left_open\)$/);
});

test('a file that stays open is found by its name', async () => {
  const before = takeSnapshot();
  const fd = openSync('/dev/null', 'r');
  const leaks = await leaksSince(before);
  closeSync(fd);
  assert.deepEqual(leaks, [`file descriptor ${fd}: /dev/null`]);
});

test('a mapping of a closed map is found', async () => {
  const before = takeSnapshot();
  const fd = createMap('left_mapped');
  const [PROT_READ, MAP_SHARED] = [1, 1];
  const address = syscall(syscallNumber('mmap'), 0, 4096, PROT_READ, MAP_SHARED, fd, 0);
  closeSync(fd);
  const leaks = await leaksSince(before);
  syscall(syscallNumber('munmap'), address, 4096);
  assert.match(leaks[0] ?? '', /^memory mapping: 1 more of anon_inode:bpf-map$/);
  assert.match(leaks[1] ?? '', /^kernel object: map \d+ \(left_mapped\)$/);
});

test(
  'a pinned map is found by its path',
  async (t) => {
    mkdirSync('/sys/fs/bpf/selftest');
    t.after(() => rmdirSync('/sys/fs/bpf/selftest'));
    const before = takeSnapshot();
    const fd = createMap('left_pinned');
    const path = Buffer.from('/sys/fs/bpf/selftest/left\0');
    const bytes = path.buffer.slice(path.byteOffset, path.byteOffset + path.length) as ArrayBuffer;
    const attribute = new ArrayBuffer(16);
    new DataView(attribute).setBigUint64(0, addressOf(bytes), true);
    new DataView(attribute).setUint32(8, fd, true);
    const result = bpf(BPF_OBJ_PIN, attribute);
    closeSync(fd);
    assert.equal(result, 0, 'BPF_OBJ_PIN');
    const leaks = await leaksSince(before);
    syscall(syscallNumber('unlink'), bytes);
    assert.match(leaks[0] ?? '', /^kernel object: map \d+ \(left_pinned\)$/);
    assert.equal(leaks[1], 'pinned object: /sys/fs/bpf/selftest/left');
  },
  { needs: [features.bpffs] },
);

test('something that is given back late is no leak', async (t) => {
  const before = takeSnapshot();
  const fd = createMap('returned_late');
  setTimeout(() => closeSync(fd), 200);
  assert.deepEqual((await findLeaks(before, t.timeScale)).leaks, []);
});

test('a skip is refused where the kernel is new enough and has no known gap', async (t) => {
  assert.throws(
    () => t.skip('because', { name: 'nothing that gaps.ts knows', since: '2.6' }),
    /should have nothing that gaps.ts knows, which came with 2\.6/,
  );
  assert.equal(findGap({ name: 'nothing that gaps.ts knows', since: '2.6' }), undefined);
});

test(
  'a feature of a later kernel skips the test',
  () => {
    assert.throws(
      () =>
        new RunningTest().require([features.ringBuffer, { name: 'time travel', since: '99.0' }]),
      (thrown) =>
        thrown instanceof Skipped &&
        thrown.skip.feature === 'time travel' &&
        thrown.skip.since === '99.0',
    );
  },
  { needs: [features.ringBuffer] },
);

const inThisProcess: string[] = [];
for (const name of ['a test', 'another test']) {
  test(
    `${name} that says so has a process of its own`,
    () => {
      inThisProcess.push(name);
      assert.deepEqual(inThisProcess, [name]);
    },
    { alone: true },
  );
}
