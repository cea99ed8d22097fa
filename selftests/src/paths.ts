/** Where things are. */

import { dirname, join } from 'node:path';

/** The selftests folder. */
export const selftests: string = dirname(import.meta.dirname);
/** The repository. */
export const repository: string = dirname(selftests);
export const programs: string = join(selftests, 'progs');
export const tests: string = join(selftests, 'tests');
/** What is built of programs and tests; never committed. */
export const build: string = join(selftests, 'build');
/** Compiled test files. */
export const compiledTests: string = join(build, 'js', 'tests');
/** What is kept between runs and can be made again: kernels, images, results. */
export const cache: string = join(repository, '.cache');
