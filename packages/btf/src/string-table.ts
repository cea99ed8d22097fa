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
  /** For searches: kept while one follows another, and not for ever. */
  #recent: WeakRef<{ readonly text: string | undefined }> | undefined;

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
      this.#text = this.oneCharacterPerByte();
    }
    let end = offset + 1;
    while (bytes[end] !== 0) end++;
    return decoder.decode(bytes.subarray(offset, end));
  }

  /** Whether {@link oneCharacterPerByte} has its answer at hand. */
  get isDecoded(): boolean {
    return this.#text !== undefined || this.#recent?.deref() !== undefined;
  }

  /** All strings as one text with the same offsets; `undefined` if they are not ASCII throughout. */
  oneCharacterPerByte(): string | undefined {
    if (this.#text !== undefined) return this.#text;
    const known = this.#recent?.deref();
    if (known !== undefined) return known.text;
    const whole = decoder.decode(this.bytes);
    // Equal lengths mean that every byte became one character.
    const decoded = { text: whole.length === this.bytes.length ? whole : undefined };
    this.#recent = new WeakRef(decoded);
    return decoded.text;
  }
}
