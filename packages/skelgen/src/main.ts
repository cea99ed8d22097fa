/**
 * The `skelgen` command. Results go to standard output, everything else to standard error.
 *
 * Exit status: 0, 1 (it failed, and said why), 2 (usage). A command's code is loaded when it is the one to run.
 */

import type { Command } from 'commander';
import { red } from './colour.js';
import { describeFailure } from './failure.js';
import { version } from './version.js';

export { version } from './version.js';

type Register = (program: Command) => void;

/** Every command, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  skeleton: async () => (await import('./commands/skeleton.js')).registerSkeleton,
  build: async () => (await import('./commands/build.js')).registerBuild,
  subskeleton: async () => (await import('./commands/subskeleton.js')).registerSubskeleton,
  inspect: async () => (await import('./commands/inspect.js')).registerInspect,
  verify: async () => (await import('./commands/verify.js')).registerVerify,
  btf: async () => (await import('./commands/btf.js')).registerBtf,
  completion: async () => (await import('./commands/completion.js')).registerCompletion,
};

/** Runs the command. @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (args[0] === '__complete') {
    const { answerCompletion } = await import('./commands/completion.js');
    await answerCompletion(args[1] ?? '', args.slice(2));
    return 0;
  }
  // As bpftool spells it: `gen skeleton`.
  const own = args[0] === 'gen' ? args.slice(1) : args;
  const program = await commandLine(own[0]);
  try {
    await program.parseAsync(own, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (isUsageError(error)) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${red('skelgen:')} ${describeFailure(error)}\n`);
    return 1;
  }
}

/** Every command, for help and completion. */
export function allCommands(): Promise<Command> {
  return commandLine(undefined);
}

/** The command line with the command that was named, or, for help and mistakes, with all of them. */
async function commandLine(name: string | undefined): Promise<Command> {
  const { Command } = await import('commander');
  const program = new Command('skelgen')
    .description('Typed skeletons from compiled BPF objects.')
    .version(version(), '-V, --version')
    .showSuggestionAfterError()
    .showHelpAfterError("See 'skelgen --help'.")
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
  for (const command of program.commands)
    command.showHelpAfterError(`See 'skelgen ${command.name()} --help'.`);
  return program;
}

/** commander's own, told by its code: class names do not survive bundling. */
function isUsageError(error: unknown): error is Error & { readonly exitCode: number } {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && code.startsWith('commander.');
}

function usageError(text: string): string {
  return text.replace(/^error: /, `${red('skelgen:')} `);
}
