/**
 * What test files import: {@link test}, and the few things that many tests need.
 *
 * A test file is imported in a process of its own (child.ts) and registers its tests; they then run one after another, each between
 * two looks at what it may have left behind (leaks.ts).
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type Feature, features } from './features.js';
import { findGap, kernelConfig } from './gaps.js';
import { atLeast, type KernelVersion, runningKernel } from './kernel.js';
import type { SkipReason } from './protocol.js';

export { default as assert } from 'node:assert/strict';
export { setTimeout as sleep } from 'node:timers/promises';
export { type Limits, SubprocessError, subprocess } from './subprocess.js';
export { cString, getpgid, nanosleep, syscall, syscallNumber } from './syscalls.js';
export { type Feature, features, type KernelVersion, kernelConfig, runningKernel };

export interface TestOptions {
  /** Kernel features without which the test cannot run: skipped where the kernel is older or has a known gap. */
  readonly needs?: readonly Feature[];
  /** How long the test may take, 30 s by default; longer where the machine is emulated. */
  readonly timeoutMs?: number;
  /** Runs the test in a process of its own, for tests that change it (CPU affinity, privileges, signals). */
  readonly alone?: boolean;
}

export interface TestContext {
  /** The running kernel. */
  readonly kernel: KernelVersion;
  /** Factor on the test's own waits: 1, more on an emulated machine. */
  readonly timeScale: number;
  /**
   * Ends the test as skipped.
   *
   * On a kernel at or past `feature.since` this is a failure, unless gaps.ts finds the feature missing on this system.
   */
  skip(reason: string, feature: Feature): never;
  /** True if the kernel is at least as new as `since`. */
  atLeast(since: string): boolean;
  /** Remembers a line that is shown if the test fails. */
  log(...values: unknown[]): void;
  /** Does something after the test, however it ends; the last one registered goes first. */
  after(cleanUp: () => void | Promise<void>): void;
  /** A new empty folder, removed after the test. */
  tmpdir(): string;
}

export type TestFunction = (t: TestContext) => void | Promise<void>;

export interface Test {
  readonly name: string;
  readonly run: TestFunction;
  readonly options: TestOptions;
}

/** The tests of the file that this process runs. */
export const registered: Test[] = [];

/**
 * Registers a test.
 *
 * @param name - says what holds, `closes its links when attaching fails`; unique in its file
 * @param run - throws (or rejects) if it does not hold
 */
export const test: (name: string, run: TestFunction, options?: TestOptions) => void = (
  name,
  run,
  options = {},
) => {
  if (registered.some((other) => other.name === name)) {
    throw new Error(`test "${name}": a test of this name is in the file already`);
  }
  registered.push({ name, run, options });
};

/** How a test ended by `skip`; not an Error, so that `assert.throws` in a test does not take it for one. */
export class Skipped {
  readonly skip: SkipReason;
  constructor(skip: SkipReason) {
    this.skip = skip;
  }
}

/** A test's context with what the runner needs of it. */
export class RunningTest implements TestContext {
  readonly kernel: KernelVersion = runningKernel;
  readonly timeScale: number;
  readonly lines: string[] = [];
  readonly #cleanUps: (() => void | Promise<void>)[] = [];

  constructor(timeScale = 1) {
    this.timeScale = timeScale;
  }

  skip(reason: string, feature: Feature): never {
    const gap = atLeast(this.kernel, feature.since) ? findGap(feature) : undefined;
    if (gap === undefined && atLeast(this.kernel, feature.since)) {
      throw new Error(
        `skipped ("${reason}"), but kernel ${this.kernel.release} should have ${feature.name}, which came with ${feature.since}, ` +
          'and gaps.ts knows no reason why this one lacks it',
      );
    }
    throw new Skipped({
      reason,
      feature: feature.name,
      since: feature.since,
      ...(gap === undefined ? {} : { gap }),
    });
  }

  atLeast(since: string): boolean {
    return atLeast(this.kernel, since);
  }

  log(...values: unknown[]): void {
    this.lines.push(
      values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' '),
    );
  }

  after(cleanUp: () => void | Promise<void>): void {
    this.#cleanUps.push(cleanUp);
  }

  tmpdir(): string {
    const folder = mkdtempSync(join(tmpdir(), 'selftest-'));
    this.after(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  /** Skips if one of `needs` is not there. */
  require(needs: readonly Feature[]): void {
    for (const feature of needs) {
      const isThere = atLeast(this.kernel, feature.since) && findGap(feature) === undefined;
      if (!isThere) this.skip(`needs ${feature.name}`, feature);
    }
  }

  async cleanUp(): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).reverse()) await cleanUp();
  }
}
