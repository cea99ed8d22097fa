// Any file that the builder makes is read as it was built, and stripped of any of its sections.

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ElfFile,
  isElfError,
  readElf,
  readRelocations,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_REL,
  stripSections,
} from '../src/index.js';
import { Bytes, buildElf, buildSymbols, type ElfSpec, type SectionSpec } from './elf-builder.js';

const test = suite('properties');
const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
console.log(`TEST_SEED=${seed}`);
const check = <Values extends [unknown, ...unknown[]]>(property: fc.IProperty<Values>): void => {
  fc.assert(property, { seed, numRuns: 200 });
};

const name = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => text.replaceAll('\0', '_'));
const encoding = fc.record({ is64: fc.boolean(), littleEndian: fc.boolean() });

interface Model {
  readonly encoding: { is64: boolean; littleEndian: boolean };
  readonly sections: readonly {
    name: string;
    data: Uint8Array;
    nobits: boolean;
    alignment: number;
  }[];
  readonly symbols: readonly {
    name: string;
    value: number;
    size: number;
    section: number;
    info: number;
  }[];
  readonly relocations: readonly { offset: number; type: number; symbol: number }[];
}

const model: fc.Arbitrary<Model> = fc.record({
  encoding,
  sections: fc.array(
    fc.record({
      name,
      data: fc.uint8Array({ maxLength: 40 }),
      nobits: fc.boolean(),
      alignment: fc.nat(5).map((bits) => 2 ** bits),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  symbols: fc.array(
    fc.record({
      name,
      value: fc.nat(),
      size: fc.nat(),
      section: fc.nat(7),
      info: fc.nat(255),
    }),
    { maxLength: 12 },
  ),
  relocations: fc.array(fc.record({ offset: fc.nat(), type: fc.nat(255), symbol: fc.nat(12) }), {
    maxLength: 8,
  }),
});

/** The file of a model: its sections from 1 on, then `.symtab`, `.strtab` and relocations of section 1. */
function build({ encoding: spec, sections, symbols, relocations }: Model): Uint8Array {
  const own: SectionSpec[] = sections.map((section) => ({
    name: section.name,
    type: section.nobits ? SHT_NOBITS : SHT_PROGBITS,
    data: section.data,
    alignment: section.alignment,
  }));
  const placed = symbols.map((symbol) => ({
    name: symbol.name,
    value: BigInt(symbol.value),
    size: BigInt(symbol.size),
    binding: symbol.info >> 4,
    type: symbol.info & 15,
    sectionIndex: 1 + (symbol.section % sections.length),
  }));
  const tables = buildSymbols(spec, placed, sections.length + 2);
  const out = new Bytes(spec);
  for (const { offset, type, symbol } of relocations) {
    const index = symbol % (symbols.length + 1);
    out
      .word(offset)
      .word(spec.is64 ? (BigInt(index) << 32n) | BigInt(type) : BigInt(index * 256 + type));
  }
  const rel = {
    name: '.rel',
    type: SHT_REL,
    data: out.done(),
    link: sections.length + 1,
    info: 1,
    entrySize: spec.is64 ? 16 : 8,
  };
  return buildElf({ ...spec, sections: [...own, ...tables, rel] } satisfies ElfSpec);
}

const symbolsOf = (elf: ElfFile): unknown[] =>
  elf.symbols
    .slice(1)
    .map((symbol) => [
      symbol.name,
      symbol.value,
      symbol.size,
      symbol.binding * 16 + symbol.type,
      symbol.sectionIndex,
    ]);

test('what is built is what is read', () => {
  check(
    fc.property(model, (made) => {
      const elf = readElf(build(made));
      assert.equal([elf.is64, elf.littleEndian], [made.encoding.is64, made.encoding.littleEndian]);
      for (const [index, section] of made.sections.entries()) {
        const read = elf.sections[index + 1]!;
        assert.is(read.name, section.name);
        assert.equal([...read.data], section.nobits ? [] : [...section.data]);
        assert.is(read.sh_size, section.data.length);
        assert.is(read.sh_addralign, section.alignment);
      }
      assert.equal(
        symbolsOf(elf),
        made.symbols.map(({ name, value, size, info, section }) => [
          name,
          value,
          size,
          info,
          1 + (section % made.sections.length),
        ]),
      );
      assert.equal(
        readRelocations(elf, elf.sections[made.sections.length + 3]!),
        made.relocations.map(({ offset, type, symbol }) => ({
          offset,
          type,
          symbolIndex: symbol % (made.symbols.length + 1),
          addend: 0,
        })),
      );
    }),
  );
});

test('what is stripped is what was read, less what was dropped', () => {
  check(
    fc.property(model, fc.nat(255), (made, mask) => {
      const before = readElf(build(made));
      const drop = (index: number): boolean =>
        index > 0 && index <= made.sections.length && ((mask >> (index - 1)) & 1) === 1;
      let bytes: Uint8Array;
      try {
        bytes = stripSections(before, ({ index }) => drop(index));
      } catch (error) {
        // A relocation that stays uses a symbol that would go.
        if (!isElfError(error) || error.code !== 'ELF_SECTION_IN_USE') throw error;
        return;
      }
      assert.ok(bytes.length <= before.bytes.length);
      const after = readElf(bytes);
      const relGoes = drop(1);
      const kept = before.sections.filter(
        ({ index, sh_type }) => !drop(index) && !(relGoes && sh_type === SHT_REL),
      );
      assert.equal(
        after.sections.map((section) => section.name),
        kept.map((section) => section.name),
      );
      for (const [index, section] of kept.entries()) {
        const now = after.sections[index]!;
        if (section.index <= made.sections.length) assert.equal(now.data, section.data);
        if (now.data.length > 0) assert.is(now.sh_offset % now.sh_addralign, 0);
      }
      const oldIndex = kept.map(({ index }) => index);
      assert.equal(
        after.symbols
          .slice(1)
          .map((symbol) => [symbol.name, symbol.value, oldIndex[symbol.sectionIndex]]),
        before.symbols
          .slice(1)
          .filter(({ sectionIndex }) => !drop(sectionIndex))
          .map((symbol) => [symbol.name, symbol.value, symbol.sectionIndex]),
      );
      if (relGoes) return;
      const named = (elf: ElfFile): unknown[] =>
        readRelocations(elf, elf.section('.rel')!).map(({ offset, type, symbolIndex }) => [
          offset,
          type,
          elf.symbols[symbolIndex]!.name,
        ]);
      assert.equal(named(after), named(before));
    }),
  );
});

test('any bytes after an ELF identification', () => {
  check(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.boolean(),
      fc.boolean(),
      (tail, is64, littleEndian) => {
        const bytes = Uint8Array.of(
          0x7f,
          0x45,
          0x4c,
          0x46,
          is64 ? 2 : 1,
          littleEndian ? 1 : 2,
          1,
          ...tail,
        );
        try {
          readElf(bytes);
        } catch (error) {
          assert.ok(isElfError(error), String(error));
        }
      },
    ),
  );
});

test.run();
