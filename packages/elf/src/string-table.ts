/**
 * Strings of a string table section, by offset.
 *
 * The hard case is hostile: a table that is one long string, and thousands of symbols that each start one byte further
 * into it. Looking for the end and decoding from each start would be quadratic in the file. So a short string is scanned
 * and decoded where it stands, and a long one is decoded once, from its first byte to its NUL; a string that starts
 * further in is a slice of it, which JavaScript engines make without copying.
 */

import { ElfError, hex } from './errors.js';

/** Bytes that are looked at before a string counts as long. */
const SHORT = 256;
/** Longest string that is decoded anew for every start: one that is not ASCII, where characters are not bytes. */
const LONGEST_ENCODED = 1024;

interface LongString {
  readonly start: number;
  readonly end: number;
  /** Undefined if the string is not ASCII. */
  readonly text: string | undefined;
}

/** A string table; it keeps a view of its bytes. */
export class StringTable {
  readonly bytes: Uint8Array;
  private readonly offset: number;
  private readonly subject: string;
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Sorted by offset. */
  private readonly long: LongString[] = [];

  /**
   * @param offset - where in the file the table starts, for error messages
   * @param subject - what the table is, for error messages
   */
  constructor(bytes: Uint8Array, offset: number, subject: string) {
    this.bytes = bytes;
    this.offset = offset;
    this.subject = subject;
  }

  /**
   * The string that starts at `at`, decoded from UTF-8.
   *
   * @param at - byte offset into the table
   * @param owner - whose name it is, and where in the file the reference to it is, for error messages
   * @throws {@link ElfError} `ELF_BAD_STRING` if it starts outside the table or has no end in it; `ELF_NAME_TOO_LONG`
   */
  at(at: number, owner: () => StringOwner): string {
    const { bytes } = this;
    const limit = Math.min(bytes.length, at + SHORT);
    for (let end = at; end < limit; end++) {
      if (bytes[end] === 0) return this.decode(at, end);
    }
    // A file in which nothing has a name may do without a table.
    if (at === 0 && bytes.length === 0) return '';
    return this.atLong(at, owner);
  }

  private atLong(at: number, owner: () => StringOwner): string {
    const found = this.findLong(at) ?? this.readLong(at, owner);
    if (found.text !== undefined) return found.text.slice(at - found.start);
    if (found.end - at > LONGEST_ENCODED) {
      throw new ElfError({
        code: 'ELF_NAME_TOO_LONG',
        ...owner(),
        found: `${found.end - at} bytes that are not all ASCII`,
        expected: `at most ${LONGEST_ENCODED}`,
      });
    }
    return this.decode(at, found.end);
  }

  private findLong(at: number): LongString | undefined {
    const candidate = this.long[this.firstEndingPast(at)];
    return candidate !== undefined && candidate.start <= at ? candidate : undefined;
  }

  private readLong(at: number, owner: () => StringOwner): LongString {
    const end = at < this.bytes.length ? this.bytes.indexOf(0, at) : -1;
    if (end < 0) {
      throw new ElfError({
        code: 'ELF_BAD_STRING',
        ...owner(),
        found: `a string at ${hex(at)} of ${this.subject} at ${hex(this.offset)}`,
        expected: `one that ends in its ${this.bytes.length} bytes`,
      });
    }
    const start = this.bytes.lastIndexOf(0, at) + 1;
    const text = isAscii(this.bytes, start, end) ? this.decode(start, end) : undefined;
    const read = { start, end, text };
    this.long.splice(this.firstEndingPast(at), 0, read);
    return read;
  }

  /** Index of the first long string whose end is past `at`. */
  private firstEndingPast(at: number): number {
    let low = 0;
    let high = this.long.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.long[middle]!.end > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private decode(start: number, end: number): string {
    return this.decoder.decode(this.bytes.subarray(start, end));
  }
}

/** Whose name a string is, as an error message says it. */
export interface StringOwner {
  readonly subject: string;
  /** Byte offset in the file of the reference to the string. */
  readonly offset: number;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}
