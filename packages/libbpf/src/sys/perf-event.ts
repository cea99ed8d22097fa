/**
 * perf_event_open(2) and the ioctls on its descriptors.
 *
 * Offsets are those of `struct perf_event_attr` in linux/include/uapi/linux/perf_event.h.
 */

import { LITTLE } from './attr.js';
import { addressOf, check, libc } from './native.js';

const SYS_PERF_EVENT_OPEN: Record<string, number> = {
  x64: 298,
  arm64: 241,
  riscv64: 241,
  loong64: 241,
  arm: 364,
  ia32: 336,
  ppc64: 319,
  s390x: 331,
};
const PERF_FLAG_FD_CLOEXEC = 8;
const PERF_EVENT_IOC_ENABLE = 0x2400;
const PERF_EVENT_IOC_DISABLE = 0x2401;
const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;
const ATTR_SIZE = 128;
const ATTR_FLAG_DISABLED = 1;
const ATTR_FLAG_FREQUENCY = 1 << 10;
const ATTR_FLAG_WATERMARK = 1 << 14;

export const PERF_TYPE_SOFTWARE = 1;
export const PERF_COUNT_SW_BPF_OUTPUT = 10;
export const PERF_SAMPLE_RAW: number = 1 << 10;
export const PERF_RECORD_LOST = 2;
export const PERF_RECORD_SAMPLE = 9;

export interface PerfEventAttr {
  readonly type: number;
  readonly config: number | bigint;
  /** `config1`: an address (name of a probed function, path of a probed file) or, for breakpoints, the watched address. */
  readonly config1?: number | bigint;
  /** `config2`: offset or address of a probe; length of what a breakpoint watches. */
  readonly config2?: number | bigint;
  /** HW_BREAKPOINT_*: 1 read, 2 write, 4 execute. */
  readonly breakpointType?: number;
  /** Starts disabled, until {@link perfEventEnable}. */
  readonly disabled?: boolean;
  readonly samplePeriod?: number;
  /** Samples a second, instead of a period. */
  readonly sampleFrequency?: number;
  readonly sampleType?: number;
  /** Samples between wake-ups; not together with `wakeupWatermark`. */
  readonly wakeupEvents?: number;
  /** Bytes between wake-ups. */
  readonly wakeupWatermark?: number;
}

/**
 * @param pid - -1 for every process
 * @param cpu - -1 for every CPU
 */
export function perfEventOpen(event: PerfEventAttr, pid: number, cpu: number): number {
  const view = new DataView(new ArrayBuffer(ATTR_SIZE));
  view.setUint32(0, event.type, LITTLE);
  view.setUint32(4, ATTR_SIZE, LITTLE);
  view.setBigUint64(8, BigInt(event.config), LITTLE);
  view.setBigUint64(16, BigInt(event.sampleFrequency ?? event.samplePeriod ?? 0), LITTLE);
  view.setBigUint64(24, BigInt(event.sampleType ?? 0), LITTLE);
  let flags = 0;
  if (event.disabled) flags |= ATTR_FLAG_DISABLED;
  if (event.sampleFrequency !== undefined) flags |= ATTR_FLAG_FREQUENCY;
  if (event.wakeupWatermark !== undefined) flags |= ATTR_FLAG_WATERMARK;
  view.setUint32(40, flags, LITTLE);
  view.setUint32(48, event.wakeupWatermark ?? event.wakeupEvents ?? 0, LITTLE);
  view.setUint32(52, event.breakpointType ?? 0, LITTLE);
  view.setBigUint64(56, BigInt.asUintN(64, BigInt(event.config1 ?? 0)), LITTLE);
  view.setBigUint64(64, BigInt.asUintN(64, BigInt(event.config2 ?? 0)), LITTLE);
  const open = libc(
    'long syscall(long number, intptr_t attr, int pid, int cpu, int group, ulong flags)',
  );
  const number = SYS_PERF_EVENT_OPEN[process.arch] ?? 298;
  return check('perf_event_open', () =>
    open(number, addressOf(view.buffer), pid, cpu, -1, PERF_FLAG_FD_CLOEXEC),
  );
}

export function perfEventEnable(fd: number): void {
  ioctl(fd, PERF_EVENT_IOC_ENABLE);
}

export function perfEventDisable(fd: number): void {
  ioctl(fd, PERF_EVENT_IOC_DISABLE);
}

/** Runs a program at each event. There is no way back but closing every descriptor of the event. */
export function perfEventSetBpf(fd: number, progFd: number): void {
  ioctl(fd, PERF_EVENT_IOC_SET_BPF, progFd);
}

function ioctl(fd: number, request: number, argument = 0): void {
  check('ioctl', () =>
    libc('int ioctl(int fd, ulong request, intptr_t argument)')(fd, request, argument),
  );
}
