/**
 * Interfaces, codecs and const objects for the structs, unions and enums that a skeleton names.
 */

import type { Btf } from '@libbpf-ts/btf';
import { SkelgenError } from '../failure.js';
import {
  codecExpression,
  type ModuleContext,
  plus,
  readMember,
  valueType,
  writeMember,
} from './expressions.js';
import { memberName, Names, pascalCase, propertyName } from './identifiers.js';
import { call } from './layout.js';
import {
  type CompositeShape,
  type EnumShape,
  type FlatMember,
  flatMembers,
  isExact,
  overlaps,
  type Shape,
} from './shape.js';
import { type Imports, SourceWriter } from './source-writer.js';

/** Structs inside structs, by value. */
const MAX_NESTING = 64;

interface NamedMember extends FlatMember {
  readonly property: string;
}

/** Declares types as they are met, each once, after those it is made of. */
export class TypeEmitter implements ModuleContext {
  readonly littleEndian: boolean;
  readonly imports: Imports;
  /** Everything declared so far. */
  readonly writer: SourceWriter = new SourceWriter();
  readonly #btf: Btf;
  readonly #names: Names;
  readonly #known = new Map<number, string>();
  readonly #arrays = new Map<Shape, string>();
  readonly #declared = new Set<string>();
  #context = 'Anonymous';
  #nesting = 0;

  /** @param names - what is still free in the module */
  constructor(btf: Btf, names: Names, imports: Imports) {
    this.#btf = btf;
    this.#names = names;
    this.imports = imports;
    this.littleEndian = btf.littleEndian;
  }

  typeName(shape: CompositeShape | EnumShape): string {
    const { id } = shape.type;
    let name = this.#known.get(id);
    if (name === undefined) {
      name = this.#names.take(pascalCase(shape.type.name || shape.alias || this.#context));
      this.#known.set(id, name);
      this.#declare(name, shape);
    } else if (!this.#declared.has(name)) {
      throw this.#tooDeep(id, 'contains itself');
    }
    return name;
  }

  arrayCodec(shape: Shape & { kind: 'array' }, label: string): string {
    let name = this.#arrays.get(shape);
    if (name === undefined) {
      const codec = codecExpression(this, shape, label);
      name = this.#names.take(`${pascalCase(label)}Codec`);
      this.#arrays.set(shape, name);
      this.writer.line();
      this.writer.assign(`const ${name} =`, codec, ';');
    }
    return name;
  }

  /** What anonymous types met from here on are called after, if they have no typedef. */
  within(context: string): this {
    this.#context = context;
    return this;
  }

  #declare(name: string, shape: CompositeShape | EnumShape): void {
    if (++this.#nesting > MAX_NESTING)
      throw this.#tooDeep(shape.type.id, `nests more than ${MAX_NESTING} structs`);
    const context = this.#context;
    const own = new SourceWriter();
    own.line();
    if (shape.kind === 'enum') this.#emitEnum(own, name, shape);
    else this.#emitComposite(own, name, shape);
    this.writer.append(own);
    this.#declared.add(name);
    this.#context = context;
    this.#nesting--;
  }

