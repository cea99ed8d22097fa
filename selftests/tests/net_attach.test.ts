// XDP, traffic control, tcx and netfilter on the loopback of a network namespace of the test's own.

import {
  createTcHook,
  destroyTcHook,
  links,
  queryAttached,
  queryTc,
  queryXdp,
} from '@libbpf-ts/libbpf';
import { assert, features, test } from '#harness';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetfilterBpf } from '../build/netfilter.skel.js';
import { ownNetwork, ping } from '../src/network.js';

test(
  'xdp by link: mode, query, update, a slot that is taken',
  () => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { on_packet, on_packet_other } = skel.progs;
    assert.equal(queryXdp('lo').mode, 'none');
    const link = on_packet.attachXdp({ interface: 'lo', mode: 'skb', by: 'link' });
    ping();
    assert.ok(skel.bss.xdp_calls > 0);
    const attached = queryXdp('lo');
    assert.equal(attached.mode, 'skb');
    assert.equal(attached.programId, on_packet.info().id);
    assert.throws(() => on_packet_other.attachXdp({ interface: 'lo', mode: 'skb' }), {
      code: 'BPF_BUSY',
      message:
        /program "on_packet_other" \(xdp \(skb\) of lo\): a program is attached there already/,
    });
    const info = link.info();
    assert.ok(info.kind === 'xdp' && info.ifindex === 1);
    link.update(on_packet_other, { expected: on_packet });
    ping();
    assert.ok(skel.bss.other_xdp_calls > 0);
    link.close();
    const calls = skel.bss.other_xdp_calls;
    ping();
    assert.equal(skel.bss.other_xdp_calls, calls);
    assert.equal(queryXdp('lo').mode, 'none');
  },
  { alone: true },
);

test(
  'xdp by netlink: attach, replace, close',
  () => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { on_packet, on_packet_other } = skel.progs;
    const at = { interface: 'lo', mode: 'skb', by: 'netlink' } as const;
    const link = on_packet.attachXdp(at);
    ping();
    assert.ok(skel.bss.xdp_calls > 0);
    assert.throws(() => on_packet_other.attachXdp(at), { code: 'BPF_BUSY' });
    assert.ok(!link.isKernelLink);
    using next = on_packet_other.attachXdp({ ...at, replace: on_packet });
    assert.equal(queryXdp('lo').programId, on_packet_other.info().id);
    next.close();
    assert.equal(queryXdp('lo').mode, 'none');
    link.close();
  },
  { alone: true },
);

test(
  'native xdp where the driver has none says what works',
  () => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    assert.throws(() => skel.progs.on_packet.attachXdp({ interface: 'lo', mode: 'native' }), {
      code: 'BPF_ATTACH',
      message: /EOPNOTSUPP, the driver has no XDP; mode "skb" works/,
    });
    assert.throws(
      () => skel.progs.on_packet.attachXdp({ interface: 'lo', mode: 'native', by: 'netlink' }),
      { code: 'BPF_ATTACH', message: /EOPNOTSUPP/ },
    );
    assert.throws(() => skel.progs.on_packet.attachXdp({ interface: 'looo' }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /there is no network interface "looo"; did you mean "lo"\?/,
    });
    assert.throws(() => skel.progs.on_packet.attachXdp({ interface: 4711 }), {
      message: /interface 4711/,
    });
  },
  { alone: true },
);

