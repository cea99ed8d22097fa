// No way from JavaScript to crash the process: what must not be done is done in a process of its own, which must live to tell that
// it was refused, and then end as it should. Its output names the attempt that it did not survive.

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

/** What an attempt gives; it shall be what the test expects. */
type Attempt = () => unknown;

const variablesAndMaps: Record<string, Attempt> = {
  'writing to frozen data': () => {
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
  },
  'using what is closed, and windows onto memory that is gone': async () => {
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
  },
  'going past the end of variables, memory, keys and values': () => {
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
  },
  'codecs that write where they should not, or give the memory away': () => {
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
  },
  'a map of another size in the place of a section': async () => {
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
  },
};

const streams: Record<string, Attempt> = {
  'reading a ring that is closed, and a record that is over': async () => {
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
  },
  'records that are shorter or longer than their type, codecs that write into them or read past them':
    () => {
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
    },
  'a callback that closes the skeleton it is called by': async () => {
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
  },
};

const writers: Record<string, Attempt> = {
  'writing records into a user ring that is closed': async () => {
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
  },
};

/** Tries all of them, one after another. */
async function tryAll(attempts: Record<string, Attempt>): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    console.error(`trying: ${name}`);
    results[name] = await attempt();
  }
  return results;
}

const withVariablesAndMaps = subprocess('variables and maps', () => tryAll(variablesAndMaps));
const withStreams = subprocess('streams', () => tryAll(streams));
const withWriters = subprocess('writers', () => tryAll(writers));

test('variables and maps', async () => {
  assert.deepEqual(await withVariablesAndMaps(undefined), {
    'writing to frozen data': ['BPF_FROZEN', 'BPF_MAP_MEMORY', 'BPF_MAP_UPDATE', '10 1,2,3,4'],
    'using what is closed, and windows onto memory that is gone': new Array(9).fill('BPF_CLOSED'),
    'going past the end of variables, memory, keys and values': [
      'RangeError',
      'done: undefined',
      'RangeError',
      'RangeError',
      'RangeError',
      'RangeError',
      'done: undefined',
    ],
    'codecs that write where they should not, or give the memory away': [
      0,
      true,
      1,
      true,
      'TypeError',
      'TypeError',
    ],
    'a map of another size in the place of a section': new Array(4).fill('BPF_MAP_MISMATCH'),
  });
});

test(
  'streams',
  async () => {
    assert.deepEqual(await withStreams(undefined), {
      'reading a ring that is closed, and a record that is over': [
        'RangeError',
        'BPF_CLOSED',
        'BPF_CLOSED',
        'BPF_CLOSED',
        true,
      ],
      'records that are shorter or longer than their type, codecs that write into them or read past them':
        ['BPF_SHORT_RECORD', 'RangeError', 8, 'RangeError'],
      'a callback that closes the skeleton it is called by': [1, 1, 'BPF_CLOSED', 1, 'BPF_CLOSED'],
    });
  },
  { needs: [features.ringBuffer] },
);

test(
  'writers',
  async () => {
    assert.deepEqual(await withWriters(undefined), {
      'writing records into a user ring that is closed': ['BPF_CLOSED', 'BPF_RECORD_DONE'],
    });
  },
  { needs: [features.userRingBuffer] },
);

/** Tries to read the ring, then dies with it if told to. */
const readElsewhere = subprocess(
  'read elsewhere',
  ({ id, dies }: { id: number; dies: boolean }) => {
    const map = openMapById(id);
    const answer = codeOf(() => map.stream.take());
    if (dies) process.kill(process.pid, 'SIGKILL');
    return answer;
  },
);

test(
  'a second reader in another process',
  async (t) => {
    const opened = RingbufBpf.open();
    t.after(() => opened.close());
    const { samples } = opened.load().maps;
    samples.open();
    assert.equal(await readElsewhere({ id: samples.id, dies: false }), 'BPF_BUSY');
    samples.stream.close();
    await assert.rejects(readElsewhere({ id: samples.id, dies: true }), (error) => {
      assert.ok(error instanceof SubprocessError);
      return error.ending === 'signal SIGKILL';
    });
    // The claim of a process that is gone is void.
    assert.deepEqual(samples.stream.take(), []);
  },
  { needs: [features.ringBuffer] },
);
