/** What is printed of the corpus compiles, and means the same. Needs clang. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clang, roundTrip } from './support/round-trip.js';

const test = suite('printed C compiles');
const fixtures = new URL('fixtures/', import.meta.url);

for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.btf'))) {
  // Made by hand, with what no compiler would write.
  if (!existsSync(new URL(file.replace(/btf$/, 'c'), fixtures))) continue;
  const check = clang === undefined ? test.skip : test;
  check(`${file}${clang === undefined ? ' (skipped: no clang)' : ''}`, () => {
    const btf = parseBtf(readFileSync(new URL(file, fixtures)));
    assert.ok(roundTrip(btf) > 0);
  });
}

test.run();
