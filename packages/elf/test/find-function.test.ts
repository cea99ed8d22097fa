// Functions as places in the file.

import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addressToFileOffset,
  type ElfFile,
  ET_DYN,
  filterFunctions,
  findFunction,
  findFunctions,
  PT_LOAD,
  readElf,
  SHT_NOBITS,
  STB_GLOBAL,
  STB_WEAK,
  STT_FUNC,
} from '../src/index.js';
import { buildElf, buildSymbols, type SymbolSpec } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('findFunction');

/** A library whose `.text` is at 0x1000, with these functions in `.symtab`. */
function withFunctions(symbols: readonly SymbolSpec[]): ElfFile {
  const functions = symbols.map((symbol) => ({ type: STT_FUNC, sectionIndex: 1, ...symbol }));
  return readElf(
    buildElf({
      type: ET_DYN,
      segments: [{ type: PT_LOAD, offset: 0n, address: 0x10000n, fileSize: 0x100n }],
      sections: [
        { name: '.text', address: 0x1000n, data: new Uint8Array(64) },
        ...buildSymbols({}, functions, 3),
        { name: '.bss', type: SHT_NOBITS, address: 0x2000n, size: 64 },
      ],
    }),
  );
}

test('where a function is', () => {
  const elf = readElf(fixture('libversions.so'));
  const text = elf.section('.text')!;
  const found = findFunction(elf, 'plain')!;
  assert.is(found.name, 'plain');
  assert.is(found.fileOffset, Number(found.address - text.sh_addr) + text.sh_offset);
  assert.is(found.fileOffset, addressToFileOffset(elf, found.address));
  assert.is(found.symbol.size, 6);
  // mov $1, %eax
  assert.equal(
    [...elf.bytes.subarray(found.fileOffset, found.fileOffset + 6)],
    [0xb8, 1, 0, 0, 0, 0xc3],
  );
});

test('versions of one function are at different places', () => {
  const elf = readElf(fixture('libversions.so'));
  const code = (name: string): number => elf.bytes[findFunction(elf, name)!.fileOffset + 1]!;
  assert.equal([code('answer'), code('answer@LIB_1.0'), code('answer@@LIB_2.0')], [42, 41, 42]);
});

test('two static functions of one name are ambiguous', () => {
  const elf = readElf(fixture('libversions.so'));
  expectElfError(
    () => findFunction(elf, 'twin'),
    'ELF_AMBIGUOUS_SYMBOL',
    'function "twin" at 0x5e8: several functions of this name, found symbols 2 and 6, at 0x460 and 0x480 in the file, expected one, or a name with its @VERSION',
  );
  expectElfError(
    () => findFunctions(elf, ['plain', 'twin']),
    'ELF_AMBIGUOUS_SYMBOL',
    'function "twin" at 0x5e8: several functions of this name, found symbols 2 and 6, at 0x460 and 0x480 in the file, expected one, or a name with its @VERSION',
  );
});

test('strong beats weak, whichever comes first, and the same place is one', () => {
  const weak = { name: 'f', value: 0x1000n, binding: STB_WEAK };
  const strong = { name: 'f', value: 0x1010n, binding: STB_GLOBAL };
  const offsetOf = (...symbols: SymbolSpec[]): number => {
    const elf = withFunctions(symbols);
    return findFunction(elf, 'f')!.fileOffset - elf.sections[1]!.sh_offset;
  };
  assert.is(offsetOf(weak, strong), 0x10);
  assert.is(offsetOf(strong, weak), 0x10);
  assert.is(offsetOf(strong, { ...strong }), 0x10);
  assert.is(offsetOf(weak, { ...weak, value: 0x1020n }), 0);
});

test('not a function, not defined here, or not in the file', () => {
  const elf = withFunctions([
    { name: 'object', type: 1, value: 0x1000n },
    { name: 'elsewhere', sectionIndex: 0 },
    { name: 'in_bss', sectionIndex: 4, value: 0x2000n },
    { name: 'by_segment', value: 0x10020n },
    { name: 'nowhere', value: 0x900n },
  ]);
  assert.equal(
    findFunctions(elf, ['object', 'elsewhere', 'in_bss', 'by_segment', 'nowhere', 'unknown']).map(
      (found) => found?.fileOffset,
    ),
    [undefined, undefined, undefined, 0x20, undefined, undefined],
  );
});

test('many at once are what one at a time are', () => {
  for (const name of ['libversions.so', 'libversions.stripped.so', 'libuser.so', 'usdt.i386']) {
    const elf = readElf(fixture(name));
    const names = [
      'answer',
      'answer@LIB_1.0',
      'maybe',
      'ask',
      'work',
      '_start',
      'answer_v1',
      'none',
      'answer',
    ];
    assert.equal(
      findFunctions(elf, names).map((found) => found?.fileOffset),
      names.map((one) => findFunction(elf, one)?.fileOffset),
      name,
    );
  }
});

test('a file without symbols', () => {
  const elf = readElf(buildElf({ type: ET_DYN }));
  assert.is(findFunction(elf, 'f'), undefined);
  assert.equal(findFunctions(elf, ['f', 'g']), [undefined, undefined]);
  assert.equal(
    filterFunctions(elf, () => true),
    [],
  );
});

test('filterFunctions: those of .symtab, one for each place', () => {
  const elf = readElf(fixture('libversions.so'));
  assert.equal(
    filterFunctions(elf, (name) => name.startsWith('a') || name === 'twin').map(({ name }) => name),
    ['twin', 'answer_v1', 'answer_v2', 'twin'],
  );
});

test('filterFunctions: those of .dynsym in a stripped file, names without versions', () => {
  const elf = readElf(fixture('libversions.stripped.so'));
  const asked: string[] = [];
  const found = filterFunctions(elf, (name) => asked.push(name) > 0 && name === 'answer');
  assert.is(found.length, 2);
  assert.ok(asked.every((name) => !name.includes('@')));
});

test('in an executable of this machine, in its own address terms', () => {
  const elf = readElf(readFileSync(process.execPath));
  const found = findFunction(elf, 'uv_run');
  if (found === undefined) return; // A stripped Node has no such symbol.
  assert.is(found.fileOffset, addressToFileOffset(elf, found.address));
  assert.ok(existsSync(process.execPath));
});

test.run();
