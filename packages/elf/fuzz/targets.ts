// What `pnpm fuzz` runs of this package; tools/fuzz.mjs says what a target is.

import { SHN_XINDEX, SHT_LLVM_ADDRSIG, SHT_NOTE, SHT_REL, SHT_SYMTAB_SHNDX } from '../src/index.js';
import { Bytes, buildElf, buildSymbols } from '../test/elf-builder.js';
import { fixture, fixtureNames } from '../test/fixture.js';
import { mutateElf, type Random } from './mutate-elf.js';
import { walkElf } from './walk.js';

interface FuzzTarget {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly mutate: (seed: Uint8Array, random: Random) => Uint8Array;
  readonly run: (bytes: Uint8Array) => void;
}

/** Objects with what compilers seldom write: extended section indexes, address-significant symbols, in both classes. */
function rareObjects(): Uint8Array[] {
  return [true, false].map((is64) => {
    const encoding = { is64, littleEndian: !is64 };
    const symbols = [3, SHN_XINDEX, 1, 0xfff1].map((sectionIndex, index) => ({
      name: `s${index}`,
      sectionIndex,
    }));
    const indexes = [0, 0, 3, 0, 0]
      .reduce((out, index) => out.u32(index), new Bytes(encoding))
      .done();
    const rel = new Bytes(encoding)
      .word(0)
      .word(is64 ? 2n << 32n : 2n << 8n)
      .done();
    return buildElf({
      ...encoding,
      sections: [
        ...buildSymbols(encoding, symbols, 2),
        { name: '.text', data: new Uint8Array(32), alignment: 8 },
        { name: '.symtab_shndx', type: SHT_SYMTAB_SHNDX, data: indexes, link: 1, entrySize: 4 },
        { name: '.rel.text', type: SHT_REL, data: rel, link: 1, info: 3, entrySize: is64 ? 16 : 8 },
        { name: '.llvm_addrsig', type: SHT_LLVM_ADDRSIG, data: Uint8Array.of(1, 0x82, 0), link: 1 },
        {
          name: '.note.x',
          type: SHT_NOTE,
          data: new Bytes(encoding).u32(2).u32(1).u32(3).text('x').pad(4).u32(7).done(),
        },
      ],
    });
  });
}

const isObject = (name: string): boolean => name.endsWith('.o');

export const targets: readonly FuzzTarget[] = [
  {
    name: 'objects',
    seeds: () => [...fixtureNames.filter(isObject).map(fixture), ...rareObjects()],
    mutate: mutateElf,
    run: walkElf,
  },
  {
    name: 'executables',
    seeds: () => fixtureNames.filter((name) => !isObject(name)).map(fixture),
    mutate: mutateElf,
    run: walkElf,
  },
];
