/**
 * pidfd_open(2): a descriptor of a process, the key of task storage. Linux 5.3 and later.
 */

import { check, libc } from '../sys/native.js';

/** The same on every architecture. */
const SYS_PIDFD_OPEN = 434;

/**
 * A descriptor of a process, for the caller to close (`fs.closeSync`).
 *
 * @throws SyscallError `ESRCH` if there is no such process, `ENOSYS` before Linux 5.3
 */
export function pidfdOpen(pid: number): number {
  const open = libc('long syscall(long number, int pid, uint flags)');
  return check('pidfd_open', () => open(SYS_PIDFD_OPEN, pid, 0));
}
