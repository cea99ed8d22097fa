/**
 * Whether this process may load anything at all, asked before the first trial: what a kernel has cannot be found out by a process
 * that it refuses everything.
 */

import { BpfError, SyscallError } from '../errors.js';
import { progType } from '../open/constants.js';
import { progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { liftMemlock } from './memlock.js';
import { permissionHint } from './permission.js';
import { program } from './program-bytes.js';

let isLoadable = false;

/**
 * Loads the smallest program there is, until it works once.
 *
 * @throws BpfError `BPF_PERMISSION`, `BPF_NO_BPF`
 */
export function checkLoadable(object: string): void {
  if (isLoadable) return;
  try {
    loadSmallest();
    isLoadable = true;
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const subject = `BPF object "${object}" cannot be loaded`;
    if (cause.code === 'EPERM' || cause.code === 'EACCES') {
      throw new BpfError(
        'BPF_PERMISSION',
        `${subject}: the kernel refuses even the smallest program with ${cause.code}${permissionHint('program')}`,
        { object, cause },
      );
    }
    // With faults other than of rights, what follows says more.
    if (cause.code !== 'ENOSYS') return;
    throw new BpfError(
      'BPF_NO_BPF',
      `${subject}: the running kernel has no bpf(2); it needs CONFIG_BPF_SYSCALL=y`,
      { object, cause },
    );
  }
}

/**
 * Before Linux 5.11 the memory that all of a user's BPF locks counts, and is compared with the limit of the process that asks for
 * more: one with the usual limit is refused everything once another process of that user has used it up.
 */
function loadSmallest(): void {
  const insns = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);
  const load = () =>
    closeFd(progLoad({ progType: progType('SOCKET_FILTER'), insns, license: 'GPL' }));
  try {
    load();
  } catch (error) {
    if (!(error instanceof SyscallError) || error.code !== 'EPERM') throw error;
    liftMemlock();
    load();
  }
}
