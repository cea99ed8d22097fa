// A skeleton at whichever step it fails, or is killed: open, load and attach leave nothing behind, and the error has a type.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBpfError, programs } from '@libbpf-ts/libbpf';
import { forgetAnswers, injectFaults } from '@libbpf-ts/libbpf/internal';
import {
  assert,
  features,
  nanosleep,
  SubprocessError,
  subprocess,
  type TestContext,
  test,
} from '#harness';
import { GlobalsBpf } from '../build/globals.skel.js';
import { RestrictedBpf } from '../build/restricted.skel.js';
import { RingbufBpf } from '../build/ringbuf.skel.js';
import { SkeletonBpf } from '../build/skeleton.skel.js';

const ERRNOS = { EPERM: 1, ENOMEM: 12, EINVAL: 22 } as const;
const kconfig = 'CONFIG_BPF_SYSCALL=y\n';

/** All that a skeleton is used for, from open to close. */
const lives: Readonly<Record<string, () => void>> = {
  skeleton() {
    using open = SkeletonBpf.open({ kconfig });
    open.data.in1 = 7;
    const skel = open.load();
    skel.attach();
    skel.detach();
    skel.attach();
  },
  globals() {
    using skel = GlobalsBpf.open({ kconfig }).load();
    skel.attach();
  },
  ringbuf() {
    using skel = RingbufBpf.open().load();
    skel.attach();
    const ring = skel.maps.samples;
    ring.consume(() => undefined);
  },
  probes() {
    using open = RestrictedBpf.open();
    for (const name of probes()) open.progs[name].autoload = true;
    open.load().attach();
  },
};

/** What this system offers. */
function probes(): ('core' | 'on_tracepoint' | 'on_kprobe')[] {
  const isTraceable = existsSync('/sys/bus/event_source/devices/kprobe');
  return [
    'core',
    ...(existsSync('/sys/kernel/tracing/events/syscalls') ? ['on_tracepoint' as const] : []),
    ...(isTraceable ? ['on_kprobe' as const] : []),
  ];
}

function openThings(): string[] {
  const fds = readdirSync('/proc/self/fd').length;
  const maps = readFileSync('/proc/self/maps', 'utf8').match(/anon_inode:bpf-map/g)?.length ?? 0;
  return [`${fds} descriptors`, `${maps} mappings`];
}

function countCalls(run: () => void): number {
  let calls = 0;
  injectFaults(() => {
    calls++;
    return 0;
  });
  try {
    run();
  } finally {
    injectFaults(undefined);
  }
  return calls;
}

/** @returns whether it failed */
function failAt(run: () => void, nth: number, errno: number, what: string): boolean {
  let at = 0;
  injectFaults(() => (at++ === nth ? errno : 0));
  try {
    run();
    return false;
  } catch (error) {
    assert.ok(isBpfError(error), `${what}: ${(error as Error).stack}`);
    assert.match((error as Error).message, /^\S.{20,}/, what);
    return true;
  } finally {
    injectFaults(undefined);
  }
}

/** Slow machines try some of the calls, spread over all. */
function stride(t: TestContext): number {
  return t.timeScale > 1 ? 3 : 1;
}

for (const [name, run] of Object.entries(lives)) {
  test(
    `${name}: a call that fails, from open to attach, is a typed error and leaves nothing`,
    (t) => {
      t.after(forgetAnswers);
      run(); // What the kernel can do is asked for once: not with faults.
      const calls = countCalls(run);
      const before = openThings();
      let failures = 0;
      for (const [errno, number] of Object.entries(ERRNOS)) {
        for (let nth = 0; nth < calls; nth += stride(t)) {
          const what = `call ${nth} of ${calls} with ${errno}`;
          if (failAt(run, nth, number, what)) failures++;
          assert.deepEqual(openThings(), before, what);
        }
      }
      t.log(`${failures} failures at ${calls} calls`);
      assert.ok(failures >= calls / stride(t), `${failures} failures at ${calls} calls`);
    },
    { timeoutMs: 60_000 },
  );
}

/** Attaches, and dies before the nth call that attaching makes. */
const attachAndDie = subprocess('attach and die', (nth: number) => {
  const open = RestrictedBpf.open();
  for (const name of probes()) open.progs[name].autoload = true;
  const skel = open.load();
  let at = 0;
  injectFaults(() => {
    if (at++ === nth) process.kill(process.pid, 'SIGKILL');
    return 0;
  });
  skel.attach();
  injectFaults(undefined);
  return at;
});

test(
  'killed in the middle of attaching: the kernel detaches, and no pin stays',
  async (t) => {
    const pins = readdirSync('/sys/fs/bpf');
    const calls = await attachAndDie(Number.POSITIVE_INFINITY);
    assert.ok(calls >= 2, `${calls} calls`);
    const isGone = () => ![...programs()].some(({ name }) => name === 'plain');
    const middle = Math.floor(calls / 2);
    for (const nth of t.timeScale > 1 ? [middle] : new Set([0, middle, calls - 1])) {
      await assert.rejects(attachAndDie(nth), (error: Error) => {
        assert.ok(error instanceof SubprocessError, error.stack);
        assert.equal(error.ending, 'signal SIGKILL');
        return true;
      });
      const end = Date.now() + 2000 * t.timeScale;
      while (!isGone() && Date.now() < end) nanosleep(10_000_000);
      assert.ok(isGone(), `killed at call ${nth} of ${calls}: programs are still there`);
      assert.deepEqual(readdirSync('/sys/fs/bpf'), pins);
    }
  },
  { needs: [features.bpffs], timeoutMs: 60_000 },
);
