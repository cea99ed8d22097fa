// Jumps through tables in section .jumptables: a map of type INSN_ARRAY for each, made before its program is loaded.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openObject } from '@libbpf-ts/libbpf';
import { assert, features, type TestContext, test } from '#harness';
import { corpusObjects } from '#paths';

const open = () =>
  openObject(readFileSync(join(corpusObjects, 'code-jump-table.bpf.o')), { name: 'jump' });

test(
  'tables of a program and of a function that it calls lead to the right places',
  () => {
    using opened = open();
    const program = opened.load().program('jump');
    const results = [0n, 1n, 2n, 77n].map(
      (index) =>
        program.run({ context: new Uint8Array(BigUint64Array.of(index).buffer) }).returnValue,
    );
    assert.deepEqual(results, [10, 21, 31, 31]);
    // The program keeps its tables; nobody else does.
    assert.equal(program.info().mapIds.length, 2);
  },
  { needs: [features.instructionArray] },
);

test('without maps of instructions the section, the program and a way out are named', (t: TestContext) => {
  using opened = open();
  if (t.atLeast(features.instructionArray.since)) {
    opened.load();
    return;
  }
  assert.throws(() => opened.load(), {
    code: 'BPF_FEATURE',
    message:
      'program "jump": the running kernel has no maps of type INSN_ARRAY for the jump tables in section ".jumptables" (it came with Linux 6.19); compile with -fno-jump-tables',
  });
});
