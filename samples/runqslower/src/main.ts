/**
 * The command line of runqslower.
 */

import '@libbpf-ts/libbpf/sea';
import { once } from 'node:events';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { formatEvent, header, jsonEvent, trace } from './runqslower.js';
import { RunqslowerBpf } from './runqslower.skel.js';

interface Options {
  readonly pid?: number;
  readonly tid?: number;
  readonly comm?: string;
  readonly previous?: boolean;
  readonly json?: boolean;
  readonly duration?: number;
  readonly verbose?: boolean;
  readonly ebpf?: boolean;
}

const EXAMPLES = `
Examples:
  runqslower             trace waits longer than 10000 us (default)
  runqslower 1000        trace waits longer than 1000 us
  runqslower 0           trace every wait
  runqslower -p 123      trace process 123
  runqslower -t 123      trace thread 123 (for threads only)
  runqslower -c ksof     trace commands whose name begins with "ksof"
  runqslower -P          also show what ran before
  runqslower --json -d 5 one JSON object a line, for 5 seconds`;

const command = new Command('runqslower')
  .description('Trace high run queue latency: threads that waited long for a CPU. Needs root.')
  .argument(
    '[min_us]',
    'minimum wait to show, in us; 0 for all',
    number('a number of us', 0),
    10000,
  )
  .option('-p, --pid <PID>', 'trace this process only', number('a process id above 0', 1))
  .option('-t, --tid <TID>', 'trace this thread only', number('a thread id above 0', 1))
  .option('-c, --comm <COMM>', 'trace commands that begin with this, 15 bytes at most', commName)
  .option('-P, --previous', 'also show the command and thread id that ran before')
  .option('-j, --json', 'one JSON object a line')
  .option('-d, --duration <SECONDS>', 'stop after this time', seconds)
  .option('-v, --verbose', 'say on standard error what is being done')
  .addOption(new Option('--ebpf', 'write the BPF object to standard output').hideHelp())
  .version('runqslower 1.0', '-V, --version')
  .addHelpText('after', EXAMPLES)
  .showHelpAfterError()
  .exitOverride()
  .action(run);
// One thread is in one process: naming both leaves nothing to choose.
for (const option of command.options) if (option.long === '--tid') option.conflicts('pid');

command.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`runqslower: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
});

async function run(minUs: number, options: Options): Promise<void> {
  if (options.ebpf) {
    process.stdout.write(RunqslowerBpf.elfBytes());
    return;
  }
  const stop = new AbortController();
  const end = () => stop.abort();
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  // A reader that went away (`| head`) ends the tracing, as Ctrl-C does.
  process.stdout.on('error', end);
  let timer: NodeJS.Timeout | undefined;
  const previous = options.previous ?? false;
  try {
    await trace(
      {
        minUs,
        pid: options.pid,
        tid: options.tid,
        comm: options.comm,
        signal: stop.signal,
        ...(options.verbose && {
          onDebug: (line: string) => void process.stderr.write(`${line}\n`),
        }),
      },
      {
        onReady() {
          if (options.duration !== undefined) timer = setTimeout(end, options.duration * 1000);
          if (options.json) return;
          print(`Tracing run queue latency higher than ${minUs} us\n${header(previous)}`);
        },
        async onEvent(event) {
          const isFull = !print(options.json ? jsonEvent(event) : formatEvent(event, previous));
          // Events wait in the kernel's buffer meanwhile, not in this process.
          if (isFull && !stop.signal.aborted)
            await once(process.stdout, 'drain', { signal: stop.signal }).catch(() => {});
        },
        onLost(count, cpu) {
          print(
            options.json
              ? JSON.stringify({ lost: count, cpu })
              : `Lost ${count} events on CPU #${cpu}!`,
          );
        },
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

function print(line: string): boolean {
  return process.stdout.write(`${line}\n`);
}

function number(what: string, low: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= low && value <= 0x7fff_ffff) return value;
    throw new InvalidArgumentError(`Found "${text}", expected ${what}.`);
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 2_000_000) return value;
  throw new InvalidArgumentError(`Found "${text}", expected seconds above 0.`);
}

function commName(text: string): string {
  const length = Buffer.byteLength(text);
  if (length >= 1 && length <= 15) return text;
  throw new InvalidArgumentError(`Found ${length} bytes, expected 1 to 15.`);
}
