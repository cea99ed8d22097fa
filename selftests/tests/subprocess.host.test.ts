// Parts of tests in processes of their own: what they give up is gone, and what they say or how they end comes back.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { assert, features, subprocess, test } from '#harness';
import { bpf } from '#syscalls';

const [BPF_MAP_CREATE, BPF_PROG_GET_NEXT_ID] = [0, 11];
const [EPERM, ENOENT] = [1, 2];

/** @returns a descriptor or the negated errno */
const createMap = subprocess('create a map', (type: number) => {
  const attribute = new ArrayBuffer(48);
  new Uint32Array(attribute).set([type, 4, 4, 1]);
  return bpf(BPF_MAP_CREATE, attribute);
});

const nextProgram = subprocess('ask for a program id', (start: number) => {
  const attribute = new ArrayBuffer(16);
  new Uint32Array(attribute)[0] = start;
  return bpf(BPF_PROG_GET_NEXT_ID, attribute);
});

const look = subprocess('look around', (folder: string) => ({
  uid: /^Uid:\s+(\d+)/m.exec(readFileSync('/proc/thread-self/status', 'utf8'))?.[1],
  entries: readdirSync(folder),
}));

const fail = subprocess('fail', (code: string) => {
  throw Object.assign(new RangeError(`no ${code}`), { code });
});

const die = subprocess('die', () => process.kill(process.pid, 'SIGKILL'));

const HASH = 1;

test('a part stays root by default, and its result comes back', async () => {
  assert.ok((await createMap(HASH)) >= 0);
  assert.equal((await look('/proc/self')).uid, '0');
});

test('nobody may do nothing', async () => {
  assert.equal(await nextProgram(0, { user: 'nobody' }), -EPERM);
  assert.equal((await look('/proc/self/fd', { user: 'nobody' })).uid, '65534');
});

test('nobody with CAP_BPF may create maps, and may not list programs', async () => {
  const limits = { user: 'nobody', capabilities: ['CAP_BPF'] } as const;
  assert.ok((await createMap(HASH, limits)) >= 0);
  assert.equal(await nextProgram(0, limits), -EPERM);
});

test('root without capabilities may not list programs', async () => {
  assert.equal(await nextProgram(0, { capabilities: [] }), -EPERM);
  assert.equal(await nextProgram(2 ** 31 - 2, {}), -ENOENT);
});

test(
  'a hidden folder is empty for the part alone',
  async () => {
    const folder = '/sys/kernel/btf';
    assert.deepEqual((await look(folder, { hide: [folder] })).entries, []);
    assert.ok(existsSync(`${folder}/vmlinux`));
  },
  { needs: [features.vmlinuxBtf] },
);

test('what a part throws comes back as an error', async () => {
  await assert.rejects(fail('EXDEV'), { name: 'RangeError', code: 'EXDEV', message: 'no EXDEV' });
});

test('a part that is killed says how it ended', async () => {
  await assert.rejects(die(null), { code: 'ENDED', ending: 'signal SIGKILL' });
});
