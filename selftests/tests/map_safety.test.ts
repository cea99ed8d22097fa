// No way from JavaScript to crash the process: what must not be done is done, each in a process of its own, which must live to tell
// that it was refused and then end as it should.

import { isBpfError, openMapById, openObject } from '@libbpf-ts/libbpf';
import { assert, features, getpgid, SubprocessError, subprocess, test } from '#harness';
import { GlobalsBpf } from '../build/globals.skel.js';
import { MapKindsBpf } from '../build/map_kinds.skel.js';
import { PerfBufferBpf } from '../build/perf_buffer.skel.js';
import { RingbufBpf } from '../build/ringbuf.skel.js';
import { UserRingbufBpf } from '../build/user_ringbuf.skel.js';

/** The code of the error, its name if it is not ours, or what came back. */
function codeOf(run: () => unknown): string {
  try {
    return `done: ${String(run())}`;
  } catch (error) {
    return isBpfError(error) ? error.code : (error as Error).name;
  }
}

/** Has unreachable memory go, and with it whatever was mapped there. */
async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function globals(): GlobalsBpf {
  const skel = GlobalsBpf.open().load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

function ring(): RingbufBpf {
  const skel = RingbufBpf.open().load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

const frozen = subprocess('frozen', () => {
  const skel = globals();
  const rodata = skel.rodata as { threshold: bigint };
  skel.rodata.table.fill(9);
  new Uint8Array(skel.rodata.table.buffer).fill(9);
  return [
    codeOf(() => {
      rodata.threshold = 1n;
    }),
    codeOf(() => openMapById(skel.maps.rodata.id).memory()),
    codeOf(() => openMapById<number>(skel.maps.rodata.id).update(0, new Uint8Array(24))),
    `${skel.rodata.threshold} ${skel.rodata.table}`,
  ];
});

test('writing to frozen data', async () => {
  assert.deepEqual(await frozen(undefined), [
    'BPF_FROZEN',
    'BPF_MAP_MEMORY',
    'BPF_MAP_UPDATE',
    '10 1,2,3,4',
  ]);
});

const closed = subprocess('closed', async () => {
  const skel = globals();
  const { bss } = skel;
  const { wide, here, text, spots, $atomics } = bss;
  const spot = spots.at(1);
  const { bytes } = text;
  skel.close();
  await collectGarbage();
  wide.fill(1n);
  bytes.fill(1);
  new Uint8Array(wide.buffer).fill(1);

  const kinds = MapKindsBpf.open().load();
  const { counts, shared } = kinds.maps;
  const { raw } = counts;
  const words = new Uint32Array(shared.memory());
  const entries = counts.entries();
  kinds.close();
  await collectGarbage();
  words.fill(7);
  return [
    codeOf(() => bss.u32v),
    codeOf(() => here.x),
    codeOf(() => spot.weight),
    codeOf(() => String(text)),
    codeOf(() => $atomics.add('hits', 1n)),
    codeOf(() => counts.lookup(1)),
    codeOf(() => raw.lookup(new Uint8Array(4))),
    codeOf(() => [...entries]),
    codeOf(() => shared.memory()),
  ];
});

test('using what is closed, and windows onto memory that is gone', async () => {
  assert.deepEqual(await closed(undefined), new Array(9).fill('BPF_CLOSED'));
});

const closedStreams = subprocess('closed streams', async () => {
  const skel = ring();
  getpgid();
  const { stream } = skel.maps.samples;
  let kept: { getInt32(offset: number): number } | undefined;
  stream.consume((record) => {
    kept = record;
  });
  const iterator = stream.records();
  const waiting = iterator.next();
  skel.close();
  await collectGarbage();
  const { done } = await waiting;
  return [
    codeOf(() => kept!.getInt32(0)),
    codeOf(() => stream.take()),
    codeOf(() => stream.bytesPending),
    codeOf(() => stream.epollFd),
    done,
  ];
});

test(
  'reading a ring that is closed, and a record that is over',
  async () => {
    assert.deepEqual(await closedStreams(undefined), [
      'RangeError',
      'BPF_CLOSED',
      'BPF_CLOSED',
      'BPF_CLOSED',
      true,
    ]);
  },
  { needs: [features.ringBuffer] },
);

const closedWriter = subprocess('closed writer', async () => {
  const skel = UserRingbufBpf.open().load();
  const { writer } = skel.maps.to_kernel;
  const record = writer.reserve(32)!;
  const other = writer.reserve(32)!;
  other.submit();
  skel.close();
  await collectGarbage();
  record.bytes.fill(1);
  record.submit();
  return [codeOf(() => writer.reserve(32)), codeOf(() => other.submit())];
});

test(
  'writing records into a user ring that is closed',
  async () => {
    assert.deepEqual(await closedWriter(undefined), ['BPF_CLOSED', 'BPF_RECORD_DONE']);
  },
  { needs: [features.userRingBuffer] },
);

const pastEnd = subprocess('past the end', () => {
  const skel = globals();
  const { bss } = skel;
  // Typed arrays swallow it, views say so.
  bss.wide[1000] = 1n;
  const kinds = MapKindsBpf.open().load();
  const memory = new DataView(kinds.maps.shared.memory());
  const { raw } = kinds.maps.counts;
  return [
    codeOf(() => bss.spots.at(4)),
    codeOf(() => bss.wide[1000]),
    codeOf(() => memory.setUint8(memory.byteLength, 1)),
    codeOf(() => {
      bss.text = 'longer than it is';
    }),
    codeOf(() => raw.update(new Uint8Array(4), new Uint8Array(9))),
    codeOf(() => raw.lookup(new Uint8Array(5))),
    codeOf(() => kinds.maps.table.lookup(4)),
  ];
});

test('going past the end of variables, memory, keys and values', async () => {
  assert.deepEqual(await pastEnd(undefined), [
    'RangeError',
    'done: undefined',
    'RangeError',
    'RangeError',
    'RangeError',
    'RangeError',
    'done: undefined',
  ]);
});

const oddRecords = subprocess('odd records', () => {
  const skel = ring();
  skel.bss.odd_bytes = 3;
  getpgid();
  const short = codeOf(() => skel.maps.samples.stream.take());
  getpgid();
  const read = codeOf(() =>
    skel.maps.samples.consume((record) => {
      record.getBigInt64(0);
    }),
  );
  skel.bss.odd_bytes = 0;
  getpgid();
  // Longer than what somebody takes it for, and a window that is kept and written to.
  skel.maps.samples.stream.close();
  using other = openMapById(skel.maps.samples.id, {
    recordCodec: {
      size: 8,
      decode: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, 8),
      encode: () => {},
    },
  });
  const [window] = other.stream.take();
  window!.fill(1);
  other.stream.close();
  using past = openMapById(skel.maps.samples.id, {
    recordCodec: {
      size: 8,
      decode: (view, at) => view.getUint32(at + 8, true),
      encode: () => {},
    },
  });
  getpgid();
  return [short, read, window!.length, codeOf(() => past.stream.take())];
});

test(
  'records that are shorter or longer than their type, codecs that write into them or read past them',
  async () => {
    assert.deepEqual(await oddRecords(undefined), [
      'BPF_SHORT_RECORD',
      'RangeError',
      8,
      'RangeError',
    ]);
  },
  { needs: [features.ringBuffer] },
);

const wildCodec = subprocess('wild codec', () => {
  const skel = MapKindsBpf.open().load();
  const scribble = (view: DataView): void => {
    new Uint8Array(view.buffer).fill(0xff);
  };
  using map = openMapById(skel.maps.counts.id, {
    keyCodec: {
      size: 4,
      decode: (view) => view.getUint32(0, true),
      encode: (view) => scribble(view),
    },
    valueCodec: {
      size: 8,
      decode: (view) => {
        scribble(view);
        return 0;
      },
      encode: (view) => scribble(view),
    },
  });
  map.update(1, 1);
  const read = [map.lookup(1), map.has(2), [...map.values()].length, map.delete(3)];
  using thief = openMapById(skel.maps.counts.id, {
    keyCodec: {
      size: 4,
      decode: () => 0,
      encode: (view) => {
        if (view.buffer.byteLength > 0)
          structuredClone(view, { transfer: [view.buffer as ArrayBuffer] });
      },
    },
  });
  return [...read, codeOf(() => thief.has(1)), codeOf(() => thief.has(1))];
});

test('codecs that write where they should not, or give the memory away', async () => {
  assert.deepEqual(await wildCodec(undefined), [0, true, 1, true, 'TypeError', 'TypeError']);
});

const otherMap = subprocess('other map', async () => {
  const big = openObject(MapKindsBpf.elfBytes(), { name: 'big' });
  for (const map of big.maps.values()) map.autocreate = map.name === 'shared';
  for (const program of big.programs.values()) program.autoload = false;
  big.map('shared').valueSize = 1 << 20;
  big.map('shared').maxEntries = 1;
  using loaded = big.load();
  const codes: string[] = [];
  for (const section of ['bss', 'rodata', 'kconfig', 'data_custom'] as const) {
    using open = GlobalsBpf.open();
    for (const program of Object.values(open.progs)) program.autoload = false;
    open.object.map(open.maps[section].name).reuse(loaded.map('shared'));
    codes.push(codeOf(() => open.load()));
  }
  await collectGarbage();
  return codes;
});

test('a map of another size in the place of a section', async () => {
  assert.deepEqual(await otherMap(undefined), new Array(4).fill('BPF_MAP_MISMATCH'));
});

const closesItself = subprocess('closes itself', async () => {
  const skel = ring();
  getpgid();
  getpgid();
  let calls = 0;
  const count = skel.maps.samples.consume(() => {
    calls++;
    skel.close();
  });
  await collectGarbage();
  const perf = PerfBufferBpf.open().load();
  perf.bss.tgid = process.pid;
  perf.attach();
  const stream = perf.maps.events.open({ onRecord: () => perf.close() });
  perf.data.burst = 3;
  getpgid();
  const polled = await stream.poll(1000);
  await collectGarbage();
  return [
    calls,
    count,
    codeOf(() => skel.maps.samples.stream),
    polled,
    codeOf(() => stream.take()),
  ];
});

test(
  'a callback that closes the skeleton it is called by',
  async () => {
    assert.deepEqual(await closesItself(undefined), [1, 1, 'BPF_CLOSED', 1, 'BPF_CLOSED']);
  },
  { needs: [features.ringBuffer] },
);

const secondReader = subprocess('second reader', (id: number) => {
  using map = openMapById(id);
  return codeOf(() => map.stream.take());
});

test(
  'a second reader in another process',
  async (t) => {
    const opened = RingbufBpf.open();
    t.after(() => opened.close());
    const skel = opened.load();
    const { stream } = skel.maps.samples;
    assert.equal(await secondReader(skel.maps.samples.id), 'BPF_BUSY');
    stream.close();
    assert.equal(await secondReader(skel.maps.samples.id), 'done: ');
    // The claim of a process that was killed is void.
    await assert.rejects(killedReader(skel.maps.samples.id), (error) => {
      assert.ok(error instanceof SubprocessError);
      return error.ending === 'signal SIGKILL';
    });
    assert.equal(await secondReader(skel.maps.samples.id), 'done: ');
  },
  { needs: [features.ringBuffer] },
);

const killedReader = subprocess('killed reader', (id: number) => {
  openMapById(id).stream.take();
  process.kill(process.pid, 'SIGKILL');
});
