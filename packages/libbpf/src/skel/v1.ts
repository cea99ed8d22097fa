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
export type { IntLayout } from '../data/section-atomics.js';
export type { SectionMemory } from '../data/section-memory.js';
export type { BpfLink } from '../link/bpf-link.js';
export type * from '../map/map-types.js';
export type { LoadedBpfProgram, OpenBpfProgram } from '../program.js';
export type { CharsInput } from './bytes.js';
export * from './codec-helpers.js';
export {
  arrayOf,
  bigint64,
  biguint32,
  biguint64,
  bool,
  bytes,
  chars,
  encodeMember,
  float32,
  float64,
  int8,
  int16,
  int32,
  int128,
  numbers,
  uint8,
  uint16,
  uint32,
  uint128,
} from './codecs.js';
export { given, load, loadNumbers, store, storeChars, storeNumbers } from './live.js';
export {
  base64,
  defineSkeleton,
  fileBeside,
  type LoadedSkeleton,
  type OpenSkeleton,
  type Skeleton,
  type SkeletonDefinition,
} from './skeleton.js';
export { type ProgramReference, StructOpsShadow } from './struct-ops.js';
export {
  defineSubskeleton,
  LinkedSection,
  type LoadedSubskeleton,
  type OpenSubskeleton,
  type Subskeleton,
  type SubskeletonDefinition,
  variables,
} from './subskeleton.js';
