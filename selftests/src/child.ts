/**
 * The process that runs test files: `node --expose-gc dist/child.js SELECTION`. Reports events on descriptor 3, and takes the
 * selection as JSON (both: protocol.ts); what tests print goes to standard output and error as usual.
 */

import { writeFileSync, writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { RunningTest, registered, Skipped, type Test } from './harness.js';
import { findLeaks, type Leak, type Snapshot, takeSnapshot } from './leaks.js';
import { applyLimits } from './limits.js';
import { mountMissing } from './mounts.js';
import { announcement, type ChildEvent, type Selection, testFileName, testId } from './protocol.js';
import { bodies, testFile } from './subprocess.js';

const DEFAULT_TIMEOUT_MS = 30_000;
/** How long the process may live on after its last test. */
const LINGER_MS = 2000;
/** A test that leaves something in this process runs so often again: what grows each time is a leak, what does not is kept on purpose. */
const REPEATS = 3;
const EVENTS_FD = 3;

const [selectionText] = process.argv.slice(2);
if (selectionText === undefined) throw new Error('usage: child.js SELECTION');
const selection = JSON.parse(selectionText) as Selection;

/** How the last test left things, as long as nothing was done since: looking takes a while where the processor is emulated. */
let untouched: Snapshot | undefined;

/** What an error that nothing in a test caught goes to. */
let onStray: ((error: unknown) => void) | undefined;
process.on('uncaughtException', (error) => {
  if (onStray === undefined) throw error;
  onStray(error);
});

if (selection.list !== true && selection.part === undefined)
  mountMissing(selection.ownMounts === true);
for (const path of selection.paths) {
  await register(path);
  if (selection.list === true) continue;
  if (selection.part !== undefined) await runPart(selection.part);
  else await runTests(testFileName(path));
}
if (selection.list !== true && selection.part === undefined) watchForLingering();

/** Imports a file; what it registers takes the place of what the one before it did. */
async function register(path: string): Promise<void> {
  send({ type: 'importing', path });
  testFile.path = path;
  registered.length = 0;
  bodies.clear();
  untouched = undefined;
  await import(pathToFileURL(path).href);
  const tests = registered.map(({ name, options }) => ({ name, alone: options.alone ?? false }));
  send({ type: 'registered', tests });
}

async function runTests(file: string): Promise<void> {
  for (const test of [...registered]) {
    if (!isSelected(file, test)) continue;
    if (selection.kernelLog === true)
      writeFileSync('/dev/kmsg', `<4>${announcement({ file, name: test.name })}\n`);
    await runTest(test);
  }
}

async function runPart({ name, argument, limits }: NonNullable<Selection['part']>): Promise<void> {
  const body = bodies.get(name);
  if (body === undefined)
    throw new Error(`subprocess "${name}": not defined while the file is imported`);
  try {
    applyLimits(limits);
    send({ type: 'returned', value: await body(argument as never) });
  } catch (error) {
    const { name: kind, message, code, stack } = error as Error & { code?: string };
    const optional = {
      ...(code === undefined ? {} : { code }),
      ...(stack === undefined ? {} : { stack }),
    };
    send({ type: 'threw', error: { name: kind, message, ...optional } });
  }
}

function isSelected(file: string, { name, options }: Test): boolean {
  if (selection.only !== undefined) return name === selection.only;
  const id = testId({ file, name });
  const matches = new RegExp(selection.pattern ?? '').test(id);
  return matches && options.alone !== true && selection.skip?.includes(id) !== true;
}

async function runTest(test: Test): Promise<void> {
  const { name, options } = test;
  send({ type: 'started', name, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS });
  const start = performance.now();
  const context = new RunningTest(selection.timeScale);
  const { thrown, leaks } = await attempt(test, context);
  let left = leaks;
  for (let again = 0; again < REPEATS; again++) {
    if (thrown !== undefined || left.length === 0 || left.some((leak) => !leak.inProcess)) break;
    const repeat = await attempt(test, new RunningTest(selection.timeScale));
    if (repeat.thrown === undefined) left = repeat.leaks;
    if (left.length === 0)
      context.log(`kept by the process, no leak: ${leaks.map(({ text }) => text).join('; ')}`);
  }
  const milliseconds = Math.round(performance.now() - start);
  const log = context.lines.join('\n');
  send({
    type: 'result',
    name,
    milliseconds,
    ...judge(thrown, left),
    ...(log === '' ? {} : { log }),
  });
}

type Verdict =
  | { status: 'passed' }
  | { status: 'failed'; error: string }
  | { status: 'skipped'; skip: Skipped['skip'] };

function judge(thrown: { error: unknown } | undefined, leaks: readonly Leak[]): Verdict {
  const left =
    leaks.length === 0 ? [] : [`left behind:\n  ${leaks.map(({ text }) => text).join('\n  ')}`];
  if (thrown !== undefined && !(thrown.error instanceof Skipped)) {
    return { status: 'failed', error: [describe(thrown.error), ...left].join('\n') };
  }
  if (left[0] !== undefined) return { status: 'failed', error: left[0] };
  return thrown === undefined
    ? { status: 'passed' }
    : { status: 'skipped', skip: (thrown.error as Skipped).skip };
}

async function attempt(
  test: Test,
  context: RunningTest,
): Promise<{ thrown: { error: unknown } | undefined; leaks: Leak[] }> {
  try {
    context.require(test.options.needs ?? []);
  } catch (error) {
    return { thrown: { error }, leaks: [] };
  }
  const before = untouched ?? takeSnapshot();
  untouched = undefined;
  const thrown = await settle(test, context);
  const { leaks, after } = await findLeaks(before, selection.timeScale);
  untouched = after;
  return { thrown, leaks };
}

/** Runs test and clean-up; an error that strays out of a callback counts as the test's. */
async function settle(test: Test, context: RunningTest): Promise<{ error: unknown } | undefined> {
  let thrown: { error: unknown } | undefined;
  const stray = new Promise<never>((_, reject) => {
    onStray = reject;
  });
  stray.catch(() => undefined);
  for (const step of [() => test.run(context), () => context.cleanUp()]) {
    try {
      await Promise.race([step(), stray]);
    } catch (error) {
      thrown ??= { error };
    }
  }
  onStray = undefined;
  return thrown;
}

function describe(error: unknown): string {
  return error instanceof Error
    ? inspect(error, { depth: 4, breakLength: 120 })
    : `thrown: ${inspect(error)}`;
}

function send(event: ChildEvent): void {
  writeSync(EVENTS_FD, `${JSON.stringify(event)}\n`);
}

/** A process that does not end by itself was kept alive by something that a test left behind. */
function watchForLingering(): void {
  setTimeout(
    () => {
      send({ type: 'lingers', resources: process.getActiveResourcesInfo() });
      process.exit(1);
    },
    LINGER_MS * (selection.timeScale ?? 1),
  ).unref();
}
