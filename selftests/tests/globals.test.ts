// Global data as memory: every shape of variable, atomics, phases, and no system call.

import { Worker } from 'node:worker_threads';
import { isBpfError, onWarning, openObject } from '@libbpf-ts/libbpf';
import { injectFaults } from '@libbpf-ts/libbpf/internal';
import { assert, getpgid, syscall, syscallNumber, type TestContext, test } from '#harness';
import { GlobalsBpf } from '../build/globals.skel.js';

const GETTID = 186;
const hasCode = (code: string) => (error: unknown) => isBpfError(error, code);

function open(
  t: TestContext,
  prepare: (opened: ReturnType<typeof GlobalsBpf.open>) => void = () => {},
): GlobalsBpf {
  const opened = GlobalsBpf.open();
  t.after(() => opened.close());
  prepare(opened);
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  return skel;
}

test('reading and writing makes no system call', (t) => {
  const skel = open(t);
  const { bss } = skel;
  bss.thread = syscall(GETTID);
  getpgid();
  assert.ok(bss.syscalls > 0n, 'system calls are counted');
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 100; attempt++) {
    const before = bss.syscalls;
    let sum = 0n;
    for (let count = 0; count < 100; count++) {
      bss.u32v = count;
      bss.u64v = BigInt(count);
      bss.here.x = count;
      bss.wide[1] = bss.u64v;
      bss.$atomics.add('hits', 1n);
      sum += bss.hits + BigInt(bss.here.x) + BigInt(skel.rodata.table[2]!);
    }
    assert.ok(sum > 0n);
    // The collector of garbage and the compiler make some of their own now and then.
    least = Math.min(least, Number(bss.syscalls - before));
  }
  assert.equal(least, 0);
});

test('numbers at the ends of their range, and past them', (t) => {
  const { bss } = open(t);
  const ranges: [
    keyof typeof bss & ('i8' | 'u8v' | 'i16' | 'u16v' | 'i32' | 'u32v'),
    number,
    number,
  ][] = [
    ['i8', -128, 127],
    ['u8v', 0, 255],
    ['i16', -32768, 32767],
    ['u16v', 0, 65535],
    ['i32', -(2 ** 31), 2 ** 31 - 1],
    ['u32v', 0, 2 ** 32 - 1],
  ];
  for (const [name, low, high] of ranges) {
    for (const value of [low, high]) {
      bss[name] = value;
      assert.equal(bss[name], value, name);
    }
    for (const value of [low - 1, high + 1, 0.5, Number.NaN]) {
      assert.throws(
        () => {
          bss[name] = value;
        },
        RangeError,
        `${name} = ${value}`,
      );
    }
    assert.equal(bss[name], high);
  }
  for (const [name, low, high] of [
    ['i64', -(2n ** 63n), 2n ** 63n - 1n],
    ['u64v', 0n, 2n ** 64n - 1n],
  ] as const) {
    for (const value of [low, high]) {
      bss[name] = value;
      assert.equal(bss[name], value, name);
    }
    for (const value of [low - 1n, high + 1n])
      assert.throws(
        () => {
          bss[name] = value;
        },
        RangeError,
        `${name} = ${value}`,
      );
  }
  bss.truth = true;
  assert.equal(bss.truth, true);
});

test('text, structs, bit-fields and arrays are windows onto the same memory as the program', (t) => {
  const { bss } = open(t);
  bss.text = 'hello';
  assert.equal(String(bss.text), 'hello');
  assert.throws(() => {
    bss.text = 'longer than it is';
  }, RangeError);
  assert.equal(bss.text.text, 'hello');
  const { here, wide } = bss;
  here.x = 41;
  here.low = 5;
  wide[2] = 7n;
  getpgid();
  assert.deepEqual([here.x, here.low, here.high], [42, 5, 77]);
  assert.throws(() => {
    here.low = 8;
  }, RangeError);
  assert.throws(() => {
    here.high = -1;
  }, RangeError);
  assert.equal(bss.spots.at(2).weight, 5n);
  bss.spots.at(2).weight = 10n;
  getpgid();
  assert.equal(bss.spots.at(2).weight, 15n);
  assert.throws(() => bss.spots.at(4), RangeError);
  assert.deepEqual([...bss.grid[1]!], [0, 0, 9]);
  assert.equal(bss.wide[2], 7n);
  bss.here = { x: 1, low: 2, high: 3, tag: Uint8Array.of(4, 5), weight: 6n };
  assert.deepEqual(
    [here.x, here.low, here.high, [...here.tag], here.weight],
    [1, 2, 3, [4, 5], 6n],
  );
});

