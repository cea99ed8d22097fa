/**
 * Names of kernel addresses, from /proc/kallsyms.
 *
 * Addresses of the kernel have their upper half set and do not fit a double: they are kept as sorted 64-bit integers.
 */

import { readFileSync } from 'node:fs';

/** What an address belongs to. */
export interface KernelSymbol {
  readonly name: string;
  /** Bytes from where it starts. */
  readonly offset: number;
  /** Of the module it is in; `undefined` for the kernel itself. */
  readonly module: string | undefined;
}

/** Functions and data of the running kernel, by address. */
export class KernelSymbols {
  readonly #addresses: BigUint64Array;
  readonly #names: readonly string[];

  /** @param text - of /proc/kallsyms; all addresses are 0 for those who may not see them */
  constructor(text: string) {
    const lines = text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('0000000000000000'));
    const entries = lines.map((line) => {
      const space = line.indexOf(' ');
      return { address: BigInt(`0x${line.slice(0, space)}`), name: line.slice(space + 3) };
    });
    entries.sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : 0));
    this.#addresses = BigUint64Array.from(entries, ({ address }) => address);
    this.#names = entries.map(({ name }) => name);
  }

  /** Symbols that are known. */
  get size(): number {
    return this.#addresses.length;
  }

  /** The symbol at or before an address; `undefined` for an address below all of them, such as one of user space. */
  find(address: bigint): KernelSymbol | undefined {
    let low = 0;
    let high = this.#addresses.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    // Of several names for one address, the first that the kernel lists.
    let at = low - 1;
    while (at > 0 && this.#addresses[at - 1] === this.#addresses[at]) at--;
    const [name, module] = this.#names[at]!.split('\t');
    return {
      name: name!,
      offset: Number(address - this.#addresses[at]!),
      module: module?.slice(1, -1),
    };
  }
}

let running: KernelSymbols | undefined;

/** Symbols of the running kernel, read once; modules that come later are missing. */
export function kernelSymbols(): KernelSymbols {
  running ??= new KernelSymbols(readKallsyms());
  return running;
}

function readKallsyms(): string {
  try {
    return readFileSync('/proc/kallsyms', 'latin1');
  } catch {
    return '';
  }
}
