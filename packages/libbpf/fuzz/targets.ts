/** What `pnpm fuzz` runs of this package: opening objects; tools/fuzz.mjs says what a target is. */

import { readdirSync, readFileSync } from 'node:fs';
import { isBpfError } from '../src/errors.js';
import { parseObject } from '../src/open/index.js';
import { hasLargeZeroes, mutateObject, type Random } from './mutate-object.js';

interface FuzzTarget {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly mutate: (seed: Uint8Array, random: Random) => Uint8Array;
  readonly run: (bytes: Uint8Array) => void;
}

const fixtures = new URL('../test/fixtures/', import.meta.url);

function objects(): Uint8Array[] {
  return readdirSync(fixtures)
    .filter((name) => name.endsWith('.bpf.o'))
    .sort()
    .map((name) => new Uint8Array(readFileSync(new URL(name, fixtures))));
}

/** Opens an object both ways; what was read stays inside the object. */
function open(bytes: Uint8Array): void {
  if (hasLargeZeroes(bytes)) return;
  for (const relaxedMaps of [false, true]) {
    try {
      const object = parseObject(bytes, { relaxedMaps });
      for (const { instructions, section } of object.programs) {
        if (instructions.length % 8 === 0 && instructions.length <= bytes.length * 64) continue;
        throw new Error(`program of ${instructions.length} bytes in section "${section}"`);
      }
    } catch (error) {
      if (!isBpfError(error, 'BPF_BAD_OBJECT')) throw error;
    }
  }
}

export const targets: readonly FuzzTarget[] = [
  { name: 'open', seeds: objects, mutate: mutateObject, run: open },
];
