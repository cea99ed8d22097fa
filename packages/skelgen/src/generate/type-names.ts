/**
 * Names of the TypeScript types that a module declares, one for each struct, union and enum it uses.
 */

import type { Btf } from '@libbpf-ts/btf';
import { Names, pascalCase } from './identifiers.js';

/** Hands out a name per type id; anonymous types are called after where they were first met. */
export class TypeNames {
  readonly #btf: Btf;
  readonly #names: Names;
  readonly #byId = new Map<number, string>();

  constructor(btf: Btf, taken: Iterable<string>) {
    this.#btf = btf;
    this.#names = new Names(taken);
  }

  /** @param context - what to call an anonymous type after: the typedef, the variable, the outer type and member */
  nameOf(id: number, context: string): string {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const own = this.#btf.type(id).name;
    const name = this.#names.take(pascalCase(own === '' ? context : own));
    this.#byId.set(id, name);
    return name;
  }

  /** A name for something that is no type of the object. */
  take(wanted: string): string {
    return this.#names.take(wanted);
  }
}
