/** Runs the tests on several kernels, guests side by side, and gives every test on every kernel one result. */

import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { inParallel } from '../command.js';
import { type TestResult, testId } from '../protocol.js';
import type { Reporter } from '../reporter.js';
import type { GuestEvent } from './guest.js';
import { makeInitramfs } from './initramfs.js';
import type { Kernel } from './kernels.js';
import { bootGuest, findQemu, type GuestRun, kernelFaults, lastLines } from './qemu.js';

export interface MatrixOptions {
  readonly kernels: readonly Kernel[];
  /** Compiled test files. */
  readonly testFiles: readonly string[];
  readonly pattern?: string;
  readonly accel: 'tcg' | 'kvm';
  /** Guests at the same time; by default one for each core. */
  readonly jobs?: number;
  /** For one boot of one guest. */
  readonly timeLimitMs: number;
  readonly reporterFor: (kernel: Kernel) => Reporter;
  readonly signal: AbortSignal;
}

/** How often a guest whose kernel died in a test starts again for the tests that are left. */
const MAX_BOOTS = 4;
/** A test takes this much longer in a guest than on the machine itself. */
const TIME_SCALE = { tcg: 6, kvm: 2 };

/** Runs the matrix. Every failure, a guest's death too, is a result at its kernel's reporter. */
export async function runMatrix(options: MatrixOptions): Promise<void> {
  const qemu = await findQemu((text) => console.error(`selftest: warning: ${text}`));
  await inParallel(options.jobs ?? availableParallelism(), options.kernels, async (kernel) => {
    const reporter = options.reporterFor(kernel);
    try {
      await runKernel(qemu, kernel, reporter, options);
    } catch (error) {
      reporter.add({
        file: 'guest',
        name: '(start)',
        status: 'failed',
        milliseconds: 0,
        error: (error as Error).message,
      });
    }
  });
}

async function runKernel(
  qemu: string,
  kernel: Kernel,
  reporter: Reporter,
  options: MatrixOptions,
): Promise<void> {
  const done: string[] = [];
  let retried = false;
  for (let boot = 1; boot <= MAX_BOOTS && !options.signal.aborted; boot++) {
    const follower = new GuestFollower(reporter, done);
    const initramfs = await makeInitramfs(kernel, {
      ...(options.pattern === undefined ? {} : { pattern: options.pattern }),
      skip: done,
      timeScale: TIME_SCALE[options.accel],
      files: options.testFiles.map((path) => basename(path)),
    });
    const start = performance.now();
    const run = await bootGuest(qemu, kernel, {
      initramfs,
      accel: options.accel,
      timeLimitMs: options.timeLimitMs,
      onEvent: (event) => follower.take(event),
      signal: options.signal,
    });
    if (run.outcome === 'interrupted') return;
    const seconds = Math.round((performance.now() - start) / 1000);
    if (run.outcome === 'done') {
      for (const line of kernelFaults(run.console)) {
        reporter.add({
          file: 'guest',
          name: '(kernel log)',
          status: 'failed',
          milliseconds: 0,
          error: `${line}\n${lastLines(run.console)}`,
        });
      }
      reporter.note(
        `guest done: ${follower.count} results in ${seconds} s, kernel ${kernel.release} up after ${follower.bootSeconds} s`,
      );
      return;
    }
    // Only a guest that had not begun a single test may try again; anything later is a failure of the test that ran.
    if (run.outcome === 'died' && follower.running === undefined && done.length === 0 && !retried) {
      retried = true;
      reporter.note(
        `guest died before its first test (${run.ending}); retried once. Its console ended:\n${lastLines(run.console)}`,
      );
      continue;
    }
    const failed = follower.running ?? { file: 'guest', name: '(between tests)' };
    reporter.add({
      ...failed,
      status: 'failed',
      milliseconds: 0,
      error: deathText(run, options.timeLimitMs),
    });
    done.push(testId(failed));
    if (run.outcome === 'timeout' || follower.running === undefined) return;
    reporter.note('guest starts again for the tests that are left');
  }
}

function deathText(run: GuestRun, timeLimitMs: number): string {
  const what =
    run.outcome === 'timeout'
      ? `guest not done after ${timeLimitMs / 1000} s`
      : `guest died (QEMU: ${run.ending})`;
  return `${what}; its console ended:\n${lastLines(run.console)}`;
}

/** Turns a guest's events into results. */
class GuestFollower {
  running: { file: string; name: string } | undefined;
  bootSeconds = 0;
  count = 0;
  readonly #reporter: Reporter;
  readonly #done: string[];

  constructor(reporter: Reporter, done: string[]) {
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
      this.#add({
        file: 'guest',
        name: '(init)',
        status: 'failed',
        milliseconds: 0,
        error: event.message,
      });
    }
  }

  #add(result: TestResult): void {
    this.running = undefined;
    this.count++;
    this.#done.push(testId(result));
    this.#reporter.add(result);
  }
}
