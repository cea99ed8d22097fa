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
/** What is kept between runs and can be made again: kernels, images, results. */
export const cache: string = join(repository, '.cache');
