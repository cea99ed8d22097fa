/**
 * BPF objects on the running kernel.
 *
 * @module
 */

export type { Codec } from './codec.js';
export {
  BpfError,
  type BpfErrorFacts,
  errnoName,
  FeatureError,
  isBpfError,
  SyscallError,
} from './errors.js';
export type { BpfLink } from './link/bpf-link.js';
export { VerifierError } from './load/verifier-error.js';
export type { BpfMap } from './map/bpf-map.js';
export { type LoadedObject, type OpenObject, type OpenOptions, openObject } from './object.js';
export type { LoadedBpfProgram, OpenBpfProgram, TestRun, TestRunOptions } from './program.js';
export { onWarning } from './sys/fd.js';
