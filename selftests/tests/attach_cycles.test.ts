// Attaching and closing many times leaves descriptors, mappings, links and probes where they were; the harness looks. So does every
// failed attempt, at whichever system call it fails. A time limit keeps the count low; SELFTEST_CYCLES=1000 asks for a number.

import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openPerfEvent } from '@libbpf-ts/libbpf';
import { type FaultInjector, injectFaults } from '@libbpf-ts/libbpf/internal';
import { assert, features, getpgid, syscall, syscallNumber, test } from '#harness';
import { AttachCyclesBpf } from '../build/attach_cycles.skel.js';
import { CgroupAttachBpf } from '../build/cgroup_attach.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetKindsBpf } from '../build/net_kinds.skel.js';
import { NetfilterBpf } from '../build/netfilter.skel.js';
import { SkLookupBpf } from '../build/sk_lookup.skel.js';
import { SocketFilterBpf } from '../build/socket_filter.skel.js';
import { SockmapBpf } from '../build/sockmap.skel.js';
import { StructOpsLinkBpf } from '../build/struct_ops_link.skel.js';
import { ownCgroup } from '../src/cgroups.js';
import { cycle } from '../src/cycles.js';
import { ownNetwork } from '../src/network.js';

const path = join(import.meta.dirname, '../../attach_target.so');
const timeoutMs = 300_000;
const few = { few: true };

for (const mode of ['link', 'perf', 'legacy'] as const) {
  const more = mode === 'link' ? [features.perfLink] : [];
  test(
    `uprobe, mode ${mode}`,
    (t) => {
      using skel = AttachCyclesBpf.open().load();
      cycle(t, () =>
        skel.progs.on_uprobe.attachUprobe({ path, function: 'target_add', pid: 0, mode }),
      );
    },
    { needs: [features.uprobe, ...more], timeoutMs },
  );
  test(
    `kprobe, mode ${mode}`,
    (t) => {
      using skel = AttachCyclesBpf.open().load();
      cycle(t, () => skel.progs.on_probe.attachKprobe({ function: 'vfs_fsync_range', mode }));
    },
    { needs: [features.kprobe, ...more], timeoutMs },
  );
}

test(
  'tracepoint',
  (t) => {
    using skel = AttachCyclesBpf.open().load();
    cycle(t, () => skel.progs.on_tracepoint.attach());
    getpgid();
    assert.equal(skel.bss.calls, 0);
    using link = skel.progs.on_tracepoint.attach();
    getpgid();
    assert.ok(skel.bss.calls >= 1);
    assert.ok(link.isOpen);
  },
  { needs: [features.tracefs], timeoutMs },
);

test(
  'raw tracepoint',
  (t) => {
    using skel = AttachCyclesBpf.open().load();
    cycle(t, () => skel.progs.on_raw_tracepoint.attach());
  },
  { timeoutMs },
);

test(
  'perf event',
  (t) => {
    using skel = AttachCyclesBpf.open().load();
    cycle(t, () => {
      const event = openPerfEvent({ event: 'cpu-clock', pid: 0 });
      const link = skel.progs.on_event.attachPerfEvent(event);
      event.close();
      return link;
    });
  },
  { timeoutMs },
);

test(
  'programs of a cgroup',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    for (const mode of ['link', 'attach'] as const)
      cycle(t, () => skel.progs.first.attachCgroup({ cgroup, mode }), few);
  },
  { timeoutMs, alone: true },
);

test(
  'programs of an interface',
  (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { on_packet, on_ingress, first } = skel.progs;
    for (const by of ['link', 'netlink'] as const)
      cycle(t, () => on_packet.attachXdp({ interface: 'lo', mode: 'skb', by }), few);
    cycle(t, () => on_ingress.attachTc({ interface: 'lo' }), few);
    if (t.atLeast('6.6')) cycle(t, () => first.attachTcx({ interface: 'lo' }), few);
  },
  { timeoutMs, alone: true, needs: [features.tcClassifier] },
);

test(
  'programs of a network namespace',
  (t) => {
    ownNetwork();
    using kinds = NetKindsBpf.open().load();
    using lookup = SkLookupBpf.open().load();
    cycle(t, () => kinds.progs.on_flow.attachNetns(), few);
    cycle(t, () => lookup.progs.on_lookup.attachNetns(), few);
    if (!t.atLeast('6.4')) return;
    using filter = NetfilterBpf.open().load();
    const at = { family: 'ipv4', hook: 'input', priority: -128 } as const;
    cycle(t, () => filter.progs.on_packet.attachNetfilter(at), few);
  },
  { timeoutMs, alone: true },
);

test(
  'programs of sockets',
  (t) => {
    using maps = SockmapBpf.open().load();
    const { sockets } = maps.maps;
    cycle(t, () => maps.progs.on_message.attachSockmap({ map: sockets }), few);
    cycle(t, () => maps.progs.on_message.attachSockmap({ map: sockets, mode: 'attach' }), few);
    using filter = SocketFilterBpf.open().load();
    const [AF_INET, SOCK_DGRAM] = [2, 2];
    const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
    assert.ok(fd > 0);
    try {
      cycle(t, () => filter.progs.on_packet.attachSocket({ fd }), few);
    } finally {
      closeSync(fd);
    }
  },
  { timeoutMs },
);

test(
  'maps of struct_ops',
  (t) => {
    using open = StructOpsLinkBpf.open();
    open.maps.twin.autocreate = false;
    const skel = open.load();
    cycle(t, () => skel.object.attachStructOps('counting'), few);
  },
  { timeoutMs, needs: [features.structOpsLink] },
);

/** Fails the nth call of a system call, for n from 1 until an attempt gets through. */
function failEach(attach: () => { close(): void }): number {
  for (let wanted = 1; ; wanted++) {
    let calls = 0;
    const injector: FaultInjector = () => (++calls === wanted ? 12 : 0);
    injectFaults(injector);
    try {
      attach().close();
    } catch (error) {
      if (calls < wanted) throw error;
      continue;
    } finally {
      injectFaults(undefined);
    }
    if (calls < wanted) return wanted - 1;
  }
}

test(
  'a failure at any system call leaves nothing behind',
  (t) => {
    using skel = AttachCyclesBpf.open().load();
    // What the kernel can do is asked for once; the answers must not be those of failed calls.
    skel.progs.on_uprobe.attachUprobe({ path, function: 'target_add' }).close();
    for (const mode of ['perf', 'legacy', undefined] as const) {
      const failures = failEach(() =>
        skel.progs.on_uprobe.attachUprobe({
          path,
          function: 'target_add',
          ...(mode === undefined ? {} : { mode }),
        }),
      );
      t.log(mode ?? 'default', failures);
      assert.ok(failures >= 3, `${failures} calls failed`);
    }
    assert.ok(failEach(() => skel.progs.on_tracepoint.attach()) >= 3);
  },
  { needs: [features.uprobe, features.tracefs] },
);
