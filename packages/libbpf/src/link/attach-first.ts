/**
 * One object on many kernels: the first way that this kernel has.
 */

import { BpfError } from '../errors.js';
import type { BpfLink } from './bpf-link.js';

/** A program, attached by its section name, or a function that attaches one in its own way. */
export type AttachCandidate =
  | { readonly name: string; readonly isLoaded?: boolean; attach(): BpfLink }
  | (() => BpfLink);

/**
 * Attaches the first of several that can be: `attachFirst([progs.by_fentry, progs.by_kprobe])`.
 *
 * Programs that were not loaded (their `autoload` was off) are passed over.
 *
 * @throws BpfError `BPF_NOTHING_ATTACHED` with every reason, if none can
 */
export function attachFirst(candidates: readonly AttachCandidate[]): BpfLink {
  const errors: unknown[] = [];
  for (const candidate of candidates) {
    try {
      return typeof candidate === 'function' ? candidate() : candidate.attach();
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      errors.push(error);
    }
  }
  const reasons = errors.map((error) => `\n  ${(error as Error).message}`).join('');
  throw new BpfError(
    'BPF_NOTHING_ATTACHED',
    candidates.length === 0
      ? 'attachFirst: expected at least one way, found none'
      : `none of ${candidates.length} ways to attach worked:${reasons}`,
    { cause: new AggregateError(errors) },
  );
}
