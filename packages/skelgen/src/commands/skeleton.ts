/**
 * `skelgen skeleton FILE.bpf.o`: the TypeScript module for a compiled object.
 */

import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { SkelgenError } from '../failure.js';
import { generateSkeleton } from '../generate/generate-skeleton.js';
import { version } from '../main.js';
import { openObjectFile, skeletonName } from '../object-file.js';

interface Options {
  readonly name?: string;
  readonly output?: string;
}

export function registerSkeleton(program: Command): void {
  program
    .command('skeleton')
    .description('generate a typed TypeScript skeleton for a compiled BPF object')
    .argument('<file>', 'the object, as clang -target bpf -g -c writes it')
    .option('--name <name>', 'name of the skeleton (default: from the file)')
    .option('-o, --output <file>', 'where to write it (default: standard output)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ skelgen skeleton runqslower.bpf.o > runqslower.skel.ts\n  $ skelgen skeleton runqslower.bpf.o --name runqslower -o runqslower.skel.ts',
    )
    .action((file: string, options: Options) => writeSkeleton(file, options));
}

function writeSkeleton(file: string, options: Options): void {
  if (options.name === '')
    throw new SkelgenError('SKELGEN_BAD_NAME', '--name: empty, expected a name');
  const name = options.name ?? skeletonName(file);
  const { bytes, object } = openObjectFile(file, name);
  const source = generateSkeleton(object, {
    name,
    sourceName: basename(file),
    bytes,
    version: version(),
  });
  if (options.output === undefined || options.output === '-') process.stdout.write(source);
  else writeFileSync(options.output, source);
}
