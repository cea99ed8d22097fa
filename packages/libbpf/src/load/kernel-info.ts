/**
 * What loading needs to know of programs in the kernel: `struct bpf_prog_info` (linux/include/uapi/linux/bpf.h).
 */

import { SyscallError } from '../errors.js';
import { LITTLE } from '../sys/attr.js';
import { type BpfObjectKind, getFdById, getNextId, objGetInfoByFd } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { addressOf, offHeap } from '../sys/native.js';

/**
 * The first kernel object that `wanted` wants.
 *
 * @param wanted - gets a descriptor; the one it says yes to is returned, open, the others are closed
 */
export function findKernelObject(
  kind: BpfObjectKind,
  wanted: (fd: number) => boolean,
): number | undefined {
  for (let id = getNextId(kind, 0); id !== undefined; id = getNextId(kind, id)) {
    let fd: number;
    try {
      fd = getFdById(kind, id);
    } catch (error) {
      // It may have gone since its id was told.
      if (error instanceof SyscallError && error.code === 'ENOENT') continue;
      throw error;
    }
    let found = false;
    try {
      found = wanted(fd);
    } finally {
      if (!found) closeFd(fd);
    }
    if (found) return fd;
  }
  return undefined;
}

/** What is used of what the kernel says of a program. */
export interface ProgramInfo {
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  readonly id: number;
  /** Of its BTF, 0 for none. */
  readonly btfId: number;
  /** Instructions that the verifier looked at. Kernel 5.16. */
  readonly verifiedInstructions: number;
}

const PROG_INFO_SIZE = 232;

/** What the kernel says of a program. Fields that an older kernel does not know are 0. */
export function programInfo(fd: number): ProgramInfo {
  const info = new Uint8Array(new ArrayBuffer(PROG_INFO_SIZE));
  objGetInfoByFd(fd, info);
  const view = new DataView(info.buffer);
  return {
    type: view.getUint32(0, LITTLE),
    id: view.getUint32(4, LITTLE),
    btfId: view.getUint32(128, LITTLE),
    verifiedInstructions: view.getUint32(216, LITTLE),
  };
}

/**
 * The instructions of a loaded program as the verifier left them: a copy. Maps are given by id in place of descriptors.
 */
export function translatedInstructions(fd: number): Uint8Array {
  const info = offHeap(new Uint8Array(new ArrayBuffer(PROG_INFO_SIZE)));
  objGetInfoByFd(fd, info);
  const view = new DataView(info.buffer);
  const length = view.getUint32(20, LITTLE);
  const bytes = offHeap(new Uint8Array(new ArrayBuffer(length)));
  info.fill(0);
  view.setUint32(20, length, LITTLE);
  view.setBigUint64(32, BigInt(addressOf(bytes)), LITTLE);
  objGetInfoByFd(fd, info);
  return bytes.subarray(0, view.getUint32(20, LITTLE));
}
