/**
 * Runs compiled test files, each in a process of its own, and hands out results as they come.
 *
 * The process may crash or hang: its current test then failed, and the file's other tests go on in a new process. Every process
 * leads a group of its own, so that what a test started ends with it.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { findProgram } from './command.js';
import { mountPoint } from './mounts.js';
import {
  type ChildEvent,
  type RegisteredTest,
  type Selection,
  type TestResult,
  testFileName,
  testId,
} from './protocol.js';

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
  const child = new TestProcess(path, { list: true }, signal);
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
  const file = testFileName(path);
  const child = new TestProcess(
    path,
    { ...selection, timeScale: options.timeScale },
    options.signal,
  );
  const done: string[] = [];
  let tests: readonly RegisteredTest[] | undefined;
  let current: { name: string; start: number; outputStart: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let killedBecause: string | undefined;
  let lingering: readonly string[] | undefined;
  for await (const event of child.events()) {
    if (event.type === 'registered') {
      tests = event.tests;
    } else if (event.type === 'started') {
      options.onStart?.({ file, name: event.name });
      current = { name: event.name, start: performance.now(), outputStart: child.output.length };
      const limit = event.timeoutMs * options.timeScale;
      timer = setTimeout(() => {
        killedBecause = `not done after ${limit / 1000} s, killed`;
        child.kill();
      }, limit);
    } else if (event.type === 'result') {
      clearTimeout(timer);
      const { type: _, log = '', ...result } = event;
      const printed = child.output.slice(current?.outputStart ?? 0).trimEnd();
      options.onResult({
        file,
        ...result,
        ...optionalLog([log, printed].filter(Boolean).join('\n')),
      });
      done.push(event.name);
      current = undefined;
    } else {
      lingering = event.resources;
    }
  }
  clearTimeout(timer);
  const ending = await child.ended;
  if (options.signal.aborted) return { tests, done, diedIn: undefined };

  const fail = (name: string, error: string, milliseconds = 0) => {
    options.onResult({
      file,
      name,
      status: 'failed',
      milliseconds,
      error,
      ...optionalLog(child.output.trimEnd()),
    });
  };
  if (current !== undefined) {
    const milliseconds = Math.round(performance.now() - current.start);
    fail(current.name, killedBecause ?? `process ended in the middle: ${ending}`, milliseconds);
  } else if (tests === undefined) {
    fail('(import)', `test file could not be imported: ${ending}`);
  } else if (tests.length === 0) {
    fail('(import)', 'test file registers no test');
  } else if (lingering !== undefined) {
    fail(
      '(end of process)',
      `process does not end by itself; kept alive by: ${lingering.join(', ')}`,
    );
  } else if (ending !== 'exit status 0') {
    fail('(end of process)', `process ended after its tests with ${ending}`);
  }
  return { tests, done, diedIn: current?.name };
}

function optionalLog(log: string): { log?: string } {
  return log === '' ? {} : { log };
}

/** A running child.js. */
class TestProcess {
  /** What it printed so far. */
  output = '';
  /** How it ended: `exit status 1`, `signal SIGSEGV`. */
  readonly ended: Promise<string>;
  readonly #pid: number | undefined;
  readonly #eventStream: Readable;

  constructor(path: string, selection: Selection, signal: AbortSignal) {
    const script = join(import.meta.dirname, 'child.js');
    const command = [
      process.execPath,
      '--expose-gc',
      '--enable-source-maps',
      script,
      path,
      JSON.stringify(selection),
    ];
    const [program = '', ...args] =
      selection.list === true ? command : [...inMountNamespace(), ...command];
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#pid = child.pid;
    this.#eventStream = child.stdio[3] as Readable;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    const kill = () => this.kill();
    signal.addEventListener('abort', kill, { once: true });
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(`could not start: ${error.message}`));
      // What the tests started and forgot may hold the pipes open, so it goes when the process does.
      child.on('exit', kill);
      child.on('close', (status, name) => {
        signal.removeEventListener('abort', kill);
        resolve(name === null ? exitText(status) : `signal ${name}`);
      });
    });
    if (signal.aborted) kill();
  }

  async *events(): AsyncGenerator<ChildEvent> {
    for await (const line of createInterface({ input: this.#eventStream })) {
      if (line.endsWith('}')) yield JSON.parse(line) as ChildEvent; // a killed process can leave half a line
    }
  }

  /** Ends the process and all that it started. */
  kill(): void {
    if (this.#pid === undefined) return;
    try {
      process.kill(-this.#pid, 'SIGKILL');
    } catch {
      // All gone already.
    }
  }
}

/** child.ts mounts bpffs and tracefs where they are missing; a namespace of its own keeps that from the machine. */
function inMountNamespace(): string[] {
  const unshare = findProgram('unshare');
  return unshare === undefined || mountPoint('bpf') !== undefined ? [] : [unshare, '--mount', '--'];
}

function exitText(status: number | null): string {
  // Node ends with 13 when the event loop runs dry under an await.
  return status === 13
    ? 'exit status 13: waits for a promise that nothing will settle'
    : `exit status ${status}`;
}
