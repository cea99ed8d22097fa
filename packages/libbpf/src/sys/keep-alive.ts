/** Keeps memory that only an address refers to from being collected. */

const kept: unknown[] = [];

/** Runs `call` while `value` cannot be collected: for bytes whose bare address the kernel is given. */
export function keepAliveDuring<T>(value: unknown, call: () => T): T {
  kept.push(value);
  try {
    return call();
  } finally {
    kept.pop();
  }
}
