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
    assert.equal([...failed.keys()].filter((step) => !expected.test(step)), []);
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

const values = [0n, 1n, -1n, 0x7fff_ffff_ffff_ffffn, (1n << 53n) - 1n, 0x7fff_ffffn, 0x8000n];

for (const name of fixtureNames) {
  test(`every number of ${name} set to 0, 1, -1 and huge`, () => {
    const good = fixture(name);
    const littleEndian = good[5] === 1;
    const fields = listElfFields(good);
    assert.ok(fields.length > 100);
    // The first entries of a table are like the others.
    for (const field of fields.filter(({ name: field }) => !/entry ([3-9]|\d\d) /.test(field))) {
      for (const value of [...values, BigInt(good.length), BigInt(good.length - 1)]) {
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
  for (let left = 2000; left > 0; left--) walkElf(mutateElf(seeds[random(seeds.length)]!, random));
});

test.run();
