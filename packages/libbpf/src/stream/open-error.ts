import { BpfError, SyscallError } from '../errors.js';

/** What is thrown when a stream cannot be opened: says which, where the cause is a bare system call. */
export function openError(
  what: string,
  cause: unknown,
  code: 'BPF_RING_OPEN' | 'BPF_PERF_OPEN' = 'BPF_RING_OPEN',
): unknown {
  if (!(cause instanceof SyscallError)) return cause;
  return new BpfError(code, `${what}: could not be opened: ${cause.message}`, { cause });
}

/** Runs a step of opening a perf buffer. */
export function orOpenError<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    throw openError(what, cause, 'BPF_PERF_OPEN');
  }
}
