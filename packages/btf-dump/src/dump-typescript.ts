/**
 * Types as TypeScript declarations: what `compileCodec` reads and writes, for code that handles values of them.
 *
 * A struct is an interface, with the members of anonymous structs and unions in their place; an enum is a const object and
 * the union of its values. Comments say what TypeScript cannot: sizes, bit-fields, what shares its bytes with what, where
 * pointers lead.
 */

import type { Btf, BtfComposite, BtfEnum, BtfEnum64, BtfMember } from '@libbpf-ts/btf';
import { castText } from './c-dumper.js';
import { createTypeScriptNames, propertyKey, type TypeScriptNames } from './typescript-names.js';
import { typescriptType } from './typescript-type.js';

/** Options of {@link dumpTypeScript}. */
export interface DumpTypeScriptOptions {
  /** Where names come from; fresh ones by default. Give the same to name several dumps of one module. */
  readonly names?: TypeScriptNames;
  /** Whether each declaration has `export` in front; true by default. */
  readonly exported?: boolean;
}

const MAX_DEPTH = 64;
/** Members of one interface; beyond it only nonsense unions get. */
const MAX_MEMBERS = 1 << 16;

/**
 * Declarations of `ids` and of the structs, unions and enums that their values contain, each once, in the order in which
 * they are met; a chunk per declaration.
 *
 * @param ids - types of any kind: typedefs, variables and data sections stand for what they contain, scalars need nothing
 * @throws {@link BtfError} for malformed types
 */
export function* dumpTypeScript(
  btf: Btf,
  ids: Iterable<number>,
  options: DumpTypeScriptOptions = {},
): Generator<string, void, undefined> {
  const writer = new DeclarationWriter(btf, options);
  for (const id of ids) writer.want(id);
  yield* writer.declarations();
}

class DeclarationWriter {
  readonly #btf: Btf;
  readonly #names: TypeScriptNames;
  readonly #export: string;
  readonly #queue: number[] = [];
  readonly #known = new Set<number>();

  constructor(btf: Btf, options: DumpTypeScriptOptions) {
    this.#btf = btf;
    this.#names = options.names ?? createTypeScriptNames(btf);
    this.#export = options.exported === false ? '' : 'export ';
  }

  /** Puts what `id` contains in the queue; `context` names it if it is anonymous. Returns its type. */
  want(id: number, context?: string): string {
    const btf = this.#btf;
    const type = btf.type(btf.resolve(id));
    if (type.kind === 'datasec') {
      for (const { typeId } of type.variables) this.want(typeId);
      return 'object';
    }
    const named = (wanted: number): string => this.#names.nameOf(wanted, context);
    const { text, declares } = typescriptType(btf, id, named);
    if (declares !== undefined && !this.#known.has(declares)) {
      this.#known.add(declares);
      this.#queue.push(declares);
    }
    return text;
  }

  *declarations(): Generator<string, void, undefined> {
    for (let next = 0; next < this.#queue.length; next++) {
      const type = this.#btf.type(this.#queue[next]!);
      const separator = next === 0 ? '' : '\n';
      if (type.kind === 'enum' || type.kind === 'enum64') yield separator + this.#enum(type);
      else if (type.kind === 'struct' || type.kind === 'union')
        yield separator + this.#interface(type);
    }
  }

  #enum(type: BtfEnum | BtfEnum64): string {
    const name = this.#names.nameOf(type.id);
    const suffix = type.size > 4 ? 'n' : '';
    const title = type.name === '' ? 'enum' : `enum ${type.name}`;
    let out = `/** \`${inComment(title)}\`, ${bytes(type.size)}. */\n${this.#export}const ${name} = {\n`;
    const taken = new Set<string>();
    for (const one of type.values) {
      if (taken.has(one.name)) continue;
      taken.add(one.name);
      out += `  ${key(one.name)}: ${one.value}${suffix},\n`;
    }
    out += '} as const;\n';
    const values = type.values.length === 0 ? (suffix === '' ? 'number' : 'bigint') : undefined;
    return `${out}${this.#export}type ${name} = ${values ?? `(typeof ${name})[keyof typeof ${name}]`};\n`;
  }

  #interface(type: BtfComposite<'struct' | 'union'>): string {
    const name = this.#names.nameOf(type.id);
    const title = type.name === '' ? type.kind : `${type.kind} ${type.name}`;
    const note = type.kind === 'union' ? ' All members share the same bytes.' : '';
    let out = `/** \`${inComment(title)}\`, ${bytes(type.size)}.${note} */\n`;
    out += `${this.#export}interface ${name} {\n`;
    for (const field of this.#fields(type)) {
      const { member, comment } = field;
      const text = this.want(member.typeId, `${name}_${member.name}`);
      if (comment !== '') out += `  /** ${comment} */\n`;
      out += `  ${key(member.name)}${type.kind === 'union' ? '?' : ''}: ${text};\n`;
    }
    return `${out}}\n`;
  }

  /** Members by name, those of anonymous structs and unions in their place. */
  #fields(type: BtfComposite<'struct' | 'union'>): Field[] {
    const fields: Field[] = [];
    this.#addFields(fields, new Set(), type, '', 0);
    return fields;
  }

  #addFields(
    fields: Field[],
    taken: Set<string>,
    type: BtfComposite<'struct' | 'union'>,
    shared: string,
    depth: number,
  ): void {
    const btf = this.#btf;
    for (const member of type.members) {
      if (fields.length >= MAX_MEMBERS || depth > MAX_DEPTH) return;
      if (member.name !== '') {
        if (taken.has(member.name)) continue;
        taken.add(member.name);
        fields.push({ member, comment: [this.#comment(member), shared].filter(Boolean).join(' ') });
        continue;
      }
      const inner = btf.type(btf.resolve(member.typeId));
      if (inner.kind !== 'struct' && inner.kind !== 'union') continue;
      const first = inner.members.find((one) => one.name !== '')?.name;
      const note = inner.kind === 'union' && first !== undefined ? sharing(inner) : shared;
      this.#addFields(fields, taken, inner, note, depth + 1);
    }
  }

  /** What the TypeScript type of a member leaves unsaid. */
  #comment(member: BtfMember): string {
    const btf = this.#btf;
    if (member.bitSize !== 0) return `${member.bitSize} bit${member.bitSize === 1 ? '' : 's'}.`;
    const { kind } = btf.type(btf.resolve(member.typeId));
    return kind === 'ptr' ? `\`${inComment(castText(btf, member.typeId))}\`.` : '';
  }
}

interface Field {
  readonly member: BtfMember;
  readonly comment: string;
}

/** A note for the members of an anonymous union. */
function sharing(union: BtfComposite<'struct' | 'union'>): string {
  const names = union.members.map((member) => (member.name === '' ? '{…}' : member.name));
  const some = names.length > 6 ? [...names.slice(0, 6), '…'] : names;
  return `Shares its bytes: union of ${inComment(some.join(', '))}.`;
}

/** A property key. An own property `__proto__` can only be written in brackets. */
function key(name: string): string {
  return name === '__proto__' ? '["__proto__"]' : propertyKey(name);
}

/** Text of the BTF inside a comment, which it must not end. */
function inComment(text: string): string {
  return text
    .replaceAll('*/', '*\\/')
    .replaceAll('`', "'")
    .replace(/[\r\n]/g, ' ');
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
