/**
 * All programs, maps, links and BTFs that the kernel has, whoever made them.
 */

import { SyscallError } from '../errors.js';
import { type MapInfo, mapInfo } from '../map/map-info.js';
import { type BpfObjectKind, getFdById, getNextId } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { type BtfInfo, btfInfo } from './btf-info.js';
import { noFeature } from './feature-missing.js';
import { type LinkInfo, linkInfo } from './link-info.js';
import { type ProgramInfo, programInfo } from './program-info.js';

/** Every program of the system, by id. Needs CAP_SYS_ADMIN; programs that end meanwhile are left out. */
export function programs(): IterableIterator<ProgramInfo> {
  return walk('prog', programInfo);
}

/** Every map of the system, by id. Needs CAP_SYS_ADMIN. */
export function maps(): IterableIterator<MapInfo> {
  return walk('map', mapInfo);
}

/**
 * Every link of the system, by id. Needs CAP_SYS_ADMIN.
 *
 * @throws FeatureError before 5.8
 */
export function links(): IterableIterator<LinkInfo> {
  return walk('link', linkInfo);
}

/** Every BTF of the system, by id: the kernel's, its modules', and those that objects brought. Needs CAP_SYS_ADMIN. */
export function btfs(): IterableIterator<BtfInfo> {
  return walk('btf', btfInfo);
}

function* walk<Info>(
  kind: BpfObjectKind,
  read: (fd: number) => Info,
): Generator<Info, void, undefined> {
  for (let id = nextId(kind, 0); id !== undefined; id = nextId(kind, id)) {
    const info = readById(kind, id, read);
    if (info !== undefined) yield info;
  }
}

function nextId(kind: BpfObjectKind, id: number): number | undefined {
  try {
    return getNextId(kind, id);
  } catch (cause) {
    if (kind === 'link' && cause instanceof SyscallError && cause.code === 'EINVAL')
      throw noFeature('ids of links', '5.8', cause);
    throw cause;
  }
}

function readById<Info>(
  kind: BpfObjectKind,
  id: number,
  read: (fd: number) => Info,
): Info | undefined {
  let fd: number;
  try {
    fd = getFdById(kind, id);
  } catch (error) {
    // Gone since its id was read; EAGAIN: a link that is not ready yet.
    if (error instanceof SyscallError && (error.code === 'ENOENT' || error.code === 'EAGAIN'))
      return undefined;
    throw error;
  }
  try {
    return read(fd);
  } finally {
    closeFd(fd);
  }
}
