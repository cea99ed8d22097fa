// What `pnpm fuzz` runs of this package; tools/fuzz.mjs says what a target is.

import { fixture, fixtureNames } from '../test/fixture.js';
import { mutateElf, type Random } from './mutate-elf.js';
import { walkElf } from './walk.js';

interface FuzzTarget {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly mutate: (seed: Uint8Array, random: Random) => Uint8Array;
  readonly run: (bytes: Uint8Array) => void;
}

const isObject = (name: string): boolean => name.endsWith('.o');

export const targets: readonly FuzzTarget[] = [
  {
    name: 'objects',
    seeds: () => fixtureNames.filter(isObject).map(fixture),
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
