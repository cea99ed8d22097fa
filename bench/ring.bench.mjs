// Ring buffers: draining, decoding and waking up, against libbpf's reader and the kernel's own production.

import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineSkeleton } from '@libbpf-ts/libbpf/skel';
import { compileObject, skipWithoutBpf } from './bpf-object.mjs';
import { recordCodec } from './ring-record.mjs';

const COUNT = 1_000_000;
const ROUNDS = 4;
const BPF_RB_NO_WAKEUP = 1n;
const WAKE_UPS = 2000;

/** Opens the producer and the ring. */
function setup(build, { wakeup, timed, count }, options = {}) {
  const { path, bytes } = compileObject('ring', build);
  const { object, maps, progs } = ringSkeleton(bytes).openAndLoad();
  const bss = object.sections.get('ring.bss');
  bss.mut.setUint32(0, count, true);
  bss.mut.setBigUint64(32, wakeup, true);
  bss.mut.setUint32(40, timed ? 1 : 0, true);
  return {
    path,
    object,
    stream: maps.records.open(options),
    produce: () => progs.produce.run(),
    program: progs.produce,
    bss,
  };
}

/** As skelgen writes it, without variables. */
function ringSkeleton(bytes) {
  return defineSkeleton({
    name: 'ring',
    format: 1,
    generator: 'bench',
    maps: [{ property: 'records', name: 'records', record: recordCodec }],
    programs: [{ property: 'produce', name: 'produce' }],
    sections: [],
    object: () => bytes,
  });
}

function close({ object }) {
  object.close();
}

function drainCase(name, what, drain) {
  return {
    name,
    skip: skipWithoutBpf,
    setup({ build }) {
      const state = setup(build, { wakeup: BPF_RB_NO_WAKEUP, timed: false, count: COUNT });
      for (let round = 0; round < 5; round++) measure(state, drain);
      return state;
    },
    js(state) {
      let spent = 0;
      for (let round = 0; round < ROUNDS; round++) spent += measure(state, drain);
      return spent / ROUNDS / COUNT;
    },
    c: { source: 'ring.c', args: ({ path }) => [path, what, String(COUNT), String(ROUNDS)] },
    teardown: close,
  };
}

/** Nanoseconds of the processor for draining what one run of the program made; what else the machine does counts less so. */
function measure({ produce, stream }, drain) {
  produce();
  const start = process.cpuUsage();
  const seen = drain(stream);
  const { user, system } = process.cpuUsage(start);
  const spent = (user + system) * 1000;
  if (seen !== COUNT) throw new Error(`saw ${seen} records of ${COUNT}`);
  return spent;
}

/**
 * From submitting an event to the callback. Events come from a process of its own, half a millisecond apart, while this one
 * has nothing else to do.
 */
function wakeupCase(name, percentile, listen) {
  return {
    name,
    skip: skipWithoutBpf,
    setup({ build }) {
      const state = setup(build, { wakeup: 0n, timed: true, count: 1 }, { onRecord: () => {} });
      const pinned = `/sys/fs/bpf/bench-ring-${process.pid}`;
      state.program.pin(pinned);
      return { ...state, pinned, trigger: join(build, 'ring') };
    },
    async js({ stream, trigger, path, pinned }) {
      const latencies = [];
      const child = spawn(trigger, [path, 'trigger', String(WAKE_UPS), pinned], {
        stdio: 'inherit',
      });
      await listen(stream, (time) => {
        latencies.push(Number(process.hrtime.bigint() - time));
        return latencies.length < WAKE_UPS;
      });
      await new Promise((resolve) =>
        child.exitCode === null ? child.once('exit', resolve) : resolve(),
      );
      latencies.sort((a, b) => a - b);
      return latencies[Math.floor((latencies.length * percentile) / 100)];
    },
    c: {
      source: 'ring.c',
      args: ({ path }) => [path, 'wakeup', String(WAKE_UPS), String(percentile)],
    },
    teardown(state) {
      rmSync(state.pinned, { force: true });
      close(state);
    },
  };
}

const LIVE_RUNS = 20;

/** Records made for each that was read, with a producer that runs as fast as it can in a process of its own. */
const liveCase = {
  name: 'ring/live/24B',
  skip: skipWithoutBpf,
  setup({ build }) {
    const onRecord = (record) => {
      sum = (sum + record.getUint32(8)) | 0;
    };
    const state = setup(build, { wakeup: 0n, timed: false, count: COUNT }, { onRecord });
    const pinned = `/sys/fs/bpf/bench-ring-${process.pid}`;
    state.program.pin(pinned);
    return { ...state, pinned, trigger: join(build, 'ring') };
  },
  async js({ stream, trigger, path, pinned }) {
    const before = stream.counters.read;
    const child = spawn(trigger, [path, 'burst', String(LIVE_RUNS), pinned], { stdio: 'inherit' });
    while (child.exitCode === null) await stream.poll(10);
    await stream.poll(0);
    return (LIVE_RUNS * COUNT) / (stream.counters.read - before);
  },
  c: { source: 'ring.c', args: ({ path }) => [path, 'live', String(COUNT), String(LIVE_RUNS)] },
  teardown(state) {
    rmSync(state.pinned, { force: true });
    close(state);
  },
};

async function listenByCallback(stream, onTime) {
  for (let more = true; more; ) {
    await stream.ready();
    stream.consume((record) => {
      more = onTime(record.getBigUint64(0));
    });
  }
}

async function listenByLoop(stream, onTime) {
  for await (const { sequence } of stream) if (!onTime(sequence)) return;
}

let sum = 0;

export const cases = [
  drainCase('ring/consume/24B', 'consume', (stream) =>
    stream.consume((record) => {
      sum = (sum + record.getUint32(8) + record.getUint32(12)) | 0;
    }),
  ),
  // What the kernel needed to make the records is the measure here.
  drainCase('ring/decode/24B', 'produce', (stream) =>
    stream.consume((record) => {
      sum = (sum + record.decode().first) | 0;
    }),
  ),
  liveCase,
  wakeupCase('ring/wakeup/median', 50, listenByCallback),
  wakeupCase('ring/wakeup/p99', 99, listenByCallback),
  wakeupCase('ring/for-await/median', 50, listenByLoop),
];
