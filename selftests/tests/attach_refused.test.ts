// More of what cannot be attached (see attach_errors for kprobes and names): each hook with a thing that is not there or not of its
// kind, a slot that is taken, a program for something else. Errors say which, and are not taken for an old kernel.

import { join } from 'node:path';
import { openPerfEvent } from '@libbpf-ts/libbpf';
import { assert, features, type TestContext, test } from '#harness';
import { AttachProbeBpf } from '../build/attach_probe.skel.js';
import { AttachSectionsBpf } from '../build/attach_sections.skel.js';
import { BpfIterBpf } from '../build/bpf_iter.skel.js';
import { CgroupAttachBpf } from '../build/cgroup_attach.skel.js';
import { NetAttachBpf } from '../build/net_attach.skel.js';
import { NetKindsBpf } from '../build/net_kinds.skel.js';
import { NetfilterBpf } from '../build/netfilter.skel.js';
import { SkLookupBpf } from '../build/sk_lookup.skel.js';
import { SocketFilterBpf } from '../build/socket_filter.skel.js';
import { SockmapBpf } from '../build/sockmap.skel.js';
import { ownCgroup } from '../src/cgroups.js';
import { createPair, ownNetwork } from '../src/network.js';

const path = join(import.meta.dirname, '../../attach_target.so');
const NO_PROCESS = 4194000;
const NOT_OPEN = 999;

/** Every call fails with its code and a message that holds its text. */
function refuses(t: TestContext, calls: [() => unknown, code: string, text: RegExp][]): void {
  for (const [call, code, message] of calls) {
    t.log(String(call));
    assert.throws(call, { code, message });
  }
}

test(
  'processes that are not there, by every way of making a uprobe',
  (t) => {
    using skel = AttachProbeBpf.open().load();
    const attach = (pid: number, mode?: 'perf' | 'legacy') =>
      skel.progs.on_uprobe.attachUprobe({
        path,
        function: 'target_add',
        pid,
        ...(mode && { mode }),
      });
    const none = /\(uprobe .*:target_add\): there is no process 4194000$/;
    refuses(t, [
      [() => attach(NO_PROCESS), 'BPF_NO_ATTACH_TARGET', none],
      [() => attach(NO_PROCESS, 'perf'), 'BPF_NO_ATTACH_TARGET', none],
      [() => attach(NO_PROCESS, 'legacy'), 'BPF_NO_ATTACH_TARGET', none],
      [() => attach(1.5), 'BPF_ATTACH_OPTIONS', /pid 1\.5 is no number of a process/],
      [() => attach(-7), 'BPF_ATTACH_OPTIONS', /pid -7 is no number of a process/],
    ]);
  },
  { needs: [features.uprobe] },
);

test('perf events: a descriptor of something else, an event that has a program', (t) => {
  using skel = AttachProbeBpf.open().load();
  const { on_event } = skel.progs;
  const event = openPerfEvent({ event: 'cpu-clock', pid: 0 });
  const link = on_event.attachPerfEvent(event);
  try {
    refuses(t, [
      [() => on_event.attachPerfEvent(event), 'BPF_BUSY', /attached to this event already.*EEXIST/],
      [
        () => on_event.attachPerfEvent({ fd: NOT_OPEN }),
        'BPF_ATTACH',
        /descriptor 999\) could not be attached: EBADF/,
      ],
    ]);
  } finally {
    link.close();
    event.close();
  }
});

