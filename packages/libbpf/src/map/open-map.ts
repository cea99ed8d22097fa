/**
 * Maps that are in the kernel already: by id, by the path they are pinned at, by descriptor.
 */

import { readlinkSync } from 'node:fs';
import type { Codec } from '../codec.js';
import { BpfError } from '../errors.js';
import { newMapSpec } from '../open/map-definitions.js';
import type { MapSpec } from '../open/object-spec.js';
import { copyingCodec } from '../stream/copying-codec.js';
import { getFdById, objGet } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { BpfMap } from './bpf-map.js';
import { type MapInfo, mapInfo } from './map-info.js';

/**
 * The types of what is in a map. Without them keys and values are bytes. Codecs are those of a generated skeleton, or one's own:
 * what `decode` gives must not be a part of `view`, which is written again for the next element.
 */
export interface OpenMapOptions<K = unknown, V = unknown, R = unknown> {
  readonly keyCodec?: Codec<K> | undefined;
  readonly valueCodec?: Codec<V> | undefined;
  readonly recordCodec?: Codec<R> | undefined;
}

/**
 * Opens a map by the kernel's id. The caller closes it.
 *
 * @throws BpfError `BPF_MAP_OPEN`
 */
export function openMapById<K = unknown, V = unknown, R = unknown>(
  id: number,
  options: OpenMapOptions<K, V, R> = {},
): BpfMap<K, V, R> {
  return opened(`map with id ${id}`, () => getFdById('map', id), options);
}

/**
 * Opens a map by the path it is pinned at. The caller closes it.
 *
 * @throws BpfError `BPF_MAP_OPEN`
 */
export function openPinnedMap<K = unknown, V = unknown, R = unknown>(
  path: string,
  options: OpenMapOptions<K, V, R> = {},
): BpfMap<K, V, R> {
  return opened(`map pinned at "${path}"`, () => objGet(path), options, path);
}

function opened<K, V, R>(
  what: string,
  open: () => number,
  options: OpenMapOptions<K, V, R>,
  pinPath?: string,
): BpfMap<K, V, R> {
  let fd: number;
  try {
    fd = open();
  } catch (cause) {
    throw new BpfError('BPF_MAP_OPEN', `${what} could not be opened: ${(cause as Error).message}`, {
      cause,
    });
  }
  checkIsMap(fd, what);
  const { recordCodec } = options;
  const map = new BpfMap<K, V, R>({
    spec: specOf(mapInfo(fd), pinPath),
    ...options,
    recordCodec: recordCodec && copyingCodec(recordCodec),
  });
  map._adopt(fd);
  return map;
}

/** A pinned path may lead to a program or a link as well. */
function checkIsMap(fd: number, what: string): void {
  const found = readlinkSync(`/proc/self/fd/${fd}`);
  if (found.includes('bpf-map')) return;
  closeFd(fd);
  throw new BpfError('BPF_MAP_OPEN', `${what} is no map, found ${found}`);
}

/** The specification that would make such a map. */
function specOf(info: MapInfo, pinPath: string | undefined): MapSpec {
  return newMapSpec({
    name: info.name,
    section: '.maps',
    origin: 'user',
    identifier: info.name,
    type: info.type,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: info.flags,
    mapExtra: info.mapExtra,
    ifindex: info.ifindex,
    pinPath,
  });
}
