/**
 * runqlat: how long threads wait for a CPU, as a histogram read from the live map.
 */

import '@libbpf-ts/libbpf/sea';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { RunqlatBpf } from './runqlat.skel.js';

interface Options {
  readonly pid?: number;
  readonly milliseconds?: boolean;
  readonly interval: number;
  readonly count: number;
  readonly json?: boolean;
}

const BAR = 40;

const command = new Command('runqlat')
  .description('Summarize run queue latency as a histogram. Needs root.')
  .option(
    '-p, --pid <PID>',
    'this process only',
    number('a process id above 0', /^\d+$/, 1, 0x7fff_ffff),
  )
  .option('-m, --milliseconds', 'in ms instead of us')
  .option(
    '-i, --interval <SECONDS>',
    'time between histograms',
    number('seconds above 0', /^\d+(\.\d+)?$/, 0.001, 2e6),
    1,
  )
  .option(
    '-n, --count <N>',
    'how many histograms; 0 for no end',
    number('a whole number', /^\d+$/, 0, 2 ** 52),
    0,
  )
  .option('-j, --json', 'one JSON object a line, with the counts of each CPU')
  .addHelpText(
    'after',
    '\nExamples:\n  runqlat                 a histogram each second\n  runqlat -i 10 -n 1      one, after 10 seconds\n  runqlat -m -p 123       process 123, in ms\n  runqlat --json -n 1',
  )
  .showHelpAfterError()
  .exitOverride()
  .action(run);

command.parseAsync().catch((error: unknown) => {
  const isUsage = error instanceof CommanderError;
  if (!isUsage) process.stderr.write(`runqlat: ${(error as Error).message}\n`);
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
});

async function run(options: Options): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  process.stdout.on('error', end);

  using open = RunqlatBpf.open();
  open.rodata.targ_tgid = options.pid ?? 0;
  open.rodata.in_ms = options.milliseconds ?? false;
  const skel = open.load();
  skel.attach();
  const read = () =>
    Array.from(
      { length: skel.maps.slots.maxEntries },
      (_, slot) => skel.maps.slots.lookup(slot) ?? [],
    );

  let before = read();
  for (let round = 1; !stop.signal.aborted; round++) {
    await sleep(options.interval * 1000, undefined, { signal: stop.signal }).catch(() => {});
    const now = read();
    // What came since the last time, by slot and CPU.
    const since = now.map((cpus, slot) =>
      cpus.map((count, cpu) => count - (before[slot]?.[cpu] ?? 0n)),
    );
    before = now;
    process.stdout.write(options.json ? json(since, options) : draw(since, options));
    if (round === options.count) break;
  }
}

function total(cpus: readonly bigint[]): number {
  return Number(cpus.reduce((sum, count) => sum + count, 0n));
}

function bounds(slot: number): [low: number, high: number] {
  return [slot === 0 ? 0 : 2 ** slot, 2 ** (slot + 1) - 1];
}

function json(slots: readonly bigint[][], options: Options): string {
  const filled = slots.flatMap((cpus, slot) => {
    const [from, to] = bounds(slot);
    return total(cpus) === 0 ? [] : [{ from, to, count: total(cpus), cpus: cpus.map(Number) }];
  });
  return `${JSON.stringify({ time: new Date().toISOString(), unit: options.milliseconds ? 'ms' : 'us', slots: filled })}\n`;
}

/** Rows from the first slot to the last that is not empty. */
function draw(slots: readonly bigint[][], options: Options): string {
  const counts = slots.map(total);
  const highest = Math.max(...counts);
  const last = counts.findLastIndex((count) => count > 0);
  const lines = [
    `${(options.milliseconds ? 'msecs' : 'usecs').padStart(18)} : count     distribution`,
  ];
  for (let slot = 0; slot <= last; slot++) {
    const [low, high] = bounds(slot);
    const bar = '*'.repeat(Math.round((counts[slot]! / highest) * BAR));
    lines.push(
      `${String(low).padStart(8)} -> ${String(high).padEnd(6)} : ${String(counts[slot]).padEnd(8)} |${bar.padEnd(BAR)}|`,
    );
  }
  return `${lines.join('\n')}\n\n`;
}

function number(what: string, form: RegExp, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (form.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Found "${text}", expected ${what}.`);
  };
}
