/**
 * `pnpm selftest [PATTERN]`: the command.
 *
 * Standard output: a line a test and, last, `N passed, N failed, N skipped`; with `--json` an object a line. Exit status 0, 1 (a test
 * failed, or could not be run), 2 (usage).
 */

import { type BuildFailure, buildAll } from './build.js';
import { runningKernel } from './kernel.js';
import { type Options, readOptions, usage } from './options.js';
import { filesFor, type TestResult, testFileName, testId } from './protocol.js';
import { addCounts, countsLine, Reporter } from './reporter.js';
import { listTests, runTestFiles } from './runner.js';
import { updateReadme } from './table.js';
import { fetchKernels, type Kernel, kernelFromFile } from './vm/kernels.js';
import { runMatrix } from './vm/matrix.js';

// `| head` is not an error.
process.stdout.on('error', () => process.exit());

const abort = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    abort.abort();
    process.exitCode = signal === 'SIGINT' ? 130 : 143;
  });
}

const status = await main().catch((error: Error) => {
  console.error(`selftest: ${error.message}`);
  return 1;
});
process.exitCode ??= status;

async function main(): Promise<number> {
  let options: Options;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`selftest: ${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (options.help) {
    console.log(usage);
    return 0;
  }
  const inGuests = options.vm.length + options.kernel.length > 0;
  if (!options.list && !inGuests && process.getuid?.() !== 0) {
    throw new Error(
      'loading BPF programs needs root; run it as root (--list and --vm work as any user)',
    );
  }
  const { testFiles, failures } = await build(options);
  if (options.list) return list(testFiles, failures);
  const reporters = [reportBuild(failures, options)];
  const run = inGuests ? runInGuests : runHere;
  await run(testFiles, options, (reporter) => reporters.push(reporter));
  if (abort.signal.aborted) throw new Error('interrupted');
  return conclude(reporters, options);
}

/** Builds everything, and chooses what the pattern can be meant for. */
async function build({
  pattern,
}: Options): Promise<{ testFiles: readonly string[]; failures: BuildFailure[] }> {
  const { testFiles, failures } = await buildAll();
  if (pattern === undefined) return { testFiles, failures: [...failures] };
  const expression = new RegExp(pattern);
  const isMeant = ({ file }: BuildFailure) => expression.test(testId({ file, name: '(build)' }));
  const others = failures.filter((failure) => !isMeant(failure)).map(({ file }) => file);
  if (others.length > 0)
    console.error(`selftest: not selected, and does not build: ${others.join(', ')}`);
  return { testFiles: filesFor(pattern, testFiles), failures: failures.filter(isMeant) };
}

async function list(
  testFiles: readonly string[],
  failures: readonly BuildFailure[],
): Promise<number> {
  for (const path of testFiles) {
    const file = testFileName(path);
    for (const { name } of await listTests(path, abort.signal)) console.log(testId({ file, name }));
  }
  for (const { file, message } of failures) console.error(`${file}: does not build: ${message}`);
  return failures.length > 0 ? 1 : 0;
}

/** What does not build is a failed result, once for all kernels. */
function reportBuild(failures: readonly BuildFailure[], { json }: Options): Reporter {
  const reporter = new Reporter({ kernel: 'build', json, showKernel: false });
  for (const { file, message } of failures) {
    reporter.add({ file, name: '(build)', status: 'failed', milliseconds: 0, error: message });
  }
  return reporter;
}

type Announce = (reporter: Reporter) => void;

async function runHere(
  testFiles: readonly string[],
  options: Options,
  announce: Announce,
): Promise<void> {
  const reporter = new Reporter({
    kernel: runningKernel.release,
    json: options.json,
    showKernel: false,
  });
  announce(reporter);
  const onResult = (result: TestResult) => reporter.add(result);
  for (const path of testFiles) {
    if (abort.signal.aborted) return;
    await runTestFiles([path], {
      ...patternOf(options),
      onResult,
      timeScale: 1,
      signal: abort.signal,
    });
  }
}

async function runInGuests(
  testFiles: readonly string[],
  options: Options,
  announce: Announce,
): Promise<void> {
  const { accel, jobs, json } = options;
  await runMatrix({
    ...patternOf(options),
    kernels: await findKernels(options),
    testFiles,
    accel,
    ...(jobs === undefined ? {} : { jobs }),
    timeLimitMs: options.timeLimit * 1000,
    reporterFor: ({ label }) => {
      const reporter = new Reporter({ kernel: label, json, showKernel: true });
      announce(reporter);
      return reporter;
    },
    signal: abort.signal,
  });
}

function patternOf({ pattern }: Options): { pattern?: string } {
  return pattern === undefined ? {} : { pattern };
}

async function findKernels({ vm, kernel }: Options): Promise<Kernel[]> {
  const files = await Promise.all(kernel.map((path) => kernelFromFile(path)));
  return [...(vm.length === 0 ? [] : await fetchKernels(vm, console.error)), ...files];
}

function conclude(reporters: readonly Reporter[], { json, table, pattern }: Options): number {
  const [, ...kernels] = reporters;
  if (table) updateReadme(kernels);
  const total = addCounts(reporters.map(({ counts }) => counts));
  if (!json) {
    for (const reporter of reporters) reporter.repeatFailures();
    if (kernels.length > 1) {
      for (const reporter of kernels) reporter.note(countsLine(reporter.counts));
    }
    console.log(countsLine(total));
  }
  if (total.passed + total.failed + total.skipped === 0)
    throw new Error(`no test matches "${pattern ?? ''}"`);
  return total.failed > 0 ? 1 : 0;
}
