// Ring buffers: after the kernel's selftests ringbuf and ringbuf_multi.

import { Worker } from 'node:worker_threads';
import {
  type EventStream,
  isBpfError,
  openMapById,
  type RecordView,
  ringBuffer,
} from '@libbpf-ts/libbpf';
import {
  assert,
  features,
  getpgid,
  sleep,
  subprocess,
  syscall,
  syscallNumber,
  type TestContext,
  test,
} from '#harness';
import { RingbufBpf } from '../build/ringbuf.skel.js';

const needs = [features.ringBuffer];
const RECORD = 40;
const PAGE = 4096;
const NO_WAKEUP = 1n;
const FORCE_WAKEUP = 2n;

function open(t: TestContext): RingbufBpf {
  const opened = RingbufBpf.open();
  t.after(() => opened.close());
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

function trigger(skel: RingbufBpf, ...values: bigint[]): void {
  for (const value of values) {
    skel.bss.value = value;
    getpgid();
  }
}

test(
  'records come typed and in order, discarded ones do not',
  (t) => {
    const skel = open(t);
    const stream = skel.maps.samples.open();
    trigger(skel, 333n, 777n);
    assert.equal(skel.bss.avail_data, BigInt(3 * RECORD));
    assert.equal(skel.bss.ring_size, BigInt(PAGE));
    assert.equal(skel.bss.cons_pos, 0n);
    assert.equal(skel.bss.prod_pos, BigInt(3 * RECORD));
    assert.equal(stream.bytesPending, 3 * RECORD);

    const records = stream.take();
    assert.deepEqual(records, [
      { pid: process.pid, seq: 0, value: 333n, comm: records[0]!.comm },
      { pid: process.pid, seq: 1, value: 777n, comm: records[0]!.comm },
    ]);
    assert.ok(records[0]!.comm.length > 0);
    assert.deepEqual(stream.counters, {
      read: 2,
      discarded: 1,
      lost: 0,
      overwritten: 0,
      malformed: 0,
    });
    assert.deepEqual([skel.bss.total, skel.bss.dropped, skel.bss.discarded], [2n, 0n, 1n]);
    assert.equal(stream.bytesPending, 0);

    trigger(skel, 1n);
    assert.equal(skel.bss.cons_pos, BigInt(3 * RECORD), 'the kernel sees what was read');
  },
  { needs },
);

test(
  'an error thrown by a callback gets out, and its record counts as read',
  (t) => {
    const skel = open(t);
    trigger(skel, 1n, 2n);
    assert.throws(
      () =>
        skel.maps.samples.consume((record) => {
          if (record.getInt32(4) === 0) throw new Error('mine');
        }),
      /^Error: mine$/,
    );
    assert.equal(
      skel.maps.samples.consume(() => true),
      1,
    );
    trigger(skel, 1n);
    assert.equal(skel.bss.cons_pos, BigInt(3 * RECORD));
  },
  { needs },
);

test(
  'for await sees what comes while it waits, and ends with the skeleton',
  async (t) => {
    const skel = open(t);
    const seen: bigint[] = [];
    setTimeout(() => trigger(skel, 1n, 2n), 20 * t.timeScale);
    for await (const { value } of skel.maps.samples) {
      seen.push(value);
      // Each step while the loop waits again, however long the step before took.
      if (seen.length === 2) setTimeout(() => trigger(skel, 3n), 20 * t.timeScale);
      if (seen.length === 3) setTimeout(() => skel.close(), 20 * t.timeScale);
    }
    assert.deepEqual(seen, [1n, 2n, 3n]);
    assert.throws(() => skel.maps.samples.stream, /after close\(\)/);
  },
  { needs },
);

test(
  'the kernel wakes nobody with NO_WAKEUP, and everybody with FORCE_WAKEUP',
  async (t) => {
    const skel = open(t);
    const stream = skel.maps.samples.open();
    let woken = false;
    skel.bss.flags = NO_WAKEUP;
    const waiting = stream.ready(10_000).then((ready) => {
      woken = ready;
    });
    await sleep(50 * t.timeScale);
    trigger(skel, 1n, 2n);
    await sleep(50 * t.timeScale);
    assert.equal(woken, false, 'NO_WAKEUP woke');
    skel.bss.flags = 0n;
    trigger(skel, 3n, 4n);
    await sleep(50 * t.timeScale);
    assert.equal(woken, false, 'the reader is behind, so the kernel does not wake');
    skel.bss.flags = FORCE_WAKEUP;
    trigger(skel, 5n);
    await waiting;
    assert.equal(woken, true);
    assert.equal(stream.take().length, 5);
  },
  { needs },
);

test(
  'a full ring drops records and works again once it was read',
  (t) => {
    const skel = open(t);
    for (let round = 0; round < 3; round++) {
      while (skel.bss.dropped === 0n) trigger(skel, 1n);
      const { length } = skel.maps.samples.stream.take();
      assert.ok(length > 60, `${length} records in a page`);
      skel.bss.dropped = 0n;
    }
    assert.equal(skel.maps.samples.stream.bytesPending, 0);
  },
  { needs },
);

test(
  'a limit, and false from a callback, leave the rest for later',
  (t) => {
    const skel = open(t);
    trigger(skel, 42n, 42n, 42n, 42n, 42n);
    assert.equal(
      skel.maps.samples.consume(() => true, { limit: 2 }),
      2,
    );
    assert.equal(
      skel.maps.samples.consume(() => false),
      1,
    );
    assert.equal(skel.maps.samples.stream.take().length, 2);
  },
  { needs },
);

test(
  'several rings on one waiter',
  async (t) => {
    const skel = open(t);
    const seen: [ring: number, value: bigint][] = [];
    using stream = ringBuffer([skel.maps.samples, skel.maps.others], {
      onRecord: (record) => void seen.push([record.source, record.decode().value]),
    });
    trigger(skel, 1n);
    skel.bss.to_others = 1;
    setTimeout(() => trigger(skel, 2n), 20);
    while (seen.length < 2) await stream.poll(5000);
    assert.deepEqual(seen, [
      [0, 1n],
      [1, 2n],
    ]);
    assert.throws(
      () => skel.maps.others.stream,
      (error) => isBpfError(error, 'BPF_BUSY'),
    );
  },
  { needs },
);

test(
  'poll() times out',
  async (t) => {
    const skel = open(t);
    using stream = skel.maps.samples.open({ onRecord: () => {} });
    const start = performance.now();
    assert.equal(await stream.poll(50), 0);
    assert.ok(performance.now() - start >= 49);
    await assert.rejects(stream.poll(5000, { signal: AbortSignal.timeout(20) }), {
      name: 'TimeoutError',
    });
  },
  { needs },
);

const waitForRecords = subprocess('wait for records', async () => {
  const skel = RingbufBpf.open().load();
  skel.bss.tgid = process.pid;
  skel.attach();
  const koffi = JSON.stringify(import.meta.resolve('koffi'));
  new Worker(
    `import(${koffi}).then(({ default: koffi }) => {
      const call = koffi.load(null).func('long syscall(long, long)');
      setInterval(() => call(${syscallNumber('getpgid')}, 0), 50);
    })`,
    { eval: true },
  ).unref();
  // Nothing but the wait keeps this process alive.
  let seen = 0;
  for await (const _ of skel.maps.samples) if (++seen === 3) break;
  for await (const _ of skel.maps.samples) if (++seen === 6) break;
  await skel.maps.samples.stream.ready();
  return seen;
});

test(
  'waiting for records keeps the process alive, and a loop that ended does not',
  async () => {
    assert.equal(await waitForRecords(undefined), 6);
  },
  { needs },
);

test(
  'an abort ends a loop with its reason; what was not read is read by the next',
  async (t) => {
    const skel = open(t);
    const controller = new AbortController();
    const seen: bigint[] = [];
    trigger(skel, 1n);
    await assert.rejects(
      async () => {
        for await (const { value } of skel.maps.samples.records({ signal: controller.signal })) {
          seen.push(value);
          setTimeout(() => controller.abort(new Error('enough')), 20);
        }
      },
      { message: 'enough' },
    );
    trigger(skel, 2n);
    for await (const { value } of skel.maps.samples) {
      seen.push(value);
      break;
    }
    assert.deepEqual(seen, [1n, 2n]);
  },
  { needs },
);

test(
  'an epoll descriptor tells other event loops',
  (t) => {
    const skel = open(t);
    const { epollFd } = skel.maps.samples.open();
    assert.equal(pollIn(epollFd), 0);
    trigger(skel, 1n);
    assert.equal(pollIn(epollFd), 1);
    skel.maps.samples.stream.take();
    assert.equal(pollIn(epollFd), 0);
  },
  { needs },
);

/** poll(2) on one descriptor, without waiting. */
function pollIn(fd: number): number {
  const entry = new ArrayBuffer(8);
  new DataView(entry).setInt32(0, fd, true);
  new DataView(entry).setInt16(4, 1, true);
  return syscall(7, entry, 1, 0);
}

test(
  'a ring has one reader, also in a worker thread',
  async (t) => {
    const skel = open(t);
    using first = skel.maps.samples.open();
    assert.throws(
      () => skel.maps.samples.open(),
      (error) => isBpfError(error, 'BPF_BUSY'),
    );
    using other = openMapById(skel.maps.samples.id);
    assert.throws(
      () => other.open(),
      (error) => isBpfError(error, 'BPF_BUSY'),
    );

    assert.match(
      await inWorker(skel.maps.samples.id),
      /^ring buffer "samples": thread \d+ uses it already/,
    );
    first.close();
    assert.equal(await inWorker(skel.maps.samples.id), 'opened');
    skel.maps.samples.open().close();
  },
  { needs },
);

/** What a worker thread makes of opening the ring. */
function inWorker(id: number): Promise<string> {
  const library = JSON.stringify(import.meta.resolve('@libbpf-ts/libbpf'));
  const worker = new Worker(
    `import(${library}).then(({ openMapById }) => {
      const { parentPort } = require('node:worker_threads');
      const map = openMapById(${id});
      try { map.open(); parentPort.postMessage('opened'); } catch (error) { parentPort.postMessage(error.message); } finally { map.close(); }
    })`,
    { eval: true },
  );
  return new Promise((resolve, reject) => {
    let answer = 'nothing';
    worker.once('message', (text) => {
      answer = text;
    });
    worker.once('error', reject);
    worker.once('exit', () => resolve(answer));
  });
}

const terminateReaders = subprocess('terminate readers', async () => {
  const opened = RingbufBpf.open();
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  let read = 0;
  for (let round = 0; round < 10; round++) {
    const worker = readInWorker(skel.maps.samples.id);
    worker.on('message', () => {
      read++;
    });
    for (let count = 0; read <= round && count < 5000; count++) {
      trigger(skel, 1n);
      await sleep(1);
    }
    const ended = worker.terminate();
    for (let count = 0; count < 100; count++) trigger(skel, 1n);
    await ended;
    // The thread's claim on the ring is void now.
    skel.maps.samples.open().close();
  }
  skel.close();
  return read;
});

test(
  'a worker thread that is terminated while it reads takes nobody along',
  async () => {
    assert.ok((await terminateReaders(undefined)) >= 10);
  },
  { needs },
);

/** A worker thread that reads until it is terminated, and posts a message for each record. */
function readInWorker(id: number): Worker {
  const library = JSON.stringify(import.meta.resolve('@libbpf-ts/libbpf'));
  return new Worker(
    `import(${library}).then(async ({ openMapById }) => {
      const { parentPort } = require('node:worker_threads');
      for await (const _ of openMapById(${id})) parentPort.postMessage('read');
    })`,
    { eval: true },
  );
}

test(
  'what a callback got is gone when it has returned',
  (t) => {
    const skel = open(t);
    trigger(skel, 5n);
    let kept: RecordView | undefined;
    skel.maps.samples.consume((record) => {
      kept = record;
      assert.equal(record.getBigInt64(8), 5n);
      assert.throws(() => record.getInt32(29), RangeError);
    });
    assert.throws(() => kept!.getInt32(0), /it ended with the callback/);
    const { stream } = skel.maps.samples;
    skel.close();
    for (const use of [
      (s: EventStream<unknown>) => s.take(),
      (s: EventStream<unknown>) => s.consume(() => {}),
    ]) {
      assert.throws(
        () => use(stream),
        (error) => isBpfError(error, 'BPF_CLOSED'),
      );
    }
  },
  { needs },
);

test(
  'records shorter than their type are reported, not made up',
  (t) => {
    const skel = open(t);
    const lengths: number[] = [];
    const stream = skel.maps.samples.open({
      onMalformed: (bytes) => void lengths.push(bytes.length),
    });
    skel.bss.odd_bytes = 3;
    trigger(skel, 0n);
    skel.bss.odd_bytes = 0;
    trigger(skel, 9n);
    assert.deepEqual(
      stream.take().map(({ value }) => value),
      [9n],
    );
    assert.deepEqual(lengths, [3]);
  },
  { needs },
);
