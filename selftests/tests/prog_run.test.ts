// BPF_PROG_TEST_RUN by type: packets in and out, contexts, repetitions, one CPU; types that the kernel cannot run say so.

import { assert, features, test } from '#harness';
import { AttachCyclesBpf } from '../build/attach_cycles.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
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
