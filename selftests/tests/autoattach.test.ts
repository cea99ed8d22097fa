// autoload and autoattach: which programs take part.

import { assert, nanosleep, test } from '#harness';
import { AutoattachBpf } from '../build/autoattach.skel.js';

test('an object with a program that this kernel cannot take does not load, and says which', () => {
  assert.throws(() => AutoattachBpf.openAndLoad(), /prog3/);
});

test('autoload false leaves a program out', () => {
  using open = AutoattachBpf.open();
  assert.equal(open.progs.prog3.autoload, true);
  open.progs.prog3.autoload = false;
  const skel = open.load();
  skel.attach();
  nanosleep();
  const { prog1_called, prog2_called, prog3_called } = skel.bss;
  assert.deepEqual([prog1_called, prog2_called, prog3_called], [true, true, false]);
  assert.equal(skel.links.prog3, undefined);
  assert.throws(() => skel.progs.prog3.attach(), { code: 'BPF_NOT_LOADED', message: /autoload/ });
});

test('autoattach false leaves a program out of attach()', () => {
  using open = AutoattachBpf.open();
  open.progs.prog3.autoload = false;
  const skel = open.load();
  skel.progs.prog2.autoattach = false;
  assert.deepEqual([skel.progs.prog1.autoattach, skel.progs.prog2.autoattach], [true, false]);
  skel.attach();
  nanosleep();
  assert.deepEqual([skel.bss.prog1_called, skel.bss.prog2_called], [true, false]);
});
