/**
 * Interfaces, codecs and const objects for the structs, unions and enums that a skeleton names.
 */

import type { Btf, BtfEnum, BtfEnum64 } from '@libbpf-ts/btf';
import {
  type ModuleContext,
  plus,
  readExpression,
  valueType,
  writeStatement,
} from './expressions.js';
import { Names, propertyKey, propertyName } from './identifiers.js';
import { type FlatMember, flatMembers, type Shape } from './shape.js';
import { type SourceWriter, stringLiteral } from './source-writer.js';
import type { TypeNames } from './type-names.js';

type Composite = Shape & { kind: 'composite' };
type Enumeration = Shape & { kind: 'enum' };

/** Declares types as they are met, each once, in the order in which they were first needed. */
export class TypeEmitter implements ModuleContext {
  readonly littleEndian: boolean;
  readonly #btf: Btf;
  readonly #names: TypeNames;
  readonly #queue: (Composite | Enumeration)[] = [];
  readonly #known = new Map<number, string>();
  #context = 'Anonymous';
  writer: SourceWriter;

  constructor(btf: Btf, names: TypeNames, writer: SourceWriter) {
    this.#btf = btf;
    this.#names = names;
    this.writer = writer;
    this.littleEndian = btf.littleEndian;
  }

  typeName(shape: Composite | Enumeration): string {
    const { id } = shape.type;
    let name = this.#known.get(id);
    if (name === undefined) {
      name = this.#names.nameOf(id, this.#context);
      this.#known.set(id, name);
      this.#queue.push(shape);
    }
    return name;
  }

  /** What anonymous types met from here on are called after. */
  within(context: string): this {
    this.#context = context;
    return this;
  }

  /** Writes every type asked for so far, and those they need. */
  emitQueued(): void {
    for (let shape = this.#queue.shift(); shape !== undefined; shape = this.#queue.shift()) {
      const name = this.#known.get(shape.type.id)!;
      if (shape.kind === 'enum') this.#emitEnum(name, shape.type);
      else this.#emitComposite(name, shape);
    }
  }

  #emitEnum(name: string, type: BtfEnum | BtfEnum64): void {
    const { writer } = this;
    const suffix = type.kind === 'enum64' || type.size === 8 ? 'n' : '';
    writer.line();
    writer.doc(`\`enum ${type.name}\`, ${type.size} bytes.`.replace('enum `', 'enum`'));
    const taken = new Names();
    writer.block(
      `export const ${name} = {`,
      () => {
        for (const { name: label, value } of type.values)
          writer.line(`${propertyKey(taken.take(propertyName(label)))}: ${value}${suffix},`);
      },
      '} as const;',
    );
    writer.line(`export type ${name} = (typeof ${name})[keyof typeof ${name}];`);
  }

  #emitComposite(name: string, shape: Composite): void {
    const { writer } = this;
    const taken = new Names();
    const members = flatMembers(this.#btf, shape.type).map((member) => ({
      ...member,
      property: taken.take(propertyName(member.name)),
    }));
    const title = `\`${shape.type.kind}${shape.type.name === '' ? '' : ` ${shape.type.name}`}\`, ${shape.size} bytes.`;
    const label = (member: { name: string }) =>
      `${shape.type.name || shape.type.kind}.${member.name}`;
    writer.line();
    writer.doc(title);
    writer.block(`export interface ${name} {`, () => {
      for (const member of members) {
        this.within(`${name}_${member.name}`);
        if (member.bits !== undefined) writer.doc(`${member.bits.size} bits.`);
        const optional = shape.type.kind === 'union' ? '?' : '';
        writer.line(`${propertyKey(member.property)}${optional}: ${this.#memberType(member)};`);
      }
    });
    writer.line();
    writer.block(
      `export const ${name}: ${writer.runtimeType('Codec')}<${name}> = {`,
      () => {
        writer.line(`size: ${shape.size},`);
        writer.block(
          'decode: (v, o) => ({',
          () => {
            for (const member of members)
              writer.line(`${propertyKey(member.property)}: ${this.#read(member)},`);
          },
          '}),',
        );
        writer.block(
          'encode(v, o, x) {',
          () => {
            for (const member of members)
              writer.line(this.#write(member, `x.${member.property}`, label(member)));
          },
          '},',
        );
      },
      '};',
    );
  }

  #memberType(member: FlatMember): string {
    return valueType(this, member.shape);
  }

  #read(member: FlatMember): string {
    const { bits, shape } = member;
    if (bits === undefined) return readExpression(this, shape, 'v', plus('o', member.offset));
    const signed = 'signed' in shape && shape.signed;
    const order = this.littleEndian ? 'true' : 'false';
    const big = shape.size > 4 && shape.kind !== 'bool';
    const call = `${this.writer.runtime(`read${big ? 'Big' : ''}${signed ? 'Signed' : ''}Bits`)}(v, o, ${bits.offset}, ${bits.size}, ${order})`;
    if (shape.kind === 'bool') return `${call} !== 0`;
    return shape.kind === 'enum' ? `${call} as ${valueType(this, shape)}` : call;
  }

  #write(member: FlatMember, value: string, label: string): string {
    const { bits, shape } = member;
    if (bits === undefined)
      return writeStatement(this, shape, 'v', plus('o', member.offset), value, label);
    const signed = 'signed' in shape && shape.signed;
    return `${this.writer.runtime('writeBits')}(v, o, ${bits.offset}, ${bits.size}, ${value}, ${signed}, ${this.littleEndian}, ${stringLiteral(label)});`;
  }
}
