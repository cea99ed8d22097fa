/** A printer of C declarations that remembers what it has printed. */

import type { Btf } from '@libbpf-ts/btf';
import { declaration } from './c-declaration.js';
import { emitDefinition } from './c-emit.js';
import { orderType } from './c-order.js';
import { CState, Flag } from './c-state.js';
import { BtfDumpError } from './errors.js';
import { TypeTable } from './type-table.js';

/** Text that one dumper may hold at a time: a kernel's BTF is 3 MB, and only a forged size makes a struct of padding. */
const DEFAULT_MAX_BYTES = 1 << 28;

/** Stands for a name that is put in later; no name in BTF can hold it. */
const PLACEHOLDER = '\0';

/** Options of {@link createCDumper}. */
export interface CDumperOptions {
  /** Give up with `BTF_DUMP_TOO_LARGE` when a definition makes the pending text larger than this; 256 MiB by default. */
  readonly maxBytes?: number;
}

/** Options of {@link CDumper.emitTypeDeclaration}, as those of libbpf's `btf_dump__emit_type_decl`. */
export interface TypeDeclarationOptions {
  /** The name to declare; '' by default, which gives the type alone (`int *[4]`). */
  readonly fieldName?: string;
  /** Tabs in front of the lines after the first, for an anonymous struct; 0 by default. */
  readonly indentLevel?: number;
  /** Leave out const, volatile, restrict and type tags; false by default. */
  readonly stripModifiers?: boolean;
}

/**
 * Prints types as C, each once, and remembers them: what was printed for one type is not printed again for the next.
 * Made by {@link createCDumper}.
 */
export class CDumper {
  readonly #state: CState;

  /** @internal */
  constructor(state: CState) {
    this.#state = state;
  }

  /**
   * The definition of a type and of everything that it needs and that was not printed before, in an order that compiles;
   * '' if there is nothing (left) to define. Ints, pointers, functions and variables have no definition of their own.
   *
   * @throws {@link BtfDumpError} `BTF_DUMP_CYCLE`, `BTF_DUMP_TOO_DEEP`, `BTF_DUMP_TOO_LARGE`
   */
  dumpType(id: number): string {
    this.#checkId(id);
    dumpType(this.#state, id);
    return this.#state.types.toText(this.#state.take());
  }

  /**
   * A declaration of one name with a type: `struct task_struct *task`, `int (*callback)(void *, int)`. Anonymous structs,
   * unions and enums are written out; named ones are only mentioned. No semicolon.
   *
   * @throws {@link BtfDumpError} `BTF_DUMP_TOO_DEEP`, `BTF_DUMP_TOO_LARGE`
   */
  emitTypeDeclaration(id: number, options: TypeDeclarationOptions = {}): string {
    this.#checkId(id);
    const state = this.#state;
    state.stripModifiers = options.stripModifiers ?? false;
    state.declarationLength = 0;
    try {
      // The name is text, but the rest is bytes: it is put in when they are text as well.
      const { fieldName = '', indentLevel = 0 } = options;
      const name = fieldName === '' ? '' : PLACEHOLDER;
      const bytes = declaration(state, id, name, indentLevel, 0);
      return state.types.toText(bytes).replace(PLACEHOLDER, () => fieldName);
    } finally {
      state.stripModifiers = false;
    }
  }

  /**
   * Continues with a BTF that has grown: one that starts with the very types and strings of the one so far, under the same
   * ids and offsets, and adds more. What was printed stays printed, and names already used stay used.
   *
   * @throws {@link BtfDumpError} `BTF_DUMP_NOT_AN_EXTENSION` if it has fewer types
   */
  extend(btf: Btf): void {
    const { types } = this.#state;
    if (btf.typeCount < types.count) {
      throw new BtfDumpError('BTF_DUMP_NOT_AN_EXTENSION', {
        available: types.count,
        found: String(btf.typeCount),
      });
    }
    this.#state.extend(new TypeTable(btf));
  }

  #checkId(id: number): void {
    const { count } = this.#state.types;
    if (!Number.isInteger(id) || id < 0 || id >= count) {
      throw new RangeError(`id: found ${id}, expected a type id in 0..${count - 1}`);
    }
  }
}

/**
 * A dumper for the types of `btf`, its bases included.
 *
 * @throws {@link BtfError} if a type refers to an id or a string that does not exist
 */
export function createCDumper(btf: Btf, options: CDumperOptions = {}): CDumper {
  return new CDumper(createCState(btf, options));
}

/** The state behind a dumper, for those who take its bytes themselves. */
export function createCState(btf: Btf, options: CDumperOptions): CState {
  return new CState(new TypeTable(btf), options.maxBytes ?? DEFAULT_MAX_BYTES);
}

const mentions = new WeakMap<Btf, CState>();

/** The type as a cast mentions it: `struct list_head *`, `char[16]`, `struct` for an anonymous one; no modifiers. */
export function castText(btf: Btf, id: number): string {
  let state = mentions.get(btf);
  if (state === undefined) {
    state = createCState(btf, {});
    state.mentionOnly = true;
    state.stripModifiers = true;
    mentions.set(btf, state);
  }
  return state.types.toText(declaration(state, id, '', 0, 0));
}

/** Adds the definition of `id` and what it needs to the text of `state`. */
export function dumpType(state: CState, id: number): void {
  if ((state.flags[id]! & Flag.ORDERED) !== 0) return;
  state.queueLength = 0;
  state.declarationLength = 0;
  orderType(state, id, false, 0);
  for (let i = 0; i < state.queueLength; i++) emitDefinition(state, state.queue[i]!);
}

/**
 * A declaration of one name with a type, without a dumper: names that the BTF holds twice get no suffix.
 * See {@link CDumper.emitTypeDeclaration}.
 */
export function emitTypeDeclaration(
  btf: Btf,
  id: number,
  options: TypeDeclarationOptions = {},
): string {
  return createCDumper(btf).emitTypeDeclaration(id, options);
}
