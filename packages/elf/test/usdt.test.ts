// USDT probes.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  ET_DYN,
  findFunction,
  findSymbol,
  PT_LOAD,
  readElf,
  readUsdtProbes,
  SHT_NOTE,
} from '../src/index.js';
import { Bytes, buildElf } from './elf-builder.js';
import { expectElfError } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('readUsdtProbes');

for (const [name, stack] of [
  ['usdt.x86_64', '%rsp'],
  ['usdt.i386', '%esp'],
] as const) {
  test(`probes of ${name}`, () => {
    const elf = readElf(fixture(name));
    const probes = readUsdtProbes(elf);
    assert.equal(
      probes.map(({ provider, name: probe, args }) => [provider, probe, args]),
      [
        ['app', 'work', '-4@%edi -4@$2'],
        ['app', 'start', ''],
        ['app', 'work', `-4@8(${stack}) -4@$1`],
      ],
    );
    const semaphore = findSymbol(elf, 'app_work_semaphore')!.address;
    assert.equal(
      probes.map((probe) => probe.semaphore),
      [semaphore, 0n, semaphore],
    );
    assert.is(probes[0]!.semaphoreFileOffset, elf.section('.probes')!.sh_offset);
    assert.is(probes[1]!.semaphoreFileOffset, undefined);
    const work = findFunction(elf, 'work')!;
    const inWork = probes[0]!.fileOffset! - work.fileOffset;
    assert.ok(inWork >= 0 && inWork < work.symbol.size);
    // A nop at each place.
    for (const { fileOffset } of probes) assert.is(elf.bytes[fileOffset!], 0x90);
  });
}

/** A library with one note and, at `base`, `.stapsdt.base`. */
function withNote(descriptor: Uint8Array, base: bigint | undefined, is64 = true): Uint8Array {
  const note = new Bytes({ is64 }).u32(8).u32(descriptor.length).u32(3).text('stapsdt');
  note.bytes.push(...descriptor);
  return buildElf({
    is64,
    type: ET_DYN,
    segments: [{ type: PT_LOAD, offset: 0n, address: 0x10000n, fileSize: 0x1000n }],
    sections: [
      { name: '.note.stapsdt', type: SHT_NOTE, data: note.pad(4).done(), alignment: 4 },
      ...(base === undefined
        ? []
        : [{ name: '.stapsdt.base', address: base, data: new Uint8Array(1) }]),
    ],
  });
}

const descriptorOf = (place: bigint, base: bigint, semaphore: bigint, is64 = true): Bytes =>
  new Bytes({ is64 }).word(place).word(base).word(semaphore).text('p').text('n');

test('a file that was moved since the note was written', () => {
  const descriptor = descriptorOf(0x100n, 0x50n, 0x200n).text('').done();
  const [moved] = readUsdtProbes(readElf(withNote(descriptor, 0x10050n)));
  assert.equal([moved!.address, moved!.fileOffset], [0x10100n, 0x100]);
  assert.equal([moved!.semaphore, moved!.semaphoreFileOffset], [0x10200n, 0x200]);
  const [unmoved] = readUsdtProbes(readElf(withNote(descriptor, undefined)));
  assert.equal(
    [unmoved!.address, unmoved!.fileOffset, unmoved!.semaphore],
    [0x100n, undefined, 0x200n],
  );
});

test('addresses wrap around at the width of the class', () => {
  const descriptor = descriptorOf(0x20n, 0x30n, 0n, false).text('').done();
  const [probe] = readUsdtProbes(readElf(withNote(descriptor, 0x8n, false)));
  assert.is(probe!.address, 0xffff_fff8n);
});

test('a note without arguments may leave their string out', () => {
  const [probe] = readUsdtProbes(readElf(withNote(descriptorOf(1n, 0n, 0n).done(), undefined)));
  assert.equal([probe!.provider, probe!.name, probe!.args], ['p', 'n', '']);
});

test('a file without probes', () => {
  assert.equal(readUsdtProbes(readElf(fixture('libuser.so'))), []);
});

test('a note that is too short', () => {
  expectElfError(
    () => readUsdtProbes(readElf(withNote(new Uint8Array(23), undefined))),
    'ELF_BAD_NOTE',
    'USDT note at 0x8c: broken note, found 23 bytes, expected at least 24',
  );
});

test('strings that do not end', () => {
  const addresses = new Bytes().word(1).word(0).word(0).done();
  const rows: [string, string][] = [
    [
      'p',
      'USDT provider at 0xa4: string outside its table, found a string at 0x0 of the USDT note at 0xa4, expected one that ends in its 1 bytes',
    ],
    [
      'p\0n',
      'USDT probe name at 0xa4: string outside its table, found a string at 0x2 of the USDT note at 0xa4, expected one that ends in its 3 bytes',
    ],
    [
      'p\0n\0a',
      'USDT arguments at 0xa4: string outside its table, found a string at 0x4 of the USDT note at 0xa4, expected one that ends in its 5 bytes',
    ],
  ];
  for (const [text, message] of rows) {
    const descriptor = Uint8Array.of(...addresses, ...new TextEncoder().encode(text));
    expectElfError(
      () => readUsdtProbes(readElf(withNote(descriptor, undefined))),
      'ELF_BAD_STRING',
      message,
    );
  }
});

test.run();
