/** Objects that clang made of the programs in selftests/corpus. */

import { readFileSync } from 'node:fs';
import type { ObjectSpec } from '../../src/open/object-spec.js';
import { type ParseOptions, parseObject } from '../../src/open/parse-object.js';

export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/${name}.bpf.o`, import.meta.url));
}

export function openFixture(name: string, options: ParseOptions = {}): ObjectSpec {
  return parseObject(fixture(name), { name: 'corpus', ...options });
}

/** The whole message of what `call` throws. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
