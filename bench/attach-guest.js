// The cases of attach.bench.mjs as tests of a guest: vm.mjs bundles this file and boots it. Each test measures its case in turn with
// C, and logs the samples as JSON.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from '../selftests/dist/harness.js';
import { cases } from './attach.bench.mjs';

/** What vm.mjs gave the guest: the object, and libbpf's side. */
const objects = join(import.meta.dirname, '../../../files');
const pairs = Number(process.env['SELFTEST_PAIRS'] ?? 5);
const timeoutMs = 300_000;

for (const one of cases) {
  test(
    one.name,
    (t) => {
      const skip = one.skip({ objects });
      if (skip !== undefined) throw new Error(skip);
      const state = one.setup({ build: t.tmpdir(), objects });
      try {
        const samples = [];
        for (let pair = 0; pair < pairs; pair++) {
          const js = one.js(state);
          samples.push({ js, c: runC(one.c.args(state)) });
        }
        t.log(JSON.stringify(samples));
      } finally {
        one.teardown(state);
      }
    },
    { alone: true, timeoutMs },
  );
}

function runC(args) {
  const { status, stdout, stderr, error } = spawnSync(join(objects, 'attach-static'), args, {
    encoding: 'utf8',
  });
  const value = Number(stdout?.trim().split('\n').at(-1));
  if (status === 0 && value > 0) return value;
  throw new Error(`libbpf's side: ${error ?? `status ${status}: ${stderr.slice(-300)}`}`);
}
