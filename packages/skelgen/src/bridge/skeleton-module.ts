/**
 * What `import './app.bpf.o'` gives, for bundlers and for Node: the skeleton's module, made as it is asked for.
 */

import { openObjectFile } from '../object-file.js';
import { nameOf, skeletonSource } from '../skeleton-source.js';

/** Files that are taken for BPF objects. */
export const OBJECT: RegExp = /\.bpf\.o$/;

/** TypeScript of the skeleton of an object file. @throws SkelgenError */
export function skeletonModule(file: string): string {
  return skeletonSource(file, openObjectFile(file, nameOf(file, undefined)), {}, undefined);
}
