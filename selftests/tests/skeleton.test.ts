// Global data through a skeleton: written before load, read after, changed by the program, seen without a system call.

import { assert, features, nanosleep, test } from '#harness';
import { SkeletonBpf } from '../build/skeleton.skel.js';
import { TraceSkeletonBpf } from '../build/trace_skeleton.skel.js';

test('initial values are those of the C source', () => {
  using open = SkeletonBpf.open();
  assert.equal(open.data.in1, -1);
  assert.equal(open.data.in2, -1n);
  assert.equal(open.data.out1, -1);
  assert.equal(open.data.out2, -1n);
  assert.equal(open.bss.in3, 0);
  assert.equal(open.bss.in4, 0n);
  assert.deepEqual([open.bss.in5.a, open.bss.in5.b], [0, 0n]);
  assert.equal(open.bss.out6, 0);
  assert.equal(open.rodata.in.in6, 0);
  assert.equal(open.rodata_dyn.in_dynarr_sz, 0);
  assert.deepEqual([...open.rodata_dyn.in_dynarr], [-1, -2, -3, -4]);
  assert.deepEqual([...open.data_dyn.out_dynarr], [1, 2, 3, 4]);
  assert.equal(String(open.data.text), 'before');
  assert.equal(open.maps.rodata_dyn.name, '.rodata.dyn');
  assert.equal(open.maps.data_dyn.name, '.data.dyn');
});

test('values set before load are there after it, and programs change them in place', () => {
  using open = SkeletonBpf.open();
  const { bss } = open;
  const array = open.data_dyn.out_dynarr;
  open.data.in1 = 10;
  open.data.in2 = 11n;
  bss.in3 = 12;
  bss.in4 = 13n;
  open.rodata.in.in6 = 14;
  open.rodata_dyn.in_dynarr_sz = 4;
  open.rodata_dyn.in_dynarr = [10, 11, 12, 13];
  bss.tgid = process.pid;

  const skel = open.load();
  assert.equal(skel.bss, bss, 'one view in both phases');
  assert.equal(skel.data.in1, 10);
  assert.equal(skel.data.in2, 11n);
  assert.equal(bss.in3, 12);
  assert.equal(bss.in4, 13n);
  assert.equal(skel.rodata.in.in6, 14);
  assert.equal(skel.rodata_dyn.in_dynarr_sz, 4);

  skel.data.in1 = 1;
  skel.data.in2 = 2n;
  bss.in3 = 3;
  bss.in4 = 4n;
  bss.in5 = { a: 5, b: 6n };
  skel.data_read_mostly.read_mostly_var = 123;
  skel.attach();
  nanosleep();

  assert.ok(bss.calls > 0);
  assert.equal(skel.data.out1, 1);
  assert.equal(skel.data.out2, 2n);
  assert.equal(bss.out3, 3);
  assert.equal(bss.out4, 4n);
  assert.deepEqual([bss.out5.a, bss.out5.b], [5, 6n]);
  assert.equal(bss.out6, 14);
  assert.deepEqual(
    [...array],
    [10, 11, 12, 13],
    'a window taken before load shows what the program wrote',
  );
  assert.equal(bss.out_mostly_var, 123);
  assert.equal(String(skel.data.text), 'Before');
  assert.equal(skel.maps.data_non_mmapable.flags, 0);
});

test('frozen data, stale views and double close throw, and nothing crashes', () => {
  const open = SkeletonBpf.open();
  const early = open.rodata_dyn.in_dynarr;
  const skel = open.load();
  const { bss, rodata } = skel;
  const window = skel.data_dyn.out_dynarr;
  assert.throws(
    () => {
      skel.rodata_dyn.in_dynarr_sz = 3;
    },
    { code: 'BPF_FROZEN', message: /"in_dynarr_sz".*before load|between open\(\) and load\(\)/ },
  );
  early[0] = 77;
  assert.equal(skel.rodata_dyn.in_dynarr[0], -1);
  assert.throws(() => open.load(), { code: 'BPF_PHASE' });
  assert.throws(() => {
    bss.calls = 2 ** 31;
  }, RangeError);
  skel.close();
  skel.close();
  open[Symbol.dispose]();
  assert.throws(() => bss.calls, { code: 'BPF_CLOSED' });
  assert.throws(() => rodata.in.in6, { code: 'BPF_CLOSED' });
  assert.throws(() => skel.attach(), { code: 'BPF_CLOSED' });
  assert.throws(() => skel.maps.my_map.lookup(0), { code: 'BPF_CLOSED' });
  window[0] = 5;
  assert.equal(window[0], 5);
});

test('a tp_btf program attaches through a skeleton, detaches, and attaches again', () => {
  using open = TraceSkeletonBpf.open();
  open.progs.on_entry.autoload = false;
  const skel = open.load();
  skel.bss.tgid = process.pid;
  for (let round = 1; round <= 2; round++) {
    skel.attach();
    assert.ok(skel.links.on_syscall?.isOpen);
    assert.equal(skel.links.on_entry, undefined);
    const before = skel.bss.tp_calls;
    nanosleep();
    assert.ok(skel.bss.tp_calls > before);
    skel.detach();
    assert.equal(skel.links.on_syscall, undefined);
    const after = skel.bss.tp_calls;
    nanosleep();
    assert.equal(skel.bss.tp_calls, after);
  }
  assert.notEqual(skel.data.tp_syscall, -1n);
});

test(
  'an fentry program attaches through a skeleton, detaches, and attaches again',
  (t) => {
    using skel = TraceSkeletonBpf.openAndLoad();
    // Before 5.13 a tracing program can be attached once in its life.
    const rounds = t.atLeast('5.13') ? 2n : 1n;
    for (let round = 1n; round <= rounds; round++) {
      skel.attach();
      assert.ok(skel.links.on_entry?.isOpen);
      assert.equal(skel.progs.on_entry.run().returnValue, 0);
      assert.equal(skel.bss.fentry_calls, round);
      assert.equal(skel.bss.fentry_argument, 1n);
      skel.detach();
      skel.progs.on_entry.run();
      assert.equal(skel.bss.fentry_calls, round);
    }
  },
  { needs: [features.fentry] },
);
