/**
 * execsnoop: shows every program that is started, with its arguments.
 */

import '@libbpf-ts/libbpf/sea';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { Event, ExecsnoopBpf } from './execsnoop.skel.js';

interface Options {
  readonly failed?: boolean;
  readonly uid?: number;
  readonly name?: string;
  readonly time?: boolean;
  readonly json?: boolean;
  readonly duration?: number;
}

const command = new Command('execsnoop')
  .description('Trace new processes: every execve(2) with its arguments. Needs root.')
  .option('-x, --failed', 'show failed calls too')
  .option('-u, --uid <UID>', 'trace this user only', number('a user id', /^\d+$/, 0, 0xffff_fffe))
  .option('-n, --name <NAME>', 'show commands whose name contains this only')
  .option('-T, --time', 'show the time')
  .option('-j, --json', 'one JSON object a line')
  .option(
    '-d, --duration <SECONDS>',
    'stop after this time',
    number('seconds above 0', /^\d+(\.\d+)?$/, 0.001, 2e6),
  )
  .addHelpText(
    'after',
    '\nExamples:\n  execsnoop           trace all that succeed\n  execsnoop -x        failed ones too\n  execsnoop -n main   commands with "main" in their name\n  execsnoop --json -d 5',
  )
  .showHelpAfterError()
  .exitOverride()
  .action(run);

command.parseAsync().catch((error: unknown) => {
  const isUsage = error instanceof CommanderError;
  if (!isUsage) process.stderr.write(`execsnoop: ${(error as Error).message}\n`);
  process.exitCode = isUsage ? (error.exitCode === 0 ? 0 : 2) : 1;
});

async function run(options: Options): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  process.stdout.on('error', end);

  using open = ExecsnoopBpf.open();
  open.rodata.ignore_failed = !options.failed;
  if (options.uid !== undefined) open.rodata.targ_uid = options.uid;
  const skel = open.load();
  const events = skel.maps.events.open({
    onRecord(record) {
      const event = record.decode();
      if (options.name && !event.comm.includes(options.name)) return;
      print(options, event, argumentsOf(record.bytes(Event.size)));
    },
  });
  skel.attach();
  const timer = options.duration && setTimeout(end, options.duration * 1000);
  if (!options.json) process.stdout.write(`${header(options)}\n`);
  try {
    while (!stop.signal.aborted) await events.poll(-1, { signal: stop.signal });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
  }
  if (skel.bss.dropped > 0n) process.stderr.write(`${skel.bss.dropped} events were lost\n`);
}

/** The strings that follow the record's fixed part, a NUL after each. */
function argumentsOf(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split('\0').slice(0, -1);
}

function header(options: Options): string {
  return `${options.time ? 'TIME     ' : ''}${'PCOMM'.padEnd(16)} ${'PID'.padEnd(7)} ${'PPID'.padEnd(7)} ${'RET'.padStart(3)} ARGS`;
}

function print(options: Options, event: Event, args: readonly string[]): void {
  const { comm, pid, ppid, uid, ret, truncated } = event;
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ time: new Date().toISOString(), comm, pid, ppid, uid, ret, args, truncated })}\n`,
    );
    return;
  }
  const time = options.time ? `${new Date().toTimeString().slice(0, 8)} ` : '';
  const quoted = args
    .map((arg) => (/^[\w./:=@%+,-]+$/.test(arg) ? arg : JSON.stringify(arg)))
    .join(' ');
  process.stdout.write(
    `${time}${comm.padEnd(16)} ${String(pid).padEnd(7)} ${String(ppid).padEnd(7)} ${String(ret).padStart(3)} ${quoted}${truncated ? ' ...' : ''}\n`,
  );
}

function number(what: string, form: RegExp, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (form.test(text) && value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Found "${text}", expected ${what}.`);
  };
}
