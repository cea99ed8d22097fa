/**
 * `skelgen subskeleton FILE.bpf.o`: a library's view of its part of an object that is linked from several.
 */

import { type Command, Option } from 'commander';
import { openObjectFile } from '../object-file.js';
import { writeResult } from '../output.js';
import { type Language, nameOf, subskeletonSource } from '../skeleton-source.js';
import { append, refuseForOthers } from './skeleton.js';

interface Flags {
  readonly name?: string;
  readonly output?: string;
  readonly lang: Language;
  readonly type?: string[];
  readonly quiet?: boolean;
}

export function registerSubskeleton(program: Command): void {
  program
    .command('subskeleton')
    .description("generate a library's view of its part of a linked BPF object")
    .argument('<file>', "the library's object, before it is linked into others")
    .option('--name <name>', 'name of the subskeleton (default: from the file)')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: -)')
    .addOption(new Option('--lang <language>', 'of the output').choices(['ts', 'c']).default('ts'))
    .option(
      '--type <type>',
      'export this type too, with its codec; may be repeated (ts only)',
      append,
    )
    .option('-q, --quiet', 'errors only')
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen subskeleton counters.bpf.o -o src/counters.subskel.ts
  $ skelgen subskeleton counters.bpf.o --lang c -o counters.subskel.h`,
    )
    .hook('preAction', refuseForOthers)
    .action(async (file: string, { name, lang, type: types, output }: Flags) => {
      const object = openObjectFile(file, nameOf(file, name));
      await writeResult(output, subskeletonSource(file, object, { name, lang, types }));
    });
}
