// Networking programs beyond those of the loopback: flow_dissector, reuseport, native XDP of veth, netkit.

import { closeSync } from 'node:fs';
import { queryAttached, queryXdp } from '@libbpf-ts/libbpf';
import { assert, features, sleep, syscall, syscallNumber, test } from '#harness';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetKindsBpf } from '../build/net_kinds.skel.js';
import {
  bringUp,
  createPair,
  ownNetwork,
  packetAddress,
  packetSocket,
  ping,
  sendFrame,
} from '../src/network.js';

/** Waits for what the kernel does soon after, in a soft interrupt. */
async function until(condition: () => boolean): Promise<void> {
  for (let round = 0; round < 2000 && !condition(); round++) await sleep(5);
  assert.ok(condition());
}

/** A packet socket that wants to know the flow of each packet of the loopback: one of a group that shares by flow. */
function flowGroup(): number {
  const [SOL_PACKET, PACKET_FANOUT] = [263, 18];
  const fd = packetSocket();
  const address = packetAddress('lo');
  assert.equal(syscall(syscallNumber('bind'), fd, address, address.byteLength), 0);
  const group = Uint32Array.of(1).buffer;
  const number = syscallNumber('setsockopt');
  assert.equal(syscall(number, fd, SOL_PACKET, PACKET_FANOUT, group, 4), 0, 'PACKET_FANOUT');
  return fd;
}

test(
  'flow_dissector takes packets apart for its namespace, one program at a time',
  () => {
    ownNetwork();
    using skel = NetKindsBpf.open().load();
    const fd = flowGroup();
    try {
      const link = skel.progs.on_flow.attachNetns();
      ping();
      assert.ok(skel.bss.flows > 0);
      assert.throws(() => skel.progs.on_flow.attachNetns(), {
        code: 'BPF_ATTACH',
        message: /flow_dissector.*as many programs as there can be are attached/,
      });
      const info = link.info();
      assert.ok(info.kind === 'netns' && info.netnsInode > 0);
      link.close();
      const flows = skel.bss.flows;
      ping();
      assert.equal(skel.bss.flows, flows);
    } finally {
      closeSync(fd);
    }
  },
  { alone: true },
);

test(
  'a program chooses among the sockets that share a port',
  () => {
    ownNetwork();
    using skel = NetKindsBpf.open().load();
    const [AF_INET, SOCK_DGRAM, SOL_SOCKET, SO_REUSEPORT] = [2, 2, 1, 15];
    const fds = [1, 2].map(() => {
      const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
      const on = Uint32Array.of(1).buffer;
      const number = syscallNumber('setsockopt');
      assert.equal(syscall(number, fd, SOL_SOCKET, SO_REUSEPORT, on, 4), 0);
      const address = new ArrayBuffer(16);
      new DataView(address).setUint16(0, AF_INET, true);
      new DataView(address).setUint16(2, 4711, false);
      new DataView(address).setUint32(4, 0x7f000001, false);
      assert.equal(syscall(syscallNumber('bind'), fd, address, 16), 0, 'bind');
      return fd;
    });
    try {
      const link = skel.progs.on_choice.attachSocket({ fd: fds[0]! });
      ping(4711);
      assert.equal(skel.bss.choices, 1);
      link.close();
      ping(4711);
      assert.equal(skel.bss.choices, 1);
    } finally {
      for (const fd of fds) closeSync(fd);
    }
  },
  { alone: true },
);

for (const by of ['link', 'netlink'] as const) {
  test(
    `native xdp of a veth pair, by ${by}`,
    async () => {
      ownNetwork();
      assert.equal(createPair('veth', 'here', 'there'), 0, 'veth');
      using skel = NetAttachBpf.open().load();
      const { on_packet } = skel.progs;
      const link = on_packet.attachXdp({ interface: 'there', mode: 'native', by });
      assert.equal(link.isKernelLink, by === 'link');
      const attached = queryXdp('there');
      assert.equal(attached.mode, 'native');
      assert.equal(attached.programId, on_packet.info().id);
      sendFrame('here');
      await until(() => skel.bss.xdp_calls > 0);
      link.close();
      assert.equal(queryXdp('there').mode, 'none');
      assert.throws(() => on_packet.attachXdp({ interface: 'there', mode: 'offload', by }), {
        code: /^BPF_/,
        message: /offload/,
      });
    },
    { alone: true },
  );
}

test(
  'netkit: programs of both sides of a pair; before 6.7 the version that has them',
  (t) => {
    ownNetwork();
    using skel = NetKindsBpf.open().load();
    const { on_primary, on_peer } = skel.progs;
    if (!t.atLeast('6.7')) {
      assert.throws(() => on_primary.attachNetkit({ interface: 'lo' }), {
        code: 'BPF_FEATURE',
        since: '6.7',
      });
      return;
    }
    const errno = createPair('netkit', 'here', 'there');
    if (errno !== 0) t.skip(`no netkit devices: errno ${errno}`, features.netkit);
    bringUp('there');
    const link = on_primary.attachNetkit({ interface: 'here' });
    using peer = on_peer.attachNetkit({ interface: 'here' });
    assert.deepEqual(
      queryAttached({ interface: 'here' }, 'NETKIT_PRIMARY').programs.map(
        ({ programId }) => programId,
      ),
      [on_primary.info().id],
    );
    sendFrame('here');
    assert.ok(skel.bss.primary_calls > 0);
    sendFrame('there');
    assert.ok(skel.bss.peer_calls > 0);
    const info = link.info();
    assert.ok(info.kind === 'netkit' && info.ifindex > 0);
    assert.throws(() => on_primary.attachNetkit({ interface: 'there' }), {
      message: /netkit primary of there.*the device is the peer; attach to the primary one/,
    });
    link.close();
    const calls = skel.bss.primary_calls;
    sendFrame('here');
    assert.equal(skel.bss.primary_calls, calls);
    assert.ok(peer.isOpen);
  },
  { alone: true },
);
