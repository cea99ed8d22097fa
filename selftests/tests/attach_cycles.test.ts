// Attaching and closing a thousand times (less on emulated machines) leaves descriptors, mappings, links and probes where they were; the
// harness looks. So does every failed attempt, at whichever system call it fails.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPerfEvent } from '@libbpf-ts/libbpf';
import { type FaultInjector, injectFaults } from '@libbpf-ts/libbpf/internal';
import { assert, features, getpgid, type TestContext, test } from '#harness';
import { AttachCyclesBpf } from '../build/attach_cycles.skel.js';

const path = join(import.meta.dirname, '../../attach_target.so');
const CYCLES = 1000;
const MILLISECONDS = 4_000;
const MILLISECONDS_EMULATED = 1_000;

/** Repeats until {@link CYCLES}, or until the time is up, but at least ten times. */
function cycle(t: TestContext, once: () => { close(): void }): void {
  const before = readdirSync('/proc/self/fd').length;
  const end = Date.now() + (t.timeScale > 1 ? MILLISECONDS_EMULATED : MILLISECONDS);
  let cycles = 0;
  while (cycles < CYCLES && (cycles < 10 || Date.now() < end)) {
    once().close();
    cycles++;
  }
  t.log(`${cycles} cycles`);
  assert.equal(readdirSync('/proc/self/fd').length, before);
}

const timeoutMs = 120_000;

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
