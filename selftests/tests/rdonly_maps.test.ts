// .rodata is frozen before the programs are verified, so loops over its constants have an end that the verifier sees.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openObject } from '@libbpf-ts/libbpf';
import { assert, nanosleep, test } from '#harness';
import { RdonlyMapsBpf } from '../build/rdonly_maps.skel.js';

const expected = { skip_loop: [0, 0], part_loop: [3, 9], full_loop: [4, 14] } as const;

for (const [name, [iters, sum]] of Object.entries(expected)) {
  test(`${name} runs ${iters} times`, () => {
    using skel = RdonlyMapsBpf.openAndLoad();
    skel.bss.tgid = process.pid;
    // The section name says "sys_enter:skip_loop", which is no tracepoint: attached by hand.
    const program = skel.progs[name as keyof typeof expected];
    const link = program.attachRawTracepoint({ name: 'sys_enter' });
    nanosleep();
    link.close();
    const { did_run, iters: ran, sum: found } = skel.bss.res;
    assert.deepEqual([did_run, ran, found], [1, iters, sum]);
  });
}

test('attaching by the section name fails, names the program, and leaves nothing attached', () => {
  using skel = RdonlyMapsBpf.openAndLoad();
  assert.throws(() => skel.attach(), /skip_loop/);
  assert.deepEqual(Object.values(skel.links), [undefined, undefined, undefined]);
});

test('a program of the object without its skeleton, by name', () => {
  const bytes = readFileSync(join(import.meta.dirname, '../../rdonly_maps.bpf.o'));
  using object = openObject(bytes, { name: 'rdonly_maps' });
  assert.throws(() => object.program('full_lop'), {
    code: 'BPF_NO_SUCH_PROGRAM',
    message: /did you mean "full_loop"/,
  });
  const loaded = object.load();
  assert.equal(loaded.program('full_loop').section, 'raw_tracepoint/sys_enter:full_loop');
  assert.equal(loaded.map('rdonly_m.bss').name, 'rdonly_m.bss');
});
