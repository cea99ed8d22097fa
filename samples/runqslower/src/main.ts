/**
 * The command line of runqslower.
 */

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { formatEvent, header, trace } from './runqslower.js';

interface Options {
  readonly pid?: number;
  readonly tid?: number;
  readonly previous?: boolean;
}

const command = new Command('runqslower')
  .description('Trace high run queue latency: threads that waited long for a CPU.')
  .argument(
    '[min_us]',
    'only waits longer than this, in us; 0 for all',
    number('a number of us', 0),
    10000,
  )
  .option('-p, --pid <PID>', 'trace this process only', number('a process id', 1))
  .option('-t, --tid <TID>', 'trace this thread only', number('a thread id', 1))
  .option('-P, --previous', 'also show the command and thread id that ran before')
  .addHelpText(
    'after',
    '\nExamples:\n  runqslower          trace waits longer than 10000 us (default)\n  runqslower 1000     trace waits longer than 1000 us\n  runqslower -p 123   trace process 123\n  runqslower -t 123   trace thread 123\n  runqslower -P       also show what ran before',
  )
  .showHelpAfterError()
  .exitOverride()
  .action(run);

try {
  await command.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`runqslower: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

async function run(minUs: number, options: Options): Promise<void> {
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort());
  process.on('SIGTERM', () => stop.abort());
  process.stdout.on('error', () => stop.abort());
  const previous = options.previous ?? false;
  await trace(
    { minUs, pid: options.pid ?? 0, tid: options.tid ?? 0, signal: stop.signal },
    (event) => process.stdout.write(`${formatEvent(event, previous)}\n`),
    () =>
      process.stdout.write(
        `Tracing run queue latency higher than ${minUs} us\n${header(previous)}\n`,
      ),
  );
}

function number(what: string, low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < low)
      throw new InvalidArgumentError(`expected ${what}.`);
    return value;
  };
}
