/**
 * How elements of maps are read and written.
 */

/** How an element is read. */
export interface LookupOptions {
  /** Under the value's `bpf_spin_lock`. */
  readonly locked?: boolean;
}

/** How an element is written. */
export interface UpdateOptions extends LookupOptions {
  /** `no-exist` creates only, `exist` replaces only; default `any`. */
  readonly mode?: 'any' | 'no-exist' | 'exist';
}

/** Keys and values of many elements, index by index. */
export interface MapBatch<K, V> {
  readonly keys: K[];
  readonly values: V[];
}
