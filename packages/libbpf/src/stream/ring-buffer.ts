/**
 * Ring buffers: `BPF_MAP_TYPE_RINGBUF`, Linux 5.8 and later.
 */

import type { Codec } from '../codec.js';
import { BpfError } from '../errors.js';
import { Epoll } from '../sys/epoll.js';
import { Mapping, pageSize } from '../sys/memory.js';
import type { EventStream, StreamOptions } from './event-stream.js';
import { openError } from './open-error.js';
import { ReadResult } from './record-source.js';
import { RecordView } from './record-view.js';
import { claimRing, type RingClaim } from './ring-claim.js';
import { RingMemory } from './ring-memory.js';
import { SourceStream } from './source-stream.js';

const BPF_F_RB_OVERWRITE = 1 << 19;

/** A ring to read. */
export interface RingMap<R> {
  readonly name: string;
  readonly fd: number;
  /** Bytes of data. */
  readonly maxEntries: number;
  readonly flags: number;
  readonly recordCodec: Codec<R> | undefined;
}

/** An open ring and what has to be let go of. */
interface OpenRing<R> extends RingMemory<R> {
  readonly result: ReadResult<R>;
}

/** Opens rings for reading, on one waiter. Nothing stays behind when one of them cannot be opened. */
export function openRings<R>(
  maps: readonly RingMap<R>[],
  options: StreamOptions<R>,
): EventStream<R> {
  const what =
    maps.length === 1
      ? ringName(maps[0]!)
      : `ring buffers ${maps.map(({ name }) => `"${name}"`).join(', ')}`;
  const undo: (() => void)[] = [];
  const close = (): void => {
    for (const step of undo.reverse()) step();
    undo.length = 0;
  };
  try {
    const epoll = new Epoll();
    undo.push(() => epoll.close());
    const sources = maps.map((map, index) => openRing(map, index, epoll, options, undo));
    return new SourceStream({ what, sources, epoll, options, onClose: close });
  } catch (error) {
    close();
    throw openError(what, error);
  }
}

function openRing<R>(
  map: RingMap<R>,
  index: number,
  epoll: Epoll,
  options: StreamOptions<R>,
  undo: (() => void)[],
): OpenRing<R> {
  const what = ringName(map);
  const page = pageSize();
  const consumer = mapPages(what, map.fd, page, { offset: 0, writable: true });
  undo.push(() => consumer.release());
  const claim: RingClaim = claimRing(consumer.buffer, what);
  undo.push(() => claim.release());
  const data = mapPages(what, map.fd, page + 2 * map.maxEntries, { offset: page, writable: false });
  undo.push(() => data.release());
  epoll.add(map.fd, index);
  const pages = {
    consumer: consumer.buffer,
    data: data.buffer,
    pageSize: page,
    size: map.maxEntries,
    overwrites: (map.flags & BPF_F_RB_OVERWRITE) !== 0,
  };
  const ring = new RingMemory<R>(pages, new RecordView<R>(map.recordCodec, index), what);
  return Object.assign(ring, {
    result: new ReadResult<R>(map.recordCodec, what, options.onMalformed),
  });
}

function mapPages(
  what: string,
  fd: number,
  length: number,
  options: { offset: number; writable: boolean },
): Mapping {
  try {
    return Mapping.ofFd(fd, length, options);
  } catch (cause) {
    throw new BpfError(
      'BPF_RING_OPEN',
      `${what}: its memory (${length} bytes) could not be mapped: ${(cause as Error).message}`,
      { cause },
    );
  }
}

function ringName(map: { readonly name: string }): string {
  return `ring buffer "${map.name}"`;
}
