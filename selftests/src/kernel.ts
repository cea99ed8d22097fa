/** The running kernel's version, and comparing it with the version that a feature came with. */

import { release } from 'node:os';

export interface KernelVersion {
  readonly major: number;
  readonly minor: number;
  /** What `uname -r` prints, `6.1.0-56-cloud-amd64`. */
  readonly release: string;
}

/**
 * Reads `5.10`, `6.1.0-56-cloud-amd64` and the like.
 *
 * @throws RangeError if the text does not start with two numbers
 */
export function parseKernelVersion(text: string): KernelVersion {
  const match = /^(\d+)\.(\d+)/.exec(text);
  if (match === null) throw new RangeError(`kernel version: expected MAJOR.MINOR, found "${text}"`);
  return { major: Number(match[1]), minor: Number(match[2]), release: text };
}

export const runningKernel: KernelVersion = parseKernelVersion(release());

/** True if `kernel` is as new as version `since`, for example `5.8`. */
export function atLeast(kernel: KernelVersion, since: string): boolean {
  const wanted = parseKernelVersion(since);
  return kernel.major !== wanted.major ? kernel.major > wanted.major : kernel.minor >= wanted.minor;
}
