/** What `pnpm fuzz` runs of this package: everything that prints; tools/fuzz.mjs says what a target is. */

import { readFileSync } from 'node:fs';
import { type Btf, BtfKind, isBtfError, parseBtf } from '@libbpf-ts/btf';
import { mutateWords, type Random } from '../../btf/fuzz/mutate-words.js';
import {
  createCDumper,
  dumpC,
  dumpCBytes,
  dumpJson,
  dumpTypeScript,
  formatValue,
  isBtfDumpError,
} from '../src/index.js';

interface FuzzTarget {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly mutate: (seed: Uint8Array, random: Random) => Uint8Array;
  readonly run: (bytes: Uint8Array) => void;
}

/** Much less than by default: what grows without end is to be found in time. */
const MAX_BYTES = 1 << 18;
/** Printed one by one, and as values. */
const SINGLE_TYPES = 40;

const FIXTURES = [
  'arrays',
  'bit-fields',
  'name-spaces',
  'ordering',
  'padding',
  'special-32bit',
  'special-kernel',
  'special-names',
];

function mutate(seed: Uint8Array, random: Random): Uint8Array {
  return mutateWords(seed, random(8) === 0 ? 0 : 24, seed.length, random);
}

/** Runs `print` to its end; errors of ours are answers, anything else goes up. */
function tolerate(print: () => Iterable<unknown>): void {
  try {
    for (const _ of print());
  } catch (error) {
    if (!isBtfError(error) && !isBtfDumpError(error)) throw error;
  }
}

function printAll(btf: Btf): void {
  for (const sorted of [true, false]) {
    tolerate(() => dumpC(btf, { sorted, maxBytes: MAX_BYTES }));
    tolerate(() => dumpCBytes(btf, { sorted, maxBytes: MAX_BYTES, keepFirst: true }));
  }
  tolerate(() => dumpJson(btf));
  tolerate(() => dumpTypeScript(btf, dataTypes(btf)));
}

function printSingly(btf: Btf): void {
  const dumper = createCDumper(btf, { maxBytes: MAX_BYTES });
  const value = new Uint8Array(256).fill(0x41);
  for (let id = 0; id < Math.min(btf.typeCount, SINGLE_TYPES); id++) {
    tolerate(() => dumper.dumpType(id));
    tolerate(() => dumper.emitTypeDeclaration(id, { fieldName: 'x' }));
    tolerate(() => formatValue(btf, id, value));
  }
}

function dataTypes(btf: Btf): number[] {
  const kinds: readonly number[] = [BtfKind.STRUCT, BtfKind.UNION, BtfKind.ENUM, BtfKind.ENUM64];
  return Array.from({ length: btf.typeCount }, (_, id) => id).filter((id) =>
    kinds.includes(btf.kindOf(id)),
  );
}

/** Gives each printer what can be parsed at all. */
function withBtf(print: (btf: Btf) => void): (bytes: Uint8Array) => void {
  return (bytes) =>
    tolerate(() => {
      print(parseBtf(bytes));
      return [];
    });
}

function seeds(): Uint8Array[] {
  const folder = new URL('../test/fixtures/', import.meta.url);
  return FIXTURES.map((name) => new Uint8Array(readFileSync(new URL(`${name}.btf`, folder))));
}

export const targets: readonly FuzzTarget[] = [
  { name: 'whole', seeds, mutate, run: withBtf(printAll) },
  { name: 'single', seeds, mutate, run: withBtf(printSingly) },
];
