// Global variables through accessors as skelgen writes them. The figure is nanoseconds per access over the 10 allowed.

import { openObject } from '@libbpf-ts/libbpf';
import { DataSection, writeBigUint64, writeUint32 } from '@libbpf-ts/libbpf/skel';
import { compileObject, skipWithoutBpf } from './bpf-object.mjs';

const ALLOWED_NS = 10;
const COUNT = 5_000_000;

/** As skelgen writes it for the variables of c/ring.bpf.c. */
class RingBss extends DataSection {
  get count() {
    return this.$m.view.getUint32(0, true);
  }
  set count(value) {
    writeUint32(this.$m.mut, 0, value, true, 'count');
  }
  get produced() {
    return this.$m.view.getBigUint64(8, true);
  }
  set produced(value) {
    writeBigUint64(this.$m.mut, 8, value, true, 'produced');
  }
}

function globalCase(what, access) {
  return {
    name: `globals/${what}/of-10ns`,
    skip: skipWithoutBpf,
    setup({ build }) {
      const object = openObject(compileObject('ring', build).bytes, { name: 'ring' }).load();
      const bss = new RingBss(object.sections.get('ring.bss'));
      for (let round = 0; round < 5; round++) access(bss, COUNT);
      return { object, bss };
    },
    ratio({ bss }) {
      // Of the processor: there is no C beside it that would suffer the same from what else the machine does.
      const before = process.cpuUsage();
      access(bss, COUNT);
      const { user, system } = process.cpuUsage(before);
      return ((user + system) * 1000) / COUNT / ALLOWED_NS;
    },
    teardown: ({ object }) => object.close(),
  };
}

let kept;

export const cases = [
  globalCase('read-u32', (bss, count) => {
    let sum = 0;
    for (let index = 0; index < count; index++) sum = (sum + bss.count) | 0;
    kept = sum;
  }),
  globalCase('write-u32', (bss, count) => {
    for (let index = 0; index < count; index++) bss.count = index & 0xff;
  }),
  globalCase('read-u64', (bss, count) => {
    let last = 0n;
    for (let index = 0; index < count; index++) last = bss.produced;
    kept = last;
  }),
  globalCase('write-u64', (bss, count) => {
    const value = 123n;
    for (let index = 0; index < count; index++) bss.produced = value;
  }),
];
process.on('exit', () => kept);
