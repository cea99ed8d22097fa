// Links through their life: lost ones are reported, disconnected ones leave what they made, kernel objects of all kinds are listed.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  btfs,
  createTcHook,
  destroyTcHook,
  links,
  maps,
  onWarning,
  programs,
  queryTc,
} from '@libbpf-ts/libbpf';
import { assert, features, nanosleep, sleep, test } from '#harness';
import { AttachProbeBpf } from '../build/attach_probe.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { ownNetwork, ping } from '../src/network.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test(
  'a link that is lost without close() is detached when it is collected, and reported once',
  async () => {
    using skel = AttachProbeBpf.open().load();
    skel.bss.tgid = process.pid;
    const warnings: string[] = [];
    onWarning((message) => void warnings.push(message));
    (() => skel.progs.on_tracepoint.attach())();
    nanosleep();
    const calls = skel.bss.tracepoint_calls;
    assert.ok(calls > 0);
    for (let round = 0; round < 500 && warnings.length === 0; round++) {
      collect();
      await sleep(10);
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /link of program "on_tracepoint" .* was garbage-collected without/);
    nanosleep();
    assert.equal(skel.bss.tracepoint_calls, calls);
  },
  { alone: true, needs: [features.tracefs] },
);

test(
  'a disconnected link leaves attached what the kernel keeps',
  () => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const at = { interface: 'lo', direction: 'ingress' } as const;
    createTcHook(at);
    const link = skel.progs.on_ingress.attachTc({ ...at, handle: 1, priority: 1 });
    link.disconnect();
    link.close();
    ping();
    assert.ok(skel.bss.ingress_calls > 0);
    assert.equal(queryTc(at).length, 1);
    assert.ok(destroyTcHook(at));
  },
  { alone: true, needs: [features.tcClassifier] },
);

test('programs, maps, links and BTFs of the kernel are listed with what is known of them', (t) => {
  using skel = AttachProbeBpf.open().load();
  const { on_raw_tracepoint } = skel.progs;
  using link = on_raw_tracepoint.attach();
  const program = on_raw_tracepoint.info();
  assert.deepEqual(
    [...programs()].find(({ id }) => id === program.id),
    program,
  );
  const { bss } = skel.maps;
  const map = [...maps()].find(({ id }) => id === bss.id);
  assert.equal(map?.name, bss.name);
  assert.deepEqual(
    [...links()].find(({ programId }) => programId === program.id),
    link.info(),
  );
  const all = [...btfs()];
  assert.ok(all.some(({ id, isKernel }) => id === program.btfId && !isKernel));
  const vmlinux = all.find(({ name }) => name === 'vmlinux');
  // Kernels before 5.11 tell no names.
  assert.equal(vmlinux?.isKernel, t.atLeast('5.11') ? true : undefined);
});
