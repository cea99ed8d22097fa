// Attach cookies: each link gives its program its own, several links of one program included.

import { join } from 'node:path';
import { openPerfEvent } from '@libbpf-ts/libbpf';
import koffi from 'koffi';
import { assert, features, nanosleep, sleep, test } from '#harness';
import { AttachProbeBpf } from '../build/attach_probe.skel.js';
import { BpfCookieBpf } from '../build/bpf_cookie.skel.js';
import { BpfCookieRawTpBpf } from '../build/bpf_cookie_raw_tp.skel.js';
import { BpfCookieTracingBpf } from '../build/bpf_cookie_tracing.skel.js';

const path = join(import.meta.dirname, '../../attach_target.so');
const add = koffi.load(path).func('int target_add(int a, int b)');
const nanosleepFunction = '__x64_sys_nanosleep';

function load() {
  const skel = BpfCookieBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

test(
  'kprobes: two links of one program',
  () => {
    using skel = load();
    const { handle_kprobe, handle_kretprobe } = skel.progs;
    using a = handle_kprobe.attachKprobe({ function: nanosleepFunction, cookie: 1n });
    using b = handle_kprobe.attachKprobe({ function: nanosleepFunction, cookie: 2n });
    using c = handle_kretprobe.attachKprobe({ function: nanosleepFunction, cookie: 0x10n });
    using d = handle_kretprobe.attachKprobe({ function: nanosleepFunction, cookie: 0x20n });
    nanosleep();
    assert.equal(skel.bss.kprobe_res, 3n);
    assert.equal(skel.bss.kretprobe_res, 0x30n);
    assert.ok([a, b, c, d].every((link) => link.isOpen));
  },
  { needs: [features.kprobe, features.cookies] },
);

test(
  'uprobes: one process and all',
  () => {
    using skel = load();
    const { handle_uprobe, handle_uretprobe } = skel.progs;
    const at = { path, function: 'target_add' };
    using a = handle_uprobe.attachUprobe({ ...at, pid: 0, cookie: 0x100n });
    using b = handle_uprobe.attachUprobe({ ...at, cookie: 0x200n });
    using c = handle_uretprobe.attachUprobe({ ...at, cookie: 0x1000n });
    using d = handle_uretprobe.attachUprobe({ ...at, pid: 0, cookie: 0x2000n });
    add(1, 2);
    assert.equal(skel.bss.uprobe_res, 0x300n);
    assert.equal(skel.bss.uretprobe_res, 0x3000n);
    assert.ok([a, b, c, d].every((link) => link.isOpen));
  },
  { needs: [features.uprobe, features.cookies] },
);

test(
  'tracepoints: cookies survive the detaching of others',
  async () => {
    using skel = load();
    const at = { category: 'syscalls', name: 'sys_enter_nanosleep' };
    const first = skel.progs.handle_tp1.attachTracepoint({ ...at, cookie: 0x10000n });
    using second = skel.progs.handle_tp2.attachTracepoint({ ...at, cookie: 0x20000n });
    nanosleep();
    assert.equal(skel.bss.tp_res, 0x30000n);
    first.close();
    await sleep(50);
    using third = skel.progs.handle_tp3.attachTracepoint({ ...at, cookie: 0x40000n });
    skel.bss.tp_res = 0n;
    nanosleep();
    assert.equal(skel.bss.tp_res, 0x60000n);
    assert.ok(second.isOpen && third.isOpen);
  },
  { needs: [features.cookies, features.tracefs] },
);

test(
  'perf events: attached again to the same event with another cookie',
  () => {
    using skel = load();
    using event = openPerfEvent({ event: 'cpu-clock', period: 100_000, pid: 0 });
    const spin = () => {
      const end = performance.now() + 60;
      while (performance.now() < end) Math.sqrt(end);
    };
    const first = skel.progs.handle_pe.attachPerfEvent(event, { cookie: 0x100000n });
    spin();
    assert.equal(skel.bss.pe_res, 0x100000n);
    first.close();
    skel.bss.pe_res = 0n;
    using second = skel.progs.handle_pe.attachPerfEvent(event, { cookie: 0x200000n });
    spin();
    assert.equal(skel.bss.pe_res, 0x200000n);
    const info = second.info();
    assert.equal(info.kind, 'perf_event');
  },
  { needs: [features.cookies] },
);

test(
  'fentry and fexit',
  () => {
    using skel = BpfCookieTracingBpf.open().load();
    using a = skel.progs.on_entry.attachTrace({ cookie: 0x10n });
    using b = skel.progs.on_exit.attachTrace({ cookie: 0x20n });
    skel.progs.on_entry.run();
    assert.equal(skel.bss.fentry_res, 0x10n);
    assert.equal(skel.bss.fexit_res, 0x20n);
    assert.ok(a.isOpen && b.isOpen);
  },
  { needs: [features.fentry, features.tracingCookies] },
);

test(
  'raw tracepoints and tp_btf',
  () => {
    using skel = BpfCookieRawTpBpf.open().load();
    skel.bss.tgid = process.pid;
    const raw = skel.progs.on_raw_tp.attachRawTracepoint({ name: 'sys_enter', cookie: 0x1n });
    using typed = skel.progs.on_tp_btf.attachTrace({ cookie: 0x2n });
    nanosleep();
    assert.equal(skel.bss.raw_tp_res, 1n);
    assert.equal(skel.bss.tp_btf_res, 2n);
    raw.close();
    using again = skel.progs.on_raw_tp.attachRawTracepoint({
      name: 'sys_enter',
      cookie: 0xffff_ffff_ffff_fff0n,
    });
    nanosleep();
    assert.equal(skel.bss.raw_tp_res, 0xffff_ffff_ffff_fff1n);
    assert.ok(typed.isOpen && again.isOpen);
  },
  { needs: [features.rawTracepointCookies] },
);

test(
  'kernels without cookies say since when they are there',
  (t) => {
    using skel = AttachProbeBpf.open().load();
    const { on_uprobe, on_tracepoint, on_raw_tracepoint } = skel.progs;
    const cases = [
      ['5.15', () => on_uprobe.attachUprobe({ path, function: 'target_add', cookie: 1n })],
      [
        '5.15',
        () =>
          on_tracepoint.attachTracepoint({
            category: 'syscalls',
            name: 'sys_enter_nanosleep',
            cookie: 1n,
          }),
      ],
      ['6.10', () => on_raw_tracepoint.attachRawTracepoint({ name: 'sys_enter', cookie: 1n })],
    ] as const;
    for (const [since, attach] of cases) {
      if (t.atLeast(since)) attach().close();
      else assert.throws(attach, { code: 'BPF_FEATURE', since });
    }
  },
  { needs: [features.uprobe, features.tracefs] },
);
