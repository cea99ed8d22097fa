/**
 * struct_ops maps → the kernel uses them.
 *
 * A plain one is registered by writing its value, and taken back by deleting it; one from `.struct_ops.link` (6.4) is written, then
 * linked. Rules as in libbpf's bpf_map__attach_struct_ops.
 */

import { BpfError, SyscallError } from '../errors.js';
import { BpfLink } from '../link/bpf-link.js';
import { attachType, BPF_F_LINK } from '../open/constants.js';
import type { MapSpec } from '../open/object-spec.js';
import { linkCreate, mapDeleteElem, mapUpdateElem } from '../sys/bpf.js';
import { closeFd, duplicateFd } from '../sys/fd.js';

const FIRST = new Uint8Array(4);

/**
 * Registers a struct_ops map.
 *
 * @param fd - of the map; stays its owner's
 * @param value - of the kernel's type, with descriptors of programs in it
 * @throws BpfError `BPF_ATTACH`
 */
export function attachStructOpsMap(map: MapSpec, fd: number, value: Uint8Array): BpfLink {
  const isLink = (map.flags & BPF_F_LINK) !== 0;
  const way = isLink ? 'struct_ops link' : 'struct_ops';
  try {
    writeValue(fd, value, isLink);
    if (isLink) {
      const link = linkCreate({ progFd: fd, targetFd: 0, attachType: attachType('STRUCT_OPS') });
      return new BpfLink({ program: map.name, way, fds: [link], isKernelLink: true });
    }
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const hint = cause.code === 'EEXIST' ? '; one of that name is registered already' : '';
    throw new BpfError(
      'BPF_ATTACH',
      `struct_ops "${map.name}" could not be registered: ${cause.message}${hint}`,
      { map: map.name, cause },
    );
  }
  return plainLink(map, fd, way);
}

/** A map that is linked keeps its value: a second link finds it written. */
function writeValue(fd: number, value: Uint8Array, isLink: boolean): void {
  try {
    mapUpdateElem(fd, FIRST, value);
  } catch (error) {
    if (!isLink || !(error instanceof SyscallError) || error.code !== 'EBUSY') throw error;
  }
}

/** Holds the map itself, and takes its value back when closed. */
function plainLink(map: MapSpec, fd: number, way: string): BpfLink {
  const own = duplicateFd(fd);
  const undo = () => {
    try {
      mapDeleteElem(own, FIRST);
    } finally {
      closeFd(own);
    }
  };
  return new BpfLink({ program: map.name, way, fds: [], isKernelLink: false, undo });
}
