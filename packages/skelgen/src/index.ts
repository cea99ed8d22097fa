/**
 * Skeletons from compiled BPF objects, as a library. The `skelgen` command is this with a command line.
 *
 * @module
 */

export { type BuildOptions, type BuiltObject, buildObject } from './build/build-object.js';
export { findClang } from './build/find-clang.js';
export { vmlinuxHeader } from './build/vmlinux-header.js';
export { SkelgenError } from './failure.js';
export { generateDeclarations } from './generate/generate-declarations.js';
export {
  EXPORT_TAG,
  generateSkeleton,
  type SkeletonOptions,
} from './generate/generate-skeleton.js';
export { generateSubskeleton } from './generate/generate-subskeleton.js';
export { type CSkeletonOptions, generateCSkeleton } from './generate-c/generate-c-skeleton.js';
export { generateCSubskeleton } from './generate-c/generate-c-subskeleton.js';
export { type ObjectFile, openObjectFile, skeletonName } from './object-file.js';
