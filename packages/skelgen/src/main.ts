/**
 * The `skelgen` command. Results go to standard output, everything else to standard error.
 *
 * Exit status: 0, 1 (it failed, and said why), 2 (usage).
 */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { registerSkeleton } from './commands/skeleton.js';
import { describeFailure } from './failure.js';

/** Runs the command. @returns the exit status */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('skelgen')
    .description('Typed TypeScript skeletons from compiled BPF objects')
    .version(version(), '-V, --version')
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ sortSubcommands: false });
  registerSkeleton(program);
  try {
    await program.parseAsync(args as string[], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`skelgen: ${describeFailure(error)}\n`);
    return 1;
  }
}

/** This package's version. */
export function version(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
