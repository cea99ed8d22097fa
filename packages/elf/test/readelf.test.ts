// Sections, relocations, symbols and notes in readelf's words: against what it printed of the fixtures when they were built,
// and, where it is installed, against what it prints of the executables and libraries of this machine and of every object of
// the repository, those included that the selftests built.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readElf } from '../src/index.js';
import { fixture, fixtureNames, readelfOf } from './fixture.js';
import { printReadelf, withoutLegend } from './print-readelf.js';

const test = suite('readelf');

for (const name of fixtureNames) {
  test(`${name} as llvm-readelf printed it`, () => {
    assert.fixture(printReadelf(readElf(fixture(name))), withoutLegend(readelfOf(name)));
  });
}

const readelf = ['/usr/bin/llvm-readelf-16', '/usr/bin/llvm-readelf-19'].find(existsSync);
const missing = 'llvm-readelf-16 or -19 is not installed';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const known = /^(There are|Section Headers|Relocation section|Symbol table)/;
const systemFiles = [
  '/bin/sh',
  '/usr/bin/env',
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/lib/x86_64-linux-gnu/libm.so.6',
  '/lib64/ld-linux-x86-64.so.2',
  '/usr/lib/x86_64-linux-gnu/crt1.o',
].filter(existsSync);

const check = readelf === undefined ? test.skip : test;
const why = readelf === undefined ? ` (${missing})` : '';

for (const path of systemFiles) {
  check(`${path} as llvm-readelf prints it${why}`, () => {
    const [ours, printed] = bothOf(path);
    assert.fixture(ours, printed);
  });
}

check(`objects of the repository as llvm-readelf prints them${why}`, () => {
  let compared = 0;
  const differing: string[] = [];
  for (const folder of ['packages', 'selftests', 'samples']) {
    for (const path of objects(join(root, folder))) {
      const [ours, printed] = bothOf(path);
      if (ours !== printed) differing.push(relative(root, path));
      compared++;
    }
  }
  assert.equal(differing, []);
  assert.ok(compared > 20, `${compared} objects`);
});

/** A file in readelf's words: as we print it, and as it does. */
function bothOf(path: string): [ours: string, printed: string] {
  const printed = execFileSync(readelf!, ['-W', '-S', '-s', '--dyn-syms', '-r', path], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.ok(known.test(printed));
  const notes = /\nDisplaying notes found[\s\S]*$/;
  // Packed relative relocations (SHT_RELR) have no symbols; nothing here reads them.
  const relr = /^Relocation section '\.relr\.dyn'.*\n(?:.+\n)+\n/gm;
  const ours = printReadelf(readElf(readFileSync(path))).replace(notes, '');
  return [ours, withoutLegend(printed.replace(relr, ''))];
}

/** Object files that are committed, or were built. Some tests want files that are none. */
function* objects(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (/^(node_modules|dist|crash)$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* objects(path);
    else if (entry.name.endsWith('.o') && isElf(readFileSync(path))) yield path;
  }
}

const isElf = (bytes: Buffer): boolean => bytes.subarray(0, 4).toString('latin1') === '\x7fELF';

test.run();
