/**
 * Arenas: memory that programs and this process share, at an address that both agree on.
 *
 * The first mapping decides the address, unless the map's `map_extra` does; programs that use the arena load only after that.
 */

import { BpfError } from '../errors.js';
import type { MapSpec, ObjectSpec } from '../open/object-spec.js';
import { Mapping, pageSize, roundUpToPage } from '../sys/memory.js';
import { hasFeature } from './features.js';

/** Pages that no program has allocated end the process that touches them. */
const BPF_F_SEGV_ON_FAULT = 1 << 17;

/**
 * Where an arena's global variables begin: at its end, so that its first pages may stay empty and a null pointer be noticed, or at its
 * start on kernels whose programs cannot refer to what lies past 512 MiB. As libbpf 1.7 has it.
 *
 * @returns bytes from the start of the arena
 */
export function arenaDataOffset({ maxEntries, initialValue }: MapSpec): number {
  if (initialValue === undefined || !hasFeature('fullRangeOffsets')) return 0;
  return Math.max(0, maxEntries * pageSize() - roundUpToPage(initialValue.byteLength));
}

/** Maps an arena and puts the initial values of its global variables into it. */
export function mapArena(object: ObjectSpec, map: MapSpec, fd: number): Mapping {
  const facts = { object: object.name, map: map.name };
  const length = map.maxEntries * pageSize();
  const data = map.initialValue;
  if (data !== undefined && data.byteLength > length) {
    throw new BpfError(
      'BPF_MAP_FILL',
      `map "${map.name}": its global variables take ${data.byteLength} bytes, the arena has ${length}; raise max_entries`,
      facts,
    );
  }
  let memory: Mapping;
  try {
    memory = Mapping.ofFd(fd, length, { writable: true, address: Number(map.mapExtra) });
  } catch (cause) {
    throw new BpfError(
      'BPF_MAP_MEMORY',
      `map "${map.name}": its ${length} bytes could not be mapped${map.mapExtra === 0n ? '' : ` at 0x${map.mapExtra.toString(16)}`}: ${(cause as Error).message}`,
      { ...facts, cause },
    );
  }
  if (data !== undefined && (map.flags & BPF_F_SEGV_ON_FAULT) === 0)
    new Uint8Array(memory.buffer, arenaDataOffset(map), data.byteLength).set(data);
  return memory;
}
