// Perf buffers: after the kernel's selftest of that name.

import { writeFileSync } from 'node:fs';
import { isBpfError, onlineCpus } from '@libbpf-ts/libbpf';
import { assert, features, getpgid, sleep, syscall, type TestContext, test } from '#harness';
import { PerfBufferBpf } from '../build/perf_buffer.skel.js';

const SCHED_SETAFFINITY = 203;
const SCHED_GETAFFINITY = 204;

function open(t: TestContext): PerfBufferBpf {
  const opened = PerfBufferBpf.open();
  t.after(() => opened.close());
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

/** Runs on one CPU, and afterwards where it ran before. */
function onCpu(cpu: number, run: () => void): void {
  const before = new ArrayBuffer(128);
  syscall(SCHED_GETAFFINITY, 0, before.byteLength, before);
  const mask = new ArrayBuffer(128);
  new Uint8Array(mask)[cpu >> 3] = 1 << (cpu & 7);
  assert.equal(syscall(SCHED_SETAFFINITY, 0, mask.byteLength, mask), 0);
  try {
    run();
  } finally {
    syscall(SCHED_SETAFFINITY, 0, before.byteLength, before);
  }
}

test(
  'has a ring for each CPU that is online',
  async (t) => {
    const skel = open(t);
    const seen: [ring: number, cpu: number][] = [];
    const stream = skel.maps.events.open({
      pages: 1,
      onRecord: (record) => void seen.push([record.source, record.decode().cpu]),
    });
    assert.ok(stream.epollFd >= 0);
    for (const cpu of onlineCpus()) onCpu(cpu, () => getpgid());
    while (seen.length < onlineCpus().length) assert.ok((await stream.poll(5000)) > 0);
    assert.deepEqual(
      seen.map(([, cpu]) => cpu).sort((a, b) => a - b),
      onlineCpus(),
    );
    for (const [ring, cpu] of seen) assert.equal(ring, cpu);
    for (const cpu of onlineCpus()) {
      assert.equal(
        stream.consume(() => true),
        0,
      );
      onCpu(cpu, () => getpgid());
      assert.equal(
        stream.consume((record) => assert.equal(record.source, cpu)),
        1,
      );
    }
  },
  { alone: true },
);

test('records come typed, also one after another', async (t) => {
  const skel = open(t);
  setTimeout(() => {
    skel.data.burst = 3;
    getpgid();
  }, 20);
  const numbers: bigint[] = [];
  for await (const { pid, seq } of skel.maps.events) {
    assert.equal(pid, process.pid);
    numbers.push(seq);
    if (numbers.length === 3) break;
  }
  assert.deepEqual(numbers, [0n, 1n, 2n]);
});

test(
  'losses are counted and told, record by record and in order otherwise',
  (t) => {
    const skel = open(t);
    let told = 0;
    const stream = skel.maps.events.open({
      pages: 1,
      onLost: (count, cpu) => {
        assert.equal(cpu, 0);
        told += count;
      },
    });
    onCpu(0, () => {
      skel.data.burst = 200;
      getpgid();
      const first = stream.take();
      assert.ok(
        first.length > 10 && first.length < 40,
        `${first.length} records of 136 bytes in a page`,
      );
      assert.deepEqual(
        first.map(({ seq }) => Number(seq)),
        Array.from(first, (_, index) => index),
      );
      // The loss is told in front of the next record that has room.
      skel.data.burst = 1;
      getpgid();
      assert.deepEqual(
        stream.take().map(({ seq }) => seq),
        [200n],
      );
      assert.equal(told, 200 - first.length);
      assert.equal(stream.counters.lost, told);
      assert.equal(stream.counters.read, first.length + 1);
    });
  },
  { alone: true },
);

test(
  'a record that goes around the end of the ring is whole',
  (t) => {
    const skel = open(t);
    const stream = skel.maps.events.open({ pages: 1 });
    onCpu(0, () => {
      for (let round = 0; round < 200; round++) {
        getpgid();
        const [event, ...more] = stream.take();
        assert.equal(event?.seq, BigInt(round));
        assert.equal(more.length, 0);
      }
    });
    assert.equal(stream.counters.lost, 0);
  },
  { alone: true },
);

test(
  'wakes up after as many samples, or bytes, as were asked for',
  async (t) => {
    for (const options of [{ wakeupEvents: 4 }, { wakeupWatermark: 3 * 136 + 1 }]) {
      const skel = open(t);
      const stream = skel.maps.events.open({ pages: 8, cpus: [0], ...options });
      let woken = false;
      const waiting = stream.ready().then((ready) => {
        woken = ready;
      });
      await new Promise((resolve) => setTimeout(resolve, 50 * t.timeScale));
      onCpu(0, () => {
        getpgid();
        getpgid();
      });
      await new Promise((resolve) => setTimeout(resolve, 50 * t.timeScale));
      assert.equal(woken, false, JSON.stringify(options));
      onCpu(0, () => {
        getpgid();
        getpgid();
      });
      await waiting;
      assert.equal(woken, true);
      assert.equal(stream.take().length, 4);
      skel.close();
    }
  },
  { alone: true },
);

test('has one reader, and a closed one leaves no event behind', (t) => {
  const skel = open(t);
  const stream = skel.maps.events.open();
  assert.throws(
    () => skel.maps.events.open(),
    (error) => isBpfError(error, 'BPF_BUSY'),
  );
  stream.close();
  getpgid();
  assert.ok(skel.bss.failed > 0n, 'nobody listens any more');
  const again = skel.maps.events.open();
  getpgid();
  assert.equal(again.take().length, 1);
});

test('wrong options say so', (t) => {
  const skel = open(t);
  assert.throws(
    () => skel.maps.events.open({ pages: 3 }),
    /^RangeError: perf buffer "events": pages must be a power of two, found 3$/,
  );
  assert.throws(
    () => skel.maps.events.open({ cpus: [100_000] }),
    /^RangeError: perf buffer "events": CPU 100000 is not below its \d+ entries$/,
  );
  skel.maps.events.open().close();
});

test(
  'a CPU that comes up gets its ring, and one that went down a new one',
  async (t) => {
    const online = '/sys/devices/system/cpu/cpu1/online';
    const settle = () => sleep(1500);
    t.after(() => writeFileSync(online, '1'));
    writeFileSync(online, '0');
    const skel = open(t);
    const stream = skel.maps.events.open({ pages: 1 });
    const seenOn = (cpu: number): number => {
      onCpu(cpu, () => getpgid());
      return stream.consume((record) => assert.equal(record.source, cpu));
    };
    assert.equal(seenOn(0), 1);
    for (let round = 0; round < 2; round++) {
      writeFileSync(online, '1');
      await settle();
      assert.equal(seenOn(1), 1);
      assert.equal(await stream.ready(50), false, 'nothing wakes for ever');
      onCpu(1, () => getpgid());
      writeFileSync(online, '0');
      await settle();
      assert.equal(
        stream.take().length,
        1,
        'what was in the ring of a CPU that went down is there',
      );
      assert.equal(seenOn(0), 1);
    }
  },
  { alone: true, needs: [features.cpuHotplug] },
);
