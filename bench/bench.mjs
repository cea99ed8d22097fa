// Runs the benchmark cases: each figure is a ratio to C doing the same work in the same run. README.md says how to add one.
//
//   node bench.mjs [PATTERN] [--check] [--quick] [--vm VERSION,…]
//
// PATTERN is a regular expression for names of cases. --check exits 1 when a ratio passes its limit in limits.json; --quick
// takes 3 pairs of samples instead of 11. --vm measures the cases of attaching in guests with Debian's kernels of these versions.

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const build = join(here, 'build');
mkdirSync(build, { recursive: true });

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    check: { type: 'boolean' },
    quick: { type: 'boolean' },
    vm: { type: 'string', default: '' },
  },
});
const pattern = new RegExp(positionals[0] ?? '.');
const pairs = values.quick ? 3 : 11;
const limits = JSON.parse(readFileSync(join(here, 'limits.json'), 'utf8'));

console.log(
  `# node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${pairs} pairs`,
);
console.log(row('case', 'JS ns/op', 'C ns/op', 'ratio', 'spread', 'limit', ''));
const outcome = { passed: 0, failed: 0, skipped: 0 };
if (values.vm === '') {
  for (const { file, name } of await findCases()) {
    const result = await runCase(file, name);
    outcome[result.status]++;
  }
} else {
  await runInGuests(values.vm.split(','));
}
console.log(`${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped`);
if (outcome.failed > 0 && values.check) process.exitCode = 1;

/** The cases of attaching, on kernels of Debian. */
async function runInGuests(versions) {
  const { measureInGuests } = await import('./vm.mjs');
  const options = { versions, pattern: pattern.source, pairs, build };
  await measureInGuests(options, ({ kernel, name, samples, error }) => {
    const withRatio = samples?.map(({ js, c }) => ({ js, c, ratio: js / c }));
    const result = report(name, { samples: withRatio, error, kernel });
    outcome[result.status]++;
  });
}

/** Every case of every *.bench.mjs whose name matches. */
async function findCases() {
  const found = [];
  for (const file of readdirSync(here)
    .filter((name) => name.endsWith('.bench.mjs'))
    .sort()) {
    const { cases } = await import(pathToFileURL(join(here, file)).href);
    for (const { name } of cases)
      if (pattern.test(name)) found.push({ file: join(here, file), name });
  }
  return found;
}

/** Measures one case in a process of its own and prints its row. */
async function runCase(file, name) {
  const worker = startWorker(file, name);
  try {
    const { skip, c, isRatio, most } = await worker.ask({ do: 'setup', build });
    if (skip !== undefined) return report(name, { skip });
    let program;
    if (!isRatio) {
      program = c.command ?? compile(c);
      if (typeof program === 'string') return report(name, { skip: program });
    }
    const samples = [];
    for (let pair = 0; pair < Math.min(pairs, most ?? pairs); pair++) {
      const js = (await worker.ask({ do: 'sample' })).value;
      const other = isRatio
        ? 1
        : c.command === undefined
          ? await runC(program)
          : await timeCommand(program);
      samples.push({ js, c: other, ratio: js / other });
    }
    return report(name, { samples, isRatio });
  } catch (error) {
    return report(name, { error });
  } finally {
    await worker.stop();
  }
}

/** Builds a C program once per change; returns its command line, or why there is none. */
function compile({ source, args = [], libraries = ['bpf', 'elf', 'z'] }) {
  const from = join(here, 'c', source);
  const to = join(build, basename(source, '.c'));
  if (!isNewer(to, from)) {
    const compiler = ['cc', 'gcc', 'clang-16', 'clang'].find(
      (one) => spawnSync(one, ['--version']).status === 0,
    );
    if (compiler === undefined) return 'not run: no C compiler';
    const flags = ['-O2', '-Wall', '-o', to, from, ...libraries.map((library) => `-l${library}`)];
    const { status, stderr } = spawnSync(compiler, flags, { encoding: 'utf8' });
    if (status !== 0) return `not run: ${compiler} ${source}: ${stderr.trim().split('\n')[0]}`;
  }
  return [to, ...args];
}

function isNewer(to, from) {
  try {
    return statSync(to).mtimeMs > statSync(from).mtimeMs;
  } catch {
    return false;
  }
}

/** Runs a C program; what it prints last is its figure. */
async function runC([command, ...args]) {
  const { stdout } = await run(command, args);
  const value = Number(stdout.trim().split('\n').at(-1));
  if (!(value > 0)) throw new Error(`${command} printed no number: ${stdout.trim().slice(0, 200)}`);
  return value;
}

/** Nanoseconds that a whole command takes. */
async function timeCommand([command, ...args]) {
  const start = process.hrtime.bigint();
  await run(command, args);
  return Number(process.hrtime.bigint() - start);
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += chunk));
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve({ stdout });
      else reject(new Error(`${command}: status ${status}: ${stderr.trim().slice(-300)}`));
    });
  });
}

/** The process that holds the JavaScript side; answers one question at a time. */
function startWorker(file, name) {
  const child = spawn(process.execPath, ['--expose-gc', join(here, 'worker.mjs'), file, name], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    ask(question) {
      return new Promise((resolve, reject) => {
        const onExit = (status) =>
          reject(new Error(`the JavaScript side ended with status ${status}`));
        child.once('exit', onExit);
        child.once('message', (answer) => {
          child.off('exit', onExit);
          if (answer.error !== undefined) reject(new Error(answer.error));
          else resolve(answer);
        });
        child.send(question, (error) => error && reject(error));
      });
    },
    async stop() {
      if (child.connected) child.send({ do: 'stop' });
      await exited;
    },
  };
}

function report(name, { samples, isRatio, skip, error, kernel }) {
  const limit = limits[name];
  const title = kernel === undefined ? name : `${name} (${kernel})`;
  if (skip !== undefined || error !== undefined) {
    console.log(row(title, '', '', '', '', limit ?? '', skip ?? `error: ${error.message}`));
    return { status: skip === undefined ? 'failed' : 'skipped' };
  }
  const ratios = samples.map(({ ratio }) => ratio);
  const ratio = median(ratios);
  const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
  const isOver = limit !== undefined && ratio > limit;
  const js = isRatio ? '' : whole(median(samples.map(({ js }) => js)));
  const c = isRatio ? '' : whole(median(samples.map(({ c }) => c)));
  const verdict = isOver ? 'over the limit' : limit === undefined ? 'no limit' : '';
  console.log(row(title, js, c, ratio.toFixed(2), spread, limit ?? '', verdict));
  return { status: isOver ? 'failed' : 'passed' };
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function whole(number) {
  return number < 100 ? number.toFixed(1) : String(Math.round(number));
}

function row(name, js, c, ratio, spread, limit, note) {
  const cells = [
    name.padEnd(34),
    ...[js, c].map((cell) => cell.padStart(12)),
    ...[ratio].map((cell) => cell.padStart(7)),
  ];
  return `${cells.join(' ')} ${spread.padStart(12)} ${String(limit).padStart(6)}  ${note}`.trimEnd();
}
