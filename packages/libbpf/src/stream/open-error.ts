import { BpfError, SyscallError } from '../errors.js';

/** What is thrown when a stream cannot be opened: says which, where the cause is a bare system call. */
export function openError(what: string, cause: unknown): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  return new BpfError('BPF_RING_OPEN', `${what}: could not be opened: ${cause.message}`, { cause });
}

/** Runs a step of opening. */
export function orOpenError<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw openError(what, cause);
  }
}
