/**
 * `struct bpf_prog_info` (linux/include/uapi/linux/bpf.h): what the kernel says of a program.
 */

import { SyscallError } from '../errors.js';
import { enableStats } from '../sys/bpf.js';
import { Fd } from '../sys/fd.js';
import { noFeature } from './feature-missing.js';
import { InfoBuffer } from './info-buffer.js';

/** What the kernel says of a program. Fields that an older kernel does not know are 0. */
export interface ProgramInfo {
  /** BPF_PROG_TYPE_*. */
  readonly type: number;
  readonly id: number;
  /** At most 15 characters. */
  readonly name: string;
  /** Hash of its instructions, 16 hexadecimal digits. */
  readonly tag: string;
  /** When it was loaded: nanoseconds since boot. */
  readonly loadedAt: bigint;
  readonly createdByUid: number;
  readonly gplCompatible: boolean;
  readonly mapIds: readonly number[];
  /** Of the BTF that it was loaded with, 0 for none. */
  readonly btfId: number;
  readonly ifindex: number;
  /** Bytes of machine code; 0 if it is interpreted, or for those who may not see it. */
  readonly jitedSize: number;
  /** Bytes of instructions after the verifier. */
  readonly translatedSize: number;
  /** Instructions that the verifier looked at. Kernel 5.16. */
  readonly verifiedInstructions: number;
  /** Nanoseconds that it ran, while statistics were on: see {@link enableRunStats}. */
  readonly runTimeNs: bigint;
  /** How often it ran, while statistics were on. */
  readonly runCount: bigint;
  /** How often it was not run because it was running already on that CPU. */
  readonly recursionMisses: bigint;
  /** What tracing programs are attached to: ids of the BTF (or program), and of the type in it. */
  readonly attachBtfObjectId: number;
  readonly attachBtfId: number;
}

const SIZE = 232;

/** Asks the kernel about a program. */
export function programInfo(fd: number): ProgramInfo {
  const info = new InfoBuffer(SIZE).read(fd);
  const mapCount = info.u32(52);
  return {
    type: info.u32(0),
    id: info.u32(4),
    name: info.chars(64, 16),
    tag: Buffer.from(info.bytes(8, 8)).toString('hex'),
    loadedAt: info.u64(40),
    createdByUid: info.u32(48),
    gplCompatible: (info.u32(84) & 1) === 1,
    mapIds: mapCount === 0 ? [] : mapIds(fd, mapCount),
    btfId: info.u32(128),
    ifindex: info.u32(80),
    jitedSize: info.u32(16),
    translatedSize: info.u32(20),
    verifiedInstructions: info.u32(216),
    runTimeNs: info.u64(192),
    runCount: info.u64(200),
    recursionMisses: info.u64(208),
    attachBtfObjectId: info.u32(220),
    attachBtfId: info.u32(224),
  };
}

function mapIds(fd: number, count: number): number[] {
  const info = new InfoBuffer(SIZE);
  const ids = info.room(56, count * 4);
  info.setU32(52, count);
  info.read(fd);
  return [...new Uint32Array(ids.buffer, 0, Math.min(count, info.u32(52)))];
}

/** Run statistics of all programs, on while this is open. */
export interface RunStats extends Disposable {
  close(): void;
}

const BPF_STATS_RUN_TIME = 0;

/**
 * Makes the kernel count how often and how long programs run, until the result is closed. It costs some 20 ns a run. Kernel 5.8;
 * `sysctl kernel.bpf_stats_enabled` does the same for good.
 *
 * @throws FeatureError before 5.8
 */
export function enableRunStats(): RunStats {
  let fd: Fd;
  try {
    fd = new Fd(enableStats(BPF_STATS_RUN_TIME), 'run statistics of BPF programs');
  } catch (cause) {
    if (cause instanceof SyscallError && cause.code === 'EINVAL')
      throw noFeature('run statistics of programs by BPF_ENABLE_STATS', '5.8', cause);
    throw cause;
  }
  return { close: () => fd.close(), [Symbol.dispose]: () => fd.close() };
}
