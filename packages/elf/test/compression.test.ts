// Compressed sections.

import { inflateSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldNamed, writeField } from '../fuzz/elf-fields.js';
import {
  decompressSection,
  ELFCOMPRESS_ZLIB,
  ELFCOMPRESS_ZSTD,
  type ElfSection,
  inflateSection,
  readCompression,
  readElf,
  SHF_COMPRESSED,
  SHT_NOBITS,
} from '../src/index.js';
import { buildElf } from './elf-builder.js';
import { expectElfError, expectRejection } from './expect-error.js';
import { fixture } from './fixture.js';

const test = suite('compression');

function neverCalled(): never {
  throw new Error('called for nothing');
}

const compressedIn = (sections: readonly ElfSection[]): ElfSection[] =>
  sections.filter(({ sh_flags }) => (sh_flags & SHF_COMPRESSED) !== 0);

for (const name of ['plain.zlib.o', 'plain.zlib32.o']) {
  test(`${name}, by a callback and by DecompressionStream`, async () => {
    const elf = readElf(fixture(name));
    const sections = compressedIn(elf.sections);
    assert.ok(sections.length > 0);
    for (const section of sections) {
      const header = readCompression(elf, section)!;
      assert.is(header.ch_type, ELFCOMPRESS_ZLIB);
      assert.ok([1, 4, 8].includes(header.ch_addralign));
      const bytes = decompressSection(elf, section, (payload, { format, size }) => {
        assert.equal([format, size], ['zlib', header.ch_size]);
        return inflateSync(payload);
      });
      assert.is(bytes.length, header.ch_size);
      assert.equal(new Uint8Array(await inflateSection(elf, section)), new Uint8Array(bytes));
    }
    const info = sections.find((section) => section.name === '.debug_info')!;
    // A DWARF unit starts with its length, the four bytes of the length itself left out.
    const unit = await inflateSection(elf, info);
    assert.is(new DataView(unit.buffer).getUint32(0, true), unit.length - 4);
  });
}

test('a section that is not compressed is what it is', async () => {
  const elf = readElf(fixture('plain.zlib.o'));
  const text = elf.section('.text')!;
  assert.is(readCompression(elf, text), undefined);
  assert.is(decompressSection(elf, text, neverCalled), text.data);
  assert.is(await inflateSection(elf, text), text.data);
});

test('zstd is for a callback', async () => {
  const elf = readElf(fixture('plain.zstd.o'));
  const [section] = compressedIn(elf.sections);
  const header = readCompression(elf, section!)!;
  assert.is(header.ch_type, ELFCOMPRESS_ZSTD);
  const made = new Uint8Array(header.ch_size);
  assert.is(
    decompressSection(elf, section!, (_, { format }) =>
      format === 'zstd' ? made : new Uint8Array(),
    ),
    made,
  );
  await expectRejection(
    inflateSection(elf, section!),
    'ELF_BAD_COMPRESSION',
    `section ${section!.index} (".debug_abbrev") at 0x${section!.sh_offset.toString(16)}: broken compressed section, found zstd, expected zlib, the only format DecompressionStream knows`,
  );
});

/** plain.zlib.o with a field of its first compressed section changed. */
function broken(
  field: string,
  value: bigint,
): { elf: ReturnType<typeof readElf>; section: ElfSection; at: string } {
  const bytes = fixture('plain.zlib.o');
  const index = compressedIn(readElf(bytes).sections)[0]!.index;
  writeField(bytes, fieldNamed(bytes, `section ${index} ${field}`), value, true);
  const elf = readElf(bytes);
  const section = elf.sections[index]!;
  return {
    elf,
    section,
    at: `section ${index} (".debug_abbrev") at 0x${section.sh_offset.toString(16)}: broken compressed section`,
  };
}

test('what comes out is not of the size in the header', async () => {
  const real = compressedIn(readElf(fixture('plain.zlib.o')).sections)[0]!;
  const size = readCompression(readElf(fixture('plain.zlib.o')), real)!.ch_size;
  const less = broken('entry 0 ch_size', BigInt(size - 1));
  const more = broken('entry 0 ch_size', BigInt(size + 1));
  const huge = broken('entry 0 ch_size', 1n << 50n);
  const found = `more than ${size - 1} bytes, expected ${size - 1}`;
  expectElfError(
    () => decompressSection(less.elf, less.section, (payload) => inflateSync(payload)),
    'ELF_BAD_COMPRESSION',
    `${less.at}, found ${found}`,
  );
  await expectRejection(
    inflateSection(less.elf, less.section),
    'ELF_BAD_COMPRESSION',
    `${less.at}, found ${found}`,
  );
  await expectRejection(
    inflateSection(more.elf, more.section),
    'ELF_BAD_COMPRESSION',
    `${more.at}, found ${size} bytes, expected ${size + 1}`,
  );
  await expectRejection(
    inflateSection(huge.elf, huge.section),
    'ELF_BAD_COMPRESSION',
    `${huge.at}, found ${size} bytes, expected ${2 ** 50}`,
  );
});

test('an unknown format, a header that is cut, bytes that are not zlib', async () => {
  const unknown = broken('entry 0 ch_type', 7n);
  expectElfError(
    () => decompressSection(unknown.elf, unknown.section, neverCalled),
    'ELF_BAD_COMPRESSION',
    `${unknown.at}, found ch_type 7, expected 1 (zlib) or 2 (zstd)`,
  );
  const cut = broken('sh_size', 23n);
  expectElfError(
    () => readCompression(cut.elf, cut.section),
    'ELF_BAD_COMPRESSION',
    `${cut.at}, found 23 bytes, expected a header of 24 bytes`,
  );
  const { elf, section } = broken('entry 0 ch_type', 1n);
  elf.bytes.fill(0xff, section.sh_offset + 24, section.sh_offset + 30);
  const error = await inflateSection(elf, section).catch((reason: unknown) => reason);
  assert.match(String(error), /broken compressed section, found .+, expected a zlib stream$/);
});

test('a compressed section without bytes', () => {
  const sections = [{ name: '.bss', type: SHT_NOBITS, flags: SHF_COMPRESSED, size: 99 }];
  const elf = readElf(buildElf({ sections }));
  expectElfError(
    () => readCompression(elf, elf.sections[1]!),
    'ELF_BAD_COMPRESSION',
    'section 1 (".bss") at 0x90: broken compressed section, found 0 bytes, expected a header of 24 bytes',
  );
});

test.run();
