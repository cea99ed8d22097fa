/**
 * Generated modules for tests: written beside this package's build, where they find the runtime, and imported.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { OpenObject } from '@libbpf-ts/libbpf';
import { type ObjectSpec, parseObject } from '@libbpf-ts/libbpf/open';
import { generateSkeleton, type SkeletonOptions } from '../src/generate/generate-skeleton.js';
import { skeletonName } from '../src/object-file.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
export const fixtures: string = fileURLToPath(new URL('fixtures', import.meta.url));

/** Has the tests of a file run once more where there are all objects: what is skipped is run again by .ci/run. */
export function noteMissingObjects(test: { skip(name: string, run: () => void): void }): void {
  if (process.env['TEST_OBJECTS'] === undefined)
    test.skip('objects of the selftests (TEST_OBJECTS names no folder)', () => {});
}

/**
 * Every BPF object that is committed, and those in the folder that TEST_OBJECTS names: .ci/run has the selftests build all of
 * theirs first. Left out are those that cannot be opened, which other tests are about.
 */
export function objectFiles(): string[] {
  const samples = readdirSync(join(root, 'samples'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, 'samples', name));
  const committed = [fixtures, ...samples, join(root, 'packages/libbpf/test/fixtures')];
  const more = process.env['TEST_OBJECTS'];
  const found = new Map<string, string>();
  for (const folder of [...committed, ...(more === undefined ? [] : [more])]) {
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.bpf.o') || /^repository-(packages|samples)-/.test(name)) continue;
      if (!found.has(name) && canBeOpened(join(folder, name))) found.set(name, join(folder, name));
    }
  }
  return [...found.values()];
}

function canBeOpened(file: string): boolean {
  try {
    readObject(file);
    return true;
  } catch {
    return false;
  }
}

export function readObject(file: string): { bytes: Uint8Array; object: ObjectSpec; name: string } {
  const bytes = new Uint8Array(readFileSync(file));
  const name = skeletonName(file);
  return { bytes, object: parseObject(bytes, { name }), name };
}

/** The module for an object. */
export function generate(file: string, options: Partial<SkeletonOptions> = {}): string {
  const { bytes, object, name } = readObject(file);
  return generateSkeleton(object, {
    name,
    sourceName: basename(file),
    bytes,
    version: '1.2.3',
    ...options,
  });
}

/** What tests need of a generated module. */
// biome-ignore lint/suspicious/noExplicitAny: modules are looked at without their types here
export type Module = Record<string, any> & { default?: undefined };
export type OpenModule = Record<string, Record<string, unknown>> & {
  object: OpenObject;
} & Disposable;

/** A folder for modules. */
export class ModuleFolder {
  readonly path: string;

  constructor() {
    const parent = fileURLToPath(new URL('../dist', import.meta.url));
    mkdirSync(parent, { recursive: true });
    this.path = mkdtempSync(join(parent, 'test-'));
  }

  write(name: string, source: string): string {
    const file = join(this.path, name);
    writeFileSync(file, source);
    return file;
  }

  import(name: string): Promise<Module> {
    return import(pathToFileURL(join(this.path, name)).href);
  }

  /** What the compiler has to say of the modules, as strict as it can be. */
  typecheck(names: readonly string[]): string {
    const options = {
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        composite: false,
        noUnusedLocals: true,
        noUnusedParameters: true,
        types: ['node'],
        allowArbitraryExtensions: true,
        skipLibCheck: false,
      },
      files: names,
    };
    this.write('tsconfig.json', JSON.stringify(options));
    const require = createRequire(import.meta.url);
    const tsc = join(require.resolve('typescript/package.json'), '../bin/tsc');
    // The runtime is checked with its own options; here only what was generated counts.
    const output = run(process.execPath, [tsc, '-p', this.path]);
    return output
      .split('\n')
      .filter((line) => /(skel|\.d\.o)\.ts|^error/.test(line))
      .join('\n');
  }

  /** What the formatter would change. */
  format(names: readonly string[]): string {
    const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    const { formatter, javascript } = config;
    this.write('biome.json', JSON.stringify({ root: true, formatter, javascript }));
    const biome = join(root, 'node_modules/.bin/biome');
    return run(biome, ['format', `--config-path=${this.path}`, ...names], this.path);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Output of a command that failed; empty if it did not. */
function run(command: string, args: readonly string[], cwd = root): string {
  try {
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe' });
    return '';
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    return `${stdout}${stderr}` || String(error);
  }
}
