/**
 * `struct bpf_btf_info` (linux/include/uapi/linux/bpf.h): what the kernel says of a BTF.
 */

import { SyscallError } from '../errors.js';
import { InfoBuffer, text } from './info-buffer.js';

export interface BtfInfo {
  readonly id: number;
  /** `vmlinux`, a module's name, or empty for those that programs brought. Kernel 5.11. */
  readonly name: string;
  /** Whether the kernel or a module brought it. Kernel 5.11. */
  readonly isKernel: boolean;
  /** Bytes of its data. */
  readonly size: number;
}

const SIZE = 32;
const NAME_SIZE = 64;

/** Asks the kernel about a BTF. */
export function btfInfo(fd: number): BtfInfo {
  const info = new InfoBuffer(SIZE).read(fd);
  return {
    id: info.u32(12),
    size: info.u32(8),
    isKernel: info.u32(28) !== 0,
    name: btfName(fd) ?? '',
  };
}

/** Name of a BTF; `undefined` before 5.11, whose kernels refuse a structure that asks for it. */
export function btfName(fd: number): string | undefined {
  const info = new InfoBuffer(SIZE);
  const room = info.room(16, NAME_SIZE);
  info.setU32(24, NAME_SIZE);
  try {
    info.read(fd);
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'E2BIG') return undefined;
    throw error;
  }
  return text(room);
}

/** The data of a BTF of the kernel. A copy. */
export function btfData(fd: number): Uint8Array {
  const size = new InfoBuffer(SIZE).read(fd).u32(8);
  const info = new InfoBuffer(SIZE);
  const data = info.room(0, size);
  info.setU32(8, size);
  info.read(fd);
  return data;
}