test('atomic additions of a program and of this thread are all there', async (t) => {
  const skel = open(t);
  const koffi = JSON.stringify(import.meta.resolve('koffi'));
  const CALLS = 20_000;
  const worker = new Worker(
    `import(${koffi}).then(({ default: koffi }) => {
      const call = koffi.load(null).func('long syscall(long, long)');
      const { parentPort } = require('node:worker_threads');
      parentPort.postMessage('go');
      for (let count = 0; count < ${CALLS}; count++) call(${syscallNumber('getpgid')}, 0);
    })`,
    { eval: true },
  );
  let ended = false;
  const exit = new Promise<void>((resolve) =>
    worker.once('exit', () => {
      ended = true;
      resolve();
    }),
  );
  await new Promise((resolve) => worker.once('message', resolve));
  let added = 0n;
  while (!ended) {
    for (let count = 0; count < 1000; count++) {
      skel.bss.$atomics.add('hits', 1n);
      skel.bss.$atomics.sub('balance', 1);
      added++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await exit;
  assert.equal(skel.bss.hits, added + BigInt(CALLS));
  assert.equal(skel.bss.balance, (2 * CALLS - Number(added)) | 0);
});

test('constants are what they were set to, and frozen', (t) => {
  const skel = open(t, (opened) => {
    opened.rodata.threshold = 99n;
    opened.rodata.table = [5, 6, 7, 8];
    opened.rodata_custom.limit = 44;
    opened.data_custom.counted = 10;
  });
  getpgid();
  assert.deepEqual(
    [skel.bss.seen_threshold, skel.bss.seen_limit, skel.bss.seen_table],
    [99n, 44, 7],
  );
  assert.equal(skel.data_custom.counted, 11);
  assert.equal(skel.rodata.threshold, 99n);
  const rodata = skel.rodata as { threshold: bigint };
  assert.throws(
    () => {
      rodata.threshold = 1n;
    },
    (error) => {
      assert.ok(isBpfError(error, 'BPF_FROZEN'));
      assert.match(
        error.message,
        /section "\.rodata": "threshold" cannot be set after load\(\), the kernel has frozen it; set it between open\(\) and load\(\)$/,
      );
      return true;
    },
  );
  skel.rodata.table[0] = 1;
  assert.equal(skel.rodata.table[0], 5, 'windows onto constants are copies');
  assert.equal(skel.rodata.threshold, 99n);
});

test('.kconfig is there after load, and not before', (t) => {
  const opened = GlobalsBpf.open();
  t.after(() => opened.close());
  const unloaded = opened as unknown as GlobalsBpf;
  assert.throws(() => unloaded.kconfig.LINUX_KERNEL_VERSION, hasCode('BPF_PHASE'));
  const skel = opened.load();
  skel.bss.tgid = process.pid;
  skel.attach();
  getpgid();
  assert.equal(skel.kconfig.LINUX_KERNEL_VERSION, skel.bss.version);
  assert.ok(skel.bss.version > 0x050000);
});

test('without a skeleton, the same from BTF', (t) => {
  const opened = openObject(GlobalsBpf.elfBytes(), { name: 'globals' });
  t.after(() => opened.close());
  opened.data('.rodata').threshold = 12n;
  const bss = opened.data('.bss');
  const object = opened.load();
  assert.equal(object.data('.bss'), bss);
  bss.tgid = process.pid;
  using link = object.program('on_syscall').attach();
  getpgid();
  assert.ok(link.isOpen);
  assert.deepEqual([bss.hits, bss.seen_threshold, bss.here.high, bss.grid[1][2]], [1n, 12n, 77, 9]);
  assert.equal(bss.$atomics.add('hits', 5n), 1n);
  assert.equal(bss.hits, 6n);
  assert.equal(object.data('.kconfig').LINUX_KERNEL_VERSION, bss.version);
  assert.throws(() => {
    object.data('.rodata').threshold = 1n;
  }, hasCode('BPF_FROZEN'));
  assert.throws(
    () => object.data('.rodate'),
    /BPF object "globals" has no data section "\.rodate"; did you mean "\.rodata"\?/,
  );
});

test('a closed skeleton says so; windows that were kept show zeros', (t) => {
  const skel = open(t);
  const { bss } = skel;
  const { here, wide, spots } = bss;
  wide[0] = 3n;
  const { bytes } = bss.text;
  skel.close();
  for (const use of [
    () => bss.u32v,
    () => {
      bss.u32v = 1;
    },
    () => here.x,
    () => {
      here.x = 1;
    },
    () => spots.at(0).weight,
    () => bss.wide,
    () => String(bss.text),
    () => bss.$atomics.load('hits'),
    () => bss.here.low,
    () => skel.rodata.threshold,
    () => skel.kconfig.LINUX_KERNEL_VERSION,
  ]) {
    assert.throws(use, hasCode('BPF_CLOSED'), String(use));
  }
  assert.equal(wide[0], 0n);
  wide[0] = 1n;
  bytes.fill(1);
});

test(
  'without mapped arrays, as before Linux 5.5, variables are read and written by system calls',
  (t) => {
    const warnings: string[] = [];
    onWarning((message) => void warnings.push(message));
    const opened = GlobalsBpf.open();
    t.after(() => opened.close());
    const window = opened.bss.wide;
    opened.bss.u32v = 3;
    opened.data_custom.counted = 20;
    injectFaults((call) => (call === 'mmap' ? 22 : 0));
    const skel = opened.load();
    injectFaults(undefined);
    const { bss } = skel;
    assert.ok(
      warnings.some((text) =>
        /section "\.bss": arrays that were taken from it before load\(\) are not live/.test(text),
      ),
      warnings.join(),
    );

    assert.equal(bss.u32v, 3);
    bss.tgid = process.pid;
    skel.attach();
    bss.here.x = 41;
    bss.text = 'by system';
    assert.throws(() => {
      bss.u8v = 256;
    }, RangeError);
    getpgid();
    assert.deepEqual(
      [bss.here.x, bss.here.high, bss.hits, bss.spots.at(2).weight],
      [42, 77, 1n, 5n],
    );
    assert.equal(String(bss.text), 'by system');
    assert.equal(skel.data_custom.counted, 21);
    bss.wide = [1n, 2n, 3n];
    assert.deepEqual([...bss.wide], [1n, 2n, 3n]);
    window[0] = 9n;
    assert.equal(bss.wide[0], 1n);
    assert.throws(
      () => bss.$atomics.add('hits', 1n),
      /"hits" has no atomic operations, the section is not mapped on this kernel/,
    );
    skel.close();
    assert.throws(() => bss.u32v, hasCode('BPF_CLOSED'));
  },
  { alone: true },
);
