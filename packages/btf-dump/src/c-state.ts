/** What a {@link CDumper} remembers between types: which are ordered, printed and named, and the text under way. */

import { ByteText } from './byte-text.js';
import { BtfDumpError } from './errors.js';
import { NameCounts } from './name-counts.js';
import { MAX_DEPTH, type TypeTable } from './type-table.js';

/** Bits of {@link CState.flags}. */
export const Flag = {
  /** Being ordered: met again, it contains itself. */
  ORDERING: 1,
  ORDERED: 2,
  /** Being printed: met again, it wants a forward declaration. */
  EMITTING: 4,
  EMITTED: 8,
  /** Its forward declaration (of a typedef: the typedef itself) was printed. */
  FORWARD_EMITTED: 16,
  NAMED: 32,
} as const;

/** Types visited while ordering and printing; a kernel needs some two million. */
const MAX_STEPS = 1 << 27;

export class CState {
  types: TypeTable;
  readonly text: ByteText = new ByteText();
  /** {@link Flag} bits by type id. */
  flags: Uint8Array;
  /** n for a type that is called `name___n`; 0 for all others. */
  suffixes: Uint32Array;
  /** Names of structs, unions and enums. */
  readonly tags: NameCounts;
  /** Names of typedefs and enumerators, which C keeps in another name space. */
  readonly identifiers: NameCounts;
  /** Definitions that the type under way needs, in the order in which C wants them. */
  readonly queue: number[] = [];
  /** Types of the declaration being printed, outermost first; nested declarations stack up. */
  declaration: Uint32Array = new Uint32Array(1024);
  declarationLength = 0;
  /** Leave out const, volatile and restrict. */
  stripModifiers = false;
  readonly maxBytes: number;
  #steps = 0;

  constructor(types: TypeTable, maxBytes: number) {
    this.types = types;
    this.maxBytes = maxBytes;
    this.flags = new Uint8Array(types.count);
    this.flags[0] = Flag.ORDERED | Flag.EMITTED;
    this.suffixes = new Uint32Array(types.count);
    this.tags = new NameCounts(types.strings, types.count >>> 3);
    this.identifiers = new NameCounts(types.strings, types.count >>> 1);
  }

  /** Continues with a table that holds the types so far, under the same ids, and more. */
  extend(types: TypeTable): void {
    this.types = types;
    const { flags, suffixes } = this;
    this.flags = new Uint8Array(types.count);
    this.flags.set(flags);
    this.suffixes = new Uint32Array(types.count);
    this.suffixes.set(suffixes);
    this.tags.useStrings(types.strings);
    this.identifiers.useStrings(types.strings);
  }

  /** Counts a visit, and refuses what only hostile types reach. */
  step(id: number, depth: number): void {
    if (depth > MAX_DEPTH) throw this.#error('BTF_DUMP_TOO_DEEP', id, MAX_DEPTH);
    if (++this.#steps > MAX_STEPS) throw this.#error('BTF_DUMP_TOO_LARGE', id, MAX_STEPS, 'steps');
    if (this.text.length > this.maxBytes) {
      throw this.#error('BTF_DUMP_TOO_LARGE', id, this.maxBytes, 'bytes');
    }
  }

  #error(
    code: 'BTF_DUMP_TOO_DEEP' | 'BTF_DUMP_TOO_LARGE',
    typeId: number,
    limit: number,
    found = '',
  ): BtfDumpError {
    return new BtfDumpError(code, { typeId, typeName: this.types.describe(typeId), limit, found });
  }
}
