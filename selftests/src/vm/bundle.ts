/**
 * The harness and every test file as a few bundled files. Emulated, loading the library's hundred modules takes a test process three
 * seconds; bundled, a tenth of that. What is shared goes to chunks, so that test file and harness see the same modules.
 *
 * Errors that come out of a guest name places in the bundle; they are translated here, on the machine, where the source maps are.
 */

import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { compiledTests, repository, selftests } from '../paths.js';

export interface Bundle {
  /** A folder with the layout of the selftests folder. */
  readonly folder: string;
  /** Rewrites stack traces of a guest to the sources. */
  readonly translate: (text: string) => string;
}

/** Where the selftests folder lies in a guest. */
export const GUEST_SELFTESTS = '/app/selftests';

/**
 * Bundles into `folder`. Everything of the harness lands in dist/ itself, as paths.ts expects.
 *
 * @param testFiles - compiled test files
 */
export async function bundleTests(folder: string, testFiles: readonly string[]): Promise<Bundle> {
  const entries = [
    { in: join(selftests, 'dist/child.js'), out: 'dist/child' },
    { in: join(selftests, 'dist/vm/guest.js'), out: 'dist/guest' },
    ...testFiles.map((path) => ({
      in: path,
      out: join(relative(selftests, compiledTests), basename(path, '.js')),
    })),
  ];
  await build({
    entryPoints: entries,
    outdir: folder,
    chunkNames: 'dist/chunk-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['koffi', 'esbuild'],
    sourcemap: 'external',
    sourcesContent: false,
    absWorkingDir: selftests,
    logLevel: 'silent',
  });
  await stop();
  return { folder, translate: translator(folder) };
}

function translator(folder: string): Bundle['translate'] {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (name: string): SourceMap | undefined => {
    if (!maps.has(name)) maps.set(name, readMap(join(folder, `${name}.map`)));
    return maps.get(name);
  };
  const place = new RegExp(`(?:file://)?${GUEST_SELFTESTS}/([\\w./-]+\\.js):(\\d+):(\\d+)`, 'g');
  return (text) =>
    text.replace(place, (whole, name: string, line: string, column: string) => {
      const entry = mapOf(name)?.findEntry(Number(line) - 1, Number(column) - 1);
      if (entry === undefined || !('originalSource' in entry)) return whole;
      const source = resolve(dirname(join(folder, name)), toPath(entry.originalSource));
      return `${relative(repository, source)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
    });
}

function readMap(path: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function toPath(source: string): string {
  return source.startsWith('file:') ? fileURLToPath(source) : source;
}
