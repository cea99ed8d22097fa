// The runner itself: whatever a test file does to its process, every one of its tests gets the result that it deserves.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, type TestContext, test } from '#harness';
import type { TestResult } from '#protocol';
import { runTestFiles } from '#runner';

const harness = import.meta.resolve('#harness');

/** Runs a test file with this body. */
async function runBody(
  t: TestContext,
  body: string,
  pattern?: string,
): Promise<Record<string, TestResult>> {
  const path = join(t.tmpdir(), 'fixture.test.mjs');
  writeFileSync(path, `import { test } from ${JSON.stringify(harness)};\n${body}`);
  const results: Record<string, TestResult> = {};
  await runTestFiles([path], {
    ...(pattern === undefined ? {} : { pattern }),
    onResult: (result) => {
      results[result.name] = result;
    },
    timeScale: 1,
    signal: new AbortController().signal,
  });
  return results;
}

const statuses = (results: Record<string, TestResult>) =>
  Object.fromEntries(Object.values(results).map(({ name, status }) => [name, status]));

test('a crash fails its test and no other', async (t) => {
  const results = await runBody(
    t,
    `
    test('before', () => {});
    test('crashes', () => process.abort());
    test('after', () => {});`,
  );
  assert.deepEqual(statuses(results), { before: 'passed', crashes: 'failed', after: 'passed' });
  assert.match(results['crashes']?.error ?? '', /process ended in the middle: signal SIGABRT/);
});

test('a test that never returns is killed at its limit', async (t) => {
  const results = await runBody(
    t,
    `
    test('spins', () => { for (;;); }, { timeoutMs: 300 });
    test('after', () => {});`,
  );
  assert.deepEqual(statuses(results), { spins: 'failed', after: 'passed' });
  assert.equal(results['spins']?.error, 'not done after 0.3 s, killed');
});

test('a promise that nothing settles is a failure', async (t) => {
  const results = await runBody(t, "test('waits', () => new Promise(() => {}));");
  assert.match(results['waits']?.error ?? '', /waits for a promise that nothing will settle/);
});

test('an error out of a callback is the failure of the test that runs', async (t) => {
  const results = await runBody(
    t,
    `
    test('throws late', async () => {
      setTimeout(() => { throw new Error('out of a timer'); }, 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    test('after', () => {});`,
  );
  assert.deepEqual(statuses(results), { 'throws late': 'failed', after: 'passed' });
  assert.match(results['throws late']?.error ?? '', /out of a timer/);
});

test('what a test leaves behind fails it, and is named', async (t) => {
  const results = await runBody(
    t,
    `
    import { openSync } from 'node:fs';
    test('leaks', () => { openSync('/dev/null', 'r'); });
    test('after', () => {});`,
  );
  assert.deepEqual(statuses(results), { leaks: 'failed', after: 'passed' });
  assert.match(
    results['leaks']?.error ?? '',
    /^left behind:\n {2}file descriptor \d+: \/dev\/null$/,
  );
});

test('what the process keeps from its first use on is no leak', async (t) => {
  const results = await runBody(
    t,
    `
    import { openSync } from 'node:fs';
    let fd;
    const cache = [];
    test('opens once', () => { fd ??= openSync('/dev/null', 'r'); });
    test('fills a cache', () => { if (cache.length === 0) cache.push(new ArrayBuffer(16 << 20)); });
    test('fills it each time', () => { cache.push(new ArrayBuffer(16 << 20)); });`,
  );
  assert.deepEqual(statuses(results), {
    'opens once': 'passed',
    'fills a cache': 'passed',
    'fills it each time': 'failed',
  });
  assert.match(results['opens once']?.log ?? '', /^kept by the process, no leak: file descriptor/);
  assert.match(
    results['fills it each time']?.error ?? '',
    /memory: ArrayBuffers grew by 16\.0 MiB/,
  );
});

test('a process that does not end by itself is a failure', async (t) => {
  const results = await runBody(
    t,
    "test('starts a timer', () => { setInterval(() => {}, 1000); });",
  );
  assert.deepEqual(statuses(results), { 'starts a timer': 'passed', '(end of process)': 'failed' });
  assert.match(results['(end of process)']?.error ?? '', /kept alive by: .*Timeout/);
});

test('a file without tests, or that cannot be imported, is a failure', async (t) => {
  assert.match((await runBody(t, ''))['(import)']?.error ?? '', /registers no test/);
  assert.match((await runBody(t, "import './nowhere.js';"))['(import)']?.log ?? '', /nowhere\.js/);
});

test('files share a process; what one does to it costs the others nothing', async (t) => {
  const folder = t.tmpdir();
  const write = (name: string, body: string) => {
    const path = join(folder, `${name}.test.mjs`);
    writeFileSync(path, `import { test } from ${JSON.stringify(harness)};\n${body}`);
    return path;
  };
  const results: Record<string, string> = {};
  await runTestFiles(
    [
      write(
        'first',
        "globalThis.shared = 1; test('one', () => {}); test('own', () => {}, { alone: true });",
      ),
      write(
        'crash',
        "test('before', () => {}); test('crashes', () => process.abort()); test('after', () => {});",
      ),
      write('broken', "import './nowhere.js';"),
      write('empty', ''),
      write(
        'last',
        "test('one', (t) => { if (globalThis.shared) throw new Error('same process'); });",
      ),
      write('next', 'globalThis.again = 1; test("sets", () => {});'),
      write(
        'end',
        "test('same process', () => { if (!globalThis.again) throw new Error('another process'); });",
      ),
    ],
    {
      onResult: ({ file, name, status }) => {
        results[`${file}: ${name}`] = status;
      },
      timeScale: 1,
      signal: new AbortController().signal,
    },
  );
  assert.deepEqual(results, {
    'first: one': 'passed',
    'crash: before': 'passed',
    'crash: crashes': 'failed',
    'crash: after': 'passed',
    'broken: (import)': 'failed',
    'empty: (import)': 'failed',
    'last: one': 'passed',
    'next: sets': 'passed',
    'end: same process': 'passed',
    'first: own': 'passed',
  });
});

test('the pattern selects tests by file and name', async (t) => {
  const body =
    "test('one', () => {}); test('two', () => {}); test('three', () => {}, { alone: true });";
  assert.deepEqual(Object.keys(await runBody(t, body, 'fixture: t')), ['two', 'three']);
  assert.deepEqual(Object.keys(await runBody(t, body, '^nothing')), []);
});

test('when interrupted it kills the test and is done at once', async (t) => {
  const controller = new AbortController();
  const path = join(t.tmpdir(), 'fixture.test.mjs');
  writeFileSync(
    path,
    `import { test } from ${JSON.stringify(harness)};
    test('spins', () => { for (;;); }, { timeoutMs: 600_000 });
    test('after', () => {});`,
  );
  const results: TestResult[] = [];
  await runTestFiles([path], {
    onStart: () => controller.abort(),
    onResult: (result) => results.push(result),
    timeScale: 1,
    signal: controller.signal,
  });
  assert.deepEqual(results, []);
  // Nothing of it is left: a clock would keep this process alive, which the runner reports as a failure.
  assert.ok(
    !process.getActiveResourcesInfo().includes('Timeout'),
    process.getActiveResourcesInfo().join(', '),
  );
});
