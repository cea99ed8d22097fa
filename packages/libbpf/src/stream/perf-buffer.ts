/**
 * Perf buffers: a `BPF_MAP_TYPE_PERF_EVENT_ARRAY` with a ring for each online CPU, Linux 4.4 and later.
 *
 * Only online CPUs can have one. A CPU that comes up later gets its ring within a second; one that goes down takes its ring
 * along, and a new one when it is back.
 */

import type { Codec } from '../codec.js';
import { BpfError, SyscallError } from '../errors.js';
import { onlineCpus } from '../map/cpus.js';
import { mapDeleteElem, mapUpdateElem } from '../sys/bpf.js';
import { Epoll } from '../sys/epoll.js';
import { closeFd, duplicateFd, warning } from '../sys/fd.js';
import { Mapping, pageSize } from '../sys/memory.js';
import {
  PERF_COUNT_SW_BPF_OUTPUT,
  PERF_SAMPLE_RAW,
  PERF_TYPE_SOFTWARE,
  perfEventDisable,
  perfEventEnable,
  perfEventOpen,
} from '../sys/perf-event.js';
import type { EventStream, StreamOptions } from './event-stream.js';
import { orOpenError } from './open-error.js';
import { PerfMemory } from './perf-memory.js';
import { ReadResult } from './record-source.js';
import { RecordView } from './record-view.js';
import { SourceStream } from './source-stream.js';

/** Options of a perf buffer. */
export interface PerfBufferOptions<R = unknown> extends StreamOptions<R> {
  /** Pages of data for each CPU, a power of two; default 64. */
  readonly pages?: number;
  /** Samples of a CPU between wake-ups; default 1. */
  readonly wakeupEvents?: number;
  /** Bytes of a CPU between wake-ups, instead of `wakeupEvents`. */
  readonly wakeupWatermark?: number;
  /** Which CPUs; default: all that are online, now or later. */
  readonly cpus?: readonly number[];
}

/** A perf buffer to read. */
export interface PerfMap<R> {
  readonly name: string;
  readonly fd: number;
  readonly id: number;
  readonly maxEntries: number;
  readonly recordCodec: Codec<R> | undefined;
}

/** A CPU's ring. */
interface CpuRing<R> {
  readonly cpu: number;
  readonly fd: number;
  readonly mapping: Mapping;
  readonly memory: PerfMemory<R> & { readonly result: ReadResult<R> };
  polled: boolean;
}

const CPU_CHECK_MS = 1000;
const inUse = new Set<number>();

/** Opens a perf buffer for reading. */
export function openPerfBuffer<R>(map: PerfMap<R>, options: PerfBufferOptions<R>): EventStream<R> {
  const pages = options.pages ?? 64;
  if (!Number.isInteger(pages) || pages < 1 || (pages & (pages - 1)) !== 0) {
    throw new RangeError(`perf buffer "${map.name}": pages must be a power of two, found ${pages}`);
  }
  if (inUse.has(map.id)) {
    throw new BpfError(
      'BPF_BUSY',
      `perf buffer "${map.name}": it is being read already, and each record goes to one reader; share the stream, or close it first`,
      { map: map.name },
    );
  }
  return new CpuRings(map, options, pages).stream;
}

/** The rings of a perf buffer as CPUs come and go. */
class CpuRings<R> {
  readonly stream: EventStream<R>;
  readonly #map: PerfMap<R>;
  /** Of its own: the map may be closed by a callback that is reading, and the rings go after that. */
  readonly #mapFd: number;
  readonly #options: PerfBufferOptions<R>;
  readonly #length: number;
  readonly #epoll: Epoll;
  readonly #rings = new Map<number, CpuRing<R>>();
  /** Shared with the stream. */
  readonly #sources: CpuRing<R>['memory'][] = [];
  readonly #retired: Mapping[] = [];
  readonly #timer: NodeJS.Timeout | undefined;

