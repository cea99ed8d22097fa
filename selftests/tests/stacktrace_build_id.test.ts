// User stacks as build ids: by the kprobe on reading /dev/urandom, and sampled by a hardware counter.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBuildId, readElf } from '@libbpf-ts/elf';
import { openPerfEvent } from '@libbpf-ts/libbpf';
import { progType } from '@libbpf-ts/libbpf/open';
import { assert, features, test } from '#harness';
import { StacktraceBuildIdBpf } from '../build/stacktrace_build_id.skel.js';

const helper = join(import.meta.dirname, '../../read_urandom');

function buildIdOfHelper(): string {
  const id = readBuildId(readElf(readFileSync(helper)));
  assert.ok(id !== undefined, 'the helper has a build id');
  return id;
}

type Skeleton = ReturnType<typeof StacktraceBuildIdBpf.openAndLoad>;

/** Keys of both maps are the same, and some frame of them is in the helper. @returns the keys */
function checkStacks(skel: Skeleton): number[] {
  const recorded = [...skel.maps.stackid_hmap.keys()].sort((a, b) => a - b);
  const stacks = [...skel.maps.stackmap.keys()].sort((a, b) => a - b);
  assert.deepEqual(recorded, stacks);
  const wanted = buildIdOfHelper();
  const frames = stacks.flatMap((key) => skel.maps.stackmap.lookup(key) ?? []);
  const found = frames.filter(({ buildId, fileOffset }) => buildId === wanted && fileOffset !== 0n);
  assert.ok(
    found.length > 0,
    `no frame of ${wanted} among ${frames.length} in ${stacks.length} stacks`,
  );
  return stacks;
}

test(
  'stacks of a program that reads /dev/urandom, by kprobe',
  (t) => {
    // A page of the helper that is not in memory gives an address instead of its build id: tried again once.
    for (let attempt = 1; ; attempt++) {
      using skel = StacktraceBuildIdBpf.openAndLoad();
      skel.attach();
      execFileSync(helper, ['4']);
      skel.maps.control_map.update(0, 1);
      try {
        for (const key of checkStacks(skel)) {
          const byId = skel.maps.stackmap.raw.lookup(new Uint8Array(new Uint32Array([key]).buffer));
          const byCopy = skel.maps.stack_amap.raw.lookup(
            new Uint8Array(new Uint32Array([key]).buffer),
          );
          assert.deepEqual(byId, byCopy, `stack ${key} is the same by both helpers`);
        }
        return;
      } catch (error) {
        if (attempt === 2) throw error;
        t.log('once more:', (error as Error).message);
      }
    }
  },
  { needs: [features.kprobe], alone: true },
);

test(
  'stacks sampled by a hardware counter, in NMI context',
  () => {
    using open = StacktraceBuildIdBpf.open();
    open.progs.oncpu.type = progType('PERF_EVENT');
    const skel = open.load();
    const rate = Number(readFileSync('/proc/sys/kernel/perf_event_max_sample_rate', 'utf8'));
    using event = openPerfEvent({ type: 0, config: 0, frequency: rate, cpu: 0 });
    skel.links.oncpu = skel.progs.oncpu.attachPerfEvent(event);
    execFileSync('taskset', ['0x1', helper, '100000']);
    skel.maps.control_map.update(0, 1);
    checkStacks(skel);
  },
  { needs: [features.hardwarePmu], alone: true },
);

test('stacks sampled by the clock, outside of NMI context', () => {
  using open = StacktraceBuildIdBpf.open();
  open.progs.oncpu.type = progType('PERF_EVENT');
  const skel = open.load();
  using event = openPerfEvent({ type: 1, config: 0, period: 1_000_000, cpu: 0 });
  skel.links.oncpu = skel.progs.oncpu.attachPerfEvent(event);
  const end = performance.now() + 2000;
  while ([...skel.maps.stackid_hmap.keys()].length === 0 && performance.now() < end)
    execFileSync(helper, ['20000']);
  skel.maps.control_map.update(0, 1);
  const keys = [...skel.maps.stackid_hmap.keys()];
  assert.ok(keys.length > 0);
  assert.ok(keys.every((key) => skel.maps.stackmap.has(key)));
});
