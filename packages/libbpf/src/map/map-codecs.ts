/**
 * Codecs for what a map's key and value are to the kernel, around the ones that come from BTF.
 */

import type { Codec } from '../codec.js';
import { LITTLE } from '../sys/attr.js';
import type { MapKind } from './map-kinds.js';
import { BPF_F_STACK_BUILD_ID, stackTraceCodec } from './stack-trace.js';

/** Something with a descriptor: a program, a map, a link; or the descriptor itself. */
export type FdLike = number | { readonly fd: number };

/** Bytes as they are: decoding copies, encoding wants exactly `size` of them. */
export function bytesCodec(size: number, what: string): Codec<Uint8Array> {
  return {
    size,
    decode: (view, offset) => new Uint8Array(view.buffer, view.byteOffset + offset, size).slice(),
    encode: (view, offset, value) => {
      if (!(value instanceof Uint8Array)) {
        throw new TypeError(
          `${what} has no type in the object's BTF: expected a Uint8Array of ${size} bytes, found ${typeof value}`,
        );
      }
      if (value.length !== size)
        throw new RangeError(`${what}: expected ${size} bytes, found ${value.length}`);
      new Uint8Array(view.buffer, view.byteOffset + offset, size).set(value);
    },
  };
}

/** An unsigned 32-bit number: an index, an id, an interface. */
export function u32Codec(what: string): Codec<number> {
  return {
    size: 4,
    decode: (view, offset) => view.getUint32(offset, LITTLE),
    encode: (view, offset, value) => {
      if (typeof value !== 'number' || value >>> 0 !== value)
        throw new RangeError(
          `${what}: expected an integer from 0 to 4294967295, found ${describe(value)}`,
        );
      view.setUint32(offset, value, LITTLE);
    },
  };
}

/** Written as a descriptor; read as the number that the kernel gives back, an id. */
export function fdCodec(what: string): Codec<FdLike> {
  return {
    size: 4,
    decode: (view, offset) => view.getUint32(offset, LITTLE),
    encode: (view, offset, value) => {
      view.setInt32(offset, fdOf(value, what), LITTLE);
    },
  };
}

/** Written as a descriptor into 8 bytes; read as a 64-bit cookie. */
export function socketCookieCodec(what: string): Codec<FdLike | bigint> {
  return {
    size: 8,
    decode: (view, offset) => view.getBigUint64(offset, LITTLE),
    encode: (view, offset, value) => {
      view.setBigUint64(offset, BigInt(fdOf(value as FdLike, what)), LITTLE);
    },
  };
}

/** The descriptor of `value`. @throws TypeError naming `what` if it has none */
export function fdOf(value: FdLike, what: string): number {
  const fd = typeof value === 'number' ? value : value?.fd;
  if (typeof fd !== 'number' || !Number.isInteger(fd) || fd < 0) {
    throw new TypeError(
      `${what}: expected a descriptor or something with an "fd", found ${describe(value)}`,
    );
  }
  return fd;
}

/** A value for each possible CPU: an array; one value that is no array is written for all of them. */
export function perCpuCodec<V>(
  element: Codec<V>,
  cpus: number,
  what: string,
): Codec<V | readonly V[]> {
  const stride = Math.ceil(element.size / 8) * 8;
  return {
    size: stride * cpus,
    decode: (view, offset) => {
      const values: V[] = [];
      for (let index = 0; index < cpus; index++)
        values.push(element.decode(view, offset + index * stride));
      return values;
    },
    encode: (view, offset, value) => {
      if (Array.isArray(value) && value.length !== cpus) {
        throw new RangeError(
          `${what}: expected ${cpus} values, one for each possible CPU, found ${value.length}`,
        );
      }
      for (let index = 0; index < cpus; index++) {
        const one = Array.isArray(value) ? (value as readonly V[])[index]! : (value as V);
        element.encode(view, offset + index * stride, one);
      }
    },
  };
}

/** What `value` of a device or CPU map holds: a number to redirect to, and a program to run there. */
export interface RedirectTarget {
  /** Interface index, or packets of the CPU's queue. */
  readonly target: number;
  /** Written as a program's descriptor, read as its id; 0 for none. */
  readonly program: FdLike;
}

/** `struct bpf_devmap_val` and `struct bpf_cpumap_val`: 4 bytes, or 8 with a program. */
export function redirectCodec(size: number, what: string): Codec<number | RedirectTarget> {
  return {
    size,
    decode: (view, offset) => {
      const target = view.getUint32(offset, LITTLE);
      return size >= 8 ? { target, program: view.getUint32(offset + 4, LITTLE) } : target;
    },
    encode: (view, offset, value) => {
      const target = typeof value === 'number' ? value : value.target;
      const program = typeof value === 'number' ? 0 : value.program;
      if (typeof target !== 'number' || target >>> 0 !== target)
        throw new RangeError(
          `${what}: expected an integer from 0 to 4294967295, found ${describe(target)}`,
        );
      if (size < 8 && program !== 0)
        throw new RangeError(
          `${what}: its 4 bytes have no room for a program; declare an 8-byte value`,
        );
      view.setUint32(offset, target, LITTLE);
      if (size >= 8) view.setInt32(offset + 4, program === 0 ? 0 : fdOf(program, what), LITTLE);
    },
  };
}

/** The key codec of a map: `given` if it fits. */
export function keyCodecFor(
  kind: MapKind,
  keySize: number,
  given: Codec<unknown> | undefined,
  what: string,
): Codec<unknown> {
  if (kind.access === 'array' || kind.name === 'PERF_EVENT_ARRAY')
    return u32Codec(what) as Codec<unknown>;
  if (kind.access === 'storage') return fdCodec(what) as Codec<unknown>;
  if (given !== undefined && given.size === keySize) return given;
  if (kind.name === 'STACK_TRACE' || kind.name === 'DEVMAP_HASH')
    return u32Codec(what) as Codec<unknown>;
  return bytesCodec(keySize, what) as Codec<unknown>;
}

/** The codec of one value of a map: `given` if it fits. */
export function valueCodecFor(
  kind: MapKind,
  valueSize: number,
  given: Codec<unknown> | undefined,
  what: string,
  flags: number,
): Codec<unknown> {
  switch (kind.value) {
    case 'stack-trace':
      return stackTraceCodec(valueSize, (flags & BPF_F_STACK_BUILD_ID) !== 0) as Codec<unknown>;
    case 'map':
    case 'program':
    case 'perf-event':
    case 'cgroup':
      return fdCodec(what) as Codec<unknown>;
    case 'socket':
      return (valueSize === 8 ? socketCookieCodec(what) : fdCodec(what)) as Codec<unknown>;
  }
  if (kind.name === 'DEVMAP' || kind.name === 'DEVMAP_HASH' || kind.name === 'CPUMAP') {
    return redirectCodec(valueSize, what) as Codec<unknown>;
  }
  return given !== undefined && given.size === valueSize
    ? given
    : (bytesCodec(valueSize, what) as Codec<unknown>);
}

function describe(value: unknown): string {
  return typeof value === 'bigint'
    ? `${value}n`
    : typeof value === 'string'
      ? `"${value}"`
      : String(value);
}
