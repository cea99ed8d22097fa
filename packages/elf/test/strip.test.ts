// Objects without some of their sections: what goes, what stays byte for byte, and that all numbers still agree.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import {
  type ElfErrorCode,
  type ElfFile,
  isDebugSection,
  readElf,
  readRelocations,
  SHF_GROUP,
  SHN_XINDEX,
  SHT_GROUP,
  SHT_LLVM_ADDRSIG,
  SHT_NOBITS,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  STT_FILE,
  stripDebug,
  stripSections,
} from '../src/index.js';
import { Bytes, buildElf, buildSymbols } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture, fixtureNames } from './fixture.js';
import { printReadelf } from './print-readelf.js';

const test = suite('strip');
const objects = fixtureNames.filter((name) => name.endsWith('.o'));

/** Every symbol by what it is rather than by number. */
function symbolsOf(elf: ElfFile): string[] {
  return elf.symbols.map(
    ({ name, value, size, binding, type, visibility, sectionIndex, st_shndx }) => {
      const section = st_shndx < 0xff00 ? elf.sections[sectionIndex]!.name : st_shndx;
      return [name, value, size, binding, type, visibility, section].join(' ');
    },
  );
}

/** Every relocation by what it refers to rather than by number. */
function relocationsOf(elf: ElfFile): Record<string, string[]> {
  const symbols = symbolsOf(elf);
  const sections = elf.sections.filter(
    ({ sh_type }) => sh_type === SHT_REL || sh_type === SHT_RELA,
  );
  return Object.fromEntries(
    sections.map((section) => [
      `${section.name} of ${elf.sections[section.sh_info]!.name}`,
      readRelocations(elf, section).map(({ offset, type, symbolIndex, addend }) =>
        [offset, type, symbols[symbolIndex], addend].join(' '),
      ),
    ]),
  );
}

for (const name of objects) {
  test(`${name}: dropping nothing changes nothing`, () => {
    const bytes = fixture(name);
    assert.equal(
      stripSections(bytes, () => false),
      bytes,
    );
  });

  test(`${name}: what stays of stripDebug is what it was`, () => {
    const before = readElf(fixture(name));
    const after = readElf(stripDebug(before));
    const isDebug = (section: string): boolean => /^\.(rela?\.)?debug/.test(section);
    const keptGroup = (index: number): boolean =>
      before.sections[index]!.sh_type !== SHT_GROUP ||
      !before.sections[before.sections[index]!.index + 1]!.name.startsWith('.debug');
    const kept = before.sections.filter(
      (section) => !isDebug(section.name) && keptGroup(section.index),
    );
    assert.equal(
      after.sections.map((section) => section.name),
      kept.map((section) => section.name),
    );
    for (const [index, section] of kept.entries()) {
      const now = after.sections[index]!;
      assert.equal(
        [now.sh_type, now.sh_flags, now.sh_addr, now.sh_addralign, now.sh_entsize],
        [
          section.sh_type,
          section.sh_flags,
          section.sh_addr,
          section.sh_addralign,
          section.sh_entsize,
        ],
      );
      assert.is(after.sections[now.sh_link]!.name, before.sections[section.sh_link]!.name);
      const numbered = new Set([SHT_SYMTAB, SHT_REL, SHT_RELA, SHT_GROUP, SHT_LLVM_ADDRSIG]);
      if (!numbered.has(section.sh_type)) assert.equal(now.data, section.data, section.name);
      if (section.sh_type === SHT_NOBITS) assert.is(now.sh_size, section.sh_size);
    }
    assert.equal(
      symbolsOf(after),
      symbolsOf(before).filter((_, index) => {
        const { type, sectionIndex, st_shndx } = before.symbols[index]!;
        return (
          type !== STT_FILE && (st_shndx >= 0xff00 || kept.includes(before.sections[sectionIndex]!))
        );
      }),
    );
    const all = relocationsOf(before);
    const expected = Object.fromEntries(
      Object.entries(all).filter(([section]) => !isDebug(section)),
    );
    assert.equal(relocationsOf(after), expected);
  });

  test(`${name}: stripping twice is stripping once, and never longer`, () => {
    const bytes = fixture(name);
    const once = stripDebug(bytes);
    assert.equal(stripDebug(once), once);
    assert.ok(once.length <= bytes.length);
  });
}

