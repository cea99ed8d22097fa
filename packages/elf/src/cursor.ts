/**
 * Reads the fields of one structure in order, in the file's class and byte order.
 *
 * The caller hands over bytes that hold the whole structure, so no read here can pass the end.
 */

import { ElfError, hex } from './errors.js';

/** What decides how a field is laid out. */
export interface ElfEncoding {
  readonly is64: boolean;
  readonly littleEndian: boolean;
}

/** A `DataView` over exactly these bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * `value` as a number that is exact.
 *
 * @throws {@link ElfError} `ELF_UNSAFE_INTEGER` if it is over 2^53 - 1 either way
 */
export function toSafeNumber(value: bigint, subject: string, offset: number): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw unsafeInteger(subject, offset, value);
  return number;
}

/** The error for a number that JavaScript cannot hold exactly. */
export function unsafeInteger(subject: string, offset: number, found: bigint): ElfError {
  return new ElfError({
    code: 'ELF_UNSAFE_INTEGER',
    offset,
    subject,
    found: hex(found),
    expected: `at most ${hex(Number.MAX_SAFE_INTEGER)}`,
  });
}

export class Cursor {
  private readonly view: DataView;
  private readonly is64: boolean;
  private readonly littleEndian: boolean;
  private readonly base: number;
  private readonly subject: string;
  private at = 0;

  /**
   * @param bytes - the whole structure
   * @param base - where in the file `bytes` starts, for error messages
   * @param subject - what the structure is, for error messages
   */
  constructor(bytes: Uint8Array, encoding: ElfEncoding, base: number, subject: string) {
    this.view = viewOf(bytes);
    this.is64 = encoding.is64;
    this.littleEndian = encoding.littleEndian;
    this.base = base;
    this.subject = subject;
  }

  skip(length: number): void {
    this.at += length;
  }

  u16(): number {
    this.at += 2;
    return this.view.getUint16(this.at - 2, this.littleEndian);
  }

  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, this.littleEndian);
  }

  /** A field as wide as the class, that is an address or holds arbitrary bits. */
  address(): bigint {
    if (!this.is64) return BigInt(this.u32());
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, this.littleEndian);
  }

  /** A field as wide as the class, that is a size, count or offset; `field` names it in the error if it is too large. */
  word(field: string): number {
    const at = this.at;
    return toSafeNumber(this.address(), `${this.subject} ${field}`, this.base + at);
  }
}
