// Symbols: every field in every encoding, special and extended section indexes, and the errors.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import {
  type ElfErrorCode,
  type ElfSymbol,
  isDefined,
  readElf,
  SHN_ABS,
  SHN_COMMON,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_SYMTAB_SHNDX,
  STB_GLOBAL,
  STB_LOCAL,
  STB_WEAK,
  STT_FUNC,
  STT_OBJECT,
  STT_SECTION,
  STV_DEFAULT,
  STV_HIDDEN,
} from '../src/index.js';
import { Bytes, buildElf, buildSymbols } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('SymbolTable');

function named(symbols: readonly ElfSymbol[], name: string): ElfSymbol {
  return symbols.find((symbol) => symbol.name === name)!;
}

test('an object has functions, variables, sections and what it leaves undefined', () => {
  const { symbols, sections } = readElf(fixture('counter.el.o'));
  const helper = named(symbols, 'local_helper');
  assert.equal(
    [helper.binding, helper.type, helper.value, helper.size, sections[helper.sectionIndex]!.name],
    [STB_LOCAL, STT_FUNC, 0x38, 48, '.text'],
  );
  const last = named(symbols, 'last');
  assert.equal(
    [last.binding, last.type, last.value, last.address, last.visibility],
    [STB_GLOBAL, STT_OBJECT, 8, 8n, STV_DEFAULT],
  );
  const missing = named(symbols, 'missing_ksym');
  assert.equal([missing.binding, missing.sectionIndex], [STB_WEAK, SHN_UNDEF]);
  assert.not(isDefined(missing));
  assert.ok(isDefined(last));
  assert.ok(symbols.some(({ type, sectionIndex }) => type === STT_SECTION && sectionIndex === 2));
});

test('common, absolute and hidden symbols', () => {
  const { symbols } = readElf(fixture('plain.ppc.o'));
  assert.is(named(symbols, 'common_one').sectionIndex, SHN_COMMON);
  assert.is(named(symbols, 'plain.c').sectionIndex, SHN_ABS);
  assert.is(named(symbols, 'private_one').visibility, STV_HIDDEN);
  assert.not(isDefined(named(symbols, 'common_one')));
});

for (const is64 of [true, false]) {
  for (const littleEndian of [true, false]) {
    test(`every field, ${is64 ? 'ELF64' : 'ELF32'} ${littleEndian ? 'little' : 'big'}-endian`, () => {
      const value = is64 ? 0x1_2345_6789n : 0x8765_4321n;
      const symbol = {
        name: 'näme',
        value,
        size: 0x1234n,
        binding: 2,
        type: 10,
        visibility: 3,
        sectionIndex: 1,
      };
      const encoding = { is64, littleEndian };
      const elf = readElf(
        buildElf({
          ...encoding,
          sections: [{ name: '.text' }, ...buildSymbols(encoding, [symbol], 3)],
        }),
      );
      const read = elf.symbols[1]!;
      assert.equal(
        { ...read, name: read.name, value: read.value, address: read.address, size: read.size },
        {
          index: 1,
          name: 'näme',
          binding: 2,
          type: 10,
          visibility: 3,
          sectionIndex: 1,
          st_shndx: 1,
          value: Number(value),
          address: value,
          size: 0x1234,
        },
      );
      assert.is(elf.symbols, elf.symbols);
      assert.is(elf.symbolTable!.at(1), read);
    });
  }
}

test('values and sizes over 2^53', () => {
  const symbol = { name: 'runtime.tlsg', value: -8n, size: 1n << 60n };
  const elf = readElf(buildElf({ sections: buildSymbols({}, [symbol], 2) }));
  const read = elf.symbols[1]!;
  assert.is(read.address, 0xffff_ffff_ffff_fff8n);
  expectElfError(
    () => read.value,
    'ELF_UNSAFE_INTEGER',
    'symbol 1 of section 1 (".symtab") st_value at 0x58: number too large, found 0xfffffffffffffff8, expected at most 0x1fffffffffffff',
  );
  expectElfError(
    () => read.size,
    'ELF_UNSAFE_INTEGER',
    'symbol 1 of section 1 (".symtab") st_size at 0x58: number too large, found 0x1000000000000000, expected at most 0x1fffffffffffff',
  );
});

