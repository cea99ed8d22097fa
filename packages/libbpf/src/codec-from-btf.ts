/**
 * Codecs compiled from BTF, with the errors that generated ones have: a value of the wrong type is a TypeError, one that does not
 * fit a RangeError.
 */

import { type Btf, type BtfCodec, compileCodec, isBtfError } from '@libbpf-ts/btf';
import type { Codec } from './codec.js';

/** A codec that also reads plain bytes. */
export interface CodecFromBtf extends Codec<unknown> {
  decode(source: DataView | Uint8Array, offset?: number): unknown;
  encode(target: DataView | Uint8Array, offset: number, value: unknown): void;
}

/**
 * A codec of a type, compiled when it is first used: most maps are never read from the process that loads them.
 *
 * @param what - for messages: `map "counts", key`; the name of the type without
 */
export function codecFromBtf(btf: Btf, typeId: number, what?: string): CodecFromBtf {
  let compiled: BtfCodec | undefined;
  const codec = (): BtfCodec => {
    compiled ??= compileCodec(btf, typeId);
    return compiled;
  };
  return {
    size: btf.sizeOf(typeId),
    decode: (source, offset) => codec().decode(source, offset),
    encode: (target, offset, value) => {
      try {
        codec().encode(target, offset, value);
      } catch (error) {
        throw misfit(error, what);
      }
    },
  };
}

function misfit(error: unknown, what: string | undefined): unknown {
  if (!isBtfError(error) || error.facts.code !== 'BTF_BAD_VALUE') return error;
  const { subject, path, problem, found, expected } = error.facts;
  const message = `${what ?? subject}${path}: ${problem}, found ${found}, expected ${expected}`;
  const isType = problem === 'wrong type' || problem === 'unknown member';
  return new (isType ? TypeError : RangeError)(message, { cause: error });
}
