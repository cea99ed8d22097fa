// Runs mutated inputs through every parser: `pnpm fuzz [PATTERN] [--runs N] [--seed N] [--jobs N] [--at RUN]`.
//
// Targets are found in packages/*/fuzz/*.ts, in modules that export `targets`, an array of
//
//   { name: string,                                            'objects'; in messages and patterns 'elf/objects'
//     seeds(): Uint8Array[],                                   well-formed inputs; run unchanged first, then mutated
//     run(bytes: Uint8Array): void,                            throws only on a bug: it catches the package's own error
//     mutate?(seed: Uint8Array, random): Uint8Array }          random(limit) is an integer from 0 to limit - 1; without
//                                                              mutate, bytes are changed anywhere
//
// A run fails if it throws, takes over a second three times in a row, or leaves memory out of proportion behind. The input
// goes to packages/*/test/fixtures/crash/ and stays there as a test. Run number R of a target depends on nothing but the
// seed and R: `--seed N --at R` repeats it alone. The seed is --seed, else TEST_SEED, else random; it is printed.
//
// --runs is the total over all chosen targets, 1,000,000 by default; --jobs is how many targets run at a time.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import v8 from 'node:v8';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

const SLOW_MS = 1000;
const HUNG_MS = 10_000;
const LARGEST_INPUT = 1 << 22;
const MOST_FAILURES = 20;
/** Bytes that one run may leave outside the heap: typed arrays of a size the input cannot explain. */
const memoryLimit = (input) => (64 << 20) + 64 * input.length;

if (isMainThread) await main();
else if (workerData.list) await listTargets();
else await work();

// ---- The main thread: chooses targets, watches the workers, keeps crashers.

