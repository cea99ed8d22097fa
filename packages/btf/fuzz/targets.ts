/** What `pnpm fuzz` runs of this package; tools/fuzz.mjs says what a target is. */

import {
  createCoreContext,
  parseBtf,
  parseBtfExt,
  relocateCore,
  remapBtfExt,
} from '../src/index.js';
import { fixture } from '../test/load-fixture.js';
import { withNewKind } from '../test/new-kind.js';
import { askEverything, tolerate } from './ask-everything.js';
import { mutateWords, type Random } from './mutate-words.js';

interface FuzzTarget {
  readonly name: string;
  readonly seeds: () => Uint8Array[];
  readonly mutate: (seed: Uint8Array, random: Random) => Uint8Array;
  readonly run: (bytes: Uint8Array) => void;
}

const BTF_FIXTURES = ['kinds.el.btf', 'kinds.eb.btf', 'core-target.btf', 'dedup-split.base.btf'];

/** Several inputs as one: the length of each but the last, then all of them. */
function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    (parts.length - 1) * 4 + parts.reduce((sum, { length }) => sum + length, 0),
  );
  const view = new DataView(bytes.buffer);
  let at = (parts.length - 1) * 4;
  for (const [index, part] of parts.entries()) {
    if (index < parts.length - 1) view.setUint32(index * 4, part.length, true);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The parts again; of broken input, whatever is there. */
function split(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let at = Math.min((count - 1) * 4, bytes.length);
  for (let index = 0; index < count; index++) {
    const isKnown = index < count - 1 && index * 4 + 4 <= bytes.length;
    const length = isKnown ? view.getUint32(index * 4, true) : bytes.length;
    // A copy: nothing of one part can be reached from another.
    parts.push(bytes.slice(at, at + length));
    at = Math.min(at + length, bytes.length);
  }
  return parts;
}

/** Everything but the strings, more or less. */
function mutateBtf(seed: Uint8Array, random: Random): Uint8Array {
  const end = random(8) === 0 ? seed.length : Math.floor(seed.length * 0.75);
  return mutateWords(seed, random(8) === 0 ? 0 : 24, end, random);
}

/** One of the joined inputs, the others left as they are. */
function mutateOne(seed: Uint8Array, count: number, random: Random): Uint8Array {
  const parts = split(seed, count);
  const chosen = random(count);
  parts[chosen] = mutateBtf(parts[chosen]!, random);
  return join(...parts);
}

function runBtfExt(bytes: Uint8Array): void {
  const [btfBytes, extBytes] = split(bytes, 2) as [Uint8Array, Uint8Array];
  tolerate(() => {
    const btf = parseBtf(btfBytes);
    const ext = parseBtfExt(extBytes, btf);
    for (const { records } of ext.lineInfo.sections) {
      for (const record of records) tolerate(() => btf.string(record.lineOffset));
    }
    remapBtfExt(extBytes, btf, { typeId: (id) => id, string: (offset) => offset });
  });
}

function runCore(bytes: Uint8Array): void {
  const [localBytes, targetBytes, extBytes] = split(bytes, 3) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  tolerate(() => {
    const [local, target] = [parseBtf(localBytes), parseBtf(targetBytes, { lazy: true })];
    const context = createCoreContext(local, [{ name: 'vmlinux', btf: target }]);
    // relocateCore has no errors to throw.
    for (const { records } of parseBtfExt(extBytes, local).coreRelocations) {
      for (const record of records) relocateCore(context, record);
    }
  });
}

export const targets: readonly FuzzTarget[] = [
  {
    name: 'types',
    seeds: () => [
      ...BTF_FIXTURES.map(fixture),
      withNewKind({ infoSize: 4, entrySize: 4, vlen: 2 }),
    ],
    mutate: mutateBtf,
    run: askEverything,
  },
  {
    name: 'ext',
    seeds: () =>
      ['kinds.el', 'kinds.eb', 'core-local'].map((name) =>
        join(fixture(`${name}.btf`), fixture(`${name}.btfext`)),
      ),
    mutate: (seed, random) => mutateOne(seed, 2, random),
    run: runBtfExt,
  },
  {
    name: 'core',
    seeds: () => [
      join(fixture('core-local.btf'), fixture('core-target.btf'), fixture('core-local.btfext')),
    ],
    mutate: (seed, random) => mutateOne(seed, 3, random),
    run: runCore,
  },
];
