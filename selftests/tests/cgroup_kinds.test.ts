// Every hook of a cgroup fires for what its process does, and no more once its link is closed.

import { closeSync, openSync, readFileSync } from 'node:fs';
import type { LoadedBpfProgram } from '@libbpf-ts/libbpf';
import { assert, syscall, syscallNumber, type TestContext, test } from '#harness';
import { CgroupKindsBpf } from '../build/cgroup_kinds.skel.js';
import { CgroupUnixBpf } from '../build/cgroup_unix.skel.js';
import { ownCgroup } from '../src/cgroups.js';
import type { SyscallArgument, SyscallName } from '../src/syscalls.js';

const [AF_UNIX, AF_INET, AF_INET6] = [1, 2, 10];
const [SOCK_STREAM, SOCK_DGRAM] = [1, 2];
const [SOL_SOCKET, SO_REUSEADDR] = [1, 2];

function call(name: SyscallName, ...values: SyscallArgument[]): number {
  const result = syscall(syscallNumber(name), ...values);
  assert.ok(result >= 0, `${name}: errno ${-result}`);
  return result;
}

/** Room for an address and its length. */
class Address {
  readonly bytes = new ArrayBuffer(128);
  readonly length = new ArrayBuffer(4);

  constructor(size = 128) {
    new DataView(this.length).setUint32(0, size, true);
  }
  get size(): number {
    return new DataView(this.length).getUint32(0, true);
  }

  /** Of the loopback, with any port. */
  static loopback(family: number): Address {
    const address = new Address(family === AF_INET ? 16 : 28);
    const view = new DataView(address.bytes);
    view.setUint16(0, family, true);
    if (family === AF_INET) view.setUint32(4, 0x7f000001, false);
    else view.setUint8(23, 1);
    return address;
  }
  /** In the Unix domain, without a file. */
  static abstract(name: string): Address {
    const address = new Address(3 + name.length);
    new DataView(address.bytes).setUint16(0, AF_UNIX, true);
    new Uint8Array(address.bytes, 3).set(new TextEncoder().encode(name));
    return address;
  }
}

/** Two datagram sockets that talk: all that one does with such. */
function exchange(family: number, at: Address): void {
  const server = call('socket', family, SOCK_DGRAM, 0);
  const client = call('socket', family, SOCK_DGRAM, 0);
  const data = new ArrayBuffer(8);
  try {
    call('bind', server, at.bytes, at.size);
    const bound = new Address();
    call('getsockname', server, bound.bytes, bound.length);
    call('sendto', client, data, 8, 0, bound.bytes, bound.size);
    const from = new Address();
    call('recvfrom', server, data, 8, 0, from.bytes, from.length);
    call('connect', client, bound.bytes, bound.size);
    const peer = new Address();
    call('getpeername', client, peer.bytes, peer.length);
    const value = new ArrayBuffer(4);
    const length = new ArrayBuffer(4);
    new DataView(length).setUint32(0, 4, true);
    call('setsockopt', client, SOL_SOCKET, SO_REUSEADDR, value, 4);
    call('getsockopt', client, SOL_SOCKET, SO_REUSEADDR, value, length);
  } finally {
    closeSync(client);
    closeSync(server);
  }
}

function connectOnce(): void {
  const server = call('socket', AF_INET, SOCK_STREAM, 0);
  const client = call('socket', AF_INET, SOCK_STREAM, 0);
  try {
    const at = Address.loopback(AF_INET);
    call('bind', server, at.bytes, at.size);
    call('listen', server, 1);
    const bound = new Address();
    call('getsockname', server, bound.bytes, bound.length);
    call('connect', client, bound.bytes, bound.size);
  } finally {
    closeSync(client);
    closeSync(server);
  }
}

function everything(): void {
  exchange(AF_INET, Address.loopback(AF_INET));
  exchange(AF_INET6, Address.loopback(AF_INET6));
  connectOnce();
  readFileSync('/proc/sys/kernel/ostype');
  closeSync(openSync('/dev/null', 'r'));
}

/** Attaches all of them, and looks at their counters before, with and after. */
function allFire(
  t: TestContext,
  progs: Readonly<Record<string, LoadedBpfProgram>>,
  counters: object,
  act: () => void,
): void {
  const cgroup = ownCgroup(t);
  const calls = (name: string) => (counters as Record<string, number>)[`${name}_calls`]!;
  const names = Object.keys(progs);
  const links = names.map((name) => progs[name]!.attachCgroup({ cgroup }));
  act();
  assert.deepEqual(
    names.filter((name) => calls(name) === 0),
    [],
    'programs that did not run',
  );
  for (const link of links) link.close();
  const before = names.map(calls);
  act();
  assert.deepEqual(names.map(calls), before, 'nothing runs after close()');
}

test(
  'every kind of program of a cgroup runs, until its link closes',
  (t) => {
    using skel = CgroupKindsBpf.open().load();
    allFire(t, skel.progs, skel.bss, everything);
  },
  { alone: true },
);

test(
  'sockets of the Unix domain; before 6.7 the version that has them',
  (t) => {
    using open = CgroupUnixBpf.open();
    if (!t.atLeast('6.7')) {
      assert.throws(() => open.load(), { code: 'BPF_FEATURE', since: '6.7' });
      return;
    }
    const skel = open.load();
    const name = `selftest-${process.pid}`;
    allFire(t, skel.progs, skel.bss, () => exchange(AF_UNIX, Address.abstract(name)));
  },
  { alone: true },
);