async function main() {
  const options = parseArguments(process.argv.slice(2));
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const found = await findTargets(root);
  const chosen = found.filter(({ name }) => options.pattern.test(name));
  if (chosen.length === 0) {
    console.error(
      `fuzz: no target matches ${options.pattern}; there are ${found.map(({ name }) => name).join(', ')}`,
    );
    process.exit(2);
  }
  const runs = Math.ceil(options.runs / chosen.length);
  console.log(`fuzz: ${chosen.length} targets, ${runs} runs each, TEST_SEED=${options.seed}`);
  const queue = [...chosen];
  const results = [];
  const next = async () => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      results.push(await fuzzTarget(root, target, runs, options));
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, next));
  const total = results.reduce((sum, { done }) => sum + done, 0);
  const failed = results.filter(({ failures }) => failures > 0).length;
  console.log(`fuzz: ${total} runs, TEST_SEED=${options.seed}`);
  console.log(`${results.length - failed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
}

function parseArguments(words) {
  const random = Math.floor(Math.random() * 2 ** 32);
  const options = {
    pattern: /./,
    runs: 1_000_000,
    seed: Number(process.env.TEST_SEED ?? random),
    jobs: availableParallelism(),
    at: undefined,
  };
  for (let index = 0; index < words.length; index++) {
    const word = words[index];
    const [, key, attached] = /^--(runs|seed|jobs|at)(?:=(.*))?$/.exec(word) ?? [];
    if (key !== undefined) {
      options[key] = Number((attached ?? words[++index] ?? '').replaceAll('_', ''));
      if (!Number.isSafeInteger(options[key]) || options[key] < 0) usage(`${word}: not a number`);
    } else if (word.startsWith('-') && word !== '--') usage(`${word}: unknown option`);
    else if (word !== '--') options.pattern = new RegExp(word);
  }
  options.jobs = Math.max(options.jobs, 1);
  return options;
}

function usage(problem) {
  console.error(
    `fuzz: ${problem}\nusage: pnpm fuzz [PATTERN] [--runs N] [--seed N] [--jobs N] [--at RUN]`,
  );
  process.exit(2);
}

/** All targets of all packages, with the module each is in. */
async function findTargets(root) {
  const targets = [];
  for (const name of readdirSync(join(root, 'packages')).sort()) {
    const directory = join(root, 'packages', name);
    for (const module of fuzzModules(join(directory, 'fuzz'))) {
      const names = await new Promise((done, fail) => {
        startWorker({ list: true, module: pathToFileURL(module).href })
          .on('message', done)
          .on('error', fail);
      });
      for (const target of names)
        targets.push({ name: `${name}/${target}`, target, module, directory });
    }
  }
  return targets;
}

function fuzzModules(folder) {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** A worker that runs TypeScript from the sources. */
function startWorker(data) {
  return new Worker(new URL(import.meta.url), {
    workerData: data,
    execArgv: ['--conditions=@libbpf-ts/source'],
    resourceLimits: { maxOldGenerationSizeMb: 1024 },
  });
}

/** Runs one target to its end, in a new worker after each that hung or died. */
async function fuzzTarget(root, target, runs, options) {
  const state = {
    done: 0,
    failures: 0,
    first: options.at ?? 0,
    last: options.at === undefined ? runs : options.at + 1,
  };
  const started = performance.now();
  while (state.first < state.last && state.failures < MOST_FAILURES) {
    await runWorker(root, target, options, state);
  }
  const seconds = (performance.now() - started) / 1000;
  const rate = Math.round(state.done / seconds);
  console.log(
    `${target.name}: ${state.done} runs in ${seconds.toFixed(0)} s (${rate}/s), ${state.failures} failures`,
  );
  return state;
}

function runWorker(root, target, options, state) {
  const shared = new SharedArrayBuffer(32 + LARGEST_INPUT);
  const slots = openShared(shared);
  slots.control[0] = state.first;
  const worker = startWorker({
    module: pathToFileURL(target.module).href,
    target: target.target,
    seed: options.seed,
    first: state.first,
    last: state.last,
    seedsToo: options.at === undefined && state.first === 0,
    most: MOST_FAILURES - state.failures,
    shared,
  });
  const fail = (run, kind, detail, bytes) => {
    state.failures++;
    const file = keep(target, bytes);
    console.error(`${target.name}: run ${run}: ${kind}: ${detail}`);
    console.error(
      `  kept as ${relative(root, file)}; again with --seed ${options.seed} --at ${run}`,
    );
  };
  return new Promise((finished) => {
    let printed = performance.now();
    let seen = { started: 0, at: printed };
    const stop = (next) => {
      clearInterval(watch);
      state.done += Math.max(0, Math.min(next, state.last) - state.first);
      state.first = next;
      worker.removeAllListeners();
      // It may still run out of memory before it ends.
      worker.on('error', () => {});
      worker.terminate().then(finished);
    };
    const lastRun = () => Atomics.load(slots.control, 0);
    const lastInput = () => slots.input.slice(0, Atomics.load(slots.control, 1));
    const watch = setInterval(() => {
      const now = performance.now();
      const started = Atomics.load(slots.control, 2);
      if (started !== seen.started) seen = { started, at: now };
      // An odd number: a run has started and not ended.
      if (started % 2 === 1 && now - seen.at > HUNG_MS) {
        fail(lastRun(), 'hung', `no end after ${HUNG_MS / 1000} s`, lastInput());
        stop(lastRun() + 1);
      } else if (now - printed > 10_000) {
        printed = now;
        console.log(`${target.name}: ${lastRun()} of ${state.last}`);
      }
    }, 250);
    worker.on('message', (message) => {
      if (message.kind === 'end') stop(message.run);
      else fail(message.run, message.kind, message.detail, message.bytes);
    });
    worker.on('error', (error) => {
      fail(lastRun(), 'died', error.stack ?? String(error), lastInput());
      stop(lastRun() + 1);
    });
  });
}

function keep({ directory, target }, bytes) {
  const folder = join(directory, 'test/fixtures/crash');
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
  const file = join(folder, `${target}-${digest}.bin`);
  writeFileSync(file, bytes);
  return file;
}

/** What both threads see: number of the run, length of its input, a count that each start and end raises; the input. */
function openShared(shared) {
  return {
    control: new Int32Array(shared, 0, 3),
    input: new Uint8Array(shared, 32),
  };
}

// ---- The worker.

/** A module in TypeScript; `--import tsx` among a worker's own arguments does nothing on Node 20. */
async function importSource(module) {
  register();
  return import(module);
}

async function listTargets() {
  const { targets = [] } = await importSource(workerData.module);
  parentPort.postMessage(targets.map(({ name }) => name));
}

async function work() {
  const { module, target: name, seed, first, last, seedsToo, most, shared } = workerData;
  const { targets } = await importSource(module);
  const target = targets.find((candidate) => candidate.name === name);
  const seeds = target.seeds();
  const slots = openShared(shared);
  const seen = new Set();
  const attempt = (run, bytes) => {
    const failure = runOnce(target, run, bytes, slots);
    if (failure === undefined || seen.has(failure.signature)) return;
    seen.add(failure.signature);
    parentPort.postMessage({ ...failure, run, bytes });
  };
  if (seedsToo) for (const bytes of seeds) attempt(0, bytes);
  let run = first;
  for (; run < last && seen.size < most; run++) {
    const random = randomFrom(`${seed} ${name} ${run}`);
    const chosen = seeds[random(seeds.length)];
    attempt(run, (target.mutate ?? mutateBytes)(chosen, random));
  }
  parentPort.postMessage({ kind: 'end', run: seen.size < most ? last : run });
}

function runOnce(target, run, bytes, { control, input }) {
  if (bytes.length <= LARGEST_INPUT) input.set(bytes);
  Atomics.store(control, 1, Math.min(bytes.length, LARGEST_INPUT));
  Atomics.store(control, 0, run);
  const memory = v8.getHeapStatistics().external_memory;
  let milliseconds = Infinity;
  // A machine that was busy with something else is not slow three times.
  for (let again = 0; again < 3 && milliseconds > SLOW_MS; again++) {
    const started = performance.now();
    Atomics.add(control, 2, 1);
    try {
      target.run(bytes);
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return {
        kind: 'threw',
        detail: withCauses(error, stack),
        signature: signatureOf(error, stack),
      };
    } finally {
      Atomics.add(control, 2, 1);
    }
    milliseconds = performance.now() - started;
  }
  if (milliseconds > SLOW_MS) {
    return { kind: 'slow', detail: `${Math.round(milliseconds)} ms`, signature: 'slow' };
  }
  const left = v8.getHeapStatistics().external_memory - memory;
  if (left > memoryLimit(bytes)) {
    return {
      kind: 'memory',
      detail: `${left >> 20} MiB for ${bytes.length} bytes`,
      signature: 'memory',
    };
  }
  return undefined;
}

function withCauses(error, stack) {
  return error?.cause instanceof Error ? `${stack}\n  caused by ${error.cause.stack}` : stack;
}

/** Two failures with the same signature are one bug: where it was thrown, without line texts that vary. */
function signatureOf(error, stack) {
  const frames = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 3);
  return `${error?.name} ${error?.cause?.code ?? ''} ${frames.join(' ')}`;
}

/** A generator of integers below a limit that a text decides: splitmix32 over its FNV-1a hash. */
function randomFrom(text) {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  return (limit) => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return Math.floor((((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Without a better idea of the format: numbers of all widths set to telling values, bytes flipped, cut, doubled. */
function mutateBytes(seed, random) {
  let bytes = Uint8Array.from(seed);
  const telling = [
    0n,
    1n,
    -1n,
    0x7fn,
    0x80n,
    0xffffn,
    0x7fffffffn,
    0x80000000n,
    (1n << 53n) - 1n,
    1n << 63n,
  ];
  for (let left = 1 + random(4); left > 0 && bytes.length > 0; left--) {
    const at = random(bytes.length);
    const length = Math.min(1 + random(64), bytes.length - at);
    const kind = random(12);
    if (kind === 0) bytes = bytes.slice(0, at);
    else if (kind === 1) bytes = join2(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (kind === 2) bytes = join2(bytes.subarray(0, at + length), bytes.subarray(at));
    else if (kind === 3) bytes[at] ^= 1 << random(8);
    else if (kind === 4) bytes.copyWithin(at, random(bytes.length), random(bytes.length));
    else {
      const width = [1, 2, 4, 8][random(4)];
      const place = at - (at % Math.min(width, 4));
      const value =
        kind < 8 ? BigInt(random(kind < 7 ? 64 : bytes.length)) : telling[random(telling.length)];
      for (let index = 0; index < width && place + index < bytes.length; index++) {
        bytes[place + index] = Number((value >> BigInt(8 * index)) & 0xffn);
      }
    }
  }
  return bytes;
}

function join2(head, tail) {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
