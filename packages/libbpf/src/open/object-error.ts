/** An object file that cannot be opened. */

import { BpfError } from '../errors.js';

/** `BPF_BAD_OBJECT` with the object's name in front. */
export function badObject(
  object: string,
  problem: string,
  facts: { section?: string; map?: string; program?: string; cause?: unknown } = {},
): BpfError {
  return new BpfError('BPF_BAD_OBJECT', `BPF object "${object}": ${problem}`, { object, ...facts });
}