test(
  'cgroups: what is none, programs that do not fit or are there already',
  (t) => {
    const cgroup = ownCgroup(t);
    using skel = CgroupAttachBpf.open().load();
    const { first, second } = skel.progs;
    const attach = (options: object) => () =>
      first.attachCgroup({ cgroup, ...options } as Parameters<typeof first.attachCgroup>[0]);
    const noFolder = /is not a folder of a cgroup2 file system$/;
    const unfit = /could not be attached: EINVAL, the program does not fit the attach type/;
    refuses(t, [
      [attach({ cgroup: `${cgroup}x` }), 'BPF_NO_ATTACH_TARGET', /there is no cgroup "[^"]+x"$/],
      [attach({ cgroup: '/etc/passwd' }), 'BPF_NO_ATTACH_TARGET', noFolder],
      [attach({ cgroup: '/tmp' }), 'BPF_NO_ATTACH_TARGET', noFolder],
      [attach({ cgroup: { fd: NOT_OPEN } }), 'BPF_NO_ATTACH_TARGET', /descriptor 999 is not open$/],
      [attach({ cgroup: { fd: skel.maps.bss.fd } }), 'BPF_NO_ATTACH_TARGET', noFolder],
      [attach({ attachType: 'CGROUP_INET_EGRESS' }), 'BPF_ATTACH', unfit],
      [attach({ attachType: 'CGROUP_INET_EGRESS', mode: 'link' }), 'BPF_ATTACH', unfit],
      [
        attach({ attachType: 'CGROUP_INET_EGRES' }),
        'BPF_ATTACH_OPTIONS',
        /did you mean "CGROUP_INET_EGRESS"\?$/,
      ],
      [
        attach({ replace: second }),
        'BPF_ATTACH',
        /ENOENT, the program to replace is not attached there$/,
      ],
    ]);
    using link = first.attachCgroup({ cgroup, mode: 'attach' });
    const again =
      /\(cgroup_inet_sock_create of cgroup .*\): this program is attached there already/;
    refuses(t, [[attach({ mode: 'attach' }), 'BPF_BUSY', again]]);
    assert.ok(link.isOpen);
  },
  { alone: true },
);

test(
  'interfaces: numbers of none, programs that the card or the slot does not take',
  (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    const { on_packet, on_packet_other, on_ingress, first } = skel.progs;
    const none = /there is no network interface 4711$/;
    const offload = { interface: 'lo', mode: 'offload' } as const;
    const replace = { interface: 'lo', mode: 'skb', by: 'netlink', replace: on_packet } as const;
    const tc = { interface: 'lo', handle: 1 } as const;
    refuses(t, [
      [() => on_packet.attachXdp({ interface: 4711 }), 'BPF_NO_ATTACH_TARGET', none],
      [() => on_packet.attachXdp({ interface: 4711, by: 'netlink' }), 'BPF_NO_ATTACH_TARGET', none],
      [() => on_ingress.attachTc({ interface: 4711 }), 'BPF_NO_ATTACH_TARGET', none],
      [() => first.attachTcx({ interface: 4711 }), 'BPF_NO_ATTACH_TARGET', none],
      [() => first.attachNetkit({ interface: 4711 }), 'BPF_NO_ATTACH_TARGET', none],
      [() => on_packet.attachXdp(offload), 'BPF_ATTACH_OPTIONS', /set the ifindex of the program/],
      [
        () => on_packet_other.attachXdp(replace),
        'BPF_ATTACH',
        /to replace is not what is attached there/,
      ],
      [
        () => on_ingress.attachTc({ ...tc, priority: 70_000 }),
        'BPF_ATTACH_OPTIONS',
        /priority 70000 is out of range, expected 1 to 65535/,
      ],
      [
        () => on_ingress.attachTc({ ...tc, parent: 0x10001 }),
        'BPF_ATTACH',
        /\(tc 65537 of lo\) could not be attached: /,
      ],
    ]);
  },
  { alone: true, needs: [features.tcClassifier] },
);

test(
  'a program that was loaded for a card: the driver of a veth has none',
  () => {
    ownNetwork();
    assert.equal(createPair('veth', 'here', 'there'), 0, 'veth');
    using open = NetAttachBpf.open();
    open.progs.on_packet.ifindex = 1;
    assert.throws(() => open.load(), { message: /program "on_packet" .*refused it with/ });
  },
  { alone: true },
);

