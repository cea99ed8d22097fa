/** Runs the tests on several kernels, guests side by side, and gives every test on every kernel one result. */

import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { inParallel } from '../command.js';
import { cache } from '../paths.js';
import { lastAnnounced, type TestResult, testId } from '../protocol.js';
import type { Reporter } from '../reporter.js';
import { type Bundle, bundleTests } from './bundle.js';
import type { GuestEvent } from './guest.js';
import { makeInitramfs } from './initramfs.js';
import type { Kernel } from './kernels.js';
import { bootGuest, excerpt, findQemu, type GuestRun, hasKernelFault } from './qemu.js';

export interface MatrixOptions {
  readonly kernels: readonly Kernel[];
  /** Compiled test files. */
  readonly testFiles: readonly string[];
  /** More files for the guests, in /app/selftests/files. */
  readonly extraFiles?: readonly string[];
  readonly pattern?: string;
  readonly accel: 'tcg' | 'kvm';
  /** Guests at the same time; by default one for each core. */
  readonly jobs?: number;
  /** For one boot of one guest. */
  readonly timeLimitMs: number;
  readonly reporterFor: (kernel: Kernel) => Reporter;
  readonly signal: AbortSignal;
}

/** Tests of what is no kernel's business, `NAME.host.test.ts`, run on the machine only. */
function isHostOnly(name: string): boolean {
  return /\.host\.test\.js$/.test(name);
}

/** After so many guests of one kernel died, the tests that are left stay without a result. */
const MAX_DEATHS = 4;
/** A test takes this much longer in a guest than on the machine itself. */
const TIME_SCALE = { tcg: 6, kvm: 2 };

