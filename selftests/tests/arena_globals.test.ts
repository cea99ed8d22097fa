// Global variables in an arena: one memory for programs and this process, at the end of the arena where the kernel allows it.

import { features as kernel } from '@libbpf-ts/libbpf';
import { assert, features, test } from '#harness';
import { ArenaGlobalsBpf } from '../build/arena_globals.skel.js';

const PAGE = 4096;
/** Of 8,008 bytes of variables. */
const DATA_PAGES = 2;

/** Where the first variable has to be, in bytes from the start of the arena. */
function start(pages: number): number {
  return kernel.has('fullRangeOffsets') === 'yes' ? (pages - DATA_PAGES) * PAGE : 0;
}

test(
  'arena globals: set before load, shared with programs after it',
  () => {
    using opened = ArenaGlobalsBpf.open();
    assert.equal(opened.arena.counter, 41n);
    opened.arena.counter = 99n;
    const skel = opened.load();
    assert.equal(skel.progs.bump.run().returnValue, 100);
    assert.equal(skel.arena.counter, 100n);
    assert.equal(skel.arena.numbers[999], 3n);
    skel.arena.counter = 7n;
    assert.equal(skel.progs.bump.run().returnValue, 8);
    const words = new BigInt64Array(skel.maps.arena.memory(), start(16), 3);
    assert.deepEqual([...words], [8n, 1n, 2n]);
  },
  { needs: [features.arena] },
);

test(
  'arena globals: past 512 MiB of a large arena, if the kernel has such offsets',
  () => {
    using opened = ArenaGlobalsBpf.open();
    const pages = (1 << 30) / PAGE;
    opened.maps.arena.maxEntries = pages;
    const skel = opened.load();
    assert.equal(skel.progs.bump.run().returnValue, 42);
    assert.equal(skel.arena.counter, 42n);
    assert.equal(new BigInt64Array(skel.maps.arena.memory(), start(pages), 1)[0], 42n);
  },
  { needs: [features.arena] },
);

test(
  'arena globals: an arena that is too small for them',
  () => {
    using opened = ArenaGlobalsBpf.open();
    opened.maps.arena.maxEntries = 1;
    assert.throws(() => opened.load(), {
      code: 'BPF_MAP_FILL',
      message:
        'map "arena": its global variables take 8008 bytes, the arena has 4096; raise max_entries',
    });
  },
  { needs: [features.arena] },
);