test(
  'netkit: an interface of another kind',
  (t) => {
    ownNetwork();
    using skel = NetAttachBpf.open().load();
    assert.throws(
      () => skel.progs.first.attachNetkit({ interface: 'lo' }),
      /\(netkit primary of lo\)(?: could not be attached: ENXIO, it is no netkit device|: the running kernel has no netkit links)/,
    );
    assert.ok(t);
  },
  { alone: true },
);

test(
  'network namespaces: files that are none, processes that are not there',
  (t) => {
    using kinds = NetKindsBpf.open().load();
    using lookup = SkLookupBpf.open().load();
    for (const program of [kinds.progs.on_flow, lookup.progs.on_lookup]) {
      const at = (netns: string | { pid: number } | { fd: number }) => () =>
        program.attachNetns({ netns });
      refuses(t, [
        [
          at('/etc/passwd'),
          'BPF_NO_ATTACH_TARGET',
          /of \/etc\/passwd\): that is no network namespace$/,
        ],
        [at('/proc/self/ns/pid'), 'BPF_NO_ATTACH_TARGET', /that is no network namespace$/],
        [at('/run/netns/no-such'), 'BPF_NO_ATTACH_TARGET', /there is no network namespace/],
        [at({ pid: NO_PROCESS }), 'BPF_NO_ATTACH_TARGET', /there is no process 4194000$/],
        [at({ fd: NOT_OPEN }), 'BPF_ATTACH', /EBADF, the descriptor is not open$/],
      ]);
    }
  },
  { needs: [features.skLookup] },
);

test('sockets and sockmaps: maps and descriptors of something else, a slot that is taken', (t) => {
  using skel = SockmapBpf.open().load();
  using filter = SocketFilterBpf.open().load();
  const { on_message } = skel.progs;
  const { on_packet } = filter.progs;
  const { bss, sockets } = skel.maps;
  const verdict = 'SK_SKB_STREAM_VERDICT';
  refuses(t, [
    [
      () => on_message.attachSockmap({ map: bss }),
      'BPF_NO_ATTACH_TARGET',
      /is of type ARRAY, expected SOCKMAP or SOCKHASH$/,
    ],
    [
      () => on_message.attachSockmap({ map: bss, mode: 'link' }),
      'BPF_NO_ATTACH_TARGET',
      /type ARRAY/,
    ],
    [
      () => on_message.attachSockmap({ map: { fd: NOT_OPEN } }),
      'BPF_NO_ATTACH_TARGET',
      /descriptor 999 is no map/,
    ],
    [
      () => on_message.attachSockmap({ map: sockets, attachType: verdict }),
      'BPF_ATTACH_OPTIONS',
      /takes attach types SK_MSG_…, found SK_SKB_STREAM_VERDICT$/,
    ],
    [
      () => on_packet.attachSocket({ fd: bss.fd }),
      'BPF_ATTACH',
      /ENOTSOCK, the descriptor is no socket$/,
    ],
    [
      () => on_packet.attachSocket({ fd: NOT_OPEN }),
      'BPF_ATTACH',
      /EBADF, the descriptor is not open$/,
    ],
  ]);
  using link = on_message.attachSockmap({ map: sockets });
  if (link.isKernelLink)
    refuses(t, [
      [() => on_message.attachSockmap({ map: sockets }), 'BPF_BUSY', /of map "sockets"\)/],
    ]);
});

test(
  'netfilter: priorities and hooks that there are not',
  (t) => {
    ownNetwork();
    using skel = NetfilterBpf.open().load();
    const attach = (options: object) => () =>
      skel.progs.on_packet.attachNetfilter({
        family: 'ipv4',
        hook: 'input',
        priority: 0,
        ...options,
      });
    refuses(t, [
      [
        attach({ priority: -2147483648 }),
        'BPF_ATTACH',
        /ERANGE, the lowest and highest priorities/,
      ],
      [
        attach({ hook: 'inpt' }),
        'BPF_ATTACH_OPTIONS',
        /hook "inpt" is unknown, expected prerouting, input,/,
      ],
      [
        attach({ family: 'ip' }),
        'BPF_ATTACH_OPTIONS',
        /family "ip" is unknown, expected ipv4, ipv6$/,
      ],
    ]);
  },
  { alone: true, needs: [{ name: 'netfilter programs', since: '6.4' }] },
);

