/**
 * `struct bpf_map_info` (linux/include/uapi/linux/bpf.h): what the kernel says of a map.
 */

import { LITTLE } from '../sys/attr.js';
import { objGetInfoByFd } from '../sys/bpf.js';

/** What the kernel says of a map. */
export interface MapInfo {
  /** BPF_MAP_TYPE_*. */
  readonly type: number;
  readonly id: number;
  /** Bytes. */
  readonly keySize: number;
  /** Bytes. */
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** At most 15 characters. */
  readonly name: string;
  readonly ifindex: number;
  /** Of the BTF its key and value types are in, 0 for none. */
  readonly btfId: number;
  readonly btfKeyTypeId: number;
  readonly btfValueTypeId: number;
  readonly btfVmlinuxValueTypeId: number;
  readonly mapExtra: bigint;
}

const SIZE = 88;

/** Asks the kernel about a map. Fields that an older kernel does not know are 0. */
export function mapInfo(fd: number): MapInfo {
  const bytes = new Uint8Array(new ArrayBuffer(SIZE));
  objGetInfoByFd(fd, bytes);
  const view = new DataView(bytes.buffer);
  const u32 = (offset: number): number => view.getUint32(offset, LITTLE);
  const name = bytes.subarray(24, 40);
  const end = name.indexOf(0);
  return {
    type: u32(0),
    id: u32(4),
    keySize: u32(8),
    valueSize: u32(12),
    maxEntries: u32(16),
    flags: u32(20),
    name: String.fromCharCode(...name.subarray(0, end < 0 ? 16 : end)),
    ifindex: u32(40),
    btfVmlinuxValueTypeId: u32(44),
    btfId: u32(64),
    btfKeyTypeId: u32(68),
    btfValueTypeId: u32(72),
    mapExtra: view.getBigUint64(80, LITTLE),
  };
}
