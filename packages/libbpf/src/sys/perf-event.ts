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
const ATTR_SIZE = 128;
const ATTR_FLAG_WATERMARK = 1 << 14;

export const PERF_TYPE_SOFTWARE = 1;
export const PERF_COUNT_SW_BPF_OUTPUT = 10;
export const PERF_SAMPLE_RAW: number = 1 << 10;
export const PERF_RECORD_LOST = 2;
export const PERF_RECORD_SAMPLE = 9;

export interface PerfEventAttr {
  readonly type: number;
  readonly config: number;
  readonly samplePeriod?: number;
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
  view.setBigUint64(16, BigInt(event.samplePeriod ?? 0), LITTLE);
  view.setBigUint64(24, BigInt(event.sampleType ?? 0), LITTLE);
  if (event.wakeupWatermark !== undefined) {
    view.setUint32(40, ATTR_FLAG_WATERMARK, LITTLE);
    view.setUint32(48, event.wakeupWatermark, LITTLE);
  } else {
    view.setUint32(48, event.wakeupEvents ?? 0, LITTLE);
  }
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

function ioctl(fd: number, request: number): void {
  check('ioctl', () => libc('int ioctl(int fd, ulong request, intptr_t argument)')(fd, request, 0));
}
