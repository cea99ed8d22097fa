/**
 * `pnpm selftest [PATTERN]`: the command.
 *
 * Standard output: a line a test and, last, `N passed, N failed, N skipped`; with `--json` an object a line. Exit status 0, 1 (a test
 * failed, or could not be run), 2 (usage).
 */

import { parseArgs } from 'node:util';
import { buildAll } from './build.js';
import { runningKernel } from './kernel.js';
import { filesFor, type TestResult, testFileName, testId } from './protocol.js';
import { addCounts, countsLine, Reporter } from './reporter.js';
import { listTests, runTestFile } from './runner.js';
import { updateReadme } from './table.js';
import { fetchKernels, type Kernel, kernelFromFile } from './vm/kernels.js';
import { runMatrix } from './vm/matrix.js';

const usage = `usage: selftest [PATTERN] [options]

  PATTERN            regular expression on "file: test name"; one that matches names of files selects from these alone
  --list             name the tests and run none
  --json             an object a line instead of text
  --vm VERSION,…     run in QEMU on Debian's kernels of these versions, for example 5.10,6.1,6.12,7.2
  --kernel FILE      run in QEMU on this kernel image; may be given again
  --accel tcg|kvm    emulate the guests' processors (the default), or use KVM
  --jobs N           guests at the same time (default: one a core)
  --time-limit SEC   for one guest (default: 1200)
  --table            write the results of this run into the table of selftests/README.md
`;

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
  if (
    !options.list &&
    options.vm.length + options.kernel.length === 0 &&
    process.getuid?.() !== 0
  ) {
    throw new Error(
      'loading BPF programs needs root; run it as root (--list and --vm work as any user)',
    );
  }
  const { testFiles: every, failures: all } = await buildAll();
  const testFiles = options.pattern === undefined ? every : filesFor(options.pattern, every);
  const failures = all.filter(({ file }) =>
    new RegExp(options.pattern ?? '').test(testId({ file, name: '(build)' })),
  );
  if (failures.length < all.length) {
    const others = all.filter((failure) => !failures.includes(failure)).map(({ file }) => file);
    console.error(`selftest: not selected, and does not build: ${others.join(', ')}`);
  }
  if (options.list) {
    for (const path of testFiles) {
      for (const { name } of await listTests(path, abort.signal))
        console.log(testId({ file: testFileName(path), name }));
    }
    for (const { file, message } of failures) console.error(`${file}: does not build: ${message}`);
    return failures.length > 0 ? 1 : 0;
  }
  const kernels = await findKernels(options);
  const reporters: Reporter[] = [];
  const reporterFor = (kernel: string) => {
    const reporter = new Reporter({ kernel, json: options.json, showKernel: kernels.length > 0 });
    reporters.push(reporter);
    return reporter;
  };
  const builds = new Reporter({
    kernel: 'build',
    json: options.json,
    showKernel: kernels.length > 0,
  });
  for (const { file, message } of failures) {
    builds.add({ file, name: '(build)', status: 'failed', milliseconds: 0, error: message });
  }
  if (kernels.length > 0) {
    await runMatrix({
      ...pattern,
      kernels,
      testFiles,
      accel: options.accel,
      ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
      timeLimitMs: options.timeLimit * 1000,
      reporterFor: (kernel) => reporterFor(kernel.label),
      signal: abort.signal,
    });
  } else {
    const reporter = reporterFor(runningKernel.release);
    const onResult = (result: TestResult) => reporter.add(result);
    for (const path of testFiles) {
      if (!abort.signal.aborted)
        await runTestFile(path, { ...pattern, onResult, timeScale: 1, signal: abort.signal });
    }
  }
  if (abort.signal.aborted) throw new Error('interrupted');
  if (options.table) updateReadme(reporters);
  const total = addCounts([builds, ...reporters].map(({ counts }) => counts));
  if (!options.json) {
    if (reporters.length > 1) {
      for (const reporter of reporters) reporter.note(countsLine(reporter.counts));
    }
    console.log(countsLine(total));
  }
  if (total.passed + total.failed + total.skipped === 0)
    throw new Error(`no test matches "${options.pattern ?? ''}"`);
  return total.failed > 0 ? 1 : 0;
}

async function findKernels({ vm, kernel }: ReturnType<typeof readArguments>): Promise<Kernel[]> {
  const files = await Promise.all(kernel.map((path) => kernelFromFile(path)));
  return [...(vm.length === 0 ? [] : await fetchKernels(vm, console.error)), ...files];
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      vm: { type: 'string', default: '' },
      kernel: { type: 'string', multiple: true, default: [] },
      accel: { type: 'string', default: 'tcg' },
      jobs: { type: 'string' },
      table: { type: 'boolean', default: false },
      'time-limit': { type: 'string', default: '1200' },
    },
  });
  if (positionals.length > 1) throw new Error(`one PATTERN expected, found ${positionals.length}`);
  if (positionals[0] !== undefined) new RegExp(positionals[0]);
  if (
    values.table &&
    (positionals.length > 0 || (values.vm === '' && values.kernel.length === 0))
  ) {
    throw new Error('--table goes with --vm or --kernel, and without a PATTERN');
  }
  const { accel } = values;
  if (accel !== 'tcg' && accel !== 'kvm')
    throw new Error(`--accel: expected tcg or kvm, found "${accel}"`);
  const vm = values.vm.split(',').filter(Boolean);
  for (const version of vm) {
    if (!/^\d+\.\d+$/.test(version))
      throw new Error(`--vm: expected versions like 5.10,6.1, found "${version}"`);
  }
  return {
    ...values,
    accel: accel as 'tcg' | 'kvm',
    vm,
    jobs: values.jobs === undefined ? undefined : positive('--jobs', values.jobs),
    timeLimit: positive('--time-limit', values['time-limit']),
    pattern: positionals[0],
  };
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`${option}: expected a whole number from 1, found "${text}"`);
  return number;
}
