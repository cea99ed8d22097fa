/** Random types for property tests: any kind, any numbers that fit, references anywhere below `count`. */

import type { BtfType } from '@libbpf-ts/btf';
import fc from 'fast-check';

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const s32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });
const name = fc.oneof(
  fc.constantFrom('', 'a', 'task_struct', 'x___flavour'),
  fc.string({ maxLength: 12, unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
);

/** As fc.record, of ordinary objects. */
function record<Model>(
  model: { [Key in keyof Model]: fc.Arbitrary<Model[Key]> },
): fc.Arbitrary<Model> {
  return fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<Model>;
}

/** A list of types; ids are positions + 1. */
export function arbitraryTypes(maxLength = 30): fc.Arbitrary<BtfType[]> {
  return fc.integer({ min: 0, max: maxLength }).chain((count) => {
    const id = fc.integer({ min: 0, max: count });
    return fc
      .array(arbitraryType(id), { minLength: count, maxLength: count })
      .map((types) => types.map((type, index) => ({ ...type, id: index + 1 }) as BtfType));
  });
}

function arbitraryType(id: fc.Arbitrary<number>): fc.Arbitrary<object> {
  const list = <Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Item[]> =>
    fc.array(item, { maxLength: 5 });
  const kind = <Kind extends string>(one: Kind): fc.Arbitrary<Kind> => fc.constant(one);
  const wraps = fc.constantFrom('ptr', 'volatile', 'const', 'restrict');
  const linkage = fc.constantFrom('static', 'global', 'extern');
  const value32 = fc.boolean().chain((signed) =>
    record({
      signed: fc.constant(signed),
      values: list(record({ name, value: signed ? s32 : u32 })),
    }),
  );
  const value64 = fc.boolean().chain((signed) => {
    const value = signed
      ? fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
      : fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    return record({ signed: fc.constant(signed), values: list(record({ name, value })) });
  });
  const members = fc.boolean().chain((kindFlag) =>
    record({
      kindFlag: fc.constant(kindFlag),
      members: list(
        record({
          name,
          typeId: id,
          bitOffset: kindFlag ? fc.integer({ min: 0, max: 0xffffff }) : u32,
          bitSize: kindFlag ? fc.integer({ min: 0, max: 255 }) : fc.constant(0),
        }),
      ),
    }),
  );
  return fc.oneof(
    record({
      kind: kind('int'),
      name,
      size: u32,
      bits: fc.integer({ min: 0, max: 255 }),
      offset: fc.integer({ min: 0, max: 255 }),
      signed: fc.boolean(),
      char: fc.boolean(),
      bool: fc.boolean(),
    }),
    record({ kind: wraps, name: fc.constant(''), typeId: id }),
    record({
      kind: kind('array'),
      name: fc.constant(''),
      elementTypeId: id,
      indexTypeId: id,
      length: u32,
    }),
    fc
      .record({ kind: fc.constantFrom('struct', 'union'), name, size: u32, rest: members })
      .map(({ rest, ...type }) => ({ ...type, ...rest })),
    fc
      .record({ kind: kind('enum'), name, size: u32, rest: value32 })
      .map(({ rest, ...type }) => ({ ...type, ...rest })),
    fc
      .record({ kind: kind('enum64'), name, size: u32, rest: value64 })
      .map(({ rest, ...type }) => ({ ...type, ...rest })),
    record({ kind: kind('fwd'), name, fwdKind: fc.constantFrom('struct', 'union') }),
    record({ kind: kind('typedef'), name, typeId: id }),
    record({ kind: fc.constantFrom('func', 'var'), name, typeId: id, linkage }),
    record({
      kind: kind('func_proto'),
      name: fc.constant(''),
      returnTypeId: id,
      parameters: list(record({ name, typeId: id })),
    }),
    record({
      kind: kind('datasec'),
      name,
      size: u32,
      variables: list(record({ typeId: id, offset: u32, size: u32 })),
    }),
    record({ kind: kind('float'), name, size: u32 }),
    record({
      kind: kind('decl_tag'),
      name,
      typeId: id,
      componentIndex: fc.integer({ min: -1, max: 0x7fffffff }),
      kindFlag: fc.boolean(),
    }),
    record({ kind: kind('type_tag'), name, typeId: id, kindFlag: fc.boolean() }),
  );
}

/** Options that print and obey TEST_SEED. */
export function seeded(numRuns: number): fc.Parameters<unknown> {
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 0x7fffffff);
  return { seed, numRuns };
}
