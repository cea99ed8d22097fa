/**
 * RLIMIT_MEMLOCK: before Linux 5.11 maps and programs count against it, and its default of 64 KiB is soon used up.
 */

import { attr } from '../sys/attr.js';
import { addressOf, libc } from '../sys/native.js';
import { hasFeature } from './features.js';

const RLIMIT_MEMLOCK = 8;
let raised = false;

/** Lifts the limit, once, where the kernel counts by it. Failure is not reported here: the call that needs memory will. */
export function raiseMemlock(): void {
  if (!raised && !hasFeature('memcgAccounting')) liftMemlock();
  raised = true;
}

/** Lifts the limit without asking the kernel whether it counts: where others have used it up, no question gets an answer. */
export function liftMemlock(): void {
  raised = true;
  const unlimited = attr().u64(0, 0xffff_ffff_ffff_ffffn).u64(8, 0xffff_ffff_ffff_ffffn);
  libc('int setrlimit(int resource, intptr_t limit)')(
    RLIMIT_MEMLOCK,
    addressOf(unlimited.view.buffer),
  );
}
