/**
 * What is printed of real kernels and of the objects of the repository compiles, and means the same. Needs clang, and takes it
 * some ten seconds a kernel: those of .cache/btf (`node selftests/dist/kernel-btf.js` fetches them) and the running one.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseBtf } from '@libbpf-ts/btf';
import { readElf } from '@libbpf-ts/elf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clang, roundTrip } from './support/round-trip.js';

const test = suite('printed C of kernels compiles');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const VMLINUX = '/sys/kernel/btf/vmlinux';
const cache = join(root, '.cache/btf');
const cached = existsSync(cache) ? readdirSync(cache).map((name) => join(cache, name)) : [];
const check = clang === undefined ? test.skip : test;
const why = clang === undefined ? ' (skipped: no clang)' : '';

for (const file of [VMLINUX, ...cached].filter(existsSync)) {
  check(`${file.startsWith(root) ? relative(root, file) : file}${why}`, () => {
    assert.ok(roundTrip(parseBtf(readFileSync(file))) > 5000);
  });
}

check(`objects of the repository${why}`, () => {
  let compared = 0;
  const failures: string[] = [];
  for (const folder of ['packages', 'selftests', 'samples']) {
    for (const file of objects(join(root, folder))) {
      const bytes = readFileSync(file);
      // Some tests want files that are none.
      if (bytes.readUInt32BE(0) !== 0x7f454c46) continue;
      const section = readElf(bytes).sections.find(({ name }) => name === '.BTF');
      if (section === undefined) continue;
      compared++;
      try {
        roundTrip(parseBtf(section.data));
      } catch (error) {
        failures.push(`${relative(root, file)}: ${(error as Error).message}`);
      }
    }
  }
  assert.equal(failures, []);
  assert.ok(compared > 10, `${compared} objects`);
});

/** Objects for BPF that are committed, or were built. */
function* objects(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (/^(node_modules|dist|crash)$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* objects(path);
    else if (entry.name.endsWith('.bpf.o')) yield path;
  }
}

test.run();