test(
  'tc: hook, filters in order, replaced, listed, closed',
  () => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { on_ingress, on_egress } = skel.progs;
    const ingress = { interface: 'lo', direction: 'ingress' } as const;
    assert.deepEqual(queryTc(ingress), []);
    assert.equal(createTcHook(ingress), true);
    assert.equal(createTcHook(ingress), false);
    const link = on_ingress.attachTc({ ...ingress, handle: 1, priority: 1 });
    using out = on_egress.attachTc({ interface: 'lo', direction: 'egress' });
    ping();
    assert.ok(skel.bss.ingress_calls > 0);
    assert.ok(skel.bss.egress_calls > 0);
    assert.deepEqual(queryTc(ingress), [
      { handle: 1, priority: 1, programId: on_ingress.info().id, name: 'on_ingress' },
    ]);
    const [chosen] = queryTc({ interface: 'lo', direction: 'egress' });
    assert.ok(chosen !== undefined && chosen.handle > 0 && chosen.priority > 0);
    assert.match(out.way, new RegExp(`handle ${chosen.handle} priority ${chosen.priority}$`));

    assert.throws(() => on_egress.attachTc({ ...ingress, handle: 1, priority: 1 }), {
      code: 'BPF_BUSY',
    });
    using replaced = on_egress.attachTc({ ...ingress, handle: 1, priority: 1, replace: true });
    assert.equal(queryTc(ingress)[0]?.programId, on_egress.info().id);
    replaced.close();
    assert.deepEqual(queryTc(ingress), []);
    link.close();
    out.close();
    const calls = skel.bss.egress_calls;
    ping();
    assert.equal(skel.bss.egress_calls, calls);
    assert.equal(destroyTcHook(ingress), true);
    assert.equal(destroyTcHook(ingress), false);
  },
  { alone: true, needs: [features.tcClassifier] },
);

test(
  'tcx: order, revision, query; before 6.6 the version that has it',
  (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { first, second, third } = skel.progs;
    const attachSecond = () => second.attachTcx({ interface: 'lo' });
    if (!t.atLeast('6.6')) {
      assert.throws(attachSecond, {
        code: 'BPF_FEATURE',
        since: '6.6',
        message:
          /\(tcx ingress of lo\): the running kernel has no tcx links \(it came with Linux 6\.6\)/,
      });
      return;
    }
    using two = attachSecond();
    using three = third.attachTcx({ interface: 'lo', after: { program: second } });
    using one = first.attachTcx({ interface: 'lo', before: { link: two } });
    ping();
    assert.deepEqual([...skel.bss.order].slice(0, 3), [1, 2, 3]);
    const { programs, revision } = queryAttached({ interface: 'lo' }, 'TCX_INGRESS');
    assert.deepEqual(
      programs.map(({ programId }) => programId),
      [first, second, third].map((program) => program.info().id),
    );
    const id = one.info().id;
    assert.equal(programs[0]?.linkId, id);
    assert.ok([...links()].some((link) => link.id === id && link.kind === 'tcx'));
    one.close();
    assert.throws(
      () => first.attachTcx({ interface: 'lo', before: 'first', expectedRevision: revision }),
      { code: 'BPF_ATTACH', message: /the list has changed since the expected revision/ },
    );
    using again = first.attachTcx({ interface: 'lo', after: 'last' });
    skel.bss.order_at = 0;
    ping();
    assert.deepEqual([...skel.bss.order].slice(0, 3), [2, 3, 1]);
    assert.throws(() => first.attachTcx({ interface: 'lo' }), { code: 'BPF_BUSY' });
    assert.ok(three.isOpen && again.isOpen);
  },
  { alone: true },
);

test(
  'netkit needs a netkit device',
  (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    assert.throws(
      () => skel.progs.first.attachNetkit({ interface: 'lo' }),
      (error: Error) => {
        t.log(error.message);
        return /netkit primary of lo/.test(error.message);
      },
    );
  },
  { alone: true },
);

test(
  'netfilter hooks see packets; before 6.4 the version that has them',
  (t) => {
    ownNetwork();
    using open = NetfilterBpf.open();
    if (!t.atLeast('6.4')) {
      assert.throws(() => open.load(), {
        code: 'BPF_FEATURE',
        since: '6.4',
        message: /program "on_packet".*no programs of type NETFILTER \(it came with Linux 6\.4\)/,
      });
      return;
    }
    const skel = open.load();
    const at = { family: 'ipv4', hook: 'input', priority: -128 } as const;
    const link = skel.progs.on_packet.attachNetfilter(at);
    ping();
    assert.ok(skel.bss.calls > 0);
    const info = link.info();
    assert.ok(info.kind === 'netfilter');
    assert.equal(info.family, 2);
    assert.equal(info.hook, 1);
    assert.equal(info.priority, -128);
    assert.throws(() => skel.progs.on_packet.attachNetfilter(at), {
      code: 'BPF_BUSY',
      message: /another program has this priority/,
    });
    link.close();
    const calls = skel.bss.calls;
    ping();
    assert.equal(skel.bss.calls, calls);
  },
  { alone: true },
);
