/**
 * The `skelgen` command. Results go to standard output, everything else to standard error.
 *
 * Exit status: 0, 1 (it failed, and said why), 2 (usage). A command's code is loaded when it is the one to run.
 */

import { Command, CommanderError } from 'commander';
import { red } from './colour.js';
import { describeFailure } from './failure.js';
import { version } from './version.js';

export { version } from './version.js';

type Register = (program: Command) => void;

/** Every command, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  skeleton: async () => (await import('./commands/skeleton.js')).registerSkeleton,
  subskeleton: async () => (await import('./commands/subskeleton.js')).registerSubskeleton,
  btf: async () => (await import('./commands/btf.js')).registerBtf,
};

/** Runs the command. @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  // As bpftool spells it: `gen skeleton`.
  const own = args[0] === 'gen' && args.length > 1 ? args.slice(1) : args;
  const program = await commandLine(own[0]);
  try {
    await program.parseAsync(own, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${red('skelgen:')} ${describeFailure(error)}\n`);
    return 1;
  }
}

/** The command line with the command that was named, or, for help and mistakes, with all of them. */
async function commandLine(name: string | undefined): Promise<Command> {
  const program = new Command('skelgen')
    .description('Typed skeletons from compiled BPF objects.')
    .version(version(), '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen build app.bpf.c -o src          compile, then generate src/app.skel.ts
  $ skelgen skeleton app.bpf.o -o app.skel.ts
  $ skelgen help skeleton                   options of a command, with examples`,
    );
  const loads =
    name !== undefined && Object.hasOwn(COMMANDS, name)
      ? [COMMANDS[name]!]
      : Object.values(COMMANDS);
  for (const load of loads) (await load())(program);
  return program;
}

function usageError(text: string): string {
  return text.replace(/^error: /, `${red('skelgen:')} `);
}
