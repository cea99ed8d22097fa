/**
 * Streams by the map they belong to.
 */

import type { EventStream } from './event-stream.js';
import { openPerfBuffer, type PerfBufferOptions, type PerfMap } from './perf-buffer.js';
import { openRings, type RingMap } from './ring-buffer.js';

/** A map that records come out of. */
export type StreamMap<R> = RingMap<R> & PerfMap<R> & { readonly kindName: string };

/** Opens the one map for reading. */
export function openMapStream<R>(map: StreamMap<R>, options: PerfBufferOptions<R>): EventStream<R> {
  return map.kindName === 'RINGBUF' ? openRings([map], options) : openPerfBuffer(map, options);
}
