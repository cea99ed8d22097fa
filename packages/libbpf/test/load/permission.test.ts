import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Privileges, permissionHint } from '../../src/load/permission.js';

const test = suite('permission');
const ALL = (1n << 41n) - 1n;
const root: Privileges = {
  uid: 0,
  capabilities: ALL,
  lockdown: 'none',
  memlock: Number.POSITIVE_INFINITY,
  memlockCounts: false,
};

const cases: readonly (readonly [
  Parameters<typeof permissionHint>[0],
  Partial<Privileges>,
  string,
])[] = [
  [
    'map',
    { uid: 1000, capabilities: 0n },
    '; it needs CAP_BPF (or CAP_SYS_ADMIN), which this process has not (uid 1000); run it as root',
  ],
  [
    'tracing program',
    { uid: 1000, capabilities: 1n << 39n },
    '; it needs CAP_PERFMON (or CAP_SYS_ADMIN), which this process has not (uid 1000); run it as root',
  ],
  [
    'network program',
    { capabilities: 0n },
    '; it needs CAP_BPF and CAP_NET_ADMIN (or CAP_SYS_ADMIN), which this process has not (root without capabilities, as in a container); give the container these capabilities',
  ],
  [
    'attachment',
    { uid: 1000, capabilities: (1n << 38n) | (1n << 39n) },
    '; CAP_BPF and CAP_PERFMON are not enough for this: uprobes, iterators over processes and much else need CAP_SYS_ADMIN, networking needs CAP_NET_ADMIN; run it as root',
  ],
  [
    'program',
    { lockdown: 'confidentiality' },
    '; the kernel is locked down (confidentiality), which keeps programs from reading kernel memory',
  ],
  [
    'map',
    { memlock: 65536, memlockCounts: true },
    '; this process has the capabilities, but may lock only 65536 bytes of memory, which BPF counts against before Linux 5.11; raise "ulimit -l"',
  ],
  [
    'map',
    {},
    '; this process has the capabilities, so a seccomp filter or a security module is the likely reason',
  ],
];
for (const [making, privileges, hint] of cases) {
  test(`${making}: ${hint.slice(2, 60)}…`, () => {
    assert.is(permissionHint(making, { ...root, ...privileges }), hint);
  });
}

test.run();
