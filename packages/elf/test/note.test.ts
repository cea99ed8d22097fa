// Notes and the build id.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ET_DYN, PT_NOTE, readBuildId, readElf, readNotes, SHT_NOTE } from '../src/index.js';
import { Bytes, buildElf } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture, readelfOf } from './fixture.js';

const test = suite('notes');

const noteOf = (name: string, type: number, descriptor: number[], alignment = 4): Uint8Array => {
  const out = new Bytes()
    .u32(name.length + 1)
    .u32(descriptor.length)
    .u32(type)
    .text(name)
    .pad(alignment);
  out.bytes.push(...descriptor);
  return out.pad(alignment).done();
};

test('the build id is the one that readelf prints', () => {
  for (const name of ['libversions.so', 'libuser.so', 'usdt.x86_64', 'usdt.i386']) {
    const [, id] = /Build ID: ([0-9a-f]+)/.exec(readelfOf(name))!;
    assert.is(readBuildId(readElf(fixture(name))), id);
  }
  assert.is(readBuildId(readElf(fixture('counter.el.o'))), undefined);
});

test('several notes in several sections', () => {
  const first = [...noteOf('A', 1, [1, 2, 3]), ...noteOf('Bee', 2, [])];
  const sections = [
    { name: '.note.a', type: SHT_NOTE, data: Uint8Array.from(first), alignment: 4 },
    { name: '.note.b', type: SHT_NOTE, data: noteOf('GNU', 5, [9, 8, 7, 6, 5], 8), alignment: 8 },
    { name: '.note.empty', type: SHT_NOTE },
  ];
  const elf = readElf(buildElf({ sections }));
  const shown = (name?: string): unknown =>
    readNotes(elf, name).map(({ name: owner, type, descriptor }) => [owner, type, ...descriptor]);
  assert.equal(shown(), [
    ['A', 1, 1, 2, 3],
    ['Bee', 2],
    ['GNU', 5, 9, 8, 7, 6, 5],
  ]);
  assert.equal(shown('.note.b'), [['GNU', 5, 9, 8, 7, 6, 5]]);
  assert.equal(shown('.note.c'), []);
  const { descriptor, offset } = readNotes(elf)[0]!;
  assert.is(elf.bytes[offset], descriptor[0]);
  assert.is(descriptor.buffer, elf.bytes.buffer);
});

test('notes of a file without sections are in its segments', () => {
  const data = noteOf('GNU', 3, [0xab, 0xcd]);
  const bytes = buildElf({
    type: ET_DYN,
    segments: [
      { type: PT_NOTE, offset: 120n, address: 0n, fileSize: BigInt(data.length), alignment: 4n },
    ],
  });
  const all = new Uint8Array([...bytes, ...data]);
  assert.is(readBuildId(readElf(all)), 'abcd');
  expectElfError(
    () => readNotes(readElf(all.subarray(0, -1))),
    'ELF_TRUNCATED',
    'range at 0x78: past the end of the file, found a file of 139 bytes, expected 20 bytes at 0x78',
  );
});

test('segments of notes that overlap', () => {
  const segment = { type: PT_NOTE, address: 0n, alignment: 4n };
  const bytes = buildElf({
    type: ET_DYN,
    segments: [
      { ...segment, offset: 20n, fileSize: 4n },
      { ...segment, offset: 0n, fileSize: 21n },
    ],
  });
  expectElfError(
    () => readNotes(readElf(bytes)),
    'ELF_BAD_NOTE',
    'program header 1 at 0x0: broken note, found 21 bytes that reach into those of program header 0, expected at most 20',
  );
});

test('a name without a NUL, and padding at the end', () => {
  const data = new Bytes().u32(2).u32(0).u32(1).u16(0x4241).pad(4).u32(0).done();
  const elf = readElf(buildElf({ sections: [{ name: '.note', type: SHT_NOTE, data }] }));
  assert.equal(
    readNotes(elf).map(({ name }) => name),
    ['AB'],
  );
});

test('a note that passes the end of its section', () => {
  const data = noteOf('GNU', 3, [1, 2, 3, 4]);
  for (const [at, value, found] of [
    [0, 0xffffffff, '4294967295 bytes of name and 4 of descriptor'],
    [4, 5, '4 bytes of name and 5 of descriptor'],
  ] as const) {
    const broken = data.slice();
    new DataView(broken.buffer).setUint32(at, value, true);
    const elf = readElf(buildElf({ sections: [{ name: '.note', type: SHT_NOTE, data: broken }] }));
    expectElfError(
      () => readNotes(elf),
      'ELF_BAD_NOTE',
      `note 0 of section 1 (".note") at 0x40: broken note, found ${found}, expected at most 8 in all`,
    );
  }
});

test.run();
