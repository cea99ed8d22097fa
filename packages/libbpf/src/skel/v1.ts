/**
 * What generated skeletons are written in. Versioned: an incompatible change gets an entry of its own beside this one, so that
 * modules generated earlier keep working.
 *
 * @module
 */

export type { Codec } from '../codec.js';
export {
  CharWindow,
  DataSection,
  StructView,
  type ViewArray,
  viewArray,
} from '../data/data-section.js';
export type { SectionMemory } from '../data/section-memory.js';
export type { BpfLink } from '../link/bpf-link.js';
export type * from '../map/map-types.js';
export type { LoadedBpfProgram, OpenBpfProgram } from '../program.js';
export * from './codec-helpers.js';
export {
  base64,
  defineSkeleton,
  type LoadedSkeleton,
  type OpenSkeleton,
  type Skeleton,
  type SkeletonDefinition,
} from './skeleton.js';
