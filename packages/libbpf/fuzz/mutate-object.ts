/**
 * Changes to BPF objects where opening one looks: words of the sections it reads (BTF, symbols, relocations, code), and of the
 * headers that say where those are.
 */

import { readElf, SHT_NOBITS } from '@libbpf-ts/elf';

/** An integer from 0 to `limit` - 1. */
export type Random = (limit: number) => number;

interface Region {
  readonly start: number;
  readonly words: number;
}

const ODD_VALUES = [0, 1, 2, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

/** How many of the regions are headers. */
const HEADERS = 2;

const regionsOfSeed = new WeakMap<Uint8Array, readonly Region[]>();

/** A changed copy of a well-formed object. */
export function mutateObject(seed: Uint8Array, random: Random): Uint8Array {
  let regions = regionsOfSeed.get(seed);
  if (regions === undefined) {
    regions = listRegions(seed);
    regionsOfSeed.set(seed, regions);
  }
  const bytes = new Uint8Array(seed);
  const view = new DataView(bytes.buffer);
  // Changed headers make a file that is refused at once, as a rule: one time in eight.
  const chosen = random(8) === 0 ? random(HEADERS) : HEADERS + random(regions.length - HEADERS);
  const { start, words } = regions[chosen]!;
  for (let left = 1 + random(4); left > 0; left--) {
    const at = start + random(words) * 4;
    view.setUint32(at, newWord(view, at, { start, words }, random), true);
  }
  return random(32) === 0 ? bytes.slice(0, random(bytes.length + 1)) : bytes;
}

/** The table of sections and the header, then every section that has bytes. */
function listRegions(bytes: Uint8Array): Region[] {
  const { header, sections } = readElf(bytes);
  const regions = [
    { start: header.e_shoff, words: (sections.length * header.e_shentsize) >>> 2 },
    { start: 0, words: header.e_ehsize >>> 2 },
  ];
  for (const { sh_type, sh_offset, sh_size } of sections) {
    if (sh_type === SHT_NOBITS || sh_size < 4) continue;
    regions.push({ start: sh_offset, words: Math.floor(sh_size / 4) });
  }
  return regions;
}

function newWord(view: DataView, at: number, { start, words }: Region, random: Random): number {
  const old = view.getUint32(at, true);
  switch (random(6)) {
    case 0:
      return ODD_VALUES[random(ODD_VALUES.length)]!;
    case 1:
      return view.getUint32(start + random(words) * 4, true);
    case 2:
      return (old + random(17) - 8) >>> 0;
    case 3:
      return random(256);
    case 4:
      // A byte of it: a kind, a register, an operation.
      return (old ^ ((1 + random(255)) << (8 * random(4)))) >>> 0;
    default:
      // An info word of BTF: any kind, few entries.
      return ((random(2) << 31) | (random(21) << 24) | random(5)) >>> 0;
  }
}

/**
 * A `.bss` may be of any size that a map can have: its zeroes are no memory until someone writes there, but they look like
 * memory that the input can't explain.
 */
export function hasLargeZeroes(bytes: Uint8Array): boolean {
  try {
    return readElf(bytes).sections.some(
      ({ sh_type, sh_size }) => sh_type === SHT_NOBITS && sh_size > 1 << 20,
    );
  } catch {
    return false;
  }
}
