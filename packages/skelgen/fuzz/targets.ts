/** What `pnpm fuzz` runs of this package: skeletons of broken objects; tools/fuzz.mjs says what a target is. */

import { readdirSync, readFileSync } from 'node:fs';
import { isBtfError } from '@libbpf-ts/btf';
import { isBtfDumpError } from '@libbpf-ts/btf-dump';
import { isBpfError } from '@libbpf-ts/libbpf';
import { parseObject } from '@libbpf-ts/libbpf/open';
import { hasLargeZeroes, mutateObject, type Random } from '../../libbpf/fuzz/mutate-object.js';
import {
  generateCSkeleton,
  generateCSubskeleton,
  generateDeclarations,
  generateSkeleton,
  generateSubskeleton,
  SkelgenError,
} from '../src/index.js';

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

/** Every kind of skeleton of an object that can be opened. Errors of ours are answers, anything else goes up. */
function generate(bytes: Uint8Array): void {
  if (hasLargeZeroes(bytes)) return;
  tolerate(() => {
    const object = parseObject(bytes, { name: 'fuzz' });
    const options = { name: 'fuzz', sourceName: 'fuzz.bpf.o', bytes, version: '1.2.3' };
    tolerate(() => generateSkeleton(object, options));
    tolerate(() => generateSubskeleton(object, options));
    tolerate(() => generateDeclarations(object, options));
    tolerate(() => generateCSkeleton(object, options));
    tolerate(() => generateCSubskeleton(object, options));
  });
}

function tolerate(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    const isOurs = error instanceof SkelgenError || isBpfError(error) || isBtfError(error);
    if (!isOurs && !isBtfDumpError(error)) throw error;
  }
}

export const targets: readonly FuzzTarget[] = [
  { name: 'skeleton', seeds: objects, mutate: mutateObject, run: generate },
];