test('section indexes past 0xff00', () => {
  const symbols = [
    { name: 'far', sectionIndex: SHN_XINDEX },
    { name: 'near', sectionIndex: 7 },
    { name: 'odd', sectionIndex: SHN_XINDEX },
    { name: 'absolute', sectionIndex: SHN_ABS },
  ];
  const [symtab, strtab] = buildSymbols({}, symbols, 2);
  const indexes = new Bytes().u32(0).u32(66_000).u32(0).u32(SHN_ABS).u32(0).done();
  const shndx = {
    name: '.symtab_shndx',
    type: SHT_SYMTAB_SHNDX,
    data: indexes,
    link: 1,
    entrySize: 4,
  };
  const many = Array.from({ length: 66_000 }, () => ({}));
  const elf = readElf(buildElf({ sections: [symtab, strtab, shndx, ...many] }));
  assert.equal(
    elf.symbols.map(({ sectionIndex, st_shndx }) => [sectionIndex, st_shndx]),
    [
      [0, 0],
      [66_000, SHN_XINDEX],
      [7, 7],
      [SHN_ABS, SHN_XINDEX],
      [SHN_ABS, SHN_ABS],
    ],
  );
  // A section that has the number of SHN_ABS is told apart by the stored index.
  assert.equal(elf.symbols.map(isDefined), [false, true, true, true, false]);
});

const [symtab, strtab] = buildSymbols({}, [{ name: 'one' }, { name: 'two', sectionIndex: 1 }], 2);
const good = { sections: [symtab, strtab] };
const bad: readonly (readonly [string, bigint, ElfErrorCode, string])[] = [
  [
    'section 1 sh_entsize',
    0n,
    'ELF_BAD_ENTRY_SIZE',
    'section 1 (".symtab") sh_entsize at 0xf0: wrong entry size, found 0, expected 24',
  ],
  [
    'section 1 sh_size',
    71n,
    'ELF_BAD_SIZE',
    'section 1 (".symtab") sh_size at 0xf0: size is not a whole number of entries, found 71, expected a multiple of 24',
  ],
  [
    'section 1 sh_link',
    0n,
    'ELF_BAD_SECTION_INDEX',
    'section 1 (".symtab") sh_link at 0xf0: no such section, found 0, expected 1..3',
  ],
  [
    'section 1 sh_link',
    4n,
    'ELF_BAD_SECTION_INDEX',
    'section 1 (".symtab") sh_link at 0xf0: no such section, found 4, expected 1..3',
  ],
  [
    'section 1 sh_link',
    1n,
    'ELF_BAD_SECTION_TYPE',
    'section 1 (".symtab") sh_link at 0xf0: section of the wrong type, found section 1 (".symtab") of sh_type 2, expected 3 (SHT_STRTAB)',
  ],
  [
    'section 2 sh_type',
    2n,
    'ELF_DUPLICATE_SYMBOL_TABLE',
    'section 2 (".strtab") at 0x130: a second symbol table, found sh_type 2 as in section 1 (".symtab"), expected one section of this type',
  ],
  [
    'section 1 entry 1 st_shndx',
    4n,
    'ELF_BAD_SECTION_INDEX',
    'symbol 1 of section 1 (".symtab") st_shndx at 0x58: no such section, found 4, expected less than 4',
  ],
  [
    'section 1 entry 1 st_shndx',
    0xffffn,
    'ELF_BAD_SECTION_INDEX',
    'symbol 1 of section 1 (".symtab") st_shndx at 0x58: no such section, found SHN_XINDEX without a SHT_SYMTAB_SHNDX section, expected less than 4',
  ],
  [
    'section 1 entry 2 st_name',
    9n,
    'ELF_BAD_STRING',
    'symbol 2 of section 1 (".symtab") at 0x70: string outside its table, found a string at 0x9 of section 2 (".strtab") at 0x88, expected one that ends in its 9 bytes',
  ],
  [
    'section 2 sh_size',
    8n,
    'ELF_BAD_STRING',
    'symbol 2 of section 1 (".symtab") at 0x70: string outside its table, found a string at 0x5 of section 2 (".strtab") at 0x88, expected one that ends in its 8 bytes',
  ],
];

for (const [field, value, code, message] of bad) {
  test(`${code}: ${field} = ${value}`, () => {
    const bytes = buildElf(good);
    writeField(bytes, fieldNamed(bytes, field), value, true);
    const elf = readElf(bytes);
    expectElfError(() => elf.symbols.map(({ name }) => name), code, message);
  });
}

test('extended indexes for another number of symbols', () => {
  const shndx = {
    name: '.symtab_shndx',
    type: SHT_SYMTAB_SHNDX,
    data: new Uint8Array(8),
    link: 1,
    entrySize: 4,
  };
  const elf = readElf(buildElf({ sections: [...good.sections, shndx] }));
  expectElfError(
    () => elf.symbols,
    'ELF_BAD_SIZE',
    'section 3 (".symtab_shndx") sh_size at 0x188: size is not a whole number of entries, found 2 entries, expected 3, one for each symbol of section 1 (".symtab")',
  );
});

test.run();
