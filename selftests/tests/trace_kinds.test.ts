// Tracing programs beyond fentry of the kernel: of other programs, freplace, fmod_ret, fsession.

import { assert, features, test } from '#harness';
import { FreplaceBpf } from '../build/freplace.skel.js';
import { FreplaceTargetBpf } from '../build/freplace_target.skel.js';
import { FsessionBpf } from '../build/fsession.skel.js';
import { ModifyReturnBpf } from '../build/modify_return.skel.js';
import { RawTpWritableBpf } from '../build/raw_tp_writable.skel.js';
import { TraceProgramBpf } from '../build/trace_program.skel.js';

const XDP_DROP = 1;
const XDP_PASS = 2;
const packet = { data: new Uint8Array(64) };

test(
  'freplace puts a program in the place of a function of another one',
  (t) => {
    using target = FreplaceTargetBpf.open().load();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_PASS);
    using open = FreplaceBpf.open();
    open.progs.drop.attachProgFd = target.progs.whole.fd;
    const skel = open.load();
    using link = skel.progs.drop.attach();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_DROP);
    assert.equal(skel.bss.calls, 1);
    const info = link.info();
    assert.ok(info.kind === 'tracing');
    // Told since 5.13.
    const id = t.atLeast('5.13') ? target.progs.whole.info().id : 0;
    assert.equal(info.targetObjectId, id);
    link.close();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_PASS);
  },
  { needs: [features.fentry] },
);

test(
  'fentry and fexit see another program, and a function in it',
  () => {
    using target = FreplaceTargetBpf.open().load();
    using open = TraceProgramBpf.open();
    const { on_entry, on_exit } = open.progs;
    on_entry.attachProgFd = target.progs.whole.fd;
    on_exit.attachProgFd = target.progs.whole.fd;
    const skel = open.load();
    skel.attach();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_PASS);
    assert.equal(skel.bss.entries, 1);
    assert.equal(skel.bss.exits, 1);
    assert.equal(skel.bss.result, XDP_PASS);
    skel.detach();
    target.progs.whole.run(packet);
    assert.equal(skel.bss.entries, 1);
    assert.equal(skel.bss.exits, 1);
  },
  { needs: [features.fentry] },
);

test('the function of another program has to be there, and the program', () => {
  using target = FreplaceTargetBpf.open().load();
  const load = (name: string, fd: number) => {
    using open = TraceProgramBpf.open();
    open.progs.on_exit.autoload = false;
    open.progs.on_entry.attachTarget = name;
    open.progs.on_entry.attachProgFd = fd;
    open.load();
  };
  assert.throws(() => load('verdikt', target.progs.whole.fd), {
    code: 'BPF_NO_ATTACH_TARGET',
    message: /has no function "verdikt"; did you mean "verdict"\?; it has .*whole/,
  });
  assert.throws(() => load('verdict', 999), {
    code: 'BPF_NO_ATTACH_TARGET',
    message: /attachProgFd 999 is no program/,
  });
});

/** What `bpf_modify_return_test(1, &two)` returns: it raises the second argument and adds the first. */
const bpfModifyReturnTest = 4;

/**
 * A test run of fmod_ret in its two halves: what the functions of the kernel returned, added, and how many of them wrote through
 * their pointer. Only differences tell about one function: since 6.6 the kernel calls bpf_modify_return_test2 as well.
 */
function testRunResult(returnValue: number): { sum: number; sideEffects: number } {
  return { sum: (returnValue << 16) >> 16, sideEffects: returnValue >>> 16 };
}

test(
  'fmod_ret decides what the caller gets',
  () => {
    using skel = ModifyReturnBpf.open().load();
    skel.attach();
    const called = testRunResult(skel.progs.modify.run().returnValue);
    assert.equal(skel.bss.calls, 1);
    skel.bss.input_retval = -22;
    const refused = testRunResult(skel.progs.modify.run().returnValue);
    assert.equal(skel.bss.calls, 2);
    assert.equal(called.sum - refused.sum, bpfModifyReturnTest - -22);
    assert.equal(called.sideEffects - refused.sideEffects, 1, 'the function was not called');
    skel.detach();
  },
  { needs: [features.modifyReturn, features.fentry] },
);

test(
  'fsession runs at entry and return; before 7.0 the version that has it',
  (t) => {
    using open = FsessionBpf.open();
    if (!t.atLeast('7.0')) {
      assert.throws(() => open.load(), { code: 'BPF_FEATURE', since: '7.0' });
      return;
    }
    const skel = open.load();
    skel.attach();
    skel.progs.both.run();
    assert.equal(skel.bss.calls, 2);
    skel.detach();
  },
  { needs: [features.fentry] },
);

test('a writable raw tracepoint changes what the kernel goes on with', () => {
  using skel = RawTpWritableBpf.open().load();
  skel.bss.tgid = process.pid;
  skel.attach();
  const EXDEV = 18;
  skel.bss.error = -EXDEV;
  assert.throws(() => skel.progs.on_packet.run(packet), {
    code: 'BPF_TEST_RUN',
    message: /"on_packet".*could not be test-run: EXDEV/,
  });
  assert.equal(skel.bss.calls, 1);
  const info = skel.links.on_finish!.info();
  assert.ok(info.kind === 'raw_tracepoint' && info.name === 'bpf_test_finish');
  skel.detach();
  assert.equal(skel.progs.on_packet.run(packet).returnValue, 0);
  assert.equal(skel.bss.calls, 1);
});
