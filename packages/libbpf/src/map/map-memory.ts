/**
 * Maps that are memory: arenas, and arrays with BPF_F_MMAPABLE (Linux 5.5).
 */

import { BpfError } from '../errors.js';
import { Mapping, pageSize, roundUpToPage } from '../sys/memory.js';
import type { MapInfo } from './map-info.js';
import type { MapKind } from './map-kinds.js';

const BPF_F_RDONLY = 1 << 3;
const BPF_F_MMAPABLE = 1 << 10;
/** An arena whose unallocated pages end the process that touches them. */
const BPF_F_SEGV_ON_FAULT = 1 << 17;

/**
 * Maps a map, writable.
 *
 * @param wrongKind - the error for maps that are no memory
 */
export function mapMemory(
  kind: MapKind,
  info: MapInfo,
  fd: number,
  wrongKind: (instead: string) => BpfError,
): Mapping {
  if (kind.name === 'ARENA') {
    if ((info.flags & BPF_F_SEGV_ON_FAULT) !== 0)
      throw wrongKind(
        'with BPF_F_SEGV_ON_FAULT, touching a page that no program has allocated would end this process',
      );
    return mapArena(info, fd);
  }
  if (kind.name !== 'ARRAY' || (info.flags & BPF_F_MMAPABLE) === 0)
    throw wrongKind('it is for arenas, and for arrays with BPF_F_MMAPABLE');
  if ((info.flags & BPF_F_RDONLY) !== 0)
    throw wrongKind('with BPF_F_RDONLY it can only be looked up');
  return mapFd(info, fd, roundUpToPage(Math.ceil(info.valueSize / 8) * 8 * info.maxEntries));
}

/** All mappings of an arena have one address: that of `map_extra`, or the one its first user got, which the kernel tells nobody. */
function mapArena(info: MapInfo, fd: number): Mapping {
  const length = info.maxEntries * pageSize();
  try {
    return Mapping.ofFd(fd, length, { writable: true, address: Number(info.mapExtra) });
  } catch (cause) {
    const hint =
      info.mapExtra === 0n
        ? 'whoever loaded it has mapped it at an address that is known there alone; set map_extra to an address of your own'
        : `it belongs at 0x${info.mapExtra.toString(16)}, where this process may have something already`;
    throw notMapped(info, length, cause, hint);
  }
}

function mapFd(info: MapInfo, fd: number, length: number): Mapping {
  try {
    return Mapping.ofFd(fd, length, { writable: true });
  } catch (cause) {
    throw notMapped(info, length, cause, 'a frozen map cannot be written');
  }
}

function notMapped(info: MapInfo, length: number, cause: unknown, hint: string): BpfError {
  return new BpfError(
    'BPF_MAP_MEMORY',
    `map "${info.name}": its ${length} bytes could not be mapped: ${(cause as Error).message}; ${hint}`,
    { map: info.name, cause },
  );
}
