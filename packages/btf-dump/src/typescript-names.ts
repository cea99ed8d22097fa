/**
 * Names of TypeScript declarations: one for each type, whatever it is called in C, valid and used once.
 *
 * - A named type is called after its C name in PascalCase: `struct task_struct` is `TaskStruct`.
 * - An anonymous type is called after what gives it a name in C, if something does: a typedef (`atomic_t` gives `AtomicT`);
 *   else after the member that holds it, behind the outer type's name: `TaskStruct_rcu_tasks`; else `Anonymous`.
 * - A name that is taken already gets `_2`, `_3` … in the order in which names are asked for, so the same BTF, asked in the
 *   same order, gives the same names.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';

/** Words that no declaration can be called, and names of types that TypeScript has already. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'break case catch class const continue debugger default delete do else enum export extends false finally for function ' +
    'if import in instanceof new null return super switch this throw true try typeof var void while with implements ' +
    'interface let package private protected public static yield await async of arguments eval undefined NaN Infinity any ' +
    'boolean number string symbol bigint never unknown object ' +
    'Array ArrayBuffer BigInt64Array BigUint64Array Boolean DataView Date Error Float32Array Float64Array Function ' +
    'Int16Array Int32Array Int8Array Map Number Object Promise Record RegExp Set String Symbol Uint16Array Uint32Array ' +
    'Uint8Array'
  ).split(' '),
);

/**
 * A valid TypeScript identifier for a C name: characters that cannot be in one become `_`, a leading digit gets one in front,
 * a reserved word one behind.
 */
export function safeIdentifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  if (plain === '' || /^[0-9]/.test(plain)) return `_${plain}`;
  return RESERVED.has(plain) ? `${plain}_` : plain;
}

/** `task_struct` → `TaskStruct`. */
export function pascalCase(name: string): string {
  const parts = name.replace(/[^A-Za-z0-9_]/g, '_').split('_');
  const joined = parts.map((part) => part.slice(0, 1).toUpperCase() + part.slice(1)).join('');
  return safeIdentifier(joined);
}

/** A property as it is written in an interface: quoted where it is no identifier. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

/** Hands out one name per type; made by {@link createTypeScriptNames}. */
export class TypeScriptNames {
  readonly #btf: Btf;
  readonly #taken: Set<string>;
  readonly #byId = new Map<number, string>();
  #typedefs: Map<number, string> | undefined;

  /** @internal */
  constructor(btf: Btf, taken: Iterable<string>) {
    this.#btf = btf;
    this.#taken = new Set(taken);
  }

  /**
   * The name of a struct, union or enum, the same each time.
   *
   * @param context - what to call it after if it is anonymous and no typedef names it: `TaskStruct_rcu_tasks`
   */
  nameOf(id: number, context = 'Anonymous'): string {
    let name = this.#byId.get(id);
    if (name === undefined) {
      const own = this.#btf.nameOf(id);
      const typedef = own === '' ? this.#typedefOf(id) : undefined;
      name = this.take(own !== '' ? pascalCase(own) : (typedef ?? safeIdentifier(context)));
      this.#byId.set(id, name);
    }
    return name;
  }

  /** A name for something that is no type: `wanted`, or with `_2` and so on behind it. */
  take(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }

  /** The first typedef of an anonymous type. */
  #typedefOf(id: number): string | undefined {
    this.#typedefs ??= typedefsOf(this.#btf);
    return this.#typedefs.get(id);
  }
}

/**
 * Names for the types of `btf`.
 *
 * @param taken - names that are used otherwise in the same module
 */
export function createTypeScriptNames(btf: Btf, taken: Iterable<string> = []): TypeScriptNames {
  return new TypeScriptNames(btf, taken);
}

function typedefsOf(btf: Btf): Map<number, string> {
  const names = new Map<number, string>();
  for (let id = 1; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.TYPEDEF) continue;
    const target = btf.skipModifiers(btf.sizeOrType(id));
    if (!names.has(target)) names.set(target, pascalCase(btf.nameOf(id)));
  }
  return names;
}
