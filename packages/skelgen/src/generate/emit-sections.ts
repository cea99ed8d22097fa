/**
 * Classes of accessors over live memory: one for each data section, one for each struct inside.
 *
 * Each accessor is a getter and a setter at a constant offset: `this.$m.view` to read, `this.$m.mut` to write. What those are in
 * each phase (plain memory, the kernel's pages, a frozen copy, closed) is the runtime's business.
 */

import type { Btf } from '@libbpf-ts/btf';
import type { MapSpec, VariableSpec } from '@libbpf-ts/libbpf/open';
import { bitCount, type TypeEmitter } from './emit-types.js';
import { codecExpression, plus, readMember, valueType, writeMember } from './expressions.js';
import { Names, propertyName } from './identifiers.js';
import { type Call, call, type Expression } from './layout.js';
import { type CompositeShape, type FlatMember, flatMembers, type Shape, shapeOf } from './shape.js';
import { SourceWriter, stringLiteral } from './source-writer.js';

/** Members that the base classes have. */
const OWN_MEMBERS = ['$m', '$o', '$p', '$get', '$set', '$atomics', 'constructor', 'toJSON'];

/** Shapes that a shadow shows. */
const SCALARS = new Set(['int', 'bool', 'float', 'enum']);

/** What a getter gives and a setter takes. */
interface Access {
  readonly type: string;
  readonly read: Call;
  /** Made only where there is a setter, so that only then the module imports what it needs. `undefined`: there never is one. */
  readonly write?: () => { readonly accepts: string; readonly call: Call };
}

/** Writes section classes, and the view classes they need. */
export class SectionEmitter {
  readonly writer: SourceWriter = new SourceWriter();
  readonly #btf: Btf;
  readonly #types: TypeEmitter;
  readonly #names: Names;
  /** Where accessors at hand find their memory. */
  #memory = 'this.$m';
  readonly #views = new Map<number, string>();
  readonly #queue: { readonly shape: CompositeShape; readonly name: string }[] = [];

  constructor(btf: Btf, types: TypeEmitter, names: Names) {
    this.#btf = btf;
    this.#types = types;
    this.#names = names;
  }

