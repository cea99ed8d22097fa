/**
 * The file as a reader sees it: a length, and ranges that are checked before they are looked at.
 *
 * Either all bytes are in memory and a range is a view, or a callback fetches it: to find a symbol, an executable of a
 * hundred megabytes need not be read.
 */

import { ElfError, hex } from './errors.js';

/** A file read in parts. */
export interface ElfSource {
  /** Length of the file in bytes. */
  readonly size: number;
  /** The bytes from `offset` on; the range is always inside the file. Called once for each table that is looked at. */
  read(offset: number, length: number): Uint8Array;
}

/** A file in memory, or in parts, with its ranges checked. */
export class Image {
  readonly size: number;
  private readonly source: ElfSource;
  private whole: Uint8Array | undefined;

  constructor(input: Uint8Array | ElfSource) {
    if (input instanceof Uint8Array) {
      this.whole = input;
      this.source = {
        size: input.length,
        read: (offset, length) => input.subarray(offset, offset + length),
      };
    } else {
      this.source = input;
    }
    this.size = this.source.size;
  }

  /** The whole file: the very bytes that were given, or all of it read. */
  get bytes(): Uint8Array {
    this.whole ??= this.read(0, this.size);
    return this.whole;
  }

  /**
   * `length` bytes from `offset` on: a view if the file is in memory.
   *
   * @throws {@link ElfError} `ELF_TRUNCATED` if they pass the end of the file
   */
  range(offset: number, length: number, subject: string): Uint8Array {
    if (offset + length > this.size) {
      throw new ElfError({
        code: 'ELF_TRUNCATED',
        offset: Math.min(offset, this.size),
        subject,
        found: `a file of ${this.size} bytes`,
        expected: `${length} bytes at ${hex(offset)}`,
      });
    }
    return this.whole ? this.whole.subarray(offset, offset + length) : this.read(offset, length);
  }

  private read(offset: number, length: number): Uint8Array {
    const bytes = this.source.read(offset, length);
    if (bytes.length !== length) {
      throw new ElfError({
        code: 'ELF_TRUNCATED',
        offset,
        subject: 'file',
        found: `${bytes.length} bytes read`,
        expected: `${length}`,
      });
    }
    return bytes;
  }
}
