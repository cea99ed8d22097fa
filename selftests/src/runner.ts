/**
 * Runs compiled test files, each in a process of its own, and hands out results as they come.
 *
 * The process may crash or hang: its current test then failed, and the file's other tests go on in a new process. Every process
 * leads a group of its own, so that what a test started ends with it.
 */

import {
  type ChildEvent,
  type RegisteredTest,
  type Selection,
  type TestResult,
  testFileName,
  testId,
} from './protocol.js';
import { TestProcess } from './test-process.js';

export interface RunOptions {
  /** Regular expression on `file: name`; absent: every test. */
  readonly pattern?: string;
  /** Ids ({@link testId}) of tests not to run again. */
  readonly skip?: readonly string[];
  /** Told of each test that begins. */
  readonly onStart?: (test: { readonly file: string; readonly name: string }) => void;
  /** Told each result as it comes. */
  readonly onResult: (result: TestResult) => void;
  /** Factor on every time limit, for emulated machines. */
  readonly timeScale: number;
  readonly signal: AbortSignal;
}

/** Asks a test file for its tests without running any. @throws Error with its output if it cannot be imported */
export async function listTests(
  path: string,
  signal: AbortSignal,
): Promise<readonly RegisteredTest[]> {
  const child = new TestProcess(path, { list: true }, { signal });
  let tests: readonly RegisteredTest[] | undefined;
  for await (const event of child.events()) {
    if (event.type === 'registered') tests = event.tests;
  }
  const ending = await child.ended;
  if (tests === undefined) throw new Error(`could not be imported (${ending})\n${child.output}`);
  return tests;
}

/** Runs what the pattern selects of one test file. */
export async function runTestFile(path: string, options: RunOptions): Promise<void> {
  const file = testFileName(path);
  const { pattern } = options;
  const isSkipped = (name: string) => options.skip?.includes(testId({ file, name })) === true;
  const prefix = testId({ file, name: '' });
  const skip = (options.skip ?? []).flatMap((id) =>
    id.startsWith(prefix) ? [id.slice(prefix.length)] : [],
  );
  let tests: readonly RegisteredTest[] = [];
  for (;;) {
    const run = await runProcess(
      path,
      { ...(pattern === undefined ? {} : { pattern }), skip },
      options,
    );
    if (run.tests !== undefined) tests = run.tests;
    if (run.diedIn === undefined || options.signal.aborted) break;
    skip.push(...run.done, run.diedIn);
  }
  const matches = new RegExp(pattern ?? '');
  for (const { name, alone } of tests) {
    if (
      alone &&
      matches.test(testId({ file, name })) &&
      !isSkipped(name) &&
      !options.signal.aborted
    ) {
      await runProcess(path, { only: name }, options);
    }
  }
}

interface ProcessRun {
  /** The file's tests; absent if it could not be imported. */
  readonly tests: readonly RegisteredTest[] | undefined;
  /** Names of those that ran to their end. */
  readonly done: readonly string[];
  /** The test in which the process ended. */
  readonly diedIn: string | undefined;
}

async function runProcess(
  path: string,
  selection: Selection,
  options: RunOptions,
): Promise<ProcessRun> {
  const child = new TestProcess(
    path,
    { ...selection, timeScale: options.timeScale },
    { signal: options.signal },
  );
  const follower = new ProcessFollower(testFileName(path), child, options);
  for await (const event of child.events()) follower.take(event);
  const ending = await child.ended;
  const { tests, done, running } = follower;
  follower.stopClock();
  if (options.signal.aborted) return { tests, done, diedIn: undefined };
  follower.finish(ending);
  return { tests, done, diedIn: running?.name };
}

/** Turns the events of one process into results, and kills it when a test takes too long. */
class ProcessFollower {
  tests: readonly RegisteredTest[] | undefined;
  readonly done: string[] = [];
  running:
    | { readonly name: string; readonly start: number; readonly outputStart: number }
    | undefined;
  #timer: NodeJS.Timeout | undefined;
  #killedBecause: string | undefined;
  #keptAliveBy: readonly string[] | undefined;
  readonly #file: string;
  readonly #child: TestProcess;
  readonly #options: RunOptions;

  constructor(file: string, child: TestProcess, options: RunOptions) {
    this.#file = file;
    this.#child = child;
    this.#options = options;
  }

  take(event: ChildEvent): void {
    if (event.type === 'registered') {
      this.tests = event.tests;
    } else if (event.type === 'started') {
      this.#start(event.name, event.timeoutMs * this.#options.timeScale);
    } else if (event.type === 'result') {
      clearTimeout(this.#timer);
      const { type: _, log = '', ...result } = event;
      const printed = this.#child.output.slice(this.running?.outputStart ?? 0).trimEnd();
      this.#report(result, [log, printed].filter(Boolean).join('\n'));
      this.done.push(event.name);
      this.running = undefined;
    } else if (event.type === 'lingers') {
      this.#keptAliveBy = event.resources;
    }
  }

  #start(name: string, limit: number): void {
    this.#options.onStart?.({ file: this.#file, name });
    this.running = { name, start: performance.now(), outputStart: this.#child.output.length };
    this.#timer = setTimeout(() => {
      this.#killedBecause = `not done after ${limit / 1000} s, killed`;
      this.#child.kill();
    }, limit);
  }

  /** Called when the process is gone; a clock that went on would keep this one alive. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /** Called when the process is gone by itself: how it went says what else failed. */
  finish(ending: string): void {
    if (this.running !== undefined) {
      const milliseconds = Math.round(performance.now() - this.running.start);
      this.#fail(
        this.running.name,
        this.#killedBecause ?? `process ended in the middle: ${ending}`,
        milliseconds,
      );
    } else if (this.tests === undefined) {
      this.#fail('(import)', `test file could not be imported: ${ending}`);
    } else if (this.tests.length === 0) {
      this.#fail('(import)', 'test file registers no test');
    } else if (this.#keptAliveBy !== undefined) {
      this.#fail(
        '(end of process)',
        `process does not end by itself; kept alive by: ${this.#keptAliveBy.join(', ')}`,
      );
    } else if (ending !== 'exit status 0') {
      this.#fail('(end of process)', `process ended after its tests with ${ending}`);
    }
  }

  #fail(name: string, error: string, milliseconds = 0): void {
    this.#report({ name, status: 'failed', milliseconds, error }, this.#child.output.trimEnd());
  }

  #report(result: Omit<TestResult, 'file'>, log: string): void {
    this.#options.onResult({ file: this.#file, ...result, ...(log === '' ? {} : { log }) });
  }
}
