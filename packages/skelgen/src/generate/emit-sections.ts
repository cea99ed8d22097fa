/**
 * Classes of accessors over live memory: one for each data section, one for each struct inside.
 *
 * Each accessor is a getter and a setter at a constant offset: `this.$m.view` to read, `this.$m.mut` to write. What those are in
 * each phase (plain memory, the kernel's pages, a frozen copy, closed) is the runtime's business.
 */

import type { Btf } from '@libbpf-ts/btf';
import type { MapSpec, VariableSpec } from '@libbpf-ts/libbpf/open';
import type { TypeEmitter } from './emit-types.js';
import { plus, readExpression, valueType, writeStatement } from './expressions.js';
import { Names, propertyKey, propertyName } from './identifiers.js';
import { flatMembers, type Shape, shapeOf } from './shape.js';
import { stringLiteral } from './source-writer.js';

type Composite = Shape & { kind: 'composite' };

/** Writes section classes, and the view classes they need. */
export class SectionEmitter {
  readonly #btf: Btf;
  readonly #types: TypeEmitter;
  readonly #views = new Map<number, string>();
  readonly #queue: { readonly shape: Composite; readonly name: string }[] = [];
  readonly #take: (wanted: string) => string;

  /** @param take - gives out names that are still free in the module */
  constructor(btf: Btf, types: TypeEmitter, take: (wanted: string) => string) {
    this.#btf = btf;
    this.#types = types;
    this.#take = take;
  }

  /** The class for one data section. Static variables are the object's own business and left out. */
  emitSection(name: string, map: MapSpec, describe: (variable: VariableSpec) => string): void {
    const { writer } = this.#types;
    const taken = new Names(['$m', '$atomics', 'constructor']);
    writer.line();
    writer.doc(`Global variables in \`${map.section}\`.`);
    writer.block(`export class ${name} extends ${writer.runtime('DataSection')} {`, () => {
      for (const variable of map.variables) {
        if (variable.linkage === 'static') continue;
        const type = this.#btf.type(variable.typeId);
        const typeId = type.kind === 'var' ? type.typeId : variable.typeId;
        const property = taken.take(propertyName(variable.name));
        this.#accessor(
          property,
          variable.name,
          shapeOf(this.#btf, typeId),
          '',
          variable.offset,
          describe(variable),
        );
      }
    });
    this.#emitViews();
  }

  #emitViews(): void {
    const { writer } = this.#types;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { shape, name } = next;
      const taken = new Names(['$m', '$o', 'constructor']);
      writer.line();
      writer.doc(
        `Live \`${shape.type.kind}${shape.type.name === '' ? '' : ` ${shape.type.name}`}\`.`,
      );
      writer.block(`export class ${name} extends ${writer.runtime('StructView')} {`, () => {
        for (const member of flatMembers(this.#btf, shape.type)) {
          const property = taken.take(propertyName(member.name));
          this.#types.within(`${name}_${member.name}`);
          if (member.bits === undefined)
            this.#accessor(
              property,
              member.name,
              member.shape,
              'this.$o',
              member.offset,
              undefined,
            );
          else this.#bitField(property, member.name, member.shape, member.bits);
        }
      });
    }
  }

  #viewName(shape: Composite): string {
    let name = this.#views.get(shape.type.id);
    if (name === undefined) {
      name = this.#take(`${this.#types.typeName(shape)}View`);
      this.#views.set(shape.type.id, name);
      this.#queue.push({ shape, name });
    }
    return name;
  }

  #accessor(
    property: string,
    label: string,
    shape: Shape,
    base: string,
    offset: number,
    comment: string | undefined,
  ): void {
    const { writer } = this.#types;
    const at = plus(base, offset);
    const key = propertyKey(property);
    const { read, type, accepts } = this.#live(shape, at);
    if (comment !== undefined) writer.doc(comment);
    writer.block(`get ${key}(): ${type} {`, () => writer.line(`return ${read};`));
    if (accepts === undefined) return;
    writer.block(`set ${key}(value: ${accepts}) {`, () =>
      writer.line(writeStatement(this.#types, shape, 'this.$m.mut', at, 'value', label)),
    );
  }

  /** What a getter gives: the value itself for scalars, a window or view over the same bytes for the rest. */
  #live(shape: Shape, at: string): { read: string; type: string; accepts: string | undefined } {
    const { writer } = this.#types;
    const plain = valueType(this.#types, shape);
    switch (shape.kind) {
      case 'chars':
        return {
          read: `new ${writer.runtime('CharWindow')}(this.$m, ${at}, ${shape.size})`,
          type: writer.runtime('CharWindow'),
          accepts: 'string | Uint8Array',
        };
      case 'numbers':
        return {
          read: `this.$m.numbers(${shape.array}, ${at}, ${shape.length})`,
          type: shape.array,
          accepts: `ArrayLike<${shape.array.startsWith('Big') ? 'bigint' : 'number'}>`,
        };
      case 'composite': {
        const view = this.#viewName(shape);
        return { read: `new ${view}(this.$m, ${at})`, type: view, accepts: plain };
      }
      case 'array':
        if (shape.element.kind === 'composite') {
          const view = this.#viewName(shape.element);
          return {
            read: `${writer.runtime('viewArray')}(this.$m, ${at}, ${shape.length}, ${shape.stride}, ${view})`,
            type: `${writer.runtimeType('ViewArray')}<${view}>`,
            accepts: `readonly ${plain}`,
          };
        }
        return {
          read: readExpression(this.#types, shape, 'this.$m.view', at),
          type: `readonly ${plain}`,
          accepts: `readonly ${plain}`,
        };
      case 'opaque':
        return {
          read: `this.$m.raw(${at}, ${shape.size})`,
          type: 'Uint8Array',
          accepts: undefined,
        };
      default:
        return {
          read: readExpression(this.#types, shape, 'this.$m.view', at),
          type: plain,
          accepts: plain,
        };
    }
  }

  #bitField(
    property: string,
    label: string,
    shape: Shape,
    bits: { offset: number; size: number },
  ): void {
    const { writer } = this.#types;
    const key = propertyKey(property);
    const type = valueType(this.#types, shape);
    const signed = 'signed' in shape && shape.signed;
    const order = this.#types.littleEndian;
    const big = type === 'bigint';
    const call = `${writer.runtime(`read${big ? 'Big' : ''}${signed ? 'Signed' : ''}Bits`)}(this.$m.view, this.$o, ${bits.offset}, ${bits.size}, ${order})`;
    const read =
      shape.kind === 'bool' ? `${call} !== 0` : shape.kind === 'enum' ? `${call} as ${type}` : call;
    writer.doc(`${bits.size} bits.`);
    writer.block(`get ${key}(): ${type} {`, () => writer.line(`return ${read};`));
    writer.block(`set ${key}(value: ${type}) {`, () =>
      writer.line(
        `${writer.runtime('writeBits')}(this.$m.mut, this.$o, ${bits.offset}, ${bits.size}, value, ${signed}, ${order}, ${stringLiteral(label)});`,
      ),
    );
  }
}
