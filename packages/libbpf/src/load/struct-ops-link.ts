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
  const isLink = isLinked(map);
  const way = isLink ? 'struct_ops link' : 'struct_ops';
  writeStructOpsValue(map, fd, value);
  if (!isLink) return plainLink(map, fd, way);
  const link = registering(map, () =>
    linkCreate({ progFd: fd, targetFd: 0, attachType: attachType('STRUCT_OPS') }),
  );
  return new BpfLink({ program: map.name, of: 'map', way, fds: [link], isKernelLink: true });
}

/**
 * Writes the value, which registers a plain map; one that is for links is ready for them then, and keeps it: the next link finds it
 * written.
 *
 * @throws BpfError `BPF_ATTACH`
 */
export function writeStructOpsValue(map: MapSpec, fd: number, value: Uint8Array): void {
  registering(map, () => {
    try {
      mapUpdateElem(fd, FIRST, value);
    } catch (error) {
      if (!isLinked(map) || !(error instanceof SyscallError) || error.code !== 'EBUSY') throw error;
    }
  });
}

/** Whether it came from `.struct_ops.link`. */
function isLinked(map: MapSpec): boolean {
  return (map.flags & BPF_F_LINK) !== 0;
}

function registering<T>(map: MapSpec, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw new BpfError(
      'BPF_ATTACH',
      `struct_ops "${map.name}" could not be registered: ${cause.message}${hint(map, cause.code)}`,
      { map: map.name, cause },
    );
  }
}

function hint(map: MapSpec, errno: string): string {
  if (errno === 'EEXIST') return '; one of that name is registered already';
  if (errno === 'EBUSY' && !isLinked(map))
    return '; the kernel registers such a map once only: load the object anew, or declare the map in SEC(".struct_ops.link") (Linux 6.4)';
  return '';
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
  return new BpfLink({ program: map.name, of: 'map', way, fds: [], isKernelLink: false, undo });
}
