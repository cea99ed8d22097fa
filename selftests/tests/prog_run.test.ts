// BPF_PROG_TEST_RUN by type: packets in and out, contexts, repetitions, one CPU; types that the kernel cannot run say so.

import { assert, features, test } from '#harness';
import { AttachCyclesBpf } from '../build/attach_cycles.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetfilterBpf } from '../build/netfilter.skel.js';
import { ProgRunKindsBpf } from '../build/prog_run_kinds.skel.js';
import { ProgRunSyscallBpf } from '../build/prog_run_syscall.skel.js';

const XDP_PASS = 2;
const BPF_F_TEST_RUN_ON_CPU = 1;

test('xdp and tc: packets go in and come out', () => {
  using skel = NetAttachBpf.open().load();
  const data = new Uint8Array(64).map((_, index) => index);
  const once = skel.progs.on_packet.run({ data });
  assert.equal(once.returnValue, XDP_PASS);
  assert.deepEqual(once.data, data);
  assert.equal(skel.bss.xdp_calls, 1);
  const often = skel.progs.on_packet.run({ data, repeat: 1000 });
  assert.equal(skel.bss.xdp_calls, 1001);
  assert.ok(often.duration >= 0);
  const filter = skel.progs.on_ingress.run({ data });
  assert.equal(filter.returnValue, 0);
  assert.equal(filter.data.length, 64);
  assert.equal(skel.bss.ingress_calls, 1);
  // Shorter than an Ethernet header; 5.10 lets XDP programs see such packets.
  assert.throws(() => skel.progs.on_ingress.run({ data: new Uint8Array(4) }), {
    code: 'BPF_TEST_RUN',
    message: /program "on_ingress" of type SCHED_CLS could not be test-run: EINVAL/,
  });
});

test('raw tracepoints: a context, on one CPU, from 5.10 on', () => {
  using skel = AttachCyclesBpf.open().load();
  const context = new Uint8Array(BigUint64Array.of(1n, 2n).buffer);
  assert.equal(skel.progs.on_raw_tracepoint.run({ context }).returnValue, 0);
  const onCpu = { context, cpu: 0, flags: BPF_F_TEST_RUN_ON_CPU };
  assert.equal(skel.progs.on_raw_tracepoint.run(onCpu).returnValue, 0);
});

test(
  'what cannot be test-run says so',
  () => {
    using skel = AttachCyclesBpf.open().load();
    assert.throws(() => skel.progs.on_tracepoint.run(), {
      code: 'BPF_TEST_RUN',
      message: /program "on_tracepoint" of type TRACEPOINT could not be test-run: ENOTSUPP/,
    });
  },
  { needs: [features.bpffs] },
);

test(
  'syscall programs write into their context, which is a copy',
  () => {
    using skel = ProgRunSyscallBpf.open().load();
    const words = BigUint64Array.of(20n, 22n, 0n);
    const context = new Uint8Array(words.buffer);
    const result = skel.progs.add.run({ context });
    assert.equal(result.returnValue, 7);
    assert.equal(new BigUint64Array(result.context.buffer)[2], 42n);
    assert.equal(words[2], 0n);
  },
  { needs: [features.syscallProgram] },
);

test('socket filters, actions, cgroups, light tunnels: what a packet makes them return', () => {
  using skel = ProgRunKindsBpf.open().load();
  const data = new Uint8Array(64);
  new DataView(data.buffer).setUint16(12, 0x0800, false); // IPv4
  data[14] = 0x45;
  const { on_filter, on_action, on_cgroup, on_lwt, on_lwt_out, on_lwt_xmit } = skel.progs;
  const expected = [
    [on_filter, 64 - 14],
    [on_action, 2],
    [on_cgroup, 1],
    [on_lwt, 0],
    [on_lwt_out, 0],
    [on_lwt_xmit, 0],
  ] as const;
  for (const [program, returnValue] of expected)
    assert.equal(program.run({ data }).returnValue, returnValue, program.name);
});

test('flow_dissector: its flow keys come out', () => {
  using skel = ProgRunKindsBpf.open().load();
  const { data } = skel.progs.on_flow.run({ data: new Uint8Array(64) });
  const thoff = new DataView(data.buffer, data.byteOffset).getUint16(2, true);
  assert.equal(thoff, 42);
});

test('a packet’s context goes in and comes out', () => {
  using skel = ProgRunKindsBpf.open().load();
  const context = new Uint8Array(192);
  const mark = 8;
  new DataView(context.buffer).setUint32(mark, 6, true);
  const result = skel.progs.on_context.run({ data: new Uint8Array(64), context });
  const out = new DataView(result.context.buffer, result.context.byteOffset);
  assert.equal(out.getUint32(mark, true), 7);
  assert.equal(context[mark], 6, 'what was given stays as it was');
});

test(
  'sk_lookup: a context of addresses and ports',
  () => {
    using open = ProgRunKindsBpf.open();
    open.progs.on_lookup.autoload = true;
    const skel = open.load();
    // struct bpf_sk_lookup as it was at first; newer kernels have more behind it, and give that back too.
    const context = new Uint8Array(64);
    const view = new DataView(context.buffer);
    const [AF_INET, IPPROTO_TCP] = [2, 6];
    view.setUint32(8, AF_INET, true);
    view.setUint32(12, IPPROTO_TCP, true);
    view.setUint32(60, 80, true);
    const result = skel.progs.on_lookup.run({ context });
    assert.equal(skel.bss.lookups, 1);
    assert.equal(skel.bss.lookup_port, 80);
    assert.ok(result.context.byteLength >= context.byteLength);
  },
  { needs: [{ name: 'test runs of sk_lookup', since: '5.13' }] },
);

test(
  'netfilter: a packet, and its verdict',
  () => {
    using skel = NetfilterBpf.open().load();
    const NF_ACCEPT = 1;
    const data = new Uint8Array(64);
    new DataView(data.buffer).setUint16(12, 0x0800, false);
    data[14] = 0x45;
    assert.equal(skel.progs.on_packet.run({ data }).returnValue, NF_ACCEPT);
    assert.equal(skel.bss.calls, 1);
  },
  { needs: [{ name: 'netfilter programs', since: '6.4' }] },
);

test('room for the output that is too small is said to be', () => {
  using skel = NetAttachBpf.open().load();
  assert.throws(() => skel.progs.on_packet.run({ data: new Uint8Array(64), dataOutSize: 16 }), {
    code: 'BPF_TEST_RUN',
    message: /could not be test-run: ENOSPC/,
  });
});

test('lwt_seg6local: a packet where the kernel can, 5.10, and else that it cannot', () => {
  using skel = ProgRunKindsBpf.open().load();
  try {
    const result = skel.progs.on_lwt_seg6local.run({ data: new Uint8Array(64) });
    assert.equal(result.returnValue, 0);
  } catch (error) {
    assert.match(
      (error as Error).message,
      /"on_lwt_seg6local" of type LWT_SEG6LOCAL could not be test-run: ENOTSUPP/,
    );
  }
});
