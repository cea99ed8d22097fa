// kprobes, uprobes, tracepoints and perf events, by section name and by method, in each mode that the kernel has.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBpfError, openPerfEvent } from '@libbpf-ts/libbpf';
import koffi from 'koffi';
import { assert, features, nanosleep, test } from '#harness';
import { AttachProbeBpf } from '../build/attach_probe.skel.js';

const library = join(import.meta.dirname, '../../attach_target.so');
const target = koffi.load(library);
const add = target.func('int target_add(int a, int b)');
const counterValue = target.func('ushort target_counter_value()');
const nanosleepFunction =
  process.arch === 'arm64' ? '__arm64_sys_nanosleep' : '__x64_sys_nanosleep';

function load() {
  const skel = AttachProbeBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

for (const mode of ['link', 'perf', 'legacy', undefined] as const) {
  const needs =
    mode === 'link' ? [features.kprobe, features.perfLink] : [features.kprobe, features.tracefs];
  test(
    `kprobe and kretprobe, mode ${mode ?? 'default'}`,
    () => {
      using skel = load();
      const more = mode === undefined ? {} : { mode };
      const entry = skel.progs.on_kprobe.attachKprobe({ function: nanosleepFunction, ...more });
      const exit = skel.progs.on_kretprobe.attachKprobe({ function: nanosleepFunction, ...more });
      nanosleep();
      assert.equal(skel.bss.kprobe_calls, 1);
      assert.equal(skel.bss.kretprobe_calls, 1);
      assert.equal(entry.way, `kprobe ${nanosleepFunction}`);
      assert.equal(exit.way, `kretprobe ${nanosleepFunction}`);
      if (mode === 'legacy')
        assert.match(
          readFileSync('/sys/kernel/tracing/kprobe_events', 'utf8'),
          new RegExp(`^r.*libbpf_ts_${process.pid}_.* ${nanosleepFunction}`, 'm'),
        );
      entry.close();
      nanosleep();
      assert.equal(skel.bss.kprobe_calls, 1, 'a closed link does not run the program');
      assert.equal(skel.bss.kretprobe_calls, 2);
      exit.close();
      exit.close();
    },
    { needs },
  );

  const userNeeds =
    mode === 'link' ? [features.uprobe, features.perfLink] : [features.uprobe, features.tracefs];
  test(
    `uprobe and uretprobe, mode ${mode ?? 'default'}`,
    () => {
      using skel = load();
      const more = mode === undefined ? {} : { mode };
      using entry = skel.progs.on_uprobe.attachUprobe({
        path: library,
        function: 'target_add',
        pid: 0,
        ...more,
      });
      const exit = skel.progs.on_uretprobe.attachUprobe({
        path: library,
        function: 'target_add',
        ...more,
      });
      assert.equal(add(20, 22), 42);
      assert.equal(skel.bss.uprobe_calls, 1);
      assert.equal(skel.bss.uprobe_argument, 20n);
      assert.equal(skel.bss.uretprobe_calls, 1);
      assert.equal(skel.bss.uretprobe_result, 42n);
      exit.close();
      add(1, 2);
      assert.equal(skel.bss.uprobe_calls, 2);
      assert.equal(skel.bss.uretprobe_calls, 1);
      assert.ok(entry.isOpen);
    },
    { needs: userNeeds },
  );
}

test(
  'ksyscall and kretsyscall by section name',
  () => {
    using skel = load();
    using entry = skel.progs.on_ksyscall.attach();
    using exit = skel.progs.on_kretsyscall.attach();
    nanosleep();
    assert.equal(skel.bss.ksyscall_calls, 1);
    assert.equal(skel.bss.kretsyscall_calls, 1);
    assert.ok(entry.isOpen && exit.isOpen);
  },
  { needs: [features.kprobe] },
);

test(
  'the skeleton attaches what names its target, and again after detach',
  () => {
    using skel = load();
    for (let round = 1; round <= 2; round++) {
      skel.attach();
      assert.ok(skel.links.on_ksyscall?.isOpen);
      assert.equal(skel.links.on_uprobe, undefined);
      nanosleep();
      assert.equal(skel.bss.ksyscall_calls, round);
      assert.equal(skel.bss.tracepoint_calls, round);
      skel.detach();
      nanosleep();
      assert.equal(skel.bss.ksyscall_calls, round);
    }
  },
  { needs: [features.kprobe] },
);

test(
  'a uprobe in a library found by name, with a symbol version',
  () => {
    using skel = load();
    using link = skel.progs.on_uprobe.attachUprobe({
      path: 'libc.so.6',
      function: 'getppid',
      pid: 0,
    });
    assert.match(link.way, /^uprobe \/.*libc\.so\.6:getppid$/);
    assert.ok(process.ppid > 0);
    assert.equal(skel.bss.uprobe_calls, 1);
    using versioned = skel.progs.on_uretprobe.attachUprobe({
      path: 'libc.so.6',
      function: 'getppid@GLIBC_2.2.5',
    });
    assert.ok(process.ppid > 0);
    assert.equal(skel.bss.uretprobe_calls, 1);
    assert.ok(versioned.isOpen);
  },
  { needs: [features.uprobe] },
);

test(
  'a uprobe raises its reference counter while it is there',
  () => {
    using skel = load();
    const before = counterValue();
    assert.equal(before, 0);
    const counter = probesOffset();
    const link = skel.progs.on_uprobe.attachUprobe({
      path: library,
      function: 'target_add',
      referenceCounterOffset: counter,
    });
    assert.equal(counterValue(), 1);
    add(1, 1);
    assert.equal(skel.bss.uprobe_calls, 1);
    link.close();
    assert.equal(counterValue(), 0);
  },
  { needs: [features.uprobe] },
);

test(
  'tracepoint and raw tracepoint',
  () => {
    using skel = load();
    const link = skel.progs.on_tracepoint.attach();
    using raw = skel.progs.on_raw_tracepoint.attach();
    nanosleep();
    assert.equal(skel.bss.tracepoint_calls, 1);
    assert.ok(skel.bss.raw_tracepoint_calls > 0);
    link.close();
    nanosleep();
    assert.equal(skel.bss.tracepoint_calls, 1);
    using again = skel.progs.on_tracepoint.attachTracepoint({
      category: 'syscalls',
      name: 'sys_enter_nanosleep',
    });
    nanosleep();
    assert.equal(skel.bss.tracepoint_calls, 2);
    assert.ok(again.isOpen && raw.isOpen);
  },
  { needs: [features.tracefs] },
);

test('perf event', () => {
  using skel = load();
  using event = openPerfEvent({ event: 'cpu-clock', pid: 0, period: 100_000 });
  const link = skel.progs.on_event.attachPerfEvent(event);
  const end = performance.now() + 100;
  while (performance.now() < end) Math.sqrt(end);
  assert.ok(skel.bss.event_calls > 0);
  link.close();
  const calls = skel.bss.event_calls;
  const later = performance.now() + 30;
  while (performance.now() < later) Math.sqrt(end);
  assert.equal(skel.bss.event_calls, calls);
});

test('hardware counters that are missing are named', (t) => {
  try {
    openPerfEvent({ event: 'cpu-cycles' }).close();
  } catch (error) {
    assert.ok(isBpfError(error, 'BPF_NO_PERF_EVENT'));
    assert.match(
      error.message,
      /cpu-cycles on cpu 0 could not be opened: (ENOENT|EOPNOTSUPP), this machine/,
    );
    t.skip('no cycles counter', features.hardwarePmu);
  }
});

/** File offset of section .probes, where the counter is. */
function probesOffset(): number {
  const bytes = readFileSync(library);
  const table = Number(bytes.readBigUInt64LE(40));
  const count = bytes.readUInt16LE(60);
  const section = (index: number) => table + index * 64;
  const names = Number(bytes.readBigUInt64LE(section(bytes.readUInt16LE(62)) + 24));
  for (let index = 0; index < count; index++) {
    const name = names + bytes.readUInt32LE(section(index));
    if (bytes.toString('latin1', name, name + 8) === '.probes\0')
      return Number(bytes.readBigUInt64LE(section(index) + 24));
  }
  throw new Error('attach_target.so has no section .probes');
}
