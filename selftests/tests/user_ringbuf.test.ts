// User ring buffers: after the kernel's selftest of that name.

import { Worker } from 'node:worker_threads';
import { isBpfError } from '@libbpf-ts/libbpf';
import {
  assert,
  features,
  getpgid,
  subprocess,
  syscallNumber,
  type TestContext,
  test,
} from '#harness';
import { UserRingbufBpf } from '../build/user_ringbuf.skel.js';

const needs = [features.userRingBuffer];
const ADD = 1;
const MULTIPLY = 2;
const SIZE = 32;
const FIT = 102;

function open(t: TestContext): UserRingbufBpf {
  const opened = UserRingbufBpf.open();
  t.after(() => opened.close());
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

const nothing = { operation: 0, operand: 0, expected: 0n, text: '' } as const;

test(
  'what is sent is drained',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    assert.equal(writer.size, 4096);
    assert.equal(writer.send(nothing), true);
    assert.equal(writer.send({ ...nothing, text: 'two' }), true);
    assert.equal(writer.bytesPending, 80);
    getpgid();
    assert.equal(skel.bss.drained, 2n);
    assert.equal(skel.bss.read, 2n);
    assert.equal(writer.bytesPending, 0);
  },
  { needs },
);

test(
  'the kernel computes what user space does',
  async (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    skel.bss.answering = 1;
    let number = 0n;
    let answers = 0;
    for (let index = 0; index < 64; index++) {
      const operation = index % 3 === 0 ? MULTIPLY : ADD;
      const operand = index % 3 === 0 ? 2 : 4;
      number =
        operation === ADD ? number + BigInt(operand) : BigInt.asIntN(64, number * BigInt(operand));
      assert.ok(writer.send({ operation, operand, expected: number, text: `message ${index}` }));
      if (index % 8 !== 7) continue;
      getpgid();
      const taken = skel.maps.to_user.stream.take();
      for (const [at, { text }] of taken.entries()) assert.equal(text, `message ${answers + at}`);
      answers += taken.length;
    }
    assert.equal(answers, 64);
    assert.equal(skel.bss.number, number);
    assert.equal(skel.bss.wrong, 0n);
  },
  { needs },
);

test(
  'a full ring refuses, and takes records again after draining',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    for (let round = 1; round <= 5; round++) {
      for (let index = 0; index < FIT; index++) assert.ok(writer.send(nothing), `record ${index}`);
      assert.equal(writer.send(nothing), false);
      assert.equal(writer.reserve(SIZE), undefined);
      getpgid();
      assert.equal(skel.bss.read, BigInt(FIT * round));
    }
  },
  { needs },
);

test(
  'discarded records are skipped and their room is free again',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    for (let record = writer.reserve(SIZE); record !== undefined; record = writer.reserve(SIZE))
      record.discard();
    getpgid();
    assert.equal(skel.bss.read, 0n);
    assert.equal(writer.bytesPending, 0);
    assert.ok(writer.send(nothing));
    getpgid();
    assert.equal(skel.bss.read, 1n);
  },
  { needs },
);

test(
  'a reserved record holds up those behind it',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    const first = writer.reserve(SIZE)!;
    assert.ok(writer.send(nothing));
    getpgid();
    assert.equal(skel.bss.read, 0n);
    first.bytes.fill(0);
    first.submit();
    getpgid();
    assert.equal(skel.bss.read, 2n);
  },
  { needs },
);

test(
  'records of any size up to the ring; the room is a multiple of 8',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    writer.reserve(33)!.submit();
    assert.equal(writer.bytesPending, 48);
    getpgid();
    assert.equal(skel.bss.read, 1n);
    assert.throws(() => writer.reserve(4089), RangeError);
    writer.reserve(4088)!.submit();
    getpgid();
    assert.equal(skel.bss.read, 2n);
  },
  { needs },
);

test(
  'a value that does not fit leaves nothing behind',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    assert.throws(() => writer.send({ ...nothing, operand: 2 ** 40 }), RangeError);
    getpgid();
    assert.equal(skel.bss.read, 0n);
    assert.equal(writer.bytesPending, 0);
  },
  { needs },
);

test(
  'waiting for room ends with the time, or with a drain',
  async (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    while (writer.send(nothing));
    const start = performance.now();
    assert.equal(await writer.reserveBlocking(SIZE, 100), undefined);
    assert.ok(performance.now() - start >= 99);

    const number = syscallNumber('getpgid');
    const koffi = JSON.stringify(import.meta.resolve('koffi'));
    const kick = new Worker(
      `import(${koffi}).then(({ default: koffi }) => {
        const call = koffi.load(null).func('long syscall(long, long)');
        const timer = setInterval(() => call(${number}, 0), 20);
        require('node:worker_threads').parentPort.once('message', () => clearInterval(timer));
      })`,
      { eval: true },
    );
    const ended = new Promise((resolve) => kick.once('exit', resolve));
    const record = await writer.reserveBlocking(SIZE, 10_000 * t.timeScale);
    kick.postMessage('stop');
    await ended;
    assert.ok(record !== undefined, 'no room in ten seconds');
    assert.ok(performance.now() - start < 10_000 * t.timeScale);
    record.discard();
    assert.ok(skel.bss.read > 0n);
  },
  { needs },
);

/** A thread that drains now and then, and keeps no process alive. */
function drainInBackground(everyMs: number): void {
  const koffi = JSON.stringify(import.meta.resolve('koffi'));
  new Worker(
    `import(${koffi}).then(({ default: koffi }) => {
      const call = koffi.load(null).func('long syscall(long, long)');
      setInterval(() => call(${syscallNumber('getpgid')}, 0), ${everyMs});
    })`,
    { eval: true },
  ).unref();
}

const waitForRoom = subprocess('wait for room', async () => {
  const skel = UserRingbufBpf.open().load();
  skel.bss.tgid = process.pid;
  skel.attach();
  const { writer } = skel.maps.to_kernel;
  drainInBackground(100);
  let waits = 0;
  // Nothing but the wait keeps this process alive; the second one finds the handle of the first.
  while (waits < 3) {
    while (writer.send(nothing));
    const record = await writer.reserveBlocking(SIZE);
    record!.discard();
    waits++;
  }
  skel.close();
  return waits;
});

test(
  'waiting for room keeps the process alive, time and again',
  async () => {
    assert.equal(await waitForRoom(undefined), 3);
  },
  { needs },
);

test(
  'an abort ends the waiting for room with its reason, closing it with nothing',
  async (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    while (writer.send(nothing));
    await assert.rejects(writer.reserveBlocking(SIZE, -1, { signal: AbortSignal.timeout(20) }), {
      name: 'TimeoutError',
    });
    await assert.rejects(
      writer.reserveBlocking(SIZE, -1, { signal: AbortSignal.abort('no') }),
      (reason) => reason === 'no',
    );
    const waiting = writer.reserveBlocking(SIZE);
    setTimeout(() => skel.close(), 20);
    assert.equal(await waiting, undefined);
  },
  { needs },
);

test(
  'a ring has one writer, and a closed one says so',
  (t) => {
    const skel = open(t);
    const { writer } = skel.maps.to_kernel;
    assert.equal(skel.maps.to_kernel.writer, writer);
    skel.close();
    assert.throws(
      () => writer.reserve(8),
      (error) => isBpfError(error, 'BPF_CLOSED'),
    );
    assert.throws(
      () => writer.send(nothing),
      (error) => isBpfError(error, 'BPF_CLOSED'),
    );
  },
  { needs },
);
