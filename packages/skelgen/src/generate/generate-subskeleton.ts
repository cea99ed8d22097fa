/**
 * An object model → the source of its subskeleton module: a library's view of its own maps, programs and variables inside an
 * object that its user has linked, opened and will load.
 */

import type { ObjectSpec } from '@libbpf-ts/libbpf/open';
import { SkeletonModule, type SkeletonOptions } from './generate-skeleton.js';

/** The whole module, formatted. @throws SkelgenError as `generateSkeleton` */
export function generateSubskeleton(
  object: ObjectSpec,
  options: Omit<SkeletonOptions, 'bytes' | 'objectFile'>,
): string {
  return new SkeletonModule(object, { ...options, bytes: new Uint8Array(0) }, true).generate();
}
