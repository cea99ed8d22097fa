/** The fuzz targets: their seeds, some mutations of them, and every input that once made trouble. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readElf } from '@libbpf-ts/elf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { targets } from '../../fuzz/targets.js';
import { parseObject } from '../../src/open/index.js';
import { fixture, messageOf } from './open-fixture.js';

const test = suite('fuzz targets');
const crashes = new URL('../fixtures/crash/', import.meta.url);

for (const { name, seeds, mutate, run } of targets) {
  test(`${name}: seeds are opened, mutations of them survived`, () => {
    let state = 1;
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const all = seeds();
    const opened = all.filter((seed) => isOpened(seed)).length;
    assert.ok(opened > all.length / 3, `${opened} of ${all.length} seeds can be opened`);
    for (const seed of all) run(seed);
    for (let round = 0; round < 400; round++) run(mutate(all[round % all.length]!, random));
  });

  test(`${name}: what once made trouble is survived`, () => {
    const files = existsSync(crashes) ? readdirSync(crashes) : [];
    for (const file of files.filter((one) => one.startsWith(`${name}-`))) {
      run(new Uint8Array(readFileSync(new URL(file, crashes))));
    }
  });
}

test('a .kconfig of a forged type or size is refused before it is allocated', () => {
  const bytes = readFileSync(new URL('open-2f819ef8ee.bin', crashes));
  assert.is(
    messageOf(() => parseObject(bytes, { name: 'forged' })),
    'BPF object "forged": extern "CONFIG_BPF_SYSCALL" in .kconfig is declared as BTF type 8 (typedef "bool"); expected bool, enum libbpf_tristate, char, an integer or an array of char',
  );
  const large = new Uint8Array(fixture('kconfig-values'));
  const { btf, externs } = parseObject(large);
  const { typeId } = externs.find(({ name }) => name === 'CONFIG_DEFAULT_HOSTNAME')!;
  const section = readElf(large).section('.BTF')!;
  // struct btf_array behind the 12 bytes of the type: element, index, length.
  const length = section.sh_offset + btf!.recordOffset(btf!.resolve(typeId)) + 20;
  new DataView(large.buffer).setUint32(length, 0x4000_0000, true);
  assert.is(
    messageOf(() => parseObject(large, { name: 'forged' })),
    'BPF object "forged": .kconfig takes 1073741834 bytes, 1073741824 of them extern "CONFIG_DEFAULT_HOSTNAME", expected at most 1048576',
  );
});

/** Some of them are refused on purpose. */
function isOpened(bytes: Uint8Array): boolean {
  try {
    parseObject(bytes, { relaxedMaps: true });
    return true;
  } catch {
    return false;
  }
}

test.run();
