// Runs the cases of attach.bench.mjs in QEMU guests, by the machinery of the selftests: for hosts whose own kernel has no kprobes, and
// for older kernels. JavaScript and C are both emulated there, so only their ratio says something.

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchKernels } from '../selftests/dist/vm/kernels.js';
import { runMatrix } from '../selftests/dist/vm/matrix.js';
import { compileObject } from './bpf-object.mjs';

const here = dirname(fileURLToPath(import.meta.url));
/** Seconds for a guest. */
const TIME_LIMIT = 1200;

/**
 * Measures the cases that a pattern matches on kernels of Debian.
 *
 * @param options - `build` is a scratch folder
 * @param onResult - told `{ kernel, name }` with `samples`, or with `error`
 */
export async function measureInGuests({ versions, pattern, pairs, build }, onResult) {
  mkdirSync(build, { recursive: true });
  const { path: object } = compileObject('attach', build);
  process.env['SELFTEST_PAIRS'] = String(pairs);
  await runMatrix({
    kernels: await fetchKernels(versions, console.error),
    testFiles: [join(here, 'attach-guest.js')],
    extraFiles: [object, linkStatically(build)],
    pattern: `^attach-guest\\.js: .*(?:${pattern})|^guest:`,
    accel: 'tcg',
    jobs: 1,
    timeLimitMs: TIME_LIMIT * 1000,
    reporterFor: ({ label }) => ({
      add: ({ name, status, log = '', error }) => {
        const samples = /^\[\{.*\}\]$/m.exec(log)?.[0];
        const failed = status !== 'passed' || samples === undefined;
        onResult({
          kernel: label,
          name,
          ...(failed ? { error: new Error(error ?? status) } : { samples: JSON.parse(samples) }),
        });
      },
      note: (text) => console.error(`${label}: ${text}`),
    }),
    signal: new AbortController().signal,
  });
}

/** libbpf's side without shared libraries, which a guest does not have. */
function linkStatically(build) {
  const to = join(build, 'attach-static');
  const from = join(here, 'c', 'attach.c');
  const libraries = ['-lbpf', '-lelf', '-lz'];
  const { status, stderr, error } = spawnSync(
    'cc',
    ['-O2', '-Wall', '-static', '-o', to, from, ...libraries],
    { encoding: 'utf8' },
  );
  if (status === 0) return to;
  throw new Error(`cc -static attach.c: ${error?.message ?? stderr.trim().slice(0, 500)}`);
}
