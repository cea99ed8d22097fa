/**
 * Strings of a string table section, by offset.
 *
 * The hard case is hostile: a table that is one long string, and thousands of symbols that each start one byte further
 * into it. Looking for the end and decoding from each start would be quadratic in the file. So a short string is scanned
 * and decoded where it stands, and a long one is decoded once, from its first byte to its NUL; a string that starts
 * further in is a slice of it, which JavaScript engines make without copying.
 */

import { ElfError } from './errors.js';

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
   * @param owner - whose name it is, for error messages
   * @param ownerOffset - where in the file the reference to the string is, for error messages
   * @throws {@link ElfError} `ELF_BAD_STRING` if it starts outside the table or has no end in it
   */
  at(at: number, owner: string, ownerOffset: number): string {
    const { bytes } = this;
    if (at >= bytes.length) {
      // A file without any name may do without a table.
      if (at === 0) return '';
      throw new ElfError({
        code: 'ELF_BAD_STRING',
        offset: ownerOffset,
        subject: owner,
        found: `string offset ${at}`,
        expected: `less than ${bytes.length}, the size of ${this.subject}`,
      });
    }
    const limit = Math.min(bytes.length, at + SHORT);
    let ascii = 0;
    for (let end = at; end < limit; end++) {
      const byte = bytes[end]!;
      if (byte === 0) return ascii < 0x80 ? latin(bytes, at, end) : this.decode(at, end);
      ascii |= byte;
    }
    return this.atLong(at, owner, ownerOffset);
  }

  private atLong(at: number, owner: string, ownerOffset: number): string {
    const found = this.findLong(at) ?? this.readLong(at, owner, ownerOffset);
    if (found.text !== undefined) return found.text.slice(at - found.start);
    if (found.end - at > LONGEST_ENCODED) {
      throw new ElfError({
        code: 'ELF_NAME_TOO_LONG',
        offset: ownerOffset,
        subject: owner,
        found: `${found.end - at} bytes that are not all ASCII`,
        expected: `at most ${LONGEST_ENCODED}`,
      });
    }
    return this.decode(at, found.end);
  }

  private findLong(at: number): LongString | undefined {
    const index = this.firstEndingPast(at);
    const candidate = this.long[index];
    return candidate !== undefined && candidate.start <= at ? candidate : undefined;
  }

  private readLong(at: number, owner: string, ownerOffset: number): LongString {
    const end = this.bytes.indexOf(0, at);
    if (end < 0) {
      throw new ElfError({
        code: 'ELF_BAD_STRING',
        offset: this.offset + at,
        subject: `${owner} in ${this.subject}`,
        found: `no NUL in the ${this.bytes.length - at} bytes to the end of the table (referenced at 0x${ownerOffset.toString(16)})`,
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

function latin(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at]! >= 0x80) return false;
  return true;
}
