// Symbol versions: those defined and those needed, and tables that are broken.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import { type ElfErrorCode, type ElfFile, readElf, readSymbolVersions } from '../src/index.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('readSymbolVersions');

function versionsIn(elf: ElfFile): (string | undefined)[] {
  const versions = readSymbolVersions(elf);
  return elf.dynamicSymbols.map(({ index, name }) => {
    const version = versions?.of(index);
    if (version === undefined) return name;
    return `${name}${version.hidden ? '@' : '@@'}${version.name}${version.file ? ` of ${version.file}` : ''}`;
  });
}

test('versions that a library defines', () => {
  assert.equal(versionsIn(readElf(fixture('libversions.so'))).sort(), [
    '',
    'answer@@LIB_2.0',
    'answer@LIB_1.0',
    'maybe@@LIB_2.0',
    'plain@@LIB_1.0',
    'use_other_twin@@LIB_1.0',
    'use_twin@@LIB_1.0',
  ]);
});

test('versions that a library needs', () => {
  assert.equal(versionsIn(readElf(fixture('libuser.so'))), [
    '',
    'answer@@LIB_2.0 of libversions.so',
    'ask',
  ]);
});

test('a file without versions', () => {
  assert.is(readSymbolVersions(readElf(fixture('usdt.x86_64'))), undefined);
  assert.is(readSymbolVersions(readElf(fixture('counter.el.o'))), undefined);
});

test('an empty table of definitions', () => {
  const bytes = fixture('libversions.so');
  writeField(bytes, fieldNamed(bytes, 'section 4 sh_size'), 0n, true);
  assert.ok(versionsIn(readElf(bytes)).includes('plain'));
});

const bad: readonly (readonly [string, string, bigint, ElfErrorCode, string])[] = [
  [
    'libversions.so',
    'section 3 sh_size',
    10n,
    'ELF_BAD_VERSION_TABLE',
    'section 3 (".gnu.version") at 0x860: broken symbol versions, found 5 entries for section 2 (".dynsym"), expected 7 entries for section 2 (".dynsym")',
  ],
  [
    'libversions.so',
    'section 3 sh_entsize',
    4n,
    'ELF_BAD_ENTRY_SIZE',
    'section 3 (".gnu.version") sh_entsize at 0x860: wrong entry size, found 4, expected 2',
  ],
  [
    'libversions.so',
    'section 4 sh_link',
    0n,
    'ELF_BAD_SECTION_INDEX',
    'section 4 (".gnu.version_d") sh_link at 0x8a0: no such section, found 0, expected 1..13',
  ],
  // vd_next of the first definition.
  [
    'libversions.so',
    'section 4 entry 4 word',
    80n,
    'ELF_BAD_VERSION_TABLE',
    'record 2 of section 4 (".gnu.version_d") at 0x330: broken symbol versions, found 20 bytes at 80, expected records inside the 84 bytes of the section',
  ],
  // vd_aux of the second.
  [
    'libversions.so',
    'section 4 entry 10 word',
    -1n,
    'ELF_BAD_VERSION_TABLE',
    'record 3 of section 4 (".gnu.version_d") at 0x334: broken symbol versions, found 8 bytes at 4294967323, expected records inside the 84 bytes of the section',
  ],
  [
    'libuser.so',
    'section 4 entry 2 word',
    17n,
    'ELF_BAD_VERSION_TABLE',
    'record 2 of section 4 (".gnu.version_r") at 0x2c1: broken symbol versions, found 16 bytes at 17, expected records inside the 32 bytes of the section',
  ],
  [
    'libuser.so',
    'section 4 entry 6 word',
    0x1000n,
    'ELF_BAD_STRING',
    'version name in section 4 (".gnu.version_r") at 0x2c8: string outside its table, found a string at 0x1000 of section 7 (".dynstr") at 0x310, expected one that ends in its 46 bytes',
  ],
];

for (const [name, field, value, code, message] of bad) {
  test(`${code}: ${name} ${field} = ${value}`, () => {
    const bytes = fixture(name);
    writeField(bytes, fieldNamed(bytes, field), value, true);
    const elf = readElf(bytes);
    expectElfError(() => readSymbolVersions(elf), code, message);
  });
}

test('records that overlap cannot be more than there is room for', () => {
  const bytes = fixture('libuser.so');
  // 65,535 times the same record.
  const [count, next] = ['section 4 entry 0 word', 'section 4 entry 7 word'].map((name) =>
    fieldNamed(bytes, name),
  );
  writeField(bytes, { offset: count!.offset + 2, size: 2 }, 0xffffn, true);
  writeField(bytes, next!, 0n, true);
  const elf = readElf(bytes);
  expectElfError(
    () => readSymbolVersions(elf),
    'ELF_BAD_VERSION_TABLE',
    'record 5 of section 4 (".gnu.version_r") at 0x2c0: broken symbol versions, found 16 bytes at 16, expected records inside the 32 bytes of the section',
  );
});

test.run();
