/** Names of every length that a skeleton may have: where lines are broken depends on them. */

import { basename } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateDeclarations } from '../src/generate/generate-declarations.js';
import { generateSkeleton } from '../src/generate/generate-skeleton.js';
import { generateSubskeleton } from '../src/generate/generate-subskeleton.js';
import { ModuleFolder, objectFiles, readObject } from './modules.js';

const test = suite('lengths of names');
const NAMES = Array.from({ length: 63 }, (_, index) =>
  `n${'abcdefghij'.repeat(7)}`.slice(0, index + 1),
);
/** One with sections of every kind, one without integers in them, one with maps alone, one with struct_ops, one with kconfig. */
const OBJECTS = [
  'shapes',
  'awkward',
  'maps-attributes',
  'operations',
  'kconfig-values',
  'data-custom',
];

test('the formatter changes nothing', () => {
  const folder = new ModuleFolder();
  try {
    const files: string[] = [];
    for (const file of objectFiles().filter((one) => OBJECTS.includes(basename(one, '.bpf.o')))) {
      const { bytes, object } = readObject(file);
      const own = bytes.subarray(0, 99);
      for (const name of NAMES) {
        const options = { name, sourceName: basename(file), version: '1.2.3', bytes: own };
        const stem = `${basename(file, '.bpf.o')}-${name.length}`;
        const sources = {
          [`${stem}.skel.ts`]: generateSkeleton(object, options),
          [`${stem}.subskel.ts`]: generateSubskeleton(object, options),
          [`${stem}.d.o.ts`]: generateDeclarations(object, options),
        };
        for (const [one, source] of Object.entries(sources)) {
          folder.write(one, source);
          files.push(one);
        }
      }
    }
    assert.is(files.length, OBJECTS.length * NAMES.length * 3);
    assert.is(folder.format(files), '');
  } finally {
    folder.remove();
  }
});

test.run();