/** Runs the matrix. Every failure, a guest's death too, is a result at its kernel's reporter. */
export async function runMatrix(options: MatrixOptions): Promise<void> {
  const qemu = await findQemu((text) => console.error(`selftest: warning: ${text}`));
  mkdirSync(join(cache, 'vm'), { recursive: true });
  const scratch = mkdtempSync(join(cache, 'vm', 'run-'));
  try {
    const testFiles = options.testFiles.filter((path) => !isHostOnly(path));
    const bundle = await bundleTests(join(scratch, 'bundle'), testFiles);
    for (const path of options.extraFiles ?? [])
      cpSync(path, join(bundle.folder, 'files', basename(path)));
    const files = testFiles.map((path) => basename(path));
    const guests = options.kernels.map((kernel) => ({
      kernel,
      reporter: options.reporterFor(kernel),
    }));
    // The last one named first: as a rule the newest, which has most to test.
    guests.reverse();
    await inParallel(
      options.jobs ?? availableParallelism(),
      guests,
      async ({ kernel, reporter }) => {
        try {
          await runKernel({ qemu, kernel, reporter, scratch, bundle, files, options });
        } catch (error) {
          reporter.add({ ...failure('(start)'), error: (error as Error).message });
        }
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

interface KernelRun {
  readonly qemu: string;
  readonly kernel: Kernel;
  readonly reporter: Reporter;
  /** Folder for what this run alone needs. */
  readonly scratch: string;
  readonly bundle: Bundle;
  /** Names of the test files. */
  readonly files: readonly string[];
  readonly options: MatrixOptions;
}

/** Boots a kernel until every test has a result. A guest that dies in a test fails it, and another goes on with the rest. */
async function runKernel(run: KernelRun): Promise<void> {
  const { reporter, options } = run;
  const done: string[] = [];
  let died = 0;
  for (;;) {
    const follower = new GuestFollower(reporter, done, run.bundle);
    const start = performance.now();
    const boot = await bootOnce(run, follower, done);
    if (boot.outcome === 'interrupted' || follower.initFailed) return;
    if (boot.outcome === 'done') {
      reportKernelFaults(reporter, boot);
      const seconds = Math.round((performance.now() - start) / 1000);
      const { release } = run.kernel;
      reporter.note(
        `guest done: ${follower.count} results in ${seconds} s; ${release}, up after ${follower.bootSeconds} s`,
      );
      return;
    }
    died++;
    follower.running ??= runningAtDeath(boot.console, done);
    // A guest that had not begun a single test may try again, once; anything later is a failure of the test that ran.
    if (
      boot.outcome === 'died' &&
      died === 1 &&
      done.length === 0 &&
      follower.running === undefined
    ) {
      reporter.note(
        `guest died before its first test (QEMU: ${boot.ending}); retried once. Its console:\n${excerpt(boot.console)}`,
      );
      continue;
    }
    const failed = follower.running ?? failure(done.length === 0 ? '(boot)' : '(between tests)');
    reporter.add({
      ...failed,
      status: 'failed',
      milliseconds: 0,
      error: deathText(boot, options.timeLimitMs),
    });
    done.push(testId(failed));
    if (boot.outcome === 'timeout' || follower.running === undefined) return;
    if (died === MAX_DEATHS) {
      reporter.add({
        ...failure('(rest)'),
        error: `${died} guests died; the tests that are left were not run`,
      });
      return;
    }
    reporter.note('guest starts again for the tests that are left');
  }
}

async function bootOnce(
  run: KernelRun,
  follower: GuestFollower,
  done: readonly string[],
): Promise<GuestRun> {
  const { qemu, kernel, scratch, bundle, files, options } = run;
  const initramfs = await makeInitramfs(scratch, kernel, bundle, {
    ...(options.pattern === undefined ? {} : { pattern: options.pattern }),
    skip: done,
    timeScale: TIME_SCALE[options.accel],
    environment: passedEnvironment(),
    files,
  });
  const log = join(scratch, `console-${kernel.label}.log`);
  const boot = await bootGuest(qemu, kernel, {
    initramfs,
    log,
    accel: options.accel,
    timeLimitMs: options.timeLimitMs,
    onEvent: (event) => follower.take(event),
    signal: options.signal,
  });
  if (existsSync(log)) copyFileSync(log, join(cache, 'vm', basename(log)));
  return boot;
}

/** What tests may be told by the environment, `SELFTEST_CYCLES=1000`: guests are told as well. */
function passedEnvironment(): Record<string, string> {
  const all = Object.entries(process.env) as [string, string][];
  return Object.fromEntries(all.filter(([name]) => name.startsWith('SELFTEST_')));
}

function reportKernelFaults(reporter: Reporter, { console: log }: GuestRun): void {
  if (!hasKernelFault(log)) return;
  reporter.add({
    ...failure('(kernel log)'),
    error: `the kernel reported a fault:\n${excerpt(log)}`,
  });
}

/** A failure of the guest itself. */
function failure(name: string): TestResult {
  return { file: 'guest', name, status: 'failed', milliseconds: 0 };
}

/** The test that a guest's log names last, unless it has a result: a panic may overtake the event of its start. */
function runningAtDeath(
  log: string,
  done: readonly string[],
): { file: string; name: string } | undefined {
  const test = lastAnnounced(Buffer.from(log, 'latin1').toString('utf8'));
  return test === undefined || done.includes(testId(test)) ? undefined : test;
}

function deathText(run: GuestRun, timeLimitMs: number): string {
  const what =
    run.outcome === 'timeout'
      ? `guest not done after ${timeLimitMs / 1000} s`
      : `guest died (QEMU: ${run.ending})`;
  return `${what}; its console:\n${excerpt(run.console)}`;
}

/** Turns a guest's events into results. */
class GuestFollower {
  running: { file: string; name: string } | undefined;
  bootSeconds = 0;
  /** It said itself why it cannot run tests. */
  initFailed = false;
  count = 0;
  readonly #bundle: Bundle;
  readonly #reporter: Reporter;
  readonly #done: string[];

  constructor(reporter: Reporter, done: string[], bundle: Bundle) {
    this.#bundle = bundle;
    this.#reporter = reporter;
    this.#done = done;
  }

  take(event: GuestEvent): void {
    if (event.type === 'booted') {
      this.bootSeconds = event.seconds;
    } else if (event.type === 'started') {
      this.running = { file: event.file, name: event.name };
    } else if (event.type === 'result') {
      const { type: _, ...result } = event;
      this.#add(result);
    } else if (event.type === 'error') {
      this.initFailed = true;
      this.#add({ ...failure('(init)'), error: event.message });
    }
  }

  #add({ error, ...rest }: TestResult): void {
    const result = error === undefined ? rest : { ...rest, error: this.#bundle.translate(error) };
    this.running = undefined;
    this.count++;
    this.#done.push(testId(result));
    this.#reporter.add(result);
  }
}
