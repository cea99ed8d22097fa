// Programs of a cgroup: by link and by BPF_PROG_ATTACH, in order, replaced, updated, detached, pinned and found again.

import { closeSync } from 'node:fs';
import {
  type BpfLink,
  type FeatureError,
  isBpfError,
  openPinnedLink,
  queryAttached,
} from '@libbpf-ts/libbpf';
import { assert, features, syscall, syscallNumber, type TestContext, test } from '#harness';
import { CgroupAttachBpf } from '../build/cgroup_attach.skel.js';
import { LsmCgroupBpf } from '../build/lsm_cgroup.skel.js';
import { cgroupRoot, ownCgroup } from '../src/cgroups.js';

const AF_INET = 2;
const SOCK_DGRAM = 2;

function makeSocket(): void {
  const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
  assert.ok(fd >= 0, `socket: ${fd}`);
  closeSync(fd);
}

test(
  'links: sockets made in the cgroup are seen, until the link closes',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const link = skel.progs.on_sock.attachCgroup({ cgroup });
    makeSocket();
    assert.equal(skel.bss.sock_calls, 1);
    const info = link.info();
    assert.ok(info.kind === 'cgroup' && info.cgroupId > 0n);
    const listed = queryAttached({ cgroup }, 'CGROUP_INET_SOCK_CREATE');
    assert.deepEqual(
      listed.programs.map(({ programId }) => programId),
      [skel.progs.on_sock.info().id],
    );
    link.close();
    makeSocket();
    assert.equal(skel.bss.sock_calls, 1);
    assert.equal(queryAttached({ cgroup }, 'CGROUP_INET_SOCK_CREATE').programs.length, 0);
  },
  { alone: true },
);

test(
  'BPF_PROG_ATTACH, as before 5.7, replaces and detaches',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const { first, second } = skel.progs;
    const old = first.attachCgroup({ cgroup, mode: 'attach' });
    assert.ok(!old.isKernelLink);
    assert.throws(() => old.info(), { code: 'BPF_NO_KERNEL_LINK' });
    using next = second.attachCgroup({ cgroup, replace: first });
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 0, 0, 0]);
    old.close();
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 2, 0, 0]);
    next.close();
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 2, 0, 0]);
    assert.throws(() => first.attachCgroup({ cgroup, replace: second }), {
      code: 'BPF_ATTACH',
      message: /program to replace is not attached there/,
    });
  },
  { alone: true },
);

test(
  'update, detach and pins',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const { first, second, third } = skel.progs;
    const link = first.attachCgroup({ cgroup });
    assert.throws(() => link.update(third, { expected: second }), {
      code: 'BPF_LINK_UPDATE',
      message: /another program than the expected one/,
    });
    link.update(second, { expected: first });
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 0, 0, 0]);

    const pin = `/sys/fs/bpf/selftest-link-${process.pid}`;
    link.pin(pin);
    link.close();
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 2, 0, 0], 'a pinned link outlives close()');
    using again = openPinnedLink(pin);
    assert.equal(again.program, 'second');
    assert.equal(again.info().kind, 'cgroup');
    again.unpin();
    again.detach();
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 2, 0, 0]);
    const info = again.info();
    assert.ok(info.kind === 'cgroup' && info.cgroupId === 0n);
  },
  { alone: true, needs: [features.bpffs] },
);

/** Some older kernels were given it, 6.12.117 was: one before 6.17 either says that it is too old, or does it right. */
function orTooOld(t: TestContext, attach: () => BpfLink): BpfLink | undefined {
  try {
    return attach();
  } catch (error) {
    if (t.atLeast('6.17')) throw error;
    assert.ok(isBpfError(error, 'BPF_FEATURE'), (error as Error).message);
    assert.equal((error as FeatureError).since, '6.17');
    return undefined;
  }
}

test(
  'order: before and after others, from 6.17 on',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const { first, second, third } = skel.progs;
    using two = second.attachCgroup({ cgroup });
    using three = third.attachCgroup({ cgroup });
    using one = orTooOld(t, () => first.attachCgroup({ cgroup, before: { link: two } }));
    if (one === undefined) return;
    makeSocket();
    assert.deepEqual([...skel.bss.order], [1, 2, 3, 0]);
    one.close();
    using last = first.attachCgroup({ cgroup, after: { link: three.info().id } });
    skel.bss.order_at = 0;
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 3, 1, 0]);
    assert.throws(
      () => third.attachCgroup({ cgroup, mode: 'link', before: 'first', after: 'last' }),
      { code: 'BPF_ATTACH_OPTIONS' },
    );
    assert.throws(() => third.attachCgroup({ cgroup, before: { program: first } }), {
      code: 'BPF_ATTACH_OPTIONS',
      message: /a link goes before or after links/,
    });
    last.close();
    two.close();
    three.close();
    using x = first.attachCgroup({ cgroup, mode: 'attach' });
    using y = second.attachCgroup({ cgroup, mode: 'attach', before: { program: first } });
    skel.bss.order = [0, 0, 0, 0];
    skel.bss.order_at = 0;
    makeSocket();
    assert.deepEqual([...skel.bss.order], [2, 1, 0, 0]);
    x.close();
    y.close();
  },
  { alone: true },
);

test('what is no cgroup is named, and sections that do not say enough', (t) => {
  using skel = CgroupAttachBpf.open().load();
  const { on_sock, direction_unsaid } = skel.progs;
  assert.throws(() => on_sock.attachCgroup({ cgroup: '/sys/fs/cgroup/no-such-group' }), {
    code: 'BPF_NO_ATTACH_TARGET',
    message: /there is no cgroup "\/sys\/fs\/cgroup\/no-such-group"/,
  });
  assert.throws(() => on_sock.attachCgroup({ cgroup: '/proc' }), {
    code: 'BPF_NO_ATTACH_TARGET',
    message: /"\/proc" is not a folder of a cgroup2 file system/,
  });
  assert.throws(() => direction_unsaid.attachCgroup({ cgroup: cgroupRoot() }), {
    code: 'BPF_ATTACH_OPTIONS',
    message: /attachType must be given/,
  });
  assert.throws(() => on_sock.attachXdp({ interface: 'lo' }), {
    code: 'BPF_WRONG_PROGRAM_TYPE',
    message: /attachXdp\(\) needs a program of type XDP, found CGROUP_SOCK/,
  });
  t.log('done');
});

test(
  'LSM hooks of a cgroup; before 6.0 the version that has them',
  (t) => {
    using open = LsmCgroupBpf.open();
    if (!t.atLeast('6.0')) {
      assert.throws(() => open.load(), { code: 'BPF_FEATURE', since: '6.0' });
      return;
    }
    const cgroup = ownCgroup(t);
    const skel = open.load();
    using link = skel.progs.on_create.attachCgroup({ cgroup });
    makeSocket();
    assert.equal(skel.bss.calls, 1);
    assert.ok(link.isOpen);
  },
  {
    alone: true,
    needs: [features.lsm, features.fentry],
  },
);
