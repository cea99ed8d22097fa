/**
 * Values of stack trace maps: addresses, or build ids and offsets (`struct bpf_stack_build_id`, linux/include/uapi/linux/bpf.h).
 */

import type { Codec } from '../codec.js';
import { LITTLE } from '../sys/attr.js';
import { type KernelSymbol, kernelSymbols } from './kernel-symbols.js';

/** BPF_F_STACK_BUILD_ID. */
export const BPF_F_STACK_BUILD_ID: number = 1 << 5;

const BUILD_ID_FRAME = 32;
const BUILD_ID_VALID = 1;

/** One call on a stack. */
export class StackFrame {
  /** Where it was; `undefined` where there is a build id instead. */
  readonly address: bigint | undefined;
  /** Of the file it was in, in hex. */
  readonly buildId: string | undefined;
  /** Bytes from the start of that file. */
  readonly fileOffset: bigint | undefined;

  constructor(address: bigint | undefined, buildId?: string, fileOffset?: bigint) {
    this.address = address;
    this.buildId = buildId;
    this.fileOffset = fileOffset;
  }

  /** The kernel's symbol; `undefined` in user space, and for those who may not read kernel addresses. */
  get symbol(): KernelSymbol | undefined {
    return this.address === undefined ? undefined : kernelSymbols().find(this.address);
  }

  /** `vfs_read+0x1c`, `ext4_read [ext4]+0x4`, `0x7f12…`, or `build id+offset`. */
  toString(): string {
    if (this.buildId !== undefined) return `${this.buildId}+0x${this.fileOffset!.toString(16)}`;
    const symbol = this.symbol;
    if (symbol === undefined) return `0x${this.address!.toString(16)}`;
    const module = symbol.module === undefined ? '' : ` [${symbol.module}]`;
    return `${symbol.name}${module}+0x${symbol.offset.toString(16)}`;
  }
}

/** @param size - bytes of the map's values */
export function stackTraceCodec(size: number, withBuildIds: boolean): Codec<StackFrame[]> {
  return {
    size,
    decode: withBuildIds
      ? (view, offset) => decodeBuildIds(view, offset, size)
      : (view, offset) => decodeAddresses(view, offset, size),
    encode: () => {
      throw new TypeError('stack traces are written by the kernel; they can be read and deleted');
    },
  };
}

function decodeAddresses(view: DataView, offset: number, size: number): StackFrame[] {
  const frames: StackFrame[] = [];
  for (let at = offset; at < offset + size; at += 8) {
    const address = view.getBigUint64(at, LITTLE);
    if (address === 0n) break;
    frames.push(new StackFrame(address));
  }
  return frames;
}

function decodeBuildIds(view: DataView, offset: number, size: number): StackFrame[] {
  const frames: StackFrame[] = [];
  for (let at = offset; at + BUILD_ID_FRAME <= offset + size; at += BUILD_ID_FRAME) {
    const status = view.getInt32(at, LITTLE);
    if (status === 0) break;
    const number = view.getBigUint64(at + 24, LITTLE);
    frames.push(
      status === BUILD_ID_VALID
        ? new StackFrame(undefined, hex(view, at + 4, 20), number)
        : new StackFrame(number),
    );
  }
  return frames;
}

function hex(view: DataView, offset: number, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++)
    text += view
      .getUint8(offset + index)
      .toString(16)
      .padStart(2, '0');
  return text;
}
