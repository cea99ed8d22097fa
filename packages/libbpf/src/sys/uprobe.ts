/**
 * uprobe(2) of x86-64 (6.18): what a probed instruction calls instead of stopping the process with a breakpoint, where it is a
 * no-operation that is long enough. Nobody else may call it.
 */

import { SyscallError } from '../errors.js';
import { faultFor, koffi, libc } from './native.js';

const SYS_UPROBE = 336;

/** Whether the kernel has the call, which it then forbids: as one from outside (ENXIO), later as one out of turn (EPROTO). */
export function hasUprobeSyscall(): boolean {
  if (process.arch !== 'x64' || faultFor('uprobe') !== 0) return false;
  if (libc('long syscall(long number)')(SYS_UPROBE) >= 0) return false;
  const { code } = new SyscallError('uprobe', koffi().errno());
  return code === 'ENXIO' || code === 'EPROTO';
}
