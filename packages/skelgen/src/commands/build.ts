/**
 * `skelgen build FILE.bpf.c…`: clang, then a skeleton for each.
 */

import { mkdirSync, watch } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { type BuildOptions, buildObject } from '../build/build-object.js';
import { describeFailure, SkelgenError } from '../failure.js';
import { writeFileAtomic } from '../output.js';
import { Progress } from '../progress.js';
import { skeletonSource } from '../skeleton-source.js';
import { append, generateOptions, refuseForOthers, type SkeletonFlags } from './skeleton.js';

interface Flags extends Omit<SkeletonFlags, 'name'> {
  readonly clang?: string;
  readonly include?: string[];
  readonly define?: string[];
  readonly cflag?: string[];
  readonly vmlinux?: string;
  readonly object?: boolean;
  readonly watch?: boolean;
}

const DEBOUNCE = 100;

export function registerBuild(program: Command): void {
  const command = program
    .command('build')
    .description('compile BPF programs and generate their skeletons')
    .argument('<files...>', 'sources: app.bpf.c gives app.skel.ts')
    .option('-o, --output <folder>', 'where to write (default: beside each source)')
    .option('--clang <command>', 'the compiler (default: $CLANG, the newest clang-N, clang)')
    .option('-I, --include <folder>', 'look for headers there too; may be repeated', append)
    .option('-D, --define <macro>', 'NAME or NAME=VALUE; may be repeated', append)
    .option('--cflag <flag>', 'another flag for clang (--cflag=-Werror); may be repeated', append)
    .option(
      '--vmlinux <file>',
      "make vmlinux.h from this BTF, vmlinux or header (default: the running kernel's)",
    )
    .option('--object', 'keep the object too')
    .option('-w, --watch', 'build again whenever a source or a header changes');
  generateOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen build src/app.bpf.c                   writes src/app.skel.ts
  $ skelgen build bpf/*.bpf.c -o src --watch
  $ CLANG=clang-19 skelgen build app.bpf.c -I include -D DEBUG=1 --cflag=-Werror
  $ skelgen build app.bpf.c --lang dts            app.bpf.o and its types, app.bpf.d.o.ts
  $ skelgen build app.bpf.c --vmlinux /boot/vmlinux --embed file`,
    )
    .hook('preAction', refuseForOthers)
    .action((files: string[], flags: Flags) => build(files, flags));
}

async function build(files: readonly string[], flags: Flags): Promise<void> {
  refuseSameOutput(files, flags);
  const dependencies = new Map<string, readonly string[]>();
  const problems: string[] = [];
  for (const file of files) {
    try {
      dependencies.set(file, await buildOne(file, flags));
    } catch (error) {
      if (flags.watch !== true && files.length === 1) throw error;
      problems.push(describeFailure(error));
      process.stderr.write(`skelgen: ${problems.at(-1)}\n`);
      dependencies.set(file, [file]);
    }
  }
  if (flags.watch) return watchAll(dependencies, flags);
  if (problems.length > 0) {
    throw new SkelgenError(
      'SKELGEN_BUILD',
      `${problems.length} of ${files.length} programs could not be built`,
    );
  }
}

/** Two sources must not write one module. */
function refuseSameOutput(files: readonly string[], flags: Flags): void {
  const sources = new Map<string, string>();
  for (const file of files) {
    const module = moduleFile(file, flags);
    const other = sources.get(module);
    if (other !== undefined && relative(other, file) !== '') {
      throw new SkelgenError(
        'SKELGEN_BUILD',
        `${other} and ${file} would both be written to ${module}; build them into different folders`,
      );
    }
    sources.set(module, file);
  }
}

/** `src/app.bpf.c` → `src/app.skel.ts`, or `src/app.bpf.d.o.ts`, where TypeScript looks for the types of `app.bpf.o`. */
function moduleFile(file: string, { output, lang }: Flags): string {
  const folder = output ?? dirname(file);
  if (lang === 'dts') return join(folder, `${basename(file).replace(/\.c$/, '')}.d.o.ts`);
  const name = basename(file).replace(/(\.bpf)?\.c$/, '');
  return join(folder, `${name}.skel.${lang === 'c' ? 'h' : 'ts'}`);
}

/** @returns what it was made from */
async function buildOne(file: string, flags: Flags): Promise<readonly string[]> {
  if (!file.endsWith('.c')) {
    throw new SkelgenError('SKELGEN_NOT_C', `${file}: expected a C source, as in app.bpf.c`);
  }
  const output = flags.output ?? dirname(file);
  const progress = new Progress(flags.quiet ?? false);
  const options: BuildOptions = {
    clang: flags.clang,
    includes: flags.include,
    defines: flags.define,
    flags: flags.cflag,
    vmlinux: flags.vmlinux,
    output,
  };
  const built = await progress.during(`compiling ${file}`, buildObject(file, options));
  const object = basename(file).replace(/\.c$/, '.o');
  const isFile = flags.embed === 'file' && flags.lang === 'ts';
  const { lang, type: types, records } = flags;
  const source = skeletonSource(
    object,
    built,
    { lang, types, records },
    isFile ? object : undefined,
  );
  mkdirSync(output, { recursive: true });
  if (isFile || flags.object || lang === 'dts') writeFileAtomic(join(output, object), built.bytes);
  const module = moduleFile(file, flags);
  writeFileAtomic(module, source);
  if (!flags.quiet) process.stderr.write(`${module}\n`);
  return built.dependencies;
}

/** Builds what has changed, until it is interrupted. */
function watchAll(first: ReadonlyMap<string, readonly string[]>, flags: Flags): Promise<void> {
  const dependencies = new Map(first);
  const watchers = new Map<string, ReturnType<typeof watch>>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  const rebuild = async () => {
    const paths = [...changed];
    changed.clear();
    for (const [file, needs] of dependencies) {
      if (!paths.some((path) => path === file || needs.includes(path))) continue;
      try {
        dependencies.set(file, await buildOne(file, flags));
      } catch (error) {
        process.stderr.write(`skelgen: ${describeFailure(error)}\n`);
      }
    }
    follow();
  };
  // Folders, not files: editors replace a file by another one.
  const follow = () => {
    for (const [file, needs] of dependencies) {
      for (const folder of new Set([file, ...needs].map((path) => dirname(path)))) {
        if (watchers.has(folder)) continue;
        const watcher = watch(folder, (_, name) => {
          if (name === null) return;
          changed.add(join(folder, name));
          clearTimeout(timer);
          timer = setTimeout(() => {
            running = running.then(rebuild);
          }, DEBOUNCE);
        });
        watchers.set(folder, watcher);
      }
    }
  };
  follow();
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => {
        clearTimeout(timer);
        for (const watcher of watchers.values()) watcher.close();
        done(running);
      });
    }
  });
}
