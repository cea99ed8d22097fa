/**
 * What may come next on a command line: one answer for all shells, made from the commands themselves.
 */

import { readFileSync } from 'node:fs';
import { BtfKind } from '@libbpf-ts/btf';
import { type ObjectSpec, parseObject } from '@libbpf-ts/libbpf/open';
import type { Argument, Command, Option } from 'commander';

export interface Completion {
  /** Words with what they mean. */
  readonly words: readonly { readonly word: string; readonly about: string }[];
  /** Besides them: files that end so (`''`: all), or folders. */
  readonly files?: string | undefined;
  readonly folders?: boolean | undefined;
}

const NOTHING: Completion = { words: [] };

/**
 * Completes the last of `words`, which may be empty.
 *
 * @param program - with every command
 * @param words - what follows `skelgen`
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const all = words[0] === 'gen' && words.length > 1 ? words.slice(1) : words;
  const current = all.at(-1) ?? '';
  if (all.length <= 1) return firstWord(program, current, words[0] === 'gen');
  if (all[0] === 'help') return commandNames(program);
  const command = program.commands.find((one) => one.name() === all[0]);
  if (command === undefined) return NOTHING;

  const before = all.slice(1, -1);
  const assigned = /^(--[\w-]+)=(.*)$/s.exec(current);
  if (assigned !== null) {
    const option = command.options.find(({ long }) => long === assigned[1]);
    const found = option === undefined ? NOTHING : optionValue(command, option, all, assigned[2]!);
    const words = found.words.map(({ word, about }) => ({ word: `${assigned[1]}=${word}`, about }));
    return { words };
  }
  const waiting = waitingOption(command, before);
  if (waiting !== undefined) return optionValue(command, waiting, all, current);
  if (current.startsWith('-') && !before.includes('--')) return optionNames(command);
  return argumentValue(program, command, positionals(command, before).length);
}

function firstWord(program: Command, current: string, isGen: boolean): Completion {
  if (current.startsWith('-'))
    return { words: [...optionNames(program).words, { word: '--help', about: 'help' }] };
  if (!isGen) return commandNames(program);
  const { words } = commandNames(program);
  return { words: words.filter(({ word }) => word === 'skeleton' || word === 'subskeleton') };
}

function commandNames(program: Command): Completion {
  const words = program.commands
    .filter((command) => !command.name().startsWith('_'))
    .map((command) => ({ word: command.name(), about: command.description() }));
  return { words: [...words, { word: 'help', about: 'help for a command' }] };
}

function optionNames(command: Command): Completion {
  const own = command.options.filter(({ hidden }) => !hidden);
  const words = own.flatMap(({ short, long, description }) =>
    [long, short]
      .filter((name) => name !== undefined)
      .map((word) => ({ word, about: description })),
  );
  return { words: [...words, { word: '--help', about: 'help' }] };
}

/** The option whose value comes next. */
function waitingOption(command: Command, before: readonly string[]): Option | undefined {
  const last = before.at(-1);
  if (last === undefined) return undefined;
  const option = command.options.find(({ short, long }) => last === short || last === long);
  return option?.required || option?.optional ? option : undefined;
}

/** Words before the current one that are neither options nor their values. */
function positionals(command: Command, before: readonly string[]): string[] {
  return before.filter(
    (word, index) =>
      !word.startsWith('-') && waitingOption(command, before.slice(0, index)) === undefined,
  );
}

function optionValue(
  command: Command,
  option: Option,
  words: readonly string[],
  current: string,
): Completion {
  if (option.argChoices !== undefined) return choices(option.argChoices);
  switch (option.attributeName()) {
    case 'type':
    case 'root':
      return { words: typeNames(command, words) };
    case 'records':
      return { words: recordNames(command, words, current) };
    case 'program':
      return { words: names(command, words, ({ programs }) => programs.map(({ name }) => name)) };
    case 'map':
      return { words: names(command, words, ({ maps }) => maps.map(({ name }) => name)) };
    case 'include':
      return { words: [], folders: true };
    case 'output':
      return command.name() === 'build' ? { words: [], folders: true } : { words: [], files: '' };
    case 'name':
    case 'define':
    case 'cflag':
      return NOTHING;
    default:
      return { words: [], files: '' };
  }
}

function choices(values: readonly string[]): Completion {
  return { words: values.map((word) => ({ word, about: '' })) };
}

function argumentValue(program: Command, command: Command, position: number): Completion {
  const args: readonly Argument[] = command.registeredArguments;
  const argument = args[position] ?? (args.at(-1)?.variadic ? args.at(-1) : undefined);
  if (argument === undefined) return NOTHING;
  if (argument.argChoices !== undefined) return choices(argument.argChoices);
  if (command === program) return NOTHING;
  if (command.name() === 'build') return { words: [], files: '.c' };
  return { words: [], files: command.name() === 'btf' ? '' : '.o' };
}

/** The object that the command line names, if it can be read. */
function objectIn(command: Command, words: readonly string[]): ObjectSpec | undefined {
  const [file] = positionals(command, words.slice(1, -1));
  if (file === undefined) return undefined;
  try {
    return parseObject(new Uint8Array(readFileSync(file)));
  } catch {
    return undefined;
  }
}

function names(
  command: Command,
  words: readonly string[],
  of: (object: ObjectSpec) => readonly string[],
): { word: string; about: string }[] {
  const object = objectIn(command, words);
  return object === undefined
    ? []
    : of(object)
        .filter(isPlain)
        .map((word) => ({ word, about: '' }));
}

function typeNames(command: Command, words: readonly string[]): { word: string; about: string }[] {
  return names(command, words, ({ btf }) => {
    const found = new Set<string>();
    const kinds = [BtfKind.STRUCT, BtfKind.UNION, BtfKind.ENUM, BtfKind.ENUM64, BtfKind.TYPEDEF];
    for (let id = btf?.startId ?? 0; btf !== undefined && id < btf.typeCount; id++)
      if (kinds.includes(btf.kindOf(id) as never)) found.add(btf.nameOf(id));
    return [...found];
  });
}

/** `MAP=`, then `MAP=TYPE`. */
function recordNames(
  command: Command,
  words: readonly string[],
  current: string,
): { word: string; about: string }[] {
  const at = current.indexOf('=');
  if (at !== -1) {
    const types = typeNames(command, words);
    return types.map(({ word, about }) => ({ word: `${current.slice(0, at)}=${word}`, about }));
  }
  const streams = names(command, words, ({ maps }) =>
    maps.filter(({ type }) => type === 4 || type === 27 || type === 31).map(({ name }) => name),
  );
  return streams.map(({ word, about }) => ({ word: `${word}=`, about }));
}

/** Names that a shell takes as they are. */
function isPlain(name: string): boolean {
  return /^[A-Za-z_][\w.]*$/.test(name);
}
