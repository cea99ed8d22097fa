// From addresses to places in the file.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addressToFileOffset,
  findLoadSegment,
  PF_R,
  PF_X,
  PT_LOAD,
  PT_NOTE,
  readElf,
} from '../src/index.js';
import { buildElf } from './elf-builder.js';
import { fixture } from './fixture.js';

const test = suite('segments');

const { segments } = readElf(
  buildElf({
    type: 3,
    segments: [
      { type: PT_NOTE, offset: 0x10n, address: 0x1000n, fileSize: 0x1000n },
      {
        type: PT_LOAD,
        flags: PF_R,
        offset: 0x100n,
        address: 0x1000n,
        fileSize: 0x80n,
        memorySize: 0x100n,
      },
      { type: PT_LOAD, flags: PF_R | PF_X, offset: 0x180n, address: 0x10c0n, fileSize: 0x40n },
      { type: PT_LOAD, offset: 0x400n, address: 0xffff_ffff_ffff_f000n, fileSize: 0x1000n },
    ],
  }),
);

test('addressToFileOffset', () => {
  const rows: [bigint, number | undefined][] = [
    [0x0n, undefined],
    [0xfffn, undefined],
    [0x1000n, 0x100],
    [0x107fn, 0x17f],
    // In memory, but zeroes that are not in the file.
    [0x1080n, undefined],
    [0x1100n, undefined],
    [0xffff_ffff_ffff_f010n, 0x410],
    [0xffff_ffff_ffff_ffffn, 0x13ff],
  ];
  for (const [address, offset] of rows) {
    assert.is(addressToFileOffset({ segments }, address), offset, `0x${address.toString(16)}`);
  }
});

test('findLoadSegment', () => {
  assert.is(findLoadSegment(segments, 0x10c8n)!.index, 1);
  assert.is(findLoadSegment(segments, 0x10c8n, { executable: true })!.index, 2);
  assert.is(findLoadSegment(segments, 0x1000n, { executable: true }), undefined);
});

test('the entry point of an executable is where its code is', () => {
  const elf = readElf(fixture('usdt.x86_64'));
  const text = elf.section('.text')!;
  const offset = addressToFileOffset(elf, elf.header.e_entry)!;
  assert.is(offset - text.sh_offset, Number(elf.header.e_entry - text.sh_addr));
});

test.run();
