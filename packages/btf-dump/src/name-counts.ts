/**
 * How often each name was used, for the `___2` of the second definition of a name.
 *
 * A hash table over the bytes of the string section: a kernel has some 85 000 tags, typedefs and enumerators to count, and
 * their names need not become JavaScript strings for that. Equal names usually share one offset, but nothing promises it:
 * a name can be the tail of another string, and a split BTF may repeat a string of its base.
 */
export class NameCounts {
  #strings: Uint8Array;
  /** Offset + 1 of the name in each slot, 0 for a free one. */
  #offsets: Uint32Array;
  #counts: Uint32Array;
  #used = 0;

  constructor(strings: Uint8Array, expected: number) {
    let slots = 64;
    while (slots < expected * 2) slots *= 2;
    this.#strings = strings;
    this.#offsets = new Uint32Array(slots);
    this.#counts = new Uint32Array(slots);
  }

  /** Counts one more use of the name at `offset` and returns how many there were now. */
  add(offset: number): number {
    if (this.#used * 2 >= this.#offsets.length) this.#double();
    const slot = this.#slotOf(offset);
    if (this.#offsets[slot] === 0) {
      this.#offsets[slot] = offset + 1;
      this.#used++;
    }
    return ++this.#counts[slot]!;
  }

  /** Takes a string array in which the offsets counted so far still hold the same names. */
  useStrings(strings: Uint8Array): void {
    this.#strings = strings;
  }

  #slotOf(offset: number): number {
    const strings = this.#strings;
    const offsets = this.#offsets;
    const mask = offsets.length - 1;
    let hash = 0;
    for (let i = offset, byte = strings[i]!; byte !== 0; byte = strings[++i]!) {
      hash = Math.imul(hash ^ byte, 0x0100_0193);
    }
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const found = offsets[slot]!;
      if (found === 0 || found === offset + 1 || equal(strings, found - 1, offset)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #double(): void {
    const offsets = this.#offsets;
    const counts = this.#counts;
    this.#offsets = new Uint32Array(offsets.length * 2);
    this.#counts = new Uint32Array(offsets.length * 2);
    for (let i = 0; i < offsets.length; i++) {
      if (offsets[i] === 0) continue;
      const slot = this.#slotOf(offsets[i]! - 1);
      this.#offsets[slot] = offsets[i]!;
      this.#counts[slot] = counts[i]!;
    }
  }
}

function equal(strings: Uint8Array, a: number, b: number): boolean {
  for (let i = a, j = b; ; i++, j++) {
    if (strings[i] !== strings[j]) return false;
    if (strings[i] === 0) return true;
  }
}
