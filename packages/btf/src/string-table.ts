/**
 * The string section of one BTF: NUL-terminated bytes, found by offset. Nothing is decoded before it is asked for; once many
 * were asked for, the whole section is decoded in one go and further strings are slices of that.
 */

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** After this many single look-ups one big decode is the cheaper way on. */
const BULK_AFTER = 512;

export class StringTable {
  /** The section and nothing else: offsets count from its start. */
  readonly bytes: Uint8Array;
  #asked = 0;
  #text: string | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The string that starts at `offset`, which must lie inside; bytes that are not UTF-8 become U+FFFD. */
  at(offset: number): string {
    const text = this.#text;
    if (text !== undefined) return text.slice(offset, text.indexOf('\0', offset));
    const bytes = this.bytes;
    if (bytes[offset] === 0) return '';
    if (++this.#asked === BULK_AFTER) {
      const whole = decoder.decode(bytes);
      // Equal lengths mean that every byte became one character, so offsets are the same in both.
      if (whole.length === bytes.length) this.#text = whole;
    }
    let end = offset + 1;
    while (bytes[end] !== 0) end++;
    return decoder.decode(bytes.subarray(offset, end));
  }
}
