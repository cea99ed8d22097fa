/**
 * bpf(2) with attributes that all commands share: a log for commands whose own attribute has no room for one.
 *
 * linux/include/uapi/linux/bpf.h, `struct bpf_common_attr` and `BPF_COMMON_ATTRS`: a bit of the command says that two more arguments
 * follow, the address and size of that struct.
 */

import { SyscallError } from '../errors.js';
import { type Attr, LITTLE } from './attr.js';
import { BPF_COMMANDS, SYS_BPF } from './bpf.js';
import { addressOf, faultFor, koffi, libc, offHeap } from './native.js';

const BPF_COMMON_ATTRS = 1 << 16;
const SIZE = 24;

/** The result of a call, and what the kernel said meanwhile. */
export interface LoggedCall {
  /** What the call returned; -1 with {@link error} set. */
  readonly result: number;
  readonly error: SyscallError | undefined;
  readonly log: string;
}

/**
 * Makes a call that logs.
 *
 * @param command - index in {@link BPF_COMMANDS}
 */
export function bpfLogged(command: number, attribute: Attr, logSize = 4096): LoggedCall {
  const log = offHeap(new Uint8Array(logSize));
  const common = new DataView(new ArrayBuffer(SIZE));
  common.setBigUint64(0, BigInt(addressOf(log)), LITTLE);
  common.setUint32(8, logSize, LITTLE);
  common.setUint32(12, 1, LITTLE);
  const { result, error } = call(
    command,
    attribute.address,
    attribute.size,
    addressOf(common.buffer),
  );
  const end = log.indexOf(0);
  return { result, error, log: new TextDecoder().decode(log.subarray(0, Math.max(0, end))).trim() };
}

/** Whether the kernel looks for common attributes: it does not like an address where nothing is. */
export function knowsCommonAttributes(): boolean {
  const attribute = new DataView(new ArrayBuffer(8));
  const { error } = call(
    BPF_COMMANDS.indexOf('BPF_PROG_LOAD'),
    addressOf(attribute.buffer),
    attribute.byteLength,
    0,
  );
  return error?.code === 'EFAULT';
}

function call(
  command: number,
  attribute: number,
  size: number,
  common: number,
): Pick<LoggedCall, 'result' | 'error'> {
  const name = BPF_COMMANDS[command];
  const fault = faultFor('bpf', name);
  if (fault !== 0) return { result: -1, error: new SyscallError('bpf', fault, name) };
  const entry = libc(
    'long syscall(long number, int command, intptr_t attr, uint size, intptr_t common, uint common_size)',
  );
  const number = SYS_BPF[process.arch] ?? SYS_BPF.x64!;
  const result = entry(number, command | BPF_COMMON_ATTRS, attribute, size, common, SIZE);
  return {
    result,
    error: result < 0 ? new SyscallError('bpf', koffi().errno(), name) : undefined,
  };
}
