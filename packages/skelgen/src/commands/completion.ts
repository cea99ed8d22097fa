/**
 * `skelgen completion SHELL`, and what its scripts ask: `skelgen __complete SHELL WORD…`.
 */

import { Argument, type Command } from 'commander';
import { complete } from '../completion/complete.js';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js';
import { allCommands } from '../main.js';
import { writeStdout } from '../output.js';

export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices([...SHELLS]))
    .addHelpText(
      'after',
      `
Examples:
  $ source <(skelgen completion bash)      in ~/.bashrc
  $ source <(skelgen completion zsh)       in ~/.zshrc, after compinit
  $ skelgen completion fish > ~/.config/fish/completions/skelgen.fish`,
    )
    .action((shell: Shell) => writeStdout(completionScript(shell)));
}

/** The hidden command. Everything that follows the shell is a word, also what looks like an option. */
export async function answerCompletion(shell: string, words: readonly string[]): Promise<void> {
  const isBash = shell === 'bash';
  const { joined, lost } = isBash ? joinAssignments(words) : { joined: [...words], lost: 0 };
  const { words: found, files, folders } = complete(await allCommands(), joined);
  const current = joined.at(-1) ?? '';
  const lines = found
    .filter(({ word }) => word.startsWith(current))
    .map(({ word, about }) => `${word.slice(lost)}\t${about}`);
  if (files !== undefined) lines.push(`:files ${files}`);
  if (folders) lines.push(':folders');
  await writeStdout(lines.map((line) => `${line}\n`).join(''));
}

/** bash takes `=` for a word of its own: puts `a`, `=`, `b` together again; `lost` is what it does not want repeated. */
function joinAssignments(words: readonly string[]): { joined: string[]; lost: number } {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const follows = word === '=' || words[index - 1] === '=';
    if (follows && joined.length > 0) joined.push(joined.pop()! + word);
    else joined.push(word);
  }
  const current = joined.at(-1) ?? '';
  return { joined, lost: current.lastIndexOf('=') + 1 };
}
