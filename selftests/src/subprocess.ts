/**
 * Parts of a test that need a process of their own: with fewer rights, without some of the system's folders, or to be killed.
 *
 *   const load = subprocess('load', (name: string) => SkeletonBpf.open().load().maps[name].id);
 *   test('…', async () => {
 *     await assert.rejects(load('events', { user: 'nobody' }), { code: 'EPERM' });
 *   });
 *
 * The other process imports the same test file, gives up what it is told to, and runs the body alone.
 */

import { type Limits, type ThrownError, testFileName } from './protocol.js';
import { TestProcess } from './test-process.js';

export type { Limits };

type Body = (argument: never) => unknown;

/** The bodies that this process's test file has defined. */
export const bodies: Map<string, Body> = new Map();

/** The test file that this process runs; child.ts sets it. */
export const testFile = { path: '' };

/** What a body threw in its process, or how that process ended without an answer. */
export class SubprocessError extends Error {
  /** The `code` of what it threw; `ENDED` if the process ended first. */
  readonly code: string | undefined;
  /** How the process ended: `exit status 0`, `signal SIGKILL`. */
  readonly ending: string;

  constructor(thrown: ThrownError, ending: string) {
    super(thrown.message);
    this.name = thrown.name;
    this.code = thrown.code;
    this.ending = ending;
    if (thrown.stack !== undefined) this.stack = thrown.stack;
  }
}

/**
 * Defines a body. To be called while the test file is imported, so that the other process finds it as well.
 *
 * @param name - unique in its file
 * @param body - its argument and result travel as JSON
 * @returns runs it in a new process; rejects with {@link SubprocessError}
 */
export function subprocess<Argument, Result>(
  name: string,
  body: (argument: Argument) => Result | Promise<Result>,
): (argument: Argument, limits?: Limits) => Promise<Result> {
  if (bodies.has(name))
    throw new Error(`subprocess "${name}": defined twice in ${testFileName(testFile.path)}`);
  bodies.set(name, body as Body);
  return async (argument, limits = {}) => {
    const child = new TestProcess(
      { paths: [testFile.path], part: { name, argument, limits } },
      { part: true },
    );
    let answer: { value: unknown } | { error: ThrownError } | undefined;
    for await (const event of child.events()) {
      if (event.type === 'returned') answer = { value: event.value };
      if (event.type === 'threw') answer = { error: event.error };
    }
    const ending = await child.ended;
    if (answer === undefined) {
      const message = `subprocess "${name}" ended without an answer: ${ending}\n${child.output}`;
      throw new SubprocessError({ name: 'SubprocessError', code: 'ENDED', message }, ending);
    }
    if ('error' in answer) throw new SubprocessError(answer.error, ending);
    if (ending !== 'exit status 0') {
      const message = `subprocess "${name}" answered, but then ended with ${ending}\n${child.output}`;
      throw new SubprocessError({ name: 'SubprocessError', code: 'ENDED', message }, ending);
    }
    return answer.value as Result;
  };
}
