// Header, section headers, program headers: what is read of a good file, and the whole message for each way to be bad.

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import {
  type ElfErrorCode,
  EM_386,
  EM_BPF,
  EM_S390,
  EM_X86_64,
  ET_DYN,
  ET_EXEC,
  ET_REL,
  isElfError,
  readElf,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
} from '../src/index.js';
import { buildElf, type ElfSpec } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('readElf');

test('tells class, byte order, type and machine', () => {
  const seen = [
    ['counter.el.o', true, true, ET_REL, EM_BPF],
    ['counter.eb.o', true, false, ET_REL, EM_BPF],
    ['plain.i386.o', false, true, ET_REL, EM_386],
    ['plain.ppc.o', false, false, ET_REL, 20],
    ['plain.s390x.o', true, false, ET_REL, EM_S390],
    ['libversions.so', true, true, ET_DYN, EM_X86_64],
    ['usdt.i386', false, true, ET_EXEC, EM_386],
  ] as const;
  for (const [name, is64, littleEndian, type, machine] of seen) {
    const elf = readElf(fixture(name));
    assert.equal(
      [name, elf.is64, elf.littleEndian, elf.header.e_type, elf.header.e_machine],
      [name, is64, littleEndian, type, machine],
    );
  }
});

test('keeps the bytes and gives views of them', () => {
  const bytes = fixture('counter.el.o');
  const elf = readElf(bytes);
  assert.is(elf.bytes, bytes);
  const license = elf.section('license')!;
  assert.is(license.data.buffer, bytes.buffer);
  assert.is(new TextDecoder().decode(license.data), 'GPL\0');
  assert.is(license.data, license.data);
});

test('reads bytes that are a part of a larger buffer', () => {
  const bytes = fixture('counter.el.o');
  const larger = new Uint8Array(bytes.length + 100).fill(0xff);
  larger.set(bytes, 37);
  const elf = readElf(larger.subarray(37, 37 + bytes.length));
  assert.equal(elf.section('license')!.data, Uint8Array.of(0x47, 0x50, 0x4c, 0));
  assert.is(elf.symbols.at(-1)!.name, 'LICENSE');
});

test('section 0 is the null section, and the index of a section is where it is', () => {
  const { sections } = readElf(fixture('counter.el.o'));
  assert.is(sections[0]!.sh_type, SHT_NULL);
  assert.equal(
    sections.map(({ index }) => index),
    [...sections.keys()],
  );
  assert.is(sections[0]!.data.length, 0);
});

test('finds the first section of a name', () => {
  const elf = readElf(fixture('groups.x86_64.o'));
  assert.is(elf.section('.group')!.index, 4);
  assert.is(elf.section('.nothing'), undefined);
});

test('a section without bytes in the file has a size but no data', () => {
  const bss = readElf(fixture('counter.el.o')).section('.bss')!;
  assert.is(bss.sh_type, SHT_NOBITS);
  assert.is(bss.sh_size, 12);
  assert.is(bss.data.length, 0);
});

for (const is64 of [true, false]) {
  for (const littleEndian of [true, false]) {
    test(`reads what was built, ${is64 ? 'ELF64' : 'ELF32'} ${littleEndian ? 'little' : 'big'}-endian`, () => {
      const data = Uint8Array.of(1, 2, 3, 4, 5);
      const elf = readElf(
        buildElf({
          is64,
          littleEndian,
          type: ET_EXEC,
          machine: 7,
          segments: [
            {
              type: 1,
              flags: 5,
              offset: 0n,
              address: 0x1000n,
              fileSize: 99n,
              memorySize: 0x200n,
              alignment: 16n,
            },
          ],
          sections: [
            {
              name: '.text',
              flags: SHF_ALLOC | SHF_EXECINSTR,
              address: 0x1040n,
              data,
              alignment: 4,
              entrySize: 3,
              link: 1,
              info: 2,
            },
            { name: '.bss', type: SHT_NOBITS, size: 77 },
          ],
        }),
      );
      assert.is(elf.header.e_type, ET_EXEC);
      assert.is(elf.header.e_machine, 7);
      assert.equal(
        elf.sections.map(({ name }) => name),
        ['', '.text', '.bss', '.shstrtab'],
      );
      const text = elf.sections[1]!;
      assert.is(text.sh_type, SHT_PROGBITS);
      assert.is(text.sh_flags, 6);
      assert.is(text.sh_addr, 0x1040n);
      assert.equal([...text.data], [1, 2, 3, 4, 5]);
      assert.equal([text.sh_addralign, text.sh_entsize, text.sh_link, text.sh_info], [4, 3, 1, 2]);
      assert.equal(elf.segments, [
        {
          index: 0,
          p_type: 1,
          p_flags: 5,
          p_offset: 0,
          p_vaddr: 0x1000n,
          p_paddr: 0x1000n,
          p_filesz: 99,
          p_memsz: 0x200,
          p_align: 16n,
        },
      ]);
    });
  }
}