  constructor(map: PerfMap<R>, options: PerfBufferOptions<R>, pages: number) {
    this.#map = map;
    this.#options = options;
    this.#length = (1 + pages) * pageSize();
    const what = `perf buffer "${map.name}"`;
    this.#mapFd = orOpenError(what, () => duplicateFd(map.fd));
    try {
      this.#epoll = orOpenError(what, () => new Epoll());
    } catch (error) {
      closeFd(this.#mapFd);
      throw error;
    }
    inUse.add(map.id);
    try {
      for (const cpu of this.#wanted()) this.#open(cpu, options.cpus !== undefined);
      if (this.#rings.size === 0)
        throw new BpfError(
          'BPF_NO_CPU',
          `perf buffer "${map.name}": none of the wanted CPUs is online`,
          { map: map.name },
        );
      this.stream = new SourceStream({
        what: `perf buffer "${map.name}"`,
        sources: this.#sources,
        epoll: this.#epoll,
        options,
        onIdle: () => this.#dropHungUp(),
        onClose: () => this.#close(),
      });
    } catch (error) {
      this.#close();
      throw error;
    }
    if (options.cpus === undefined) {
      this.#timer = setInterval(() => this.#followCpus(), CPU_CHECK_MS);
      this.#timer.unref();
    }
  }

  /** CPUs that should have a ring now. */
  #wanted(): number[] {
    const { cpus } = this.#options;
    if (cpus === undefined) return onlineCpus().filter((cpu) => cpu < this.#map.maxEntries);
    const bad = cpus.find(
      (cpu) => !Number.isInteger(cpu) || cpu < 0 || cpu >= this.#map.maxEntries,
    );
    if (bad !== undefined) {
      throw new RangeError(
        `perf buffer "${this.#map.name}": CPU ${bad} is not below its ${this.#map.maxEntries} entries`,
      );
    }
    return [...cpus];
  }

  #followCpus(): void {
    try {
      const online = new Set(this.#wanted());
      for (const cpu of this.#rings.keys()) if (!online.has(cpu)) this.#drop(cpu);
      for (const cpu of online) if (!this.#rings.has(cpu)) this.#open(cpu, false);
    } catch (error) {
      warning(
        `perf buffer "${this.#map.name}": a CPU that came up cannot be read: ${(error as Error).message}`,
      );
    }
  }

  /** @param required - whether it is an error that the CPU is offline */
  #open(cpu: number, required: boolean): void {
    const { wakeupEvents = 1, wakeupWatermark, onLost, onMalformed } = this.#options;
    const what = `perf buffer "${this.#map.name}", CPU ${cpu}`;
    const facts = { map: this.#map.name };
    let fd = -1;
    let mapping: Mapping | undefined;
    try {
      const wake = wakeupWatermark === undefined ? { wakeupEvents } : { wakeupWatermark };
      const event = {
        type: PERF_TYPE_SOFTWARE,
        config: PERF_COUNT_SW_BPF_OUTPUT,
        sampleType: PERF_SAMPLE_RAW,
        samplePeriod: 1,
        ...wake,
      };
      fd = perfEventOpen(event, -1, cpu);
      mapping = Mapping.ofFd(fd, this.#length, { writable: true });
      this.#epoll.add(fd, cpu);
      mapUpdateElem(this.#mapFd, word(cpu), word(fd));
      perfEventEnable(fd);
    } catch (cause) {
      mapping?.release();
      if (fd >= 0) closeFd(fd);
      if (
        !required &&
        cause instanceof SyscallError &&
        (cause.code === 'ENODEV' || cause.code === 'ENXIO')
      )
        return;
      const hint =
        cause instanceof SyscallError && cause.syscall === 'mmap' && cause.code === 'EPERM'
          ? '; ask for fewer pages, or raise /proc/sys/kernel/perf_event_mlock_kb'
          : '';
      throw new BpfError(
        'BPF_PERF_OPEN',
        `${what}: could not be opened: ${(cause as Error).message}${hint}`,
        { ...facts, cause },
      );
    }
    const codec = this.#map.recordCodec;
    const memory = Object.assign(
      new PerfMemory<R>(mapping.buffer, pageSize(), new RecordView<R>(codec, cpu), what, onLost),
      { result: new ReadResult<R>(codec, what, onMalformed) },
    );
    this.#rings.set(cpu, { cpu, fd, mapping, memory, polled: true });
    this.#sources.push(memory);
  }

  /** What is still in the ring can be read until the stream is closed. */
  #drop(cpu: number): void {
    const ring = this.#rings.get(cpu);
    if (ring === undefined) return;
    this.#rings.delete(cpu);
    if (ring.polled) this.#epoll.remove(ring.fd);
    this.#clearSlot(cpu);
    closeFd(ring.fd);
    this.#retired.push(ring.mapping);
  }

  /** The map would keep the event alive. */
  #clearSlot(cpu: number): void {
    try {
      mapDeleteElem(this.#mapFd, word(cpu));
    } catch {
      // Somebody else has cleared it.
    }
  }

  /** A perf event that hung up would wake everybody for ever. */
  #dropHungUp(): void {
    for (let found = this.#epoll.ready(); found?.hungUp; found = this.#epoll.ready()) {
      const ring = this.#rings.get(found.tag);
      if (ring === undefined || !ring.polled) return;
      this.#epoll.remove(ring.fd);
      ring.polled = false;
    }
  }

  #close(): void {
    clearInterval(this.#timer);
    for (const { cpu, fd, mapping } of this.#rings.values()) {
      perfEventDisable(fd);
      this.#clearSlot(cpu);
      mapping.release();
      closeFd(fd);
    }
    this.#rings.clear();
    for (const mapping of this.#retired) mapping.release();
    this.#epoll.close();
    closeFd(this.#mapFd);
    inUse.delete(this.#map.id);
  }
}

function word(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}
