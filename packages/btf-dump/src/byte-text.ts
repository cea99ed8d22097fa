/**
 * Text under construction, as bytes.
 *
 * The strings of a BTF are bytes, and what is printed of one is mostly those strings: copying bytes to bytes costs a tenth
 * of making a JavaScript string of each name and joining a million of them, and it keeps names exactly as they are stored.
 */
export class ByteText {
  /** The text so far is `bytes.subarray(0, length)`. */
  bytes: Uint8Array = new Uint8Array(1 << 16);
  length = 0;

  /** One byte. */
  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** Text of our own, ASCII only. */
  ascii(text: string): void {
    const size = text.length;
    if (this.length + size > this.bytes.length) this.#grow(size);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < size; i++) bytes[at++] = text.charCodeAt(i);
    this.length = at;
  }

  /** Any text, as UTF-8. */
  utf8(text: string): void {
    const encoded = new TextEncoder().encode(text);
    if (this.length + encoded.length > this.bytes.length) this.#grow(encoded.length);
    this.bytes.set(encoded, this.length);
    this.length += encoded.length;
  }

  /** The NUL-terminated string at `from` of `strings`, which must hold a NUL after it. Returns how many bytes it had. */
  cString(strings: Uint8Array, from: number): number {
    let { bytes } = this;
    let room = bytes.length;
    let at = this.length;
    const start = at;
    let source = from;
    for (;;) {
      const byte = strings[source++]!;
      if (byte === 0) break;
      if (at === room) {
        this.length = at;
        this.#grow(1);
        bytes = this.bytes;
        room = bytes.length;
      }
      bytes[at++] = byte;
    }
    this.length = at;
    return at - start;
  }

  /** An unsigned integer below 2**32 in decimal. */
  decimal(value: number): void {
    if (this.length + 10 > this.bytes.length) this.#grow(10);
    let digits = 1;
    for (let power = 10; value >= power && digits < 10; power *= 10) digits++;
    let at = this.length + digits;
    this.length = at;
    let rest = value;
    const { bytes } = this;
    do {
      const next = (rest / 10) >>> 0;
      bytes[--at] = 48 + rest - next * 10;
      rest = next;
    } while (rest > 0);
  }

  /** A newline and `level` tabs; like libbpf, never more than 13 tabs. */
  newLine(level: number): void {
    if (this.length + 16 > this.bytes.length) this.#grow(16);
    this.bytes[this.length++] = 10;
    for (let i = level < 13 ? level : 13; i > 0; i--) this.bytes[this.length++] = 9;
  }

  /** The text so far as bytes of their own; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  /** The text so far as a string; the buffer is empty afterwards. */
  takeString(): string {
    const text = new TextDecoder().decode(this.bytes.subarray(0, this.length));
    this.length = 0;
    return text;
  }

  #grow(atLeast: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + atLeast));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
