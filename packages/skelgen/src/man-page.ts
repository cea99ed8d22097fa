/**
 * skelgen(1), made from the very definitions that `--help` prints. build.mjs writes it to dist/man/skelgen.1.
 *
 * @see man-pages(7) for the sections, groff_man(7) for the macros
 */

import type { EventEmitter } from 'node:events';
import type { Command, Option } from 'commander';
import { version } from './version.js';

/** The page, for `man`. @param program - with every command */
export function manPage(program: Command): string {
  const commands = program.commands.filter((command) => !command.name().startsWith('_'));
  const lines = [
    `.TH SKELGEN 1 "" ${quoted(`skelgen ${version()}`)} "User Commands"`,
    ...section('NAME', [`skelgen \\- ${text('typed skeletons from compiled BPF objects')}`]),
    ...section('SYNOPSIS', commands.flatMap(synopsis)),
    ...section('DESCRIPTION', paragraphs(DESCRIPTION)),
    ...section('OPTIONS', options(program)),
    ...section('COMMANDS', commands.flatMap(commandPart)),
    ...section(
      'EXIT STATUS',
      EXIT_STATUS.flatMap(([term, about]) => entry(bold(term), about)),
    ),
    ...section(
      'ENVIRONMENT',
      ENVIRONMENT.flatMap(([term, about]) => entry(bold(term), about)),
    ),
    ...section(
      'FILES',
      FILES.flatMap(([term, about]) => entry(`\\fI${text(term)}\\fR`, about)),
    ),
    ...section('EXAMPLES', helpText(program)),
    ...section('SEE ALSO', ['.BR clang (1),', '.BR bpftool\\-gen (8),', '.BR bpftool\\-btf (8)']),
  ];
  return `${lines.join('\n')}\n`;
}

const DESCRIPTION = `skelgen turns a compiled BPF object into a TypeScript module in which every map, program, link and global variable is a field, or into the C header that bpftool gen skeleton would have printed.

Results go to standard output, everything else to standard error. A file is written whole or not at all. gen before a command is understood, as bpftool spells it: skelgen gen skeleton.`;

const EXIT_STATUS = [
  ['0', 'It is done.'],
  ['1', 'It failed, and said why.'],
  ['2', 'The command line is wrong.'],
] as const;

const ENVIRONMENT = [
  ['CLANG', 'The compiler of skelgen build, unless --clang names one.'],
  ['NO_COLOR', 'If it is not empty, there are no colours.'],
  ['FORCE_COLOR', 'If it is neither empty nor 0, there are colours also where no terminal is.'],
  ['NODE_DISABLE_COMPILE_CACHE', 'If it is set, no compiled code is kept for the next run.'],
] as const;

const FILES = [
  ['/sys/kernel/btf/vmlinux', 'Types of the running kernel, from which vmlinux.h is made.'],
] as const;

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${quoted(title)}`, ...lines];
}

function synopsis(command: Command): string[] {
  return [`.B skelgen ${text(command.name())}`, `${usage(command)}`, '.br'];
}

/** `[options] <file>`, its placeholders in italics. */
function usage(command: Command): string {
  return text(command.usage()).replace(/<([^>]*)>/g, '\\fI$1\\fR');
}

function commandPart(command: Command): string[] {
  return [
    `.SS ${quoted(`skelgen ${command.name()} ${command.usage()}`)}`,
    ...paragraphs(sentence(command.description())),
    ...command.registeredArguments.flatMap((argument) =>
      entry(
        `\\fI${text(argument.name())}\\fR`,
        withChoices(sentence(argument.description), argument),
      ),
    ),
    ...options(command),
    ...helpText(command),
  ];
}

function options(command: Command): string[] {
  const own = command.options.filter(({ hidden }) => !hidden);
  return [
    ...own.flatMap((option) => entry(bold(option.flags), withChoices(sentence(option.description), option))),
    ...entry(bold('-h, --help'), 'Display help.'),
  ]; // biome-ignore format: a list
}

function withChoices(
  about: string,
  { argChoices, defaultValue }: Pick<Option, 'argChoices' | 'defaultValue'>,
): string {
  const choices = argChoices === undefined ? '' : ` One of ${argChoices.join(', ')}.`;
  const standard = defaultValue === undefined ? '' : ` Default: ${defaultValue}.`;
  return `${about}${choices}${standard}`;
}

/** What `--help` prints behind the options: notes, then examples, which stay as they are. */
function helpText(command: Command): string[] {
  let found = '';
  const write = (part: string) => {
    found += part;
  };
  // A command is an emitter, although its types do not say so; help text is what listens to this event.
  (command as unknown as EventEmitter).emit('afterHelp', { error: false, write, command });
  const [notes, examples] = found.split(/^Examples:\n/m);
  const shown =
    examples
      ?.trimEnd()
      .split('\n')
      .map((line) => line.replace(/^ {2}/, '')) ?? [];
  return [
    ...paragraphs(notes!.trim()),
    ...(shown.length === 0 ? [] : ['.PP', '.EX', ...shown.map(text), '.EE']),
  ]; // biome-ignore format: a list
}

function entry(term: string, about: string): string[] {
  return ['.TP', term, text(about)];
}

function paragraphs(prose: string): string[] {
  return prose === ''
    ? []
    : prose.split('\n\n').flatMap((one) => ['.PP', text(one.replace(/\n/g, ' '))]);
}

function bold(words: string): string {
  return `\\fB${text(words)}\\fR`;
}

function sentence(words: string): string {
  const whole = /\.$/.test(words) ? words : `${words}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}

/** Text as troff takes it: no escapes, hyphens that can be copied, no line that begins as a request does. */
function text(words: string): string {
  return words
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

function quoted(words: string): string {
  return `"${text(words).replace(/"/g, '\\(dq')}"`;
}
