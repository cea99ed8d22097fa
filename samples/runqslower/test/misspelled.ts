// Compiled, never run: each line below is a mistake that must not compile.

import { RunqslowerBpf } from '../src/runqslower.skel.js';

export function mistakes(): void {
  using open = RunqslowerBpf.open();
  // @ts-expect-error a variable that is not there
  open.rodata.min_use = 1n;
  // @ts-expect-error a 64-bit variable takes a bigint
  open.rodata.min_us = 1;
  // @ts-expect-error a map that is not there
  open.maps.event.maxEntries = 1;
  // @ts-expect-error a program that is not there
  open.progs.sched_swich.autoload = false;
  // @ts-expect-error attach() comes after load()
  open.attach();
  // @ts-expect-error a map has no elements before load()
  open.maps.start.lookup(1);
  const skel = open.load();
  // @ts-expect-error the size of a map is fixed by load()
  skel.maps.start.maxEntries = 1;
  // @ts-expect-error load() works once
  skel.load();
  // @ts-expect-error a link that is not there
  skel.links.sched_swich?.close();
  // @ts-expect-error keys of this map are numbers
  skel.maps.start.lookup('1');
}