  /** The class for one data section. Static variables are the object's own business and left out. */
  emitSection(
    name: string,
    map: MapSpec,
    describe: (variable: VariableSpec) => string,
    isLinked = false,
  ): void {
    const { writer } = this;
    const taken = new Names(OWN_MEMBERS);
    const section = map.origin === 'user' ? `arena \`${map.name}\`` : `\`${map.section}\``;
    writer.line();
    writer.doc(`Global variables in ${section}.`);
    const variables = map.variables
      .filter(({ linkage }) => linkage !== 'static')
      .map((variable) => {
        const { name: label, typeId, offset } = variable;
        const shape = shapeOf(this.#btf, typeId);
        const member: FlatMember = { name: label, shape, typeId, offset, bits: undefined };
        return { variable, member, property: taken.take(propertyName(label)) };
      });
    const isWritable = map.origin !== 'kconfig';
    if (isLinked) {
      writer.block(
        `export class ${name} extends ${this.#types.imports.value('LinkedSection')} {`,
        () => {
          for (const [index, { variable, member, property }] of variables.entries()) {
            this.#types.within(variable.name);
            writer.doc(describe(variable));
            const place = `this.$p(${index})`;
            this.#memory = `${place}.$m`;
            const here = { ...member, offset: 0 };
            this.#accessor(property, here, `${place}.$o`, variable.name, isWritable);
            this.#memory = 'this.$m';
          }
        },
      );
    } else {
      this.#classOfSection(name, variables, () => {
        for (const { variable, member, property } of variables) {
          this.#types.within(variable.name);
          writer.doc(describe(variable));
          this.#accessor(property, member, '', variable.name, isWritable);
        }
      });
    }
    this.#emitViews();
  }

  /** The class with its list of integers, which atomic operations go by. */
  #classOfSection(
    name: string,
    variables: readonly { readonly member: FlatMember; readonly property: string }[],
    body: () => void,
  ): void {
    const { writer } = this;
    const { imports } = this.#types;
    const base = imports.value('DataSection');
    const ints = variables.flatMap(({ member: { shape, name: label, offset }, property }) => {
      const kind = atomicKind(shape);
      this.#types.within(label);
      return kind === undefined
        ? []
        : [{ property, offset, kind, type: valueType(this.#types, shape) }];
    });
    if (ints.length === 0) {
      const line = `export class ${name} extends ${base}<Record<never, never>> {`;
      if (writer.fits(line)) {
        writer.block(line, body);
        return;
      }
      writer.line(`export class ${name} extends ${base}<`);
      writer.indent(() => writer.line('Record<never, never>'));
      writer.block('> {', body);
      return;
    }
    writer.block(
      `export class ${name} extends ${base}<{`,
      () => {
        for (const { property, type } of ints) writer.typed(`${property}:`, type);
      },
      '}> {',
    );
    writer.indent(() => {
      const layout = imports.type('IntLayout');
      writer.block(
        `static override readonly $ints: ${layout} = {`,
        () => {
          for (const { property, offset, kind } of ints)
            writer.line(`${property}: [${offset}, '${kind}'],`);
        },
        '};',
      );
      body();
    });
    writer.line('}');
  }

  /** The class for a struct_ops map: its numbers, and the programs behind its function pointers. */
  emitShadow(name: string, map: MapSpec, typeId: number): void {
    const { writer } = this;
    const { imports } = this.#types;
    const type = this.#btf.type(typeId);
    if (type.kind !== 'struct') return;
    const taken = new Names(OWN_MEMBERS);
    const title = `\`struct ${type.name.replaceAll('`', "'")} ${map.name.replaceAll('`', "'")}\``;
    writer.line();
    writer.doc(`${title}: what can be set of it before load.`);
    const body = () => {
      for (const member of flatMembers(this.#btf, type)) {
        const property = taken.take(propertyName(member.name));
        const label = stringLiteral(member.name);
        const isFunction = this.#isFunctionPointer(member.typeId);
        if (isFunction) {
          const reference = imports.type('ProgramReference');
          writer.block(`get ${property}(): ${reference} {`, () =>
            writer.expression('return ', call('this.$get', label), ';'),
          );
          writer.block(`set ${property}(value: ${reference}) {`, () =>
            writer.expression('', call('this.$set', label, 'value'), ';'),
          );
        } else if (member.bits === undefined && SCALARS.has(member.shape.kind)) {
          this.#types.within(`${type.name}_${member.name}`);
          this.#accessor(property, member, '', `${type.name}.${member.name}`, true);
        }
      }
    };
    writer.block(`export class ${name} extends ${imports.value('StructOpsShadow')} {`, body);
  }

  #isFunctionPointer(typeId: number): boolean {
    const type = this.#btf.type(this.#btf.resolve(typeId));
    if (type.kind !== 'ptr') return false;
    return this.#btf.type(this.#btf.resolve(type.typeId)).kind === 'func_proto';
  }

  #emitViews(): void {
    const { writer } = this;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { shape, name } = next;
      const taken = new Names(OWN_MEMBERS);
      const of = this.#types.typeName(shape);
      writer.line();
      writer.doc(`{@link ${of}} in a data section, live.`);
      const base = this.#types.imports.value('StructView');
      const members = flatMembers(this.#btf, shape.type);
      if (members.length === 0) {
        writer.line(`export class ${name} extends ${base} {}`);
        continue;
      }
      writer.block(`export class ${name} extends ${base} {`, () => {
        for (const member of members) {
          const property = taken.take(propertyName(member.name));
          this.#types.within(`${of}_${member.name}`);
          if (member.bits !== undefined) writer.doc(bitCount(member.bits.size));
          const label = `${shape.type.name || shape.alias || shape.type.kind}.${member.name}`;
          this.#accessor(property, member, 'this.$o', label, true);
        }
      });
    }
  }

  #viewName(shape: CompositeShape): string {
    let name = this.#views.get(shape.type.id);
    if (name === undefined) {
      name = this.#names.take(`${this.#types.typeName(shape)}View`);
      this.#views.set(shape.type.id, name);
      this.#queue.push({ shape, name });
    }
    return name;
  }

  #accessor(
    property: string,
    member: FlatMember,
    base: string,
    label: string,
    isWritable: boolean,
  ): void {
    const { writer } = this;
    const { type, read, write } = this.#access(member, base, label);
    writer.block(`get ${property}(): ${type} {`, () => writer.expression('return ', read, ';'));
    if (write === undefined || !isWritable) return;
    const { accepts, call: written } = write();
    writer.block(`set ${property}(value: ${accepts}) {`, () => writer.expression('', written, ';'));
  }

  /** The value itself for scalars, a window or view over the same bytes for the rest. */
  #access(member: FlatMember, base: string, label: string): Access {
    const types = this.#types;
    const memory = this.#memory;
    const { imports } = types;
    const { shape } = member;
    const at = plus(base, member.offset);
    const name = stringLiteral(label);
    const plain = valueType(types, shape);
    const store = (codec: string) => call(imports.value('store'), memory, at, codec, 'value', name);
    switch (shape.kind) {
      case 'chars': {
        const size = String(shape.size);
        const window = imports.value('CharWindow');
        return {
          type: window,
          read: call(`new ${window}`, memory, at, size),
          write: () => ({
            accepts: imports.type('CharsInput'),
            call: call(imports.value('storeChars'), memory, at, size, 'value', name),
          }),
        };
      }
      case 'numbers': {
        const where = [shape.array, memory, at, String(shape.length)];
        const order = String(types.littleEndian);
        const element = shape.array.startsWith('Big') ? 'bigint' : 'number';
        return {
          type: plain,
          read: call(imports.value('loadNumbers'), ...where, order),
          write: () => ({
            accepts: `ArrayLike<${element}>`,
            call: call(imports.value('storeNumbers'), ...where, 'value', order, name),
          }),
        };
      }
      case 'composite': {
        const view = this.#viewName(shape);
        return {
          type: view,
          read: call(`new ${view}`, memory, at),
          write: () => ({ accepts: plain, call: store(plain) }),
        };
      }
      case 'array': {
        const codec = types.arrayCodec(shape, label);
        const access = {
          write: () => ({ accepts: `readonly ${plain}`, call: store(codec) }),
        };
        const { element } = shape;
        if (element.kind !== 'composite') {
          const read = call(imports.value('load'), memory, at, codec);
          return { ...access, type: `readonly ${plain}`, read };
        }
        const view = this.#viewName(element);
        const [length, stride] = [String(shape.length), String(element.size)];
        return {
          ...access,
          type: `${imports.type('ViewArray')}<${view}>`,
          read: call(imports.value('viewArray'), memory, at, length, stride, view),
        };
      }
      case 'opaque':
        return { type: plain, read: call(`${memory}.raw`, at, String(shape.size)) };
      default: {
        return {
          type: plain,
          read: readMember(types, member, `${memory}.view`, base, label),
          write: () => ({
            accepts: plain,
            call: scalarWrite(
              writeMember(types, member, `${memory}.mut`, base, 'value', label),
              call(imports.value('given'), 'value', name),
            ),
          }),
        };
      }
    }
  }

  /** Type and codec of what is no member: keys and values of maps. */
  codec(typeId: number, label: string, context: string): { type: string; expression: Expression } {
    this.#types.within(context);
    const shape = shapeOf(this.#btf, typeId);
    return {
      type: valueType(this.#types, shape),
      expression: codecExpression(this.#types, shape, label),
    };
  }

  /** The type alone. */
  type(typeId: number, context: string): string {
    return valueType(this.#types.within(context), shapeOf(this.#btf, typeId));
  }
}

/** How atomic operations see an integer: `u64`. */
function atomicKind(shape: Shape): string | undefined {
  if (shape.kind !== 'int' && shape.kind !== 'enum') return undefined;
  if (shape.size > 8) return undefined;
  return `${shape.signed ? 'i' : 'u'}${shape.size * 8}`;
}

/** Members that are left out of a struct are zero, but a variable that is set to nothing is a mistake. */
function scalarWrite(write: Call, value: Call): Call {
  return { ...write, args: write.args.map((arg) => (arg === 'value' ? value : arg)) };
}
