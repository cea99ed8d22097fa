/**
 * Giving something a name in a BPF file system, by which it outlives this process.
 */

import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { objPin } from '../sys/bpf.js';

/** linux/magic.h */
const BPF_FS_MAGIC = 0xcafe4a11;

/**
 * Pins a descriptor, in folders made as needed.
 *
 * @param fail - makes the error that is thrown out of the problem
 */
export function pinAt(
  fd: number,
  path: string,
  fail: (problem: string, cause?: unknown) => Error,
): void {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (Number(statfsSync(folder).type) === BPF_FS_MAGIC) {
      objPin(fd, path);
      return;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const what = code === 'EEXIST' ? 'something is pinned there already (EEXIST)' : message;
    throw fail(`could not be pinned at "${path}": ${what}`, cause);
  }
  throw fail(
    `could not be pinned at "${path}": "${folder}" is in no BPF file system; mount one: mount -t bpf bpf /sys/fs/bpf`,
  );
}
