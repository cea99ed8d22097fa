/** Where things are. */

import { dirname, join } from 'node:path';

/** The selftests folder. */
export const selftests: string = dirname(import.meta.dirname);
/** The repository. */
export const repository: string = dirname(selftests);
export const programs: string = join(selftests, 'progs');
/** Small BPF programs, one corner of the language each, for comparisons with other loaders. */
export const corpus: string = join(selftests, 'corpus');
export const tests: string = join(selftests, 'tests');
/** What is built of programs and tests; never committed. */
export const build: string = join(selftests, 'build');
/** The corpus compiled, and every other BPF object of the repository. */
export const corpusObjects: string = join(build, 'corpus');
/** Compiled test files. */
export const compiledTests: string = join(build, 'js', 'tests');
/** The tools of samples/ that tests run. */
export const tools = ['runqslower', 'execsnoop', 'runqlat'] as const;
/** Each tool in one file, for Node. */
export const toolBundle = (name: string): string => join(build, `${name}.tool.cjs`);
/** A tool as one executable, and the test that runs it: other runs spare their guests its 100 MB. */
export const packagedTool: string = join(build, 'runqslower.packaged');
export const packagedToolTest = 'tool_packaged';
/** What is kept between runs and can be made again: kernels, images, results. */
export const cache: string = join(repository, '.cache');
