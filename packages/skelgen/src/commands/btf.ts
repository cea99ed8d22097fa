/**
 * `skelgen btf FILE`: the types of a file with BTF as C, as text, as JSON or as TypeScript.
 *
 * What it prints is written as it is made, so that it takes little memory and less time: for a C header the whole run has
 * to keep up with bpftool.
 */

import { type Btf, rawListing } from '@libbpf-ts/btf';
import { dumpCBytes, dumpJson, dumpTypeScript } from '@libbpf-ts/btf-dump';
import { type Command, Option } from 'commander';
import { readBtfFile } from '../btf-file.js';
import { nearestName, SkelgenError } from '../failure.js';
import { openSink } from '../sink.js';

type Format = 'c' | 'raw' | 'json' | 'ts';

interface Flags {
  readonly format: Format;
  readonly root?: readonly string[];
  readonly base?: string;
  readonly sorted: boolean;
  readonly output?: string;
}

/** Characters or bytes between two looks at signals. */
const PAUSE = 1 << 19;

/** Adds the `btf` command. */
export function registerBtf(program: Command): void {
  program
    .command('btf')
    .description('print the types of a file with BTF')
    .argument('<file>', 'BTF as in /sys/kernel/btf, or an ELF file with a .BTF section')
    .addOption(
      new Option('--format <format>', 'a C header (c), a listing (raw), or one document (json, ts)')
        .choices(['c', 'raw', 'json', 'ts'])
        .default('raw'),
    )
    .option(
      '--root <type>',
      'only this type, with what it needs (c, ts); an id, a name, or a kind and a name; may be repeated',
      (value: string, before: readonly string[] = []) => [...before, value],
    )
    .option('--base <file>', 'what a split BTF continues (default: vmlinux, in /sys/kernel/btf)')
    .option('--unsorted', 'C in the order of the ids, not by kind and name')
    .option('-o, --output <file>', 'where to write it, - for standard output (default: -)')
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen btf /sys/kernel/btf/vmlinux --format c > vmlinux.h
  $ skelgen btf app.bpf.o
  $ skelgen btf /sys/kernel/btf/vmlinux --format c --root 'struct sk_buff'
  $ skelgen btf app.bpf.o --format ts --root 'struct event' -o event.ts`,
    )
    .action((file: string, options: Omit<Flags, 'sorted'> & { unsorted?: boolean }) =>
      printBtf(file, { ...options, sorted: options.unsorted !== true }),
    );
}

async function printBtf(file: string, flags: Flags): Promise<void> {
  const btf = readBtfFile(file, flags.base);
  const roots = flags.root?.map((root) => findType(btf, root, file));
  const sink = openSink(flags.output);
  try {
    let written = 0;
    for (const chunk of chunksOf(btf, roots, flags)) {
      sink.write(chunk);
      // Lets signals in from time to time.
      written += chunk.length;
      if (written > PAUSE) {
        written = 0;
        await new Promise(setImmediate);
      }
    }
    sink.close();
  } catch (error) {
    sink.abandon();
    throw nameFile(error, file);
  }
}

function chunksOf(
  btf: Btf,
  roots: readonly number[] | undefined,
  flags: Flags,
): Iterable<string | Uint8Array> {
  switch (flags.format) {
    case 'c':
      return dumpCBytes(btf, { sorted: flags.sorted, reuseChunks: true, ...(roots && { roots }) });
    case 'json':
      return dumpJson(btf, roots && { roots });
    case 'ts':
      return dumpTypeScript(btf, roots ?? dataTypes(btf));
    case 'raw':
      return rawListing(btf, roots);
  }
}

/** What TypeScript has something to say about: structs, unions and enums. */
function* dataTypes(btf: Btf): Generator<number> {
  for (let id = btf.startId; id < btf.typeCount; id++) {
    const kind = KINDS[btf.kindOf(id)]!;
    if (kind === 'struct' || kind === 'union' || kind === 'enum' || kind === 'enum64') yield id;
  }
}

/** Kinds by number (linux/include/uapi/linux/btf.h). */
const KINDS = [
  'void',
  'int',
  'ptr',
  'array',
  'struct',
  'union',
  'enum',
  'fwd',
  'typedef',
  'volatile',
  'const',
  'restrict',
  'func',
  'func_proto',
  'var',
  'datasec',
  'float',
  'decl_tag',
  'type_tag',
  'enum64',
];

/** Which kind a bare name means, if several types have it: definitions first. */
const PREFERRED = [
  'struct',
  'union',
  'enum',
  'enum64',
  'typedef',
  'int',
  'float',
  'fwd',
  'func',
  'var',
  'datasec',
];

/** The type that `--root` names: `42`, `task_struct`, `struct task_struct`. */
function findType(btf: Btf, text: string, file: string): number {
  if (/^\d+$/.test(text)) {
    const id = Number(text);
    if (id < btf.typeCount) return id;
    const problem = `type id out of range, expected 1..${btf.typeCount - 1}`;
    throw new SkelgenError('SKELGEN_NO_TYPE', `${file}: --root ${text}: ${problem}`);
  }
  const [first, second] = text.trim().split(/\s+/) as [string, string?];
  const kinds = second === undefined ? PREFERRED : first === 'enum' ? ['enum', 'enum64'] : [first];
  for (const kind of kinds) {
    const number = KINDS.indexOf(kind);
    const id = number < 0 ? undefined : btf.findByNameAndKind(second ?? first, number as never);
    if (id !== undefined) return id;
  }
  throw new SkelgenError(
    'SKELGEN_NO_TYPE',
    `${file}: --root ${JSON.stringify(text)}: no such type${nearestName(second ?? first, namesOf(btf, kinds))}`,
  );
}

/** Names of all types of some kinds. */
function* namesOf(btf: Btf, kinds: readonly string[]): Generator<string> {
  for (let id = btf.startId; id < btf.typeCount; id++)
    if (kinds.includes(KINDS[btf.kindOf(id)]!)) yield btf.nameOf(id);
}

/** Errors about types, which do not know where they came from. */
function nameFile(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || !/^Btf(Dump)?Error$/.test(error.name)) return error;
  return new SkelgenError('SKELGEN_BAD_BTF', `${file}: ${error.message}`, { cause: error });
}
