/**
 * `pnpm selftest [PATTERN]`: the command.
 *
 * Standard output: a line a test and, last, `N passed, N failed, N skipped`; with `--json` an object a line. Exit status 0, 1 (a test
 * failed, or could not be run), 2 (usage).
 */

import { parseArgs } from 'node:util';
import { buildAll } from './build.js';
import { runningKernel } from './kernel.js';
import { testFileName, testId } from './protocol.js';
import { countsLine, Reporter } from './reporter.js';
import { listTests, runTestFile } from './runner.js';

const usage = `usage: selftest [PATTERN] [--json] [--list]

  PATTERN   regular expression on "file: test name"
  --list    names the tests and runs none
  --json    an object a line instead of text
`;

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    abort.abort();
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
  });
}

process.exitCode = await main().catch((error: Error) => {
  console.error(`selftest: ${error.message}`);
  return 1;
});

async function main(): Promise<number> {
  let options: ReturnType<typeof readArguments>;
  try {
    options = readArguments();
  } catch (error) {
    console.error(`selftest: ${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const pattern = options.pattern === undefined ? {} : { pattern: options.pattern };
  const { testFiles, failures } = await buildAll();
  if (options.list) {
    for (const path of testFiles) {
      for (const { name } of await listTests(path, abort.signal))
        console.log(testId({ file: testFileName(path), name }));
    }
    for (const { file, message } of failures) console.error(`${file}: does not build: ${message}`);
    return failures.length > 0 ? 1 : 0;
  }
  if (process.getuid?.() !== 0) {
    throw new Error('loading BPF programs needs root; run it as root (--list works as any user)');
  }
  const reporter = new Reporter({
    kernel: runningKernel.release,
    json: options.json,
    showKernel: false,
  });
  for (const { file, message } of failures) {
    reporter.add({ file, name: '(build)', status: 'failed', milliseconds: 0, error: message });
  }
  for (const path of testFiles) {
    if (abort.signal.aborted) break;
    await runTestFile(path, {
      ...pattern,
      onResult: (result) => reporter.add(result),
      timeScale: 1,
      signal: abort.signal,
    });
  }
  if (abort.signal.aborted) throw new Error('interrupted');
  if (!options.json) console.log(countsLine(reporter.counts));
  if (reporter.results.length === 0) throw new Error(`no test matches "${options.pattern ?? ''}"`);
  return reporter.counts.failed > 0 ? 1 : 0;
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`one PATTERN expected, found ${positionals.length}`);
  if (positionals[0] !== undefined) new RegExp(positionals[0]);
  return { ...values, pattern: positionals[0] };
}