test('addresses of a kernel are bigints', () => {
  const address = 0xffff_ffff_8100_0000n;
  const elf = readElf(buildElf({ type: ET_EXEC, sections: [{ name: '.text', address }] }));
  assert.is(elf.section('.text')!.sh_addr, address);
});

test('a file without sections has none', () => {
  const elf = readElf(buildElf({ type: ET_EXEC }));
  assert.equal(elf.sections, []);
  assert.equal([elf.symbols, elf.dynamicSymbols, elf.segments], [[], [], []]);
  assert.is(elf.symbolTable, undefined);
});

test('sections have no names if the file has no table of them', () => {
  const bytes = fixture('counter.el.o');
  writeField(bytes, fieldNamed(bytes, 'ELF header e_shstrndx'), 0n, true);
  assert.ok(readElf(bytes).sections.every(({ name }) => name === ''));
});

test('more sections than fit into the header', () => {
  const count = 70_000;
  const sections = Array.from({ length: count }, (_, index) => ({
    name: index === count - 1 ? 'last' : '',
    data: Uint8Array.of(index & 0xff),
  }));
  const elf = readElf(buildElf({ sections }));
  assert.is(elf.header.e_shnum, count + 2);
  assert.is(elf.header.e_shstrndx, count + 1);
  assert.is(elf.section('last')!.index, count);
  assert.equal([...elf.sections[65_700]!.data], [(65_700 - 1) & 0xff]);
});

test('more program headers than fit into the header', () => {
  const bytes = buildElf({
    type: ET_EXEC,
    sections: [],
    segments: Array.from({ length: 70_000 }, (_, index) => ({
      type: 1,
      offset: BigInt(index),
      address: 0n,
      fileSize: 0n,
    })),
  });
  writeField(bytes, { offset: 56, size: 2 }, 0xffffn, true);
  const info = { offset: Number(new DataView(bytes.buffer).getBigUint64(40, true)) + 44, size: 4 };
  writeField(bytes, info, 70_000n, true);
  const elf = readElf(bytes);
  assert.is(elf.segments.length, 70_000);
  assert.is(elf.segments[69_999]!.p_offset, 69_999);
});

test('reads only the parts of a file that are asked for', () => {
  const bytes = new Uint8Array(readFileSync(process.execPath));
  const ranges: [number, number][] = [];
  const elf = readElf({
    size: bytes.length,
    read(offset, length) {
      ranges.push([offset, length]);
      return bytes.slice(offset, offset + length);
    },
  });
  assert.is(elf.section('.shstrtab')!.name, '.shstrtab');
  const read = ranges.reduce((sum, [, length]) => sum + length, 0);
  assert.ok(read < 100_000, `${read} bytes read`);
  assert.equal(elf.range(1, 3), Uint8Array.of(0x45, 0x4c, 0x46));
});

test('all bytes of a file that is read in parts', () => {
  const bytes = fixture('usdt.i386');
  const elf = readElf({
    size: bytes.length,
    read: (offset, length) => bytes.slice(offset, offset + length),
  });
  assert.equal(elf.bytes, bytes);
  assert.is(elf.bytes, elf.bytes);
});

test('a source that gives fewer bytes than it promised', () => {
  expectElfError(
    () => readElf({ size: 1000, read: () => new Uint8Array(3) }),
    'ELF_TRUNCATED',
    'file at 0x0: past the end of the file, found 3 bytes read, expected 16',
  );
});

test('a range past the end', () => {
  const elf = readElf(fixture('usdt.i386'));
  expectElfError(
    () => elf.range(1000, 1000),
    'ELF_TRUNCATED',
    'range at 0x3e8: past the end of the file, found a file of 1176 bytes, expected 1000 bytes at 0x3e8',
  );
});

test('isElfError knows an error of another copy of the package', () => {
  const other = Object.assign(new Error('…'), {
    name: 'ElfError',
    code: 'ELF_TRUNCATED',
    offset: 3,
  });
  assert.ok(isElfError(other));
  assert.not(isElfError(new RangeError('…')));
  assert.not(isElfError(undefined));
});

