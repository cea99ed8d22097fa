// Symbols by name, with and without versions.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findSymbol, readElf, SHT_DYNSYM, STT_FUNC, STT_OBJECT } from '../src/index.js';
import { buildElf, buildSymbols } from './elf-builder.js';
import { fixture } from './fixture.js';

const test = suite('findSymbol');

test('in an object', () => {
  const elf = readElf(fixture('counter.el.o'));
  assert.is(findSymbol(elf, 'last')!.value, 8);
  assert.is(findSymbol(elf, 'las'), undefined);
  assert.is(findSymbol(elf, 'lasting'), undefined);
  assert.is(findSymbol(elf, ''), undefined);
});

test('by type', () => {
  const elf = readElf(fixture('counter.el.o'));
  assert.is(findSymbol(elf, 'first', { type: STT_FUNC })!.size, 280);
  assert.is(findSymbol(elf, 'first', { type: STT_OBJECT }), undefined);
});

test('one that is only referred to', () => {
  const elf = readElf(fixture('counter.el.o'));
  assert.is(findSymbol(elf, 'missing_ksym'), undefined);
  assert.is(findSymbol(elf, 'missing_ksym', { undefined: true })!.name, 'missing_ksym');
});

for (const name of ['libversions.so', 'libversions.stripped.so']) {
  test(`versions in ${name}`, () => {
    const elf = readElf(fixture(name));
    const old = findSymbol(elf, 'answer@LIB_1.0')!.address;
    const current = findSymbol(elf, 'answer@LIB_2.0')!.address;
    assert.is.not(old, current);
    assert.is(findSymbol(elf, 'answer')!.address, current);
    assert.is(findSymbol(elf, 'answer@@LIB_2.0')!.address, current);
    assert.is(findSymbol(elf, 'answer@@LIB_1.0'), undefined);
    assert.is(findSymbol(elf, 'answer@LIB_3.0'), undefined);
  });
}

test('versions in the names of .symtab', () => {
  const symbols = ['old@V1', 'old@@V2', 'only@V1', 'plain', '@odd'].map((name, index) => ({
    name,
    type: STT_FUNC,
    value: BigInt(index),
    sectionIndex: 3,
  }));
  const elf = readElf(buildElf({ sections: [...buildSymbols({}, symbols, 2), { name: '.text' }] }));
  const rows: [string, string | undefined][] = [
    ['old', 'old@@V2'],
    ['old@V1', 'old@V1'],
    ['old@V2', 'old@@V2'],
    ['old@@V2', 'old@@V2'],
    ['old@@V1', undefined],
    ['only', 'only@V1'],
    ['plain', 'plain'],
    ['plain@V1', undefined],
    ['@odd', '@odd'],
  ];
  for (const [asked, found] of rows) assert.is(findSymbol(elf, asked)?.name, found, asked);
});

test('.dynsym comes first', () => {
  const [symtab, strtab] = buildSymbols({}, [{ name: 'f', value: 1n, sectionIndex: 1 }], 2);
  const [dynsym, dynstr] = buildSymbols(
    {},
    [{ name: 'f', value: 2n, sectionIndex: 1 }],
    4,
    SHT_DYNSYM,
  );
  const elf = readElf(buildElf({ sections: [symtab, strtab, dynsym, dynstr] }));
  assert.is(findSymbol(elf, 'f')!.value, 2);
});

test('a name outside the string table is no match', () => {
  const [symtab, strtab] = buildSymbols(
    {},
    [
      { name: 'xx', sectionIndex: 1 },
      { name: 'f', sectionIndex: 1 },
    ],
    2,
  );
  const data = symtab.data!;
  new DataView(data.buffer).setUint32(24, 1e9, true);
  const elf = readElf(
    buildElf({
      sections: [
        { ...symtab, data },
        { ...strtab, data: strtab.data!.subarray(0, -1) },
      ],
    }),
  );
  assert.is(findSymbol(elf, 'xx'), undefined);
  assert.is(findSymbol(elf, 'f'), undefined);
});

test.run();
