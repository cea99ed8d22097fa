// Guests that go wrong: whatever happens to the kernel, the test that ran then has failed, the others have their results, and the
// message shows the kernel's log. Takes two boots, so it runs only in CI, on a kernel that was fetched before.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '#command';
import { assert, type TestContext, test } from '#harness';
import { cache } from '#paths';
import type { TestResult } from '#protocol';
import { Reporter } from '#reporter';
import { fetchKernels } from '#vm/kernels';
import { runMatrix } from '#vm/matrix';

const VERSION = '6.12';
const isReady =
  process.env['CI'] !== undefined &&
  findProgram('qemu-system-x86_64') !== undefined &&
  existsSync(join(cache, 'kernels', `${VERSION}.json`));
const harness = fileURLToPath(import.meta.resolve('#harness'));

/** Runs a test file with this body in a guest. */
async function runInGuest(
  t: TestContext,
  body: string,
  seconds: number,
): Promise<Record<string, TestResult>> {
  const path = join(t.tmpdir(), 'fixture.test.js');
  writeFileSync(
    path,
    `import { test } from ${JSON.stringify(harness)};\nimport { writeFileSync } from 'node:fs';\n${body}`,
  );
  const reporter = new Reporter({ kernel: VERSION, json: false, showKernel: true });
  await runMatrix({
    kernels: await fetchKernels([VERSION], () => assert.fail('the kernel is not in the cache')),
    testFiles: [path],
    accel: 'tcg',
    timeLimitMs: seconds * 1000,
    reporterFor: () => reporter,
    signal: new AbortController().signal,
  });
  return Object.fromEntries(
    reporter.results.map((result) => [`${result.file}: ${result.name}`, result]),
  );
}

if (isReady) {
  test(
    'a panic fails the test that ran, a new guest goes on with the rest, and a fault in its log is a failure too',
    async (t) => {
      const results = await runInGuest(
        t,
        `
        test('before', () => {});
        test('panics', () => writeFileSync('/proc/sysrq-trigger', 'c'));
        test('complains', () => writeFileSync('/dev/kmsg', '<1>BUG: as a kernel says it\\n'));`,
        300,
      );
      assert.deepEqual(
        Object.entries(results).map(([id, { status }]) => [id, status]),
        [
          ['fixture: before', 'passed'],
          ['fixture: panics', 'failed'],
          ['fixture: complains', 'passed'],
          ['guest: (kernel log)', 'failed'],
        ],
      );
      const errors = Object.values(results).map(({ error }) => error ?? '');
      assert.match(
        errors[1] ?? '',
        /^guest died .*Kernel panic - not syncing: sysrq triggered crash/s,
      );
      assert.match(errors[3] ?? '', /BUG: as a kernel says it/);
    },
    { timeoutMs: 600_000 },
  );
} else {
  test('guests that go wrong are tested in CI, after --vm has run once', () => {});
}
