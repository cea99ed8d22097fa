/**
 * `skelgen skeleton FILE.bpf.o`: the skeleton for a compiled object, as a TypeScript module or a C header.
 */

import { basename, dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { SkelgenError } from '../failure.js';
import { openObjectFile } from '../object-file.js';
import { writeFileAtomic, writeResult } from '../output.js';
import { Progress } from '../progress.js';
import { type Language, nameOf, skeletonSource } from '../skeleton-source.js';

export interface SkeletonFlags {
  readonly name?: string;
  readonly output?: string;
  readonly lang: Language;
  readonly embed: 'base64' | 'file';
  readonly type?: string[];
  readonly records?: string[];
  readonly quiet?: boolean;
}

/** Options of every command that generates. */
export function generateOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--lang <language>',
        'of the output; dts: only the types, for importing the object itself',
      )
        .choices(['ts', 'c', 'dts'])
        .default('ts'),
    )
    .addOption(
      new Option('--embed <how>', 'object inside the module, or in a file beside it (ts only)')
        .choices(['base64', 'file'])
        .default('base64'),
    )
    .option(
      '--type <type>',
      'export this type too, with its codec; may be repeated (ts only)',
      append,
    )
    .option(
      '--records <map=type>',
      'type of the records in a ring buffer or perf event array; may be repeated (ts only)',
      append,
    )
    .option('-q, --quiet', 'errors only');
}

/** Options that say something about modules alone are a mistake beside other languages. */
export function refuseForOthers(command: Command): void {
  const { lang } = command.opts<SkeletonFlags>();
  if (lang === 'ts') return;
  for (const name of ['embed', 'type', 'records']) {
    if (command.getOptionValueSource(name) === 'cli')
      command.error(`error: option '--${name}' has no meaning with '--lang ${lang}'`);
  }
}

/** Collects an option that may be repeated. */
export function append(value: string, values: string[] | undefined): string[] {
  return [...(values ?? []), value];
}

export function registerSkeleton(program: Command): void {
  const command = program
    .command('skeleton')
    .description('generate the skeleton of a compiled BPF object')
    .argument('<file>', 'the object, as clang -target bpf -g -c writes it')
    .option('--name <name>', 'name of the skeleton (default: from the file)')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: -)');
  generateOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen skeleton runqslower.bpf.o > runqslower.skel.ts
  $ skelgen skeleton runqslower.bpf.o --name runqslower -o src/runqslower.skel.ts
  $ skelgen skeleton app.bpf.o --records events=event --type config -o app.skel.ts
  $ skelgen skeleton app.bpf.o --lang c -o app.skel.h
  $ skelgen skeleton app.bpf.o --lang dts -o app.bpf.d.o.ts   for import './app.bpf.o'`,
    )
    .hook('preAction', refuseForOthers)
    .action((file: string, flags: SkeletonFlags) => writeSkeleton(file, flags));
}

async function writeSkeleton(file: string, flags: SkeletonFlags): Promise<void> {
  const { output, lang, embed, type: types, records } = flags;
  const isFile = embed === 'file' && lang === 'ts';
  if (isFile && (output === undefined || output === '-')) {
    throw new SkelgenError(
      'SKELGEN_NO_PLACE',
      '--embed file: the object goes beside the module, so name its file with -o',
    );
  }
  const name = nameOf(file, flags.name);
  const progress = new Progress(flags.quiet ?? false);
  const object = openObjectFile(file, name);
  for (const warning of object.object.warnings)
    if (!flags.quiet) process.stderr.write(`skelgen: ${file}: ${warning}\n`);
  progress.step(`generating ${name}`);
  const objectFile = isFile ? basename(file) : undefined;
  const source = skeletonSource(file, object, { name, lang, types, records }, objectFile);
  progress.step(`writing ${name}`);
  if (objectFile !== undefined) writeBeside(output!, file, object.bytes);
  await writeResult(output, source);
}

/** The object beside the module, unless it is there already as it should be. */
function writeBeside(module: string, file: string, bytes: Uint8Array): void {
  const place = join(dirname(module), basename(file));
  if (place !== join(file)) writeFileAtomic(place, bytes);
}
