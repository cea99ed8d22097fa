// Links of every kind: pinned, found again, described, listed, gone; updated and detached where the kernel can, and refused where not.

import { join } from 'node:path';
import { type BpfLink, links, openPerfEvent, openPinnedLink } from '@libbpf-ts/libbpf';
import { assert, features, sleep, type TestContext, test } from '#harness';
import { AttachCyclesBpf } from '../build/attach_cycles.skel.js';
import { BpfIterBpf } from '../build/bpf_iter.skel.js';
import { CgroupAttachBpf } from '../build/cgroup_attach.skel.js';
import { FentryTestBpf } from '../build/fentry_test.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetfilterBpf } from '../build/netfilter.skel.js';
import { SkLookupBpf } from '../build/sk_lookup.skel.js';
import { ownCgroup } from '../src/cgroups.js';
import { ownNetwork } from '../src/network.js';

const library = join(import.meta.dirname, '../../attach_target.so');
const pin = '/sys/fs/bpf/link_kinds';

interface Made {
  readonly link: BpfLink;
  readonly kind: string;
  /** What it can be updated to, where the kernel can. */
  readonly other?: { readonly fd: number };
  readonly canDetach?: boolean;
}

/** The life of one link; takes it over. */
async function live(t: TestContext, { link, kind, other, canDetach = false }: Made): Promise<void> {
  t.log(link.way);
  const info = link.info();
  assert.equal(info.kind, kind, link.way);
  link.pin(pin);
  assert.equal(link.pinPath, pin);
  link.close();
  using again = openPinnedLink(pin);
  assert.deepEqual(again.info(), info);
  assert.ok(
    [...links()].some(({ id }) => id === info.id),
    'not listed',
  );
  if (other === undefined) {
    const program = { fd: again.fd };
    assert.throws(() => again.update(program), { code: 'BPF_LINK_UPDATE' });
  } else {
    again.update(other);
    assert.notEqual(again.info().programId, info.programId);
  }
  if (canDetach) again.detach();
  else assert.throws(() => again.detach(), { code: 'BPF_LINK_DETACH', message: /does not offer/ });
  assert.ok(again.info().id === info.id, 'a detached link stays open');
  again.unpin();
  again.close();
  // The kernel lets go a little later.
  const isListed = () => [...links()].some(({ id }) => id === info.id);
  for (let round = 0; round < 1000 && isListed(); round++) await sleep(10);
  assert.ok(!isListed(), `${link.way} is still listed`);
}

const needs = [features.bpffs];

test(
  'raw tracepoints, iterators',
  async (t) => {
    using skel = AttachCyclesBpf.open().load();
    using iter = BpfIterBpf.open().load();
    await live(t, { link: skel.progs.on_raw_tracepoint.attach(), kind: 'raw_tracepoint' });
    using others = BpfIterBpf.open().load();
    const other = others.progs.dump_task;
    await live(t, { link: iter.progs.dump_task.attach(), kind: 'iter', other });
  },
  { needs },
);

test(
  'probes and perf events',
  async (t) => {
    using skel = AttachCyclesBpf.open().load();
    const { on_tracepoint, on_uprobe, on_event } = skel.progs;
    const event = openPerfEvent({ event: 'cpu-clock', pid: 0 });
    const made = [
      on_tracepoint.attach(),
      on_uprobe.attachUprobe({ path: library, function: 'target_add' }),
      on_event.attachPerfEvent(event),
    ];
    event.close();
    for (const link of made) await live(t, { link, kind: 'perf_event' });
  },
  { needs: [...needs, features.perfLink, features.uprobe, features.tracefs] },
);

test(
  'trampolines',
  async (t) => {
    using skel = FentryTestBpf.open().load();
    await live(t, { link: skel.progs.test1.attach(), kind: 'tracing' });
  },
  { needs: [...needs, features.fentry] },
);

test(
  'cgroups',
  async (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const { first, second } = skel.progs;
    const link = first.attachCgroup({ cgroup, mode: 'link' });
    await live(t, { link, kind: 'cgroup', other: second, canDetach: true });
  },
  { needs, alone: true },
);

test(
  'interfaces and network namespaces',
  async (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    using lookup = SkLookupBpf.open().load();
    using lookups = SkLookupBpf.open().load();
    const { on_packet, on_packet_other, first, second } = skel.progs;
    const canDetach = true;
    const xdp = on_packet.attachXdp({ interface: 'lo', mode: 'skb', by: 'link' });
    await live(t, { link: xdp, kind: 'xdp', other: on_packet_other, canDetach });
    const netns = lookup.progs.on_lookup.attachNetns();
    await live(t, { link: netns, kind: 'netns', other: lookups.progs.on_lookup, canDetach });
    if (t.atLeast('6.6')) {
      const tcx = first.attachTcx({ interface: 'lo' });
      await live(t, { link: tcx, kind: 'tcx', other: second, canDetach });
    }
    if (t.atLeast('6.4')) {
      using filter = NetfilterBpf.open().load();
      const at = { family: 'ipv4', hook: 'input', priority: -128 } as const;
      const link = filter.progs.on_packet.attachNetfilter(at);
      await live(t, { link, kind: 'netfilter', canDetach });
    }
  },
  { needs: [...needs, features.skLookup], alone: true },
);
