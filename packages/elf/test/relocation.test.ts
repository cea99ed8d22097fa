// Relocations: the BPF types as clang writes them, REL and RELA in every encoding, and the errors.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import {
  type ElfErrorCode,
  type ElfFile,
  R_BPF_64_32,
  R_BPF_64_64,
  R_BPF_64_ABS32,
  R_BPF_64_ABS64,
  R_BPF_64_NODYLD32,
  readElf,
  readRelocations,
  SHT_REL,
  SHT_RELA,
} from '../src/index.js';
import { Bytes, buildElf, buildSymbols } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('readRelocations');

function relocationsOf(elf: ElfFile, name: string): string[] {
  return readRelocations(elf, elf.section(name)!).map(({ offset, type, symbolIndex, addend }) =>
    [offset, type, elf.symbols[symbolIndex]!.name, addend].join(' '),
  );
}

for (const name of ['counter.el.o', 'counter.eb.o']) {
  test(`all BPF types in ${name}`, () => {
    const elf = readElf(fixture(name));
    assert.equal(relocationsOf(elf, '.reltp/a/second'), [
      `0 ${R_BPF_64_64} limit 0`,
      `24 ${R_BPF_64_32} global_helper 0`,
    ]);
    assert.equal(relocationsOf(elf, '.rel.data'), [`8 ${R_BPF_64_ABS64} hits 0`]);
    const types = (section: string): number[] => [
      ...new Set(readRelocations(elf, elf.section(section)!).map(({ type }) => type)),
    ];
    assert.ok(types('.rel.debug_info').includes(R_BPF_64_ABS32));
    assert.ok(types('.rel.BTF.ext').includes(R_BPF_64_NODYLD32));
  });
}

for (const is64 of [true, false]) {
  for (const littleEndian of [true, false]) {
    const encoding = { is64, littleEndian };
    const build = (type: number, data: Uint8Array, entrySize: number): ElfFile =>
      readElf(
        buildElf({
          ...encoding,
          sections: [
            ...buildSymbols(encoding, [{ name: 'a' }, { name: 'b' }], 2),
            { name: 'rel', type, data, link: 1, entrySize },
          ],
        }),
      );
    const info = (symbol: number, type: number): bigint =>
      is64 ? (BigInt(symbol) << 32n) | BigInt(type) : BigInt((symbol << 8) | type);
    test(`REL and RELA, ${is64 ? 'ELF64' : 'ELF32'} ${littleEndian ? 'little' : 'big'}-endian`, () => {
      const offset = is64 ? 0x1_0000_0008 : 0xfffffff8;
      const rel = new Bytes(encoding)
        .word(offset)
        .word(info(2, 0xfe))
        .word(16)
        .word(info(1, 1))
        .done();
      const withRel = build(SHT_REL, rel, is64 ? 16 : 8);
      assert.equal(readRelocations(withRel, withRel.sections[3]!), [
        { offset, type: 0xfe, symbolIndex: 2, addend: 0 },
        { offset: 16, type: 1, symbolIndex: 1, addend: 0 },
      ]);
      const rela = new Bytes(encoding).word(8).word(info(0, 3)).word(-5n).done();
      const withRela = build(SHT_RELA, rela, is64 ? 24 : 12);
      assert.equal(readRelocations(withRela, withRela.sections[3]!), [
        { offset: 8, type: 3, symbolIndex: 0, addend: -5 },
      ]);
    });
  }
}

test('without a symbol table only symbol 0 can be meant', () => {
  const data = new Bytes()
    .word(8)
    .word(8n)
    .word(1n)
    .word(16)
    .word(1n << 32n)
    .word(0n)
    .done();
  const elf = readElf(
    buildElf({ sections: [{ name: '.rela', type: SHT_RELA, data, entrySize: 24 }] }),
  );
  expectElfError(
    () => readRelocations(elf, elf.sections[1]!),
    'ELF_BAD_SYMBOL_INDEX',
    'relocation 1 of section 1 (".rela") at 0x58: no such symbol, found 1, expected less than 1',
  );
});

const bad: readonly (readonly [string, bigint, ElfErrorCode, string])[] = [
  [
    'section 3 sh_type',
    1n,
    'ELF_BAD_SECTION_TYPE',
    'section 3 (".rel.text") at 0x1c58: section of the wrong type, found sh_type 1, expected 9 (SHT_REL) or 4 (SHT_RELA)',
  ],
  [
    'section 3 sh_entsize',
    24n,
    'ELF_BAD_ENTRY_SIZE',
    'section 3 (".rel.text") sh_entsize at 0x1c58: wrong entry size, found 24, expected 16',
  ],
  [
    'section 3 sh_size',
    31n,
    'ELF_BAD_SIZE',
    'section 3 (".rel.text") sh_size at 0x1c58: size is not a whole number of entries, found 31, expected a multiple of 16',
  ],
  [
    'section 3 sh_link',
    99n,
    'ELF_BAD_SECTION_INDEX',
    'section 3 (".rel.text") sh_link at 0x1c58: no such section, found 99, expected 1..34',
  ],
  [
    'section 3 sh_link',
    2n,
    'ELF_BAD_SECTION_TYPE',
    'section 3 (".rel.text") sh_link at 0x1c58: section of the wrong type, found section 2 (".text") of sh_type 1, expected 2 (SHT_SYMTAB) or 11 (SHT_DYNSYM)',
  ],
  [
    'section 34 sh_entsize',
    1n,
    'ELF_BAD_ENTRY_SIZE',
    'section 34 (".symtab") sh_entsize at 0x2418: wrong entry size, found 1, expected 24',
  ],
  [
    'section 3 entry 1 r_info',
    30n << 32n,
    'ELF_BAD_SYMBOL_INDEX',
    'relocation 1 of section 3 (".rel.text") at 0x1310: no such symbol, found 30, expected less than 30',
  ],
  [
    'section 3 entry 0 r_offset',
    -1n,
    'ELF_UNSAFE_INTEGER',
    'relocation 0 of section 3 (".rel.text") r_offset at 0x1300: number too large, found 0xffffffffffffffff, expected at most 0x1fffffffffffff',
  ],
];

for (const [field, value, code, message] of bad) {
  test(`${code}: ${field} = ${value}`, () => {
    const bytes = fixture('counter.el.o');
    writeField(bytes, fieldNamed(bytes, field), value, true);
    const elf = readElf(bytes);
    expectElfError(() => readRelocations(elf, elf.sections[3]!), code, message);
  });
}

test('an addend over 2^53', () => {
  const data = new Bytes()
    .word(8)
    .word(0n)
    .word(-(1n << 60n))
    .done();
  const elf = readElf(
    buildElf({ sections: [{ name: '.rela', type: SHT_RELA, data, entrySize: 24 }] }),
  );
  expectElfError(
    () => readRelocations(elf, elf.sections[1]!),
    'ELF_UNSAFE_INTEGER',
    'relocation 0 of section 1 (".rela") r_addend at 0x50: number too large, found -0x1000000000000000, expected at most 0x1fffffffffffff',
  );
});

test.run();