// Each row: a good file, a field of it and its new value, and the error.
const bad: readonly (readonly [ElfSpec | string, string, bigint, ElfErrorCode, string])[] = [
  [
    'counter.el.o',
    'ELF header EI_MAG',
    0x2123n,
    'ELF_NOT_ELF',
    'ELF magic at 0x0: not an ELF file, found 23 21 00 00, expected 7f 45 4c 46',
  ],
  [
    'counter.el.o',
    'ELF header EI_CLASS',
    3n,
    'ELF_BAD_CLASS',
    'EI_CLASS at 0x4: unknown class, found 3, expected 1 (ELF32) or 2 (ELF64)',
  ],
  [
    'counter.el.o',
    'ELF header EI_DATA',
    0n,
    'ELF_BAD_DATA',
    'EI_DATA at 0x5: unknown byte order, found 0, expected 1 (little-endian) or 2 (big-endian)',
  ],
  [
    'counter.el.o',
    'ELF header EI_VERSION',
    2n,
    'ELF_BAD_VERSION',
    'EI_VERSION at 0x6: unknown ELF version, found 2, expected 1',
  ],
  [
    'counter.el.o',
    'ELF header e_version',
    0n,
    'ELF_BAD_VERSION',
    'ELF header e_version at 0x14: unknown ELF version, found 0, expected 1',
  ],
  [
    'counter.el.o',
    'ELF header e_ehsize',
    52n,
    'ELF_BAD_ENTRY_SIZE',
    'ELF header e_ehsize at 0x34: wrong entry size, found 52, expected 64',
  ],
  [
    'counter.el.o',
    'ELF header e_shentsize',
    0n,
    'ELF_BAD_ENTRY_SIZE',
    'ELF header e_shentsize at 0x3a: wrong entry size, found 0, expected 64',
  ],
  [
    'plain.ppc.o',
    'ELF header e_shentsize',
    64n,
    'ELF_BAD_ENTRY_SIZE',
    'ELF header e_shentsize at 0x2e: wrong entry size, found 64, expected 40',
  ],
  [
    'usdt.x86_64',
    'ELF header e_phentsize',
    1n,
    'ELF_BAD_ENTRY_SIZE',
    'ELF header e_phentsize at 0x36: wrong entry size, found 1, expected 56',
  ],
  [
    'usdt.x86_64',
    'ELF header e_phoff',
    0n,
    'ELF_BAD_HEADER',
    'ELF header e_phnum at 0x38: contradictory header, found 6, expected 0, because e_phoff is 0',
  ],
  [
    'counter.el.o',
    'ELF header e_shoff',
    0n,
    'ELF_BAD_HEADER',
    'ELF header e_shnum at 0x3c: contradictory header, found 35, expected 0, because e_shoff is 0',
  ],
  [
    'counter.el.o',
    'ELF header e_shnum',
    0n,
    'ELF_BAD_HEADER',
    'ELF header e_shnum at 0x3c: contradictory header, found 0, and sh_size of section 0 is 0, expected the number of sections in one of them, because e_shoff is not 0',
  ],
  [
    'counter.el.o',
    'ELF header e_shoff',
    -1n,
    'ELF_UNSAFE_INTEGER',
    'ELF header e_shoff at 0x28: number too large, found 0xffffffffffffffff, expected at most 0x1fffffffffffff',
  ],
  [
    'counter.el.o',
    'ELF header e_shoff',
    9304n,
    'ELF_TRUNCATED',
    'section headers (35) at 0x2458: past the end of the file, found a file of 9304 bytes, expected 2240 bytes at 0x2458',
  ],
  [
    'counter.el.o',
    'ELF header e_shnum',
    0xfeffn,
    'ELF_TRUNCATED',
    'section headers (65279) at 0x1b98: past the end of the file, found a file of 9304 bytes, expected 4177856 bytes at 0x1b98',
  ],
  [
    'usdt.x86_64',
    'ELF header e_phoff',
    1600n,
    'ELF_TRUNCATED',
    'program headers (6) at 0x640: past the end of the file, found a file of 1648 bytes, expected 336 bytes at 0x640',
  ],
  [
    'counter.el.o',
    'ELF header e_shstrndx',
    35n,
    'ELF_BAD_SECTION_INDEX',
    'ELF header e_shstrndx at 0x3e: no such section, found 35, expected less than 35',
  ],
  [
    'counter.el.o',
    'ELF header e_shstrndx',
    2n,
    'ELF_BAD_SECTION_TYPE',
    'ELF header e_shstrndx at 0x3e: section of the wrong type, found section 2 of sh_type 1, expected 3 (SHT_STRTAB)',
  ],
  [
    'counter.el.o',
    'section 1 sh_size',
    9000n,
    'ELF_TRUNCATED',
    'section 1 (section names) at 0x19f7: past the end of the file, found a file of 9304 bytes, expected 9000 bytes at 0x19f7',
  ],
  [
    'counter.el.o',
    'section 2 sh_offset',
    9300n,
    'ELF_SECTION_OUT_OF_RANGE',
    'section 2 (".text") at 0x1c18: contents past the end of the file, found 104 bytes at 0x2454, expected at most 9304 bytes in all',
  ],
  [
    'counter.el.o',
    'section 2 sh_size',
    1n << 53n,
    'ELF_UNSAFE_INTEGER',
    'section 2 sh_size at 0x1c38: number too large, found 0x20000000000000, expected at most 0x1fffffffffffff',
  ],
  [
    'counter.el.o',
    'section 2 sh_addralign',
    24n,
    'ELF_BAD_ALIGNMENT',
    'section 2 (".text") sh_addralign at 0x1c18: alignment is not a power of two, found 0x18, expected a power of two',
  ],
  [
    'counter.el.o',
    'section 2 sh_name',
    417n,
    'ELF_BAD_STRING',
    'section 2 sh_name at 0x1c18: string outside its table, found a string at 0x1a1 of section 1 (section names) at 0x19f7, expected one that ends in its 417 bytes',
  ],
  [
    'counter.el.o',
    'section 1 sh_size',
    10n,
    'ELF_BAD_STRING',
    'section 1 sh_name at 0x1bd8: string outside its table, found a string at 0x159 of section 1 (section names) at 0x19f7, expected one that ends in its 10 bytes',
  ],
  [
    'usdt.x86_64',
    'program header 0 p_offset',
    (1n << 53n) - 1n,
    'ELF_UNSAFE_INTEGER',
    'program header 0 end at 0x40: number too large, found 0x2000000000014f, expected at most 0x1fffffffffffff',
  ],
  [
    'counter.el.o',
    'section 2 sh_offset',
    63n,
    'ELF_SECTION_OVERLAP',
    'section 2 (".text") at 0x3f: bytes belong to two owners, found start at 0x3f inside the ELF header, expected 0x40 or later',
  ],
  [
    'counter.el.o',
    'section 4 sh_offset',
    0xa7n,
    'ELF_SECTION_OVERLAP',
    'section 4 ("tp/a/first") at 0xa7: bytes belong to two owners, found start at 0xa7 inside section 2 (".text"), expected 0xa8 or later',
  ],
  [
    'counter.el.o',
    'section 2 sh_offset',
    0x2300n,
    'ELF_SECTION_OVERLAP',
    'section 2 (".text") at 0x2300: bytes belong to two owners, found start at 0x2300 inside the section headers, expected 0x2458 or later',
  ],
  [
    'counter.el.o',
    'section 1 sh_offset',
    0x1b90n,
    'ELF_SECTION_OVERLAP',
    'the section headers at 0x1b98: bytes belong to two owners, found start at 0x1b98 inside section 1 (""), expected 0x1d31 or later',
  ],
];

