// Runs the tests that need no privilege: those of the package in the current folder, or, at the root, of every package.
// Each package's test/**/*.test.ts runs in one process under c8, straight from the sources (tsx, and the export condition
// that points at src). Ends with one line `N passed, N failed, N skipped`; a test file that adds no suite is a failure.
//
//   node tools/test.mjs [PATTERN]     PATTERN is a regular expression that a test file's path must match
//
// Paths of files that skipped a test are written to the file that TEST_INCOMPLETE names: .ci/run runs those again once it has
// installed what they lacked.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(join(root, 'package.json'));
const cwd = process.cwd();
const pattern = process.argv[2] ?? '.';

const packages =
  resolve(cwd) === root
    ? readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))
    : [cwd];

/** For the tests of one package; they take two minutes at most. */
const TIME_LIMIT_MS = 15 * 60_000;

const total = { passed: 0, failed: 0, skipped: 0 };
const incomplete = [];
for (const directory of packages) {
  if (!existsSync(join(directory, 'test'))) continue;
  console.log(`# ${relative(root, directory)}`);
  const result = await runPackage(directory);
  for (const key of Object.keys(total)) total[key] += result[key];
  incomplete.push(...(result.incomplete ?? []));
}
const list = process.env.TEST_INCOMPLETE;
if (list !== undefined) writeFileSync(list, incomplete.map((file) => `${file}\n`).join(''));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

/** Ends what does not end by itself: a test that loops forever would hold up whoever waits, without saying which test it is. */
function run(args, directory) {
  const child = spawn(process.execPath, args, {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  const timer = setTimeout(() => {
    console.log(
      `\nnot done after ${TIME_LIMIT_MS / 1000} s, killed; the test that ran is the one after those above`,
    );
    end();
  }, TIME_LIMIT_MS);
  const interrupt = () => {
    end();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupt);
  return new Promise((done) => {
    child.on('close', (status) => {
      clearTimeout(timer);
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, interrupt);
      done(status);
    });
  });
}

async function runPackage(directory) {
  const scratch = mkdtempSync(join(tmpdir(), 'libbpf-ts-test-'));
  const report = join(scratch, 'result.json');
  const c8 = require.resolve('c8/bin/c8.js');
  const args = [
    c8,
    '--temp-directory',
    join(scratch, 'coverage'),
    '--reports-dir',
    join(directory, 'coverage'),
    '--src',
    'src',
    '--include',
    'src/**',
    '--reporter',
    'text-summary',
    '--reporter',
    'json',
    process.execPath,
    '--conditions=@libbpf-ts/source',
    '--import',
    import.meta.resolve('tsx'),
    join(root, 'tools/test-worker.mjs'),
    directory,
    pattern,
    report,
  ];
  const status = await run(args, directory);
  const result = existsSync(report)
    ? JSON.parse(readFileSync(report, 'utf8'))
    : { passed: 0, failed: 1, skipped: 0 };
  rmSync(scratch, { recursive: true, force: true });
  if (status !== 0 && result.failed === 0) result.failed = 1;
  return result;
}
