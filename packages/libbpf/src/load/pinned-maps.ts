/**
 * Maps that are pinned by name or path: found there and used, or made and put there.
 *
 * A pinned map is used only if it is what the object asks for; where it is not, the error lists every difference. Rules as in
 * libbpf's bpf_object__reuse_map and map_is_reuse_compat.
 */

import { unlinkSync } from 'node:fs';
import { BpfError, SyscallError } from '../errors.js';
import { type MapInfo, mapInfo } from '../map/map-info.js';
import { BPF_F_RDONLY_PROG, MAP_TYPES, mapType } from '../open/constants.js';
import type { MapSpec, ObjectSpec } from '../open/object-spec.js';
import { objGet } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { mapEntries } from './create-maps.js';
import { pinAt } from './pin-at.js';
import type { Undo } from './undo.js';

export const DEFAULT_PIN_ROOT = '/sys/fs/bpf';

/** A difference between a pinned map and the one that the object asks for. */
export interface MapDifference {
  readonly attribute: 'type' | 'keySize' | 'valueSize' | 'maxEntries' | 'flags' | 'mapExtra';
  readonly pinned: number | bigint;
  readonly wanted: number | bigint;
}

/** The map pinned at a path is another than the object's. */
export class MapMismatchError extends BpfError {
  override readonly name = 'MapMismatchError';
  readonly path: string;
  readonly differences: readonly MapDifference[];

  constructor(object: string, map: string, path: string, differences: readonly MapDifference[]) {
    const list = differences.map(
      ({ attribute, pinned, wanted }) =>
        `${attribute} ${shown(attribute, pinned)}, expected ${shown(attribute, wanted)}`,
    );
    super(
      'BPF_MAP_MISMATCH',
      `map "${map}": the map pinned at "${path}" is another one: ${list.join('; ')}; unpin it, or pin this one elsewhere`,
      { object, map },
    );
    this.path = path;
    this.differences = differences;
  }
}

function shown(attribute: MapDifference['attribute'], value: number | bigint): string {
  if (attribute === 'type') return MAP_TYPES[Number(value)] ?? String(value);
  return attribute === 'flags' || attribute === 'mapExtra'
    ? `0x${value.toString(16)}`
    : String(value);
}

/** Where a map is pinned, if it is. */
export function pinPathOf(map: MapSpec, root: string = DEFAULT_PIN_ROOT): string | undefined {
  return map.pinPath ?? (map.pinByName ? `${root}/${map.name}` : undefined);
}

/**
 * The map that is pinned already.
 *
 * @returns its descriptor, `undefined` if nothing is pinned there
 * @throws MapMismatchError `BPF_MAP_MISMATCH`
 */
export function reusePinnedMap(
  object: ObjectSpec,
  map: MapSpec,
  root: string | undefined,
): number | undefined {
  const path = pinPathOf(map, root);
  if (path === undefined || map.reuseFd !== undefined) return undefined;
  let fd: number;
  try {
    fd = objGet(path);
  } catch (cause) {
    if (cause instanceof SyscallError && cause.code === 'ENOENT') return undefined;
    throw pinError(object, map, `the map pinned at "${path}" could not be opened`, cause);
  }
  try {
    const differences = compareMaps(map, mapInfo(fd));
    if (differences.length > 0)
      throw new MapMismatchError(object.name, map.name, path, differences);
    return fd;
  } catch (error) {
    closeFd(fd);
    if (error instanceof SyscallError)
      throw pinError(object, map, `what is pinned at "${path}" is no map`, error);
    throw error;
  }
}

/** What is different between a map and the one that a specification asks for. */
export function compareMaps(map: MapSpec, info: MapInfo): MapDifference[] {
  const wanted = { ...map, maxEntries: mapEntries(map) };
  // The kernel adds this flag to device maps by itself.
  const isDevice = map.type === mapType('DEVMAP') || map.type === mapType('DEVMAP_HASH');
  const found = { ...info, flags: isDevice ? info.flags & ~BPF_F_RDONLY_PROG : info.flags };
  const attributes = ['type', 'keySize', 'valueSize', 'maxEntries', 'flags', 'mapExtra'] as const;
  return attributes
    .filter((attribute) => wanted[attribute] !== found[attribute])
    .map((attribute) => ({ attribute, pinned: found[attribute], wanted: wanted[attribute] }));
}

/**
 * Pins a new map where it belongs, if it does anywhere; a failed load unpins it.
 *
 * @returns the descriptor of the map that somebody else pinned there in the meantime, which is to be used instead
 */
export function pinNewMap(
  object: ObjectSpec,
  map: MapSpec,
  fd: number,
  root: string | undefined,
  undo: Undo,
): number | undefined {
  const path = pinPathOf(map, root);
  if (path === undefined) return undefined;
  try {
    pinAt(fd, path, (problem, cause) => pinError(object, map, problem, cause));
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof SyscallError && cause.code === 'EEXIST') {
      const winner = reusePinnedMap(object, map, root);
      if (winner !== undefined) return winner;
    }
    throw error;
  }
  undo.add(() => unlinkSync(path));
  return undefined;
}

function pinError(object: ObjectSpec, map: MapSpec, problem: string, cause: unknown): BpfError {
  return new BpfError('BPF_PIN', `map "${map.name}": ${problem}: ${(cause as Error).message}`, {
    object: object.name,
    map: map.name,
    cause,
  });
}