test('BTF stays, DWARF and the names of source files go', () => {
  const elf = readElf(stripDebug(fixture('counter.el.o')));
  const names = elf.sections.map(({ name }) => name);
  for (const name of [
    '.BTF',
    '.rel.BTF',
    '.BTF.ext',
    '.rel.BTF.ext',
    '.maps',
    'license',
    '.symtab',
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.not(names.some((name) => name.includes('debug')));
  assert.not(elf.symbols.some(({ type }) => type === STT_FILE));
});

test('the list of address-significant symbols names the same ones', () => {
  const significant = (elf: ElfFile): string[] =>
    [...elf.section('.llvm_addrsig')!.data].map((index) => elf.symbols[index]!.name);
  const before = readElf(fixture('counter.el.o'));
  assert.is(significant(before).length, 7);
  assert.equal(significant(readElf(stripDebug(before))), significant(before));
});

test('numbers over 127 in that list', () => {
  const symbols = Array.from({ length: 300 }, (_, index) => ({
    name: `s${index}`,
    binding: 1,
    sectionIndex: index < 20 ? 1 : 2,
  }));
  const list = Uint8Array.of(0x05, 0xac, 0x02, 0x80, 0x01, 0x96, 0x01); // 5, 300, 128, 150
  const bytes = buildElf({
    sections: [
      { name: 'gone' },
      { name: 'kept' },
      ...buildSymbols({}, symbols, 4),
      { name: '.llvm_addrsig', type: SHT_LLVM_ADDRSIG, data: list, link: 3 },
    ],
  });
  const elf = readElf(stripSections(bytes, ({ name }) => name === 'gone'));
  // 5 was in the dropped section; the others are 20 lower: 280, 108, 130.
  assert.equal([...elf.section('.llvm_addrsig')!.data], [0x98, 0x02, 0x6c, 0x82, 0x01]);
});

test('groups: members are renumbered, and a group without members goes', () => {
  const before = readElf(fixture('groups.x86_64.o'));
  const groupsOf = (elf: ElfFile): string[][] =>
    elf.sections
      .filter(({ sh_type }) => sh_type === SHT_GROUP)
      .map(({ data, sh_info }) => [
        elf.symbols[sh_info]!.name,
        ...Array.from(
          new Uint32Array(data.slice().buffer).subarray(1),
          (index) => elf.sections[index]!.name,
        ),
      ]);
  assert.is(groupsOf(before).length, 3);
  assert.equal(groupsOf(readElf(stripDebug(before))), groupsOf(before).slice(1));
  assert.equal(groupsOf(before)[1], ['_Z5twicei', '.text._Z5twicei']);
});

test('sections whose group is dropped are in none', () => {
  const before = readElf(fixture('groups.x86_64.o'));
  const after = readElf(stripSections(before, ({ sh_type }) => sh_type === SHT_GROUP));
  assert.ok(before.sections.some(({ sh_flags }) => (sh_flags & SHF_GROUP) !== 0));
  assert.not(after.sections.some(({ sh_flags }) => (sh_flags & SHF_GROUP) !== 0));
  assert.equal(after.section('.text._Z5twicei')!.data, before.section('.text._Z5twicei')!.data);
});

test('a dropped section takes its relocations and its symbols with it', () => {
  const before = readElf(fixture('counter.el.o'));
  const after = readElf(
    stripSections(
      before,
      (section) => isDebugSection(section) || /^(tp.a.second|\.BTF.*)$/.test(section.name),
    ),
  );
  assert.is(after.section('tp/a/second'), undefined);
  assert.is(after.section('.reltp/a/second'), undefined);
  assert.is(after.section('.rel.BTF.ext'), undefined);
  assert.not(after.symbols.some(({ name }) => name === 'second'));
  assert.is(
    after.section('.symtab')!.sh_info,
    after.symbols.findIndex(({ binding }) => binding !== 0),
  );
});

test('symbols to drop, unless a relocation uses them', () => {
  const before = readElf(fixture('counter.el.o'));
  const after = readElf(stripSections(before, isDebugSection, { dropSymbol: () => true }));
  const used = new Set(
    after.sections
      .filter(({ sh_type }) => sh_type === SHT_REL)
      .flatMap((section) => readRelocations(after, section).map(({ symbolIndex }) => symbolIndex)),
  );
  assert.is(after.symbols.length, used.size + 1);
  assert.ok(after.symbols.some(({ name }) => name === 'limit'));
  assert.not(after.symbols.some(({ name }) => name === 'second'));
});

test('the symbol table can go if nothing uses it', () => {
  const bytes = buildElf({
    sections: [
      { name: '.text', data: Uint8Array.of(1, 2, 3) },
      ...buildSymbols({}, [{ name: 'f', sectionIndex: 1 }], 3),
      {
        name: '.symtab_shndx',
        type: SHT_SYMTAB_SHNDX,
        data: new Uint8Array(8),
        link: 2,
        entrySize: 4,
      },
    ],
  });
  const after = readElf(stripSections(bytes, ({ name }) => name === '.symtab'));
  assert.equal(
    after.sections.map(({ name }) => name),
    ['', '.text', '.strtab', '.shstrtab'],
  );
  assert.equal([...after.section('.text')!.data], [1, 2, 3]);
  assert.equal(after.symbols, []);
});

test('the extended section indexes stay with the symbol table', () => {
  const [symtab, strtab] = buildSymbols({}, [{ name: 'f', sectionIndex: SHN_XINDEX }], 2);
  const indexes = new Bytes().u32(0).u32(2).done();
  const shndx = {
    name: '.symtab_shndx',
    type: SHT_SYMTAB_SHNDX,
    data: indexes,
    link: 1,
    entrySize: 4,
  };
  const asked: string[] = [];
  stripSections(
    buildElf({ sections: [symtab, strtab, shndx] }),
    ({ name }) => asked.push(name) === 0,
  );
  assert.equal(asked, ['.symtab', '.strtab']);
});

test('a null symbol that claims a dropped section', () => {
  const [symtab, strtab] = buildSymbols({}, [{ name: 'f', sectionIndex: 4 }], 2);
  symtab.data![6] = 3;
  const bytes = buildElf({ sections: [symtab, strtab, { name: 'gone' }, { name: 'kept' }] });
  const after = readElf(stripSections(bytes, ({ name }) => name === 'gone'));
  assert.equal(
    after.symbols.map(({ sectionIndex }) => sectionIndex),
    [0, 3],
  );
});

test('an object without sections', () => {
  const bytes = buildElf({});
  assert.equal(stripDebug(bytes), bytes);
});

test('section indexes past 0xff00, before and after', () => {
  const count = 66_000;
  const names = ['far', 'farther', 'near', 'common'];
  const raw = [SHN_XINDEX, SHN_XINDEX, 5, 0xfff2];
  const symbols = names.map((name, index) => ({ name, binding: 1, sectionIndex: raw[index]! }));
  const indexes = new Bytes().u32(0).u32(65_700).u32(count).u32(0).u32(0).done();
  const [symtab, strtab] = buildSymbols({}, symbols, 2);
  const bytes = buildElf({
    sections: [
      symtab,
      strtab,
      { name: '.symtab_shndx', type: SHT_SYMTAB_SHNDX, data: indexes, link: 1, entrySize: 4 },
      ...Array.from({ length: count - 3 }, (_, index) => ({ data: Uint8Array.of(index & 0xff) })),
    ],
  });
  const before = readElf(bytes);
  const contents = (elf: ElfFile): (number | undefined)[] =>
    elf.symbols.slice(1, 4).map(({ sectionIndex }) => elf.sections[sectionIndex]!.data[0]);
  for (const [drop, left] of [
    [600, 65_402],
    [300, 65_702],
  ] as const) {
    const after = readElf(stripSections(before, ({ index }) => index > 10 && index <= 10 + drop));
    assert.is(after.sections.length, left);
    assert.equal(contents(after), contents(before));
    assert.is(after.symbols[4]!.st_shndx, 0xfff2);
    assert.is(after.header.e_shstrndx, left - 1);
  }
  const small = readElf(stripSections(before, ({ index }) => index > 10 && index < 60_000));
  assert.equal(
    small.symbols.map(({ st_shndx }) => st_shndx),
    [0, 5711, 6011, 5, 0xfff2],
  );
  assert.equal(
    new Uint32Array(small.section('.symtab_shndx')!.data.slice().buffer),
    new Uint32Array(5),
  );
});

for (const littleEndian of [true, false]) {
  test(`relocations of ELF32 and ELF64 are renumbered, ${littleEndian ? 'little' : 'big'}-endian`, () => {
    for (const is64 of [true, false]) {
      const encoding = { is64, littleEndian };
      const symbols = [
        { name: 'a', sectionIndex: 1 },
        { name: 'b', sectionIndex: 2, binding: 1 },
      ];
      const info = is64 ? (2n << 32n) | 0x1ffn : (2n << 8n) | 0xffn;
      const rela = new Bytes(encoding).word(4).word(info).word(7).done();
      const bytes = buildElf({
        ...encoding,
        sections: [
          { name: 'gone', data: new Uint8Array(5) },
          { name: 'kept', data: new Uint8Array(9) },
          ...buildSymbols(encoding, symbols, 4),
          {
            name: '.rela.kept',
            type: SHT_RELA,
            data: rela,
            link: 3,
            info: 2,
            entrySize: is64 ? 24 : 12,
          },
        ],
      });
      const elf = readElf(stripSections(bytes, ({ name }) => name === 'gone'));
      assert.equal(readRelocations(elf, elf.section('.rela.kept')!), [
        { offset: 4, type: is64 ? 0x1ff : 0xff, symbolIndex: 1, addend: 7 },
      ]);
      assert.equal(
        elf.symbols.map(({ name, sectionIndex }) => [name, sectionIndex]),
        [
          ['', 0],
          ['b', 1],
        ],
      );
    }
  });
}

test('what an alignment asks for is kept, and a forged one is not believed', () => {
  const aligned = (alignment: number): ElfFile => {
    const bytes = buildElf({
      sections: [
        { name: 'gone', data: new Uint8Array(100) },
        { name: 'kept', data: Uint8Array.of(1), alignment: 32 },
        { name: 'empty', alignment: 1 },
      ],
    });
    writeField(bytes, fieldNamed(bytes, 'section 2 sh_addralign'), BigInt(alignment), true);
    return readElf(stripSections(bytes, ({ name }) => name === 'gone'));
  };
  assert.is(aligned(32).section('kept')!.sh_offset, 64);
  const forged = aligned(2 ** 40);
  assert.is(forged.section('kept')!.sh_offset, 64);
  assert.is(forged.bytes.length, readElf(forged.bytes).bytes.length);
  assert.ok(forged.bytes.length < 500);
});

test('not for executables', () => {
  expectElfError(
    () => stripDebug(fixture('libuser.so')),
    'ELF_NOT_RELOCATABLE',
    'ELF header e_type at 0x10: not a relocatable object, found 3 and 9 program headers, expected 1 (ET_REL) and none',
  );
});

test('what is used cannot go', () => {
  const drop = (name: string) => () =>
    stripSections(fixture('counter.el.o'), (section) => section.name === name);
  expectElfError(
    drop('.rodata'),
    'ELF_SECTION_IN_USE',
    'section 8 (".rodata") at 0x1d98: dropped, but used by what is kept, found symbol 21, used by a relocation of section 25 (".rel.BTF"), expected nothing that refers to it',
  );
  expectElfError(
    drop('.symtab'),
    'ELF_SECTION_IN_USE',
    'section 34 (".symtab") at 0x2418: dropped, but used by what is kept, found section 3 (".rel.text") sh_link, expected nothing that refers to it',
  );
});

const bad: readonly (readonly [string, string, bigint, ElfErrorCode, string])[] = [
  [
    'groups.x86_64.o',
    'section 4 entry 1 word',
    29n,
    'ELF_BAD_SECTION_INDEX',
    'member 1 of section 4 (".group") at 0x4ac: no such section, found 29, expected 1..28',
  ],
  [
    'groups.x86_64.o',
    'section 4 sh_info',
    18n,
    'ELF_BAD_SYMBOL_INDEX',
    'section 4 (".group") sh_info at 0xca8: no such symbol, found 18, expected less than 18',
  ],
  [
    'groups.x86_64.o',
    'section 4 sh_entsize',
    8n,
    'ELF_BAD_ENTRY_SIZE',
    'section 4 (".group") sh_entsize at 0xca8: wrong entry size, found 8, expected 4',
  ],
  [
    'counter.el.o',
    'section 13 sh_link',
    35n,
    'ELF_BAD_SECTION_INDEX',
    'section 13 ("license") sh_link at 0x1ed8: no such section, found 35, expected 1..34',
  ],
];

for (const [name, field, value, code, message] of bad) {
  test(`${code}: ${name} ${field} = ${value}`, () => {
    const bytes = fixture(name);
    writeField(bytes, fieldNamed(bytes, field), value, true);
    expectElfError(() => stripSections(bytes, () => false), code, message);
  });
}

test('a list of address-significant symbols that is broken', () => {
  const rows: [number[], string][] = [
    [[1, 30], '0x19f1: no such symbol, found 30'],
    [[1, 0x80], '0x19f1: no such symbol, found a number without end'],
    [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00], '0x19f4: no such symbol, found a number without end'],
  ];
  for (const [list, found] of rows) {
    const bytes = fixture('counter.el.o');
    const section = readElf(bytes).section('.llvm_addrsig')!;
    assert.is(section.sh_offset, 0x19f0);
    bytes.set(list, section.sh_offset);
    writeField(
      bytes,
      fieldNamed(bytes, `section ${section.index} sh_size`),
      BigInt(list.length),
      true,
    );
    expectElfError(
      () => stripDebug(bytes),
      'ELF_BAD_SYMBOL_INDEX',
      `section 33 (".llvm_addrsig") at ${found}, expected less than 30`,
    );
  }
});

const llvmStrip = '/usr/bin/llvm-strip-16';
// Not groups.x86_64.o: llvm-strip 16 keeps a group whose members are gone.
for (const name of [
  'counter.el.o',
  'counter.eb.o',
  'plain.ppc.o',
  'plain.i386.o',
  'plain.zlib.o',
]) {
  if (!existsSync(llvmStrip)) {
    test.skip(`${name} as llvm-strip -g leaves it (llvm-strip-16 is not installed)`, () => {});
    continue;
  }
  test(`${name} as llvm-strip -g leaves it`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'libbpf-ts-strip-'));
    const file = join(folder, name);
    writeFileSync(file, fixture(name));
    execFileSync(llvmStrip, ['-g', file]);
    const theirs = readElf(new Uint8Array(readFileSync(file)));
    rmSync(folder, { recursive: true });
    // It writes string tables anew, and cuts the list of address-significant symbols off from the symbols instead of
    // renumbering it; so offsets in the file and those two sections differ.
    const comparable = (elf: ElfFile): string =>
      printReadelf(elf)
        .replace(/^( *\[ *\d+\] \S+ +\S+ +[0-9a-f]{8,16}) [0-9a-f]{6}/gm, '$1')
        .replace(/offset 0x[0-9a-f]+/g, 'offset')
        .replace(/^.*(\.strtab|LLVM_ADDRSIG).*\n/gm, '');
    assert.fixture(comparable(readElf(stripDebug(fixture(name)))), comparable(theirs));
  });
}

test.run();
