/** What a {@link CDumper} remembers between types: which are ordered, printed and named, and the text under way. */

import { BtfDumpError } from './errors.js';
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
  /** Mentioning it needs nothing printed before, now and for ever; set on what leads to definitions, such as pointers. */
  SATISFIED: 32,
  /** An array whose dimensions are in {@link CState.behinds}. */
  HAS_BEHIND: 64,
} as const;

/** Prototypes and bodies visited while ordering and printing; a kernel needs some 50 000. */
const MAX_STEPS = 1 << 25;

/** Ends a member and starts the next, at top level. */
export const MEMBER_FRONT = ';\n\t';

/** Which names were used, and how often: see c-names.ts. */
export interface NameUses {
  /** Offsets of names, a power of two of slots; 0 where there is none. */
  readonly offsets: Uint32Array;
  /** Names that found no free slot. */
  readonly others: Set<string>;
  /** Those used more than once, with the number. */
  readonly more: Map<string, number>;
}

/** Room for the names of some bytes of strings; they are 18 bytes long on average, and a fifth of them are counted. */
function createNameUses(stringBytes: number): NameUses {
  const slots = 1 << Math.max(4, Math.ceil(Math.log2(stringBytes)) - 5);
  return { offsets: new Uint32Array(slots), others: new Set(), more: new Map() };
}

export class CState {
  types: TypeTable;
  /** Text that was printed and not taken yet, a character per byte. */
  out = '';
  /** {@link Flag} bits by type id. */
  flags: Uint8Array;
  /** Names as they are printed, by type id, once they are decided. */
  readonly names: (string | undefined)[];
  /**
   * What stands in front of a declared name, by type id, for types that look the same wherever they are mentioned: `u32 `,
   * `char *`. Kept as a member of a struct at top level needs it, with {@link MEMBER_FRONT} before it.
   */
  readonly fronts: (string | undefined)[];
  /** The same without {@link MEMBER_FRONT} and a blank behind, as it stands where no name follows. */
  readonly bares: Map<number, string> = new Map();
  /** Dimensions of the arrays among them, which stand behind the name; {@link Flag.HAS_BEHIND} says which are here. */
  readonly behinds: Map<number, string> = new Map();
  /** Names of structs, unions and enums. */
  readonly tags: NameUses;
  /** Names of typedefs and enumerators, which C keeps in another name space. */
  readonly identifiers: NameUses;
  /** Definitions that the type under way needs, in the order in which C wants them. */
  queue: Uint32Array = new Uint32Array(1024);
  queueLength = 0;
  /** Types of the declaration being printed, outermost first; nested declarations stack up. */
  declaration: Uint32Array = new Uint32Array(1024);
  declarationLength = 0;
  /** Leave out const, volatile, restrict and type tags. */
  stripModifiers = false;
  /** Mention types as casts do: no bodies of anonymous types, no suffixes of names that are used twice. */
  mentionOnly = false;
  readonly maxBytes: number;
  #steps = 0;

  constructor(types: TypeTable, maxBytes: number) {
    this.types = types;
    this.maxBytes = maxBytes;
    this.flags = new Uint8Array(types.count);
    this.flags[0] = Flag.ORDERED | Flag.EMITTED;
    this.names = new Array(types.count);
    this.fronts = new Array(types.count);
    this.tags = createNameUses(types.strings.length);
    this.identifiers = createNameUses(types.strings.length);
  }

  /** Continues with a table that holds the types so far, under the same ids, and more. */
  extend(types: TypeTable): void {
    this.types = types;
    const { flags } = this;
    this.flags = new Uint8Array(types.count);
    this.flags.set(flags);
  }

  /** The text so far; there is none afterwards. */
  take(): string {
    const { out } = this;
    this.out = '';
    return out;
  }

  /** Adds a definition to the queue. */
  enqueue(id: number): void {
    if (this.queueLength === this.queue.length) this.queue = twice(this.queue);
    this.queue[this.queueLength++] = id;
  }

  /** Adds a type to the declaration under way. */
  push(id: number): void {
    if (this.declarationLength === this.declaration.length) {
      this.declaration = twice(this.declaration);
    }
    this.declaration[this.declarationLength++] = id;
  }

  /**
   * Counts a visit of `id` and refuses what only hostile types reach. `pending` is text not in {@link out} yet. All that can
   * be visited time and again is counted: prototypes and anonymous structs, of which there are few; the rest is memorised.
   */
  step(id: number, depth: number, pending = 0): void {
    if (depth > MAX_DEPTH) this.#refuse('BTF_DUMP_TOO_DEEP', id, MAX_DEPTH, '');
    if (++this.#steps > MAX_STEPS) this.#refuse('BTF_DUMP_TOO_LARGE', id, MAX_STEPS, 'steps');
    if (pending > this.maxBytes) this.#refuse('BTF_DUMP_TOO_LARGE', id, this.maxBytes, 'bytes');
  }

  #refuse(
    code: 'BTF_DUMP_TOO_DEEP' | 'BTF_DUMP_TOO_LARGE',
    typeId: number,
    limit: number,
    found: string,
  ): never {
    throw new BtfDumpError(code, { typeId, typeName: this.types.describe(typeId), limit, found });
  }
}

function twice(array: Uint32Array): Uint32Array {
  const longer = new Uint32Array(array.length * 2);
  longer.set(array);
  return longer;
}
