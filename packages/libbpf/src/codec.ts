/**
 * How bytes become values and back: what generated skeletons carry for every type they name, and what
 * `compileCodec` of `@libbpf-ts/btf` makes at run time.
 */
export interface Codec<T> {
  /** Bytes. */
  readonly size: number;
  /** An owned value, no view. `view` holds at least `size` bytes from `offset` on. */
  decode(view: DataView, offset: number): T;
  /** @throws RangeError naming the field when a number does not fit it */
  encode(view: DataView, offset: number, value: T): void;
}
