/**
 * Runs compiled test files in processes of their own, several files one after another in one process where the caller says so, and
 * hands out results as they come.
 *
 * The process may crash or hang: its current test then failed, and the tests that are left go on in a new process. Every process
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
  /** Each test's id goes into the kernel's log before it begins; for guests. */
  readonly kernelLog?: boolean;
  readonly signal: AbortSignal;
}

/** Asks a test file for its tests without running any. @throws Error with its output if it cannot be imported */
export async function listTests(
  path: string,
  signal: AbortSignal,
): Promise<readonly RegisteredTest[]> {
  const child = new TestProcess({ paths: [path], list: true }, { signal });
  let tests: readonly RegisteredTest[] | undefined;
  for await (const event of child.events()) {
    if (event.type === 'registered') tests = event.tests;
  }
  const ending = await child.ended;
  if (tests === undefined) throw new Error(`could not be imported (${ending})\n${child.output}`);
  return tests;
}

/** Runs what the pattern selects of the test files: in one process, but for tests that are to run alone or come after a crash. */
export async function runTestFiles(paths: readonly string[], options: RunOptions): Promise<void> {
  const { pattern, signal } = options;
  const skip = [...(options.skip ?? [])];
  const alone: { path: string; name: string }[] = [];
  let left = paths;
  while (left.length > 0 && !signal.aborted) {
    const selection = { paths: left, ...(pattern === undefined ? {} : { pattern }), skip };
    const run = await runProcess(selection, options);
    for (const [path, tests] of run.registered) {
      for (const test of tests) if (test.alone) alone.push({ path, name: test.name });
    }
    skip.push(...run.done);
    left = left.slice(left.indexOf(run.diedIn ?? '') + 1 || left.length);
    // The file in which a test took the process with it goes on behind that test.
    if (run.diedIn !== undefined && run.registered.has(run.diedIn)) left = [run.diedIn, ...left];
  }
  const matches = new RegExp(pattern ?? '');
  for (const { path, name } of alone) {
    const id = testId({ file: testFileName(path), name });
    if (matches.test(id) && !skip.includes(id) && !signal.aborted) {
      await runProcess({ paths: [path], only: name }, options);
    }
  }
}

interface ProcessRun {
  /** The tests of each file that could be imported, by its path. */
  readonly registered: ReadonlyMap<string, readonly RegisteredTest[]>;
  /** Ids of the tests that have a result. */
  readonly done: readonly string[];
  /** The file in which the process ended, in the middle. */
  readonly diedIn: string | undefined;
}

async function runProcess(selection: Selection, options: RunOptions): Promise<ProcessRun> {
  const child = new TestProcess(
    { ...selection, timeScale: options.timeScale, kernelLog: options.kernelLog === true },
    { signal: options.signal },
  );
  const follower = new ProcessFollower(child, options);
  for await (const event of child.events()) follower.take(event);
  const ending = await child.ended;
  const { registered, done } = follower;
  follower.stopClock();
  if (options.signal.aborted) return { registered, done, diedIn: undefined };
  return { registered, done, diedIn: follower.finish(ending) };
}

/** Turns the events of one process into results, and kills it when a test takes too long. */
class ProcessFollower {
  readonly registered = new Map<string, readonly RegisteredTest[]>();
  readonly done: string[] = [];
  /** The file whose tests run. */
  #path = '';
  #running:
    | { readonly name: string; readonly start: number; readonly outputStart: number }
    | undefined;
  #timer: NodeJS.Timeout | undefined;
  #killedBecause: string | undefined;
  #keptAliveBy: readonly string[] | undefined;
  readonly #child: TestProcess;
  readonly #options: RunOptions;

  constructor(child: TestProcess, options: RunOptions) {
    this.#child = child;
    this.#options = options;
  }

  take(event: ChildEvent): void {
    if (event.type === 'importing') {
      this.#path = event.path;
    } else if (event.type === 'registered') {
      this.registered.set(this.#path, event.tests);
      if (event.tests.length === 0) this.#fail('(import)', 'test file registers no test');
    } else if (event.type === 'started') {
      this.#start(event.name, event.timeoutMs * this.#options.timeScale);
    } else if (event.type === 'result') {
      clearTimeout(this.#timer);
      const { type: _, log = '', ...result } = event;
      const printed = this.#child.output.slice(this.#running?.outputStart ?? 0).trimEnd();
      this.#report(result, [log, printed].filter(Boolean).join('\n'));
      this.#running = undefined;
    } else if (event.type === 'lingers') {
      this.#keptAliveBy = event.resources;
    }
  }

  #start(name: string, limit: number): void {
    this.#options.onStart?.({ file: testFileName(this.#path), name });
    this.#running = { name, start: performance.now(), outputStart: this.#child.output.length };
    this.#timer = setTimeout(() => {
      this.#killedBecause = `not done after ${limit / 1000} s, killed`;
      this.#child.kill();
    }, limit);
  }

  /** Called when the process is gone; a clock that went on would keep this one alive. */
  stopClock(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Called when the process is gone by itself: how it went says what else failed.
   *
   * @returns the file in which it ended before it was through
   */
  finish(ending: string): string | undefined {
    if (this.#running !== undefined) {
      const milliseconds = Math.round(performance.now() - this.#running.start);
      const error = this.#killedBecause ?? `process ended in the middle: ${ending}`;
      this.#fail(this.#running.name, error, milliseconds);
      return this.#path;
    }
    if (!this.registered.has(this.#path)) {
      this.#fail('(import)', `test file could not be imported: ${ending}`);
      return this.#path;
    }
    if (this.#keptAliveBy !== undefined) {
      const resources = this.#keptAliveBy.join(', ');
      this.#fail('(end of process)', `process does not end by itself; kept alive by: ${resources}`);
    } else if (ending !== 'exit status 0') {
      this.#fail('(end of process)', `process ended after its tests with ${ending}`);
    }
    return undefined;
  }

  #fail(name: string, error: string, milliseconds = 0): void {
    this.#report({ name, status: 'failed', milliseconds, error }, this.#child.output.trimEnd());
  }

  #report(result: Omit<TestResult, 'file'>, log: string): void {
    const file = testFileName(this.#path);
    this.done.push(testId({ file, name: result.name }));
    this.#options.onResult({ file, ...result, ...(log === '' ? {} : { log }) });
  }
}
