/**
 * Streams by the map they belong to.
 */

import { BpfError } from '../errors.js';
import type { RingBuf } from '../map/map-types.js';
import type { EventStream, StreamOptions } from './event-stream.js';
import { openPerfBuffer, type PerfBufferOptions, type PerfMap } from './perf-buffer.js';
import { openRings, type RingMap } from './ring-buffer.js';

/** A map that records come out of. */
export type StreamMap<R> = RingMap<R> & PerfMap<R> & { readonly kindName: string };

/** Opens the one map for reading. */
export function openMapStream<R>(map: StreamMap<R>, options: PerfBufferOptions<R>): EventStream<R> {
  return map.kindName === 'RINGBUF' ? openRings([map], options) : openPerfBuffer(map, options);
}

/** What the records of a ring buffer are. */
export type RecordOf<Map> = Map extends RingBuf<infer R> ? R : never;

/**
 * Reads several ring buffers as one stream, on one waiter: `ringBuffer([skel.maps.events, skel.maps.exits])`. In `consume` and
 * `poll`, `record.source` is the index of the map.
 *
 * Perf event arrays have a ring for each CPU already: `map.open()`.
 *
 * @throws BpfError `BPF_BUSY` if one of them is being read already, `BPF_WRONG_KIND`, `BPF_PHASE`, `BPF_CLOSED`
 */
export function ringBuffer<const Maps extends readonly RingBuf<unknown>[]>(
  maps: Maps,
  options: StreamOptions<RecordOf<Maps[number]>> = {},
): EventStream<RecordOf<Maps[number]>> {
  type R = RecordOf<Maps[number]>;
  if (maps.length === 0) throw new RangeError('ringBuffer: expected at least one map, found none');
  const rings = maps.map((map) =>
    (map as unknown as { _streamMap(call: string): StreamMap<R> })._streamMap('ringBuffer()'),
  );
  const other = rings.find(({ kindName }) => kindName !== 'RINGBUF');
  if (other !== undefined) {
    throw new BpfError(
      'BPF_WRONG_KIND',
      `map "${other.name}": ringBuffer() is for ring buffers; use its own open()`,
      { map: other.name },
    );
  }
  return openRings(rings, options);
}
