/**
 * Module hooks of Node for `.bpf.o` files; they run on a thread of their own.
 */

import * as nodeModule from 'node:module';
import { fileURLToPath } from 'node:url';
import { SkelgenError } from '../failure.js';
import { OBJECT, skeletonModule } from './skeleton-module.js';

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: boolean;
}

export async function load(
  url: string,
  context: unknown,
  next: (url: string, context: unknown) => Promise<Loaded>,
): Promise<Loaded> {
  if (!url.startsWith('file:') || !OBJECT.test(url)) return next(url, context);
  const file = fileURLToPath(url);
  const source = await withoutTypes(file, skeletonModule(file));
  return { format: 'module', source, shortCircuit: true };
}

/** Node 22.13 can take types away itself; before that esbuild does. */
async function withoutTypes(file: string, source: string): Promise<string> {
  const { stripTypeScriptTypes } = nodeModule as {
    stripTypeScriptTypes?: (code: string) => string;
  };
  if (stripTypeScriptTypes !== undefined) return stripTypeScriptTypes(source);
  try {
    const name = 'esbuild';
    const { transform } = (await import(name)) as {
      transform(code: string, options: object): Promise<{ code: string }>;
    };
    return (await transform(source, { loader: 'ts', target: 'node20' })).code;
  } catch (cause) {
    throw new SkelgenError(
      'SKELGEN_NO_ESBUILD',
      `${file}: this Node cannot take the types out of a module; install esbuild, use Node 22.13 or later, or generate the skeleton with skelgen skeleton`,
      { cause },
    );
  }
}