test(
  'iterators: parameters of another kind of iterator',
  (t) => {
    using skel = BpfIterBpf.open().load();
    const { dump_task, dump_numbers } = skel.progs;
    const map = skel.maps.numbers;
    refuses(t, [
      [() => dump_numbers.attachIter(), 'BPF_ATTACH', /EBADF, this iterator needs a map/],
      [
        () => dump_numbers.attachIter({ pid: 1 }),
        'BPF_ATTACH_OPTIONS',
        /pid is for iterators over tasks.*over "bpf_map_elem"$/,
      ],
      [
        () => dump_task.attachIter({ map }),
        'BPF_ATTACH_OPTIONS',
        /map is for iterators over the elements of a map, this one is over "task"$/,
      ],
      [
        () => dump_task.attachIter({ cgroup: { id: 1n } }),
        'BPF_ATTACH_OPTIONS',
        /cgroup is for iterators over cgroups/,
      ],
      [
        () => dump_task.attachIter({ pid: NO_PROCESS }),
        'BPF_NO_ATTACH_TARGET',
        /no process 4194000$/,
      ],
      [() => dump_task.attachTrace(), 'BPF_WRONG_PROGRAM_TYPE', /use attachIter\(\)$/],
    ]);
  },
  { needs: [features.iterators] },
);

/** Loads and attaches one program to another target than its section says. */
function attachTo(name: 'fentry' | 'tp_btf' | 'lsm' | 'iter', target: string): () => void {
  return () => {
    using open = AttachSectionsBpf.open();
    open.progs[name].autoload = true;
    open.progs[name].attachTarget = target;
    open.load().attach();
  };
}

test('targets in BTF: near matches, functions that are not in it', (t) => {
  refuses(t, [
    [
      attachTo('fentry', 'no_such_function_at_all'),
      'BPF_NO_ATTACH_TARGET',
      /no function "no_such_function_at_all" \(inlined functions and some static ones are not in its BTF\)/,
    ],
    [attachTo('fentry', 'vfs_reed'), 'BPF_NO_ATTACH_TARGET', /did you mean "vfs_read"\?/],
    [
      attachTo('tp_btf', 'sys_enterr'),
      'BPF_NO_ATTACH_TARGET',
      /no tracepoint "sys_enterr"; did you mean "sys_enter"\?/,
    ],
    [
      attachTo('lsm', 'file_mprotec'),
      'BPF_NO_ATTACH_TARGET',
      /no LSM hook "file_mprotec"; did you mean "file_mprotect"\?/,
    ],
    [attachTo('iter', 'taks'), 'BPF_NO_ATTACH_TARGET', /no iterator "taks"; did you mean "task"\?/],
  ]);
});

test(
  'functions in BTF that no trampoline can go to say why',
  (t) => {
    // Only one that kernels forbid themselves: others they take, and may then stand still.
    for (const name of ['migrate_disable']) {
      try {
        attachTo('fentry', name)();
        t.log(name, 'attached');
      } catch (error) {
        const { code, message } = error as Error & { code: string };
        t.log(code, message);
        assert.ok(
          /^BPF_(?:NO_ATTACH_TARGET|PROGRAM_LOAD|VERIFIER)$/.test(code),
          `${name}: ${message}`,
        );
        assert.match(
          message,
          /notrace|forbids tracing programs|not in its BTF|to function '\w+' is rejected/,
        );
      }
    }
  },
  { needs: [features.fentry] },
);
