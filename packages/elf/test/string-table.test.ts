// Strings: short and long, UTF-8, and tables made to be slow.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ElfSymbol, readElf } from '../src/index.js';
import { buildElf } from './elf-builder.js';
import { expectElfError } from './expect-error.js';

const test = suite('StringTable');

/** The symbols whose names start at these offsets of a string table. */
function symbolsAt(strings: Uint8Array, offsets: Iterable<number>): readonly ElfSymbol[] {
  const all = [0, ...offsets];
  const symtab = new Uint8Array(all.length * 24);
  const view = new DataView(symtab.buffer);
  for (const [index, offset] of all.entries()) view.setUint32(index * 24, offset, true);
  return readElf(
    buildElf({
      sections: [
        { name: '.symtab', type: 2, data: symtab, link: 2, entrySize: 24 },
        { name: '.strtab', type: 3, data: strings },
      ],
    }),
  ).symbols.slice(1);
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('names of all lengths around the limit between short and long', () => {
  const names = [0, 1, 254, 255, 256, 257, 300, 5000].map((length) => 'x'.repeat(length));
  const strings = encode(`\0${names.join('\0')}\0`);
  const offsets: number[] = [];
  for (let at = 1, index = 0; index < names.length; at += names[index++]!.length + 1)
    offsets.push(at);
  assert.equal(
    symbolsAt(strings, offsets).map(({ name }) => name),
    names,
  );
});

test('names that start inside of others', () => {
  const long = `${'abcdefghij'.repeat(100)}`;
  const other = `${'0123456789'.repeat(60)}`;
  const strings = encode(`\0${long}\0short\0${other}\0`);
  const offsets = [1, 500, 700, 1, 1003, 1008, 1200, 600, 1608, 999];
  const expected = [
    long,
    long.slice(499),
    long.slice(699),
    long,
    'hort',
    other,
    other.slice(192),
    long.slice(599),
    '',
    long.slice(998),
  ];
  assert.equal(
    symbolsAt(strings, offsets).map(({ name }) => name),
    expected,
  );
});

test('UTF-8, short and long', () => {
  const long = 'ö'.repeat(200);
  const strings = encode(`\0grün\0${long}\0`);
  assert.equal(
    symbolsAt(strings, [1, 7, 9]).map(({ name }) => name),
    ['grün', long, long.slice(1)],
  );
});

test('bytes that are not UTF-8 are replaced', () => {
  assert.equal(symbolsAt(Uint8Array.of(0, 0xff, 0x41, 0), [1])[0]!.name, '\ufffdA');
});

test('a long name that is not ASCII has a limit', () => {
  const strings = encode(`\0${'ö'.repeat(600)}\0`);
  const [symbol] = symbolsAt(strings, [1]);
  expectElfError(
    () => symbol!.name,
    'ELF_NAME_TOO_LONG',
    'symbol 1 of section 1 (".symtab") at 0x58: name too long, found 1200 bytes that are not all ASCII, expected at most 1024',
  );
});

test('a long name without an end', () => {
  const [symbol] = symbolsAt(encode(`\0${'x'.repeat(600)}`), [1]);
  expectElfError(
    () => symbol!.name,
    'ELF_BAD_STRING',
    'symbol 1 of section 1 (".symtab") at 0x58: string outside its table, found a string at 0x1 of section 2 (".strtab") at 0x70, expected one that ends in its 601 bytes',
  );
});

test('thousands of names inside one long string take no time and no memory', () => {
  const length = 400_000;
  const strings = new Uint8Array(length + 2).fill(0x61);
  strings[0] = strings[length + 1] = 0;
  const offsets = Array.from({ length: 20_000 }, (_, index) => 1 + ((index * 7919) % length));
  const started = performance.now();
  const names = symbolsAt(strings, offsets).map(({ name }) => name);
  const total = names.reduce((sum, name) => sum + name.length, 0);
  assert.is(
    total,
    offsets.reduce((sum, offset) => sum + length + 1 - offset, 0),
  );
  // 4 GB of text, if it were copied.
  assert.ok(total > 3e9);
  assert.ok(performance.now() - started < 2000);
});

test.run();