  #emitEnum(writer: SourceWriter, name: string, shape: EnumShape): void {
    const { type } = shape;
    const suffix = type.size > 4 ? 'n' : '';
    writer.doc(`\`${title('enum', shape)}\`, ${bytes(type.size)}.`);
    if (type.values.length === 0) {
      writer.line(`export const ${name} = {} as const;`);
      writer.line(`export type ${name} = ${suffix === '' ? 'number' : 'bigint'};`);
      return;
    }
    const taken = new Names();
    writer.block(
      `export const ${name} = {`,
      () => {
        for (const { name: label, value } of type.values)
          writer.assign(`${taken.take(propertyName(label))}:`, `${value}${suffix}`, ',');
      },
      '} as const;',
    );
    writer.assign(`export type ${name} =`, `(typeof ${name})[keyof typeof ${name}]`, ';');
  }

  #emitComposite(writer: SourceWriter, name: string, shape: CompositeShape): void {
    const { type } = shape;
    const taken = new Names();
    const members = flatMembers(this.#btf, type).map(
      (member): NamedMember => ({ ...member, property: taken.take(memberName(member.name)) }),
    );
    writer.doc(`\`${title(type.kind, shape)}\`, ${bytes(shape.size)}.`);
    this.#emitInterface(writer, name, shape, members);
    writer.line();
    const codec = `${this.imports.type('Codec')}<${name}>`;
    const label = ({ name: member }: FlatMember) =>
      `${type.name || shape.alias || type.kind}.${member}`;
    writer.assignedBlock(
      `export const ${name}: ${codec} =`,
      '{',
      () => {
        writer.line(`size: ${shape.size},`);
        this.#emitDecode(writer, members, label);
        this.#emitEncode(writer, shape, members, label);
      },
      '};',
    );
  }

  #emitInterface(
    writer: SourceWriter,
    name: string,
    shape: CompositeShape,
    members: readonly NamedMember[],
  ): void {
    if (members.length === 0) {
      writer.line(`export type ${name} = Record<never, never>;`);
      return;
    }
    const shared = overlaps(this.#btf, shape.type);
    writer.block(`export interface ${name} {`, () => {
      for (const member of members) {
        this.within(`${name}_${member.name}`);
        if (member.bits !== undefined) writer.doc(bitCount(member.bits.size));
        const optional = shared && overlapping(member, members) ? '?' : '';
        writer.typed(`${member.property}${optional}:`, valueType(this, member.shape));
      }
    });
  }

  #emitDecode(
    writer: SourceWriter,
    members: readonly NamedMember[],
    label: (member: FlatMember) => string,
  ): void {
    if (members.length === 0) {
      writer.line('decode: () => ({}),');
      return;
    }
    writer.block(
      'decode: (v, o) => ({',
      () => {
        for (const member of members) {
          const read = readMember(this, member, 'v', 'o', label(member));
          writer.assign(`${member.property}:`, read, ',');
        }
      },
      '}),',
    );
  }

  /** Starts from zeroes; of members that share bytes those written last win, those that may lose bits come first. */
  #emitEncode(
    writer: SourceWriter,
    shape: CompositeShape,
    members: readonly NamedMember[],
    label: (member: FlatMember) => string,
  ): void {
    const clear = call(this.imports.value('clear'), 'v', 'o', String(shape.size));
    if (members.length === 0) {
      writer.block('encode(v, o) {', () => writer.expression('', clear, ';'), '},');
      return;
    }
    const shared = overlaps(this.#btf, shape.type);
    const exact = (member: FlatMember) => isExact(this.#btf, member.shape);
    const order = shared
      ? [...members].sort((a, b) => Number(exact(a)) - Number(exact(b)))
      : members;
    writer.block(
      'encode(v, o, x) {',
      () => {
        writer.expression('', clear, ';');
        for (const member of order) {
          const value = `x.${member.property}`;
          if (shared && member.bits === undefined && overlapping(member, members)) {
            const clearFor = this.imports.value('clearFor');
            const at = plus('o', member.offset);
            writer.expression('', call(clearFor, value, 'v', at, String(member.shape.size)), ';');
          }
          writer.expression('', writeMember(this, member, 'v', 'o', value, label(member)), ';');
        }
      },
      '},',
    );
  }

  #tooDeep(id: number, problem: string): SkelgenError {
    return new SkelgenError('SKELGEN_BAD_TYPE', `${this.#btf.describe(id)}: ${problem}`);
  }
}

/** `struct event`, `enum`, `union value_t`. */
function title(keyword: string, shape: CompositeShape | EnumShape): string {
  const name = shape.type.name === '' ? '' : ` ${shape.type.name.replaceAll('`', "'")}`;
  return shape.type.name === '' && shape.alias !== ''
    ? shape.alias.replaceAll('`', "'")
    : `${keyword}${name}`;
}

/** Whether another member lies over one's bytes. */
function overlapping(member: FlatMember, members: readonly FlatMember[]): boolean {
  const [start, end] = bitRange(member);
  return members.some((other) => {
    if (other === member) return false;
    const [from, to] = bitRange(other);
    return from < end && start < to;
  });
}

function bitRange({ bits, offset, shape }: FlatMember): [start: number, end: number] {
  if (bits !== undefined) return [bits.offset, bits.offset + bits.size];
  return [offset * 8, (offset + shape.size) * 8];
}

function bytes(count: number): string {
  return `${count} byte${count === 1 ? '' : 's'}`;
}

export function bitCount(count: number): string {
  return `${count} bit${count === 1 ? '' : 's'}.`;
}
