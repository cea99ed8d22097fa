// Tracing programs beyond fentry: freplace, fmod_ret, fsession.

import { assert, features, test } from '#harness';
import { FreplaceBpf } from '../build/freplace.skel.js';
import { FreplaceTargetBpf } from '../build/freplace_target.skel.js';
import { FsessionBpf } from '../build/fsession.skel.js';
import { ModifyReturnBpf } from '../build/modify_return.skel.js';

const XDP_DROP = 1;
const XDP_PASS = 2;
const packet = { data: new Uint8Array(64) };

test(
  'freplace puts a program in the place of a function of another one',
  () => {
    using target = FreplaceTargetBpf.open().load();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_PASS);
    using open = FreplaceBpf.open();
    open.progs.drop.attachProgFd = target.progs.whole.fd;
    const skel = open.load();
    const link = skel.progs.drop.attach();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_DROP);
    assert.equal(skel.bss.calls, 1);
    const info = link.info();
    assert.ok(info.kind === 'tracing' && info.targetObjectId === target.progs.whole.info().id);
    link.close();
    assert.equal(target.progs.whole.run(packet).returnValue, XDP_PASS);
  },
  { needs: [features.fentry] },
);

test(
  'fmod_ret decides what the caller gets',
  () => {
    using skel = ModifyReturnBpf.open().load();
    skel.attach();
    // The function adds its arguments, 1 and 3, and raises the second: 1 << 16 | 4.
    const { returnValue } = skel.progs.modify.run();
    assert.equal(skel.bss.calls, 1);
    assert.equal(returnValue & 0xffff, 4);
    skel.bss.input_retval = -22;
    const refused = skel.progs.modify.run().returnValue;
    assert.equal(skel.bss.calls, 2);
    assert.equal(refused & 0xffff, 0xffea);
    assert.equal(refused >>> 16, 0, 'the function was not called');
    skel.detach();
  },
  { needs: [features.modifyReturn, features.fentry] },
);

test(
  'fsession runs at entry and return',
  () => {
    using skel = FsessionBpf.open().load();
    skel.attach();
    skel.progs.both.run();
    assert.equal(skel.bss.calls, 2);
    skel.detach();
  },
  { needs: [features.fsession, features.fentry] },
);
