// Every file cut at every byte, and every number in every file set to telling values: what cannot be read ends in an
// ElfError with an offset in the file, and what can be read keeps its promises (fuzz/walk.ts).

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listElfFields, writeField } from '../fuzz/elf-fields.js';
import { mutateElf } from '../fuzz/mutate-elf.js';
import { walkElf } from '../fuzz/walk.js';
import { isElfError, readElf } from '../src/index.js';
import { crashers, fixture, fixtureNames } from './fixture.js';

const test = suite('hostile');

for (const name of fixtureNames) {
  test(`${name} is walked without an error`, () => {
    const { failed } = walkElf(fixture(name));
    const expected = /^(strip|decompress)/;
    assert.equal(
      [...failed.keys()].filter((step) => !expected.test(step)),
      [],
    );
  });

  test(`${name} cut at every byte`, () => {
    const bytes = fixture(name);
    for (let length = 0; length < bytes.length; length++) {
      try {
        readElf(bytes.subarray(0, length));
      } catch (error) {
        if (isElfError(error) && error.offset <= length) continue;
        throw error;
      }
      // The section headers are last, so nothing can be missing.
      assert.unreachable(`${length} of ${bytes.length} bytes were enough`);
    }
  });
}

const values = [0n, 1n, -1n, (1n << 53n) - 1n, 0x7fff_ffffn];
// One of each kind; `pnpm fuzz` mutates all of them.
const varied = [
  'counter.eb.o',
  'groups.x86_64.o',
  'plain.ppc.o',
  'plain.zlib32.o',
  'libversions.so',
  'libuser.so',
  'usdt.i386',
];

for (const name of varied) {
  test(`every number of ${name} set to 0, 1, -1 and huge`, () => {
    const good = fixture(name);
    const littleEndian = good[5] === 1;
    const fields = listElfFields(good);
    assert.ok(fields.length > 100);
    // The first section of a type and the first entries of a table are like the others.
    const { sections } = readElf(good);
    const isFirst = (index: number): boolean =>
      sections.findIndex(({ sh_type }) => sh_type === sections[index]!.sh_type) === index;
    for (const field of fields) {
      const [, section, entry = '0'] = /^section (\d+)(?: entry (\d+))? /.exec(field.name) ?? [];
      if (section !== undefined && (!isFirst(Number(section)) || Number(entry) > 2)) continue;
      for (const value of [...values, BigInt(good.length)]) {
        const bytes = good.slice();
        writeField(bytes, field, value, littleEndian);
        walkElf(bytes);
      }
    }
  });
}

for (const { name, bytes } of crashers()) {
  test(`${name}, which once broke something`, () => {
    walkElf(bytes);
  });
}

test('a few thousand random changes', () => {
  const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
  console.log(`TEST_SEED=${seed}`);
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const seeds = fixtureNames.map(fixture);
  for (let left = 1000; left > 0; left--) walkElf(mutateElf(seeds[random(seeds.length)]!, random));
});

test.run();
