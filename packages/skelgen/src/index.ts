/**
 * Skeletons from compiled BPF objects, as a library. The `skelgen` command is this with a command line.
 *
 * @module
 */

export { generateSkeleton, type SkeletonOptions } from './generate/generate-skeleton.js';
export { openObjectFile, skeletonName } from './object-file.js';
