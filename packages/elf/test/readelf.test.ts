// Sections, relocations, symbols and notes in readelf's words: against what it printed of the fixtures when they were built,
// and, where it is installed, against what it prints of the executables and libraries of this machine.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

const readelf = ['/usr/bin/llvm-readelf-16', '/usr/lib/llvm-16/bin/llvm-readelf'].find(existsSync);
const known = /^(There are|Section Headers|Relocation section|Symbol table)/;
const systemFiles = [
  '/bin/sh',
  '/usr/bin/env',
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/lib/x86_64-linux-gnu/libm.so.6',
  '/lib64/ld-linux-x86-64.so.2',
  '/usr/lib/x86_64-linux-gnu/crt1.o',
].filter(existsSync);

for (const path of systemFiles) {
  if (readelf === undefined) {
    test.skip(`${path} as llvm-readelf prints it (llvm-readelf-16 is not installed)`, () => {});
    continue;
  }
  test(`${path} as llvm-readelf prints it`, () => {
    const printed = execFileSync(readelf, ['-W', '-S', '-s', '--dyn-syms', '-r', path], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    assert.ok(known.test(printed));
    const notes = /\nDisplaying notes found[\s\S]*$/;
    // Packed relative relocations (SHT_RELR) have no symbols; nothing here reads them.
    const relr = /^Relocation section '\.relr\.dyn'.*\n(?:.+\n)+\n/gm;
    const ours = printReadelf(readElf(readFileSync(path))).replace(notes, '');
    assert.fixture(ours, withoutLegend(printed.replace(relr, '')));
  });
}

test.run();