for (const [source, field, value, code, message] of bad) {
  test(`${code}: ${field} = ${value}`, () => {
    const bytes = typeof source === 'string' ? fixture(source) : buildElf(source);
    writeField(bytes, fieldNamed(bytes, field), value, bytes[5] === 1);
    expectElfError(() => readElf(bytes), code, message);
  });
}

test('no bytes, and a few', () => {
  expectElfError(
    () => readElf(new Uint8Array(0)),
    'ELF_TRUNCATED',
    'ELF identification at 0x0: past the end of the file, found a file of 0 bytes, expected 16 bytes at 0x0',
  );
  expectElfError(
    () => readElf(fixture('usdt.i386').subarray(0, 20)),
    'ELF_TRUNCATED',
    'ELF header at 0x0: past the end of the file, found a file of 20 bytes, expected 52 bytes at 0x0',
  );
});

test('sections of an executable may not share bytes either', () => {
  const bytes = fixture('usdt.x86_64');
  writeField(bytes, fieldNamed(bytes, 'section 4 sh_offset'), 0x1c0n, true);
  expectElfError(
    () => readElf(bytes),
    'ELF_SECTION_OVERLAP',
    'section 4 (".probes") at 0x1c0: bytes belong to two owners, found start at 0x1c0 inside section 3 (".text"), expected 0x1e2 or later',
  );
});

test('a forged section count costs nothing', () => {
  const bytes = fixture('counter.el.o');
  const [count, size] = [
    fieldNamed(bytes, 'ELF header e_shnum'),
    fieldNamed(bytes, 'section 0 sh_size'),
  ];
  writeField(bytes, count, 0n, true);
  writeField(bytes, size, (1n << 47n) - 1n, true);
  expectElfError(
    () => readElf(bytes),
    'ELF_TRUNCATED',
    'section headers (140737488355327) at 0x1b98: past the end of the file, found a file of 9304 bytes, expected 9007199254740928 bytes at 0x1b98',
  );
});

test.run();
