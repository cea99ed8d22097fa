/** Names found by searching the strings are those that the index finds, whatever strings and names look like. */

import {
  type Btf,
  BtfKind,
  btfBuilder,
  CoreKind,
  convertEndianness,
  createCoreContext,
  parseBtf,
  relocateCore,
} from '@libbpf-ts/btf';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seeded } from './arbitrary-types.js';

const test = suite('NameScan');

const HOST_IS_LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

/** Few letters, so that names end each other and have flavours. */
const name = fc
  .array(fc.constantFrom('a', 'b', '_', '___', 'a___b', 'ab'), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join(''));

/** Structs of these names; `moves` puts the name of a type somewhere else in the strings, into the middle of another name too. */
function structs(
  names: readonly string[],
  moves: readonly (readonly [type: number, offset: number])[] = [],
): Btf {
  const builder = btfBuilder({ littleEndian: HOST_IS_LITTLE });
  for (const one of names) builder.struct(one, { size: 4 });
  const bytes = builder.toBytes();
  const { strings } = parseBtf(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [type, offset] of moves) {
    const at = 24 + 12 * (type % names.length);
    view.setUint32(at, offset % strings.length, HOST_IS_LITTLE);
  }
  return parseBtf(bytes);
}

/** The same in the other byte order, which only the index reads. */
function foreign(btf: Btf): Btf {
  return parseBtf(convertEndianness(btf.bytes, !HOST_IS_LITTLE));
}

/** Ids of the target's structs that `name` may stand for, as a relocation finds them. */
function candidates(target: Btf, typeName: string): unknown {
  const local = btfBuilder();
  const typeId = local.struct(typeName, { size: 4 });
  const context = createCoreContext(local.build(), [{ name: 'vmlinux', btf: target }]);
  relocateCore(context, {
    insnOffset: 0,
    typeId,
    accessString: '0',
    kind: CoreKind.TYPE_SIZE,
  });
  return context.candidates.get(typeId)!.map(({ id }) => id);
}

test('finds what the index finds', () => {
  const input = fc.record({
    names: fc.array(name, { minLength: 1, maxLength: 40 }),
    moves: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }),
    others: fc.array(name, { maxLength: 5 }),
    expected: fc.boolean(),
  });
  fc.assert(
    fc.property(input, ({ names, moves, others, expected }) => {
      const [scanned, indexed] = [structs(names, moves), foreign(structs(names, moves))];
      const asked = [...others, ...names];
      if (expected) scanned.expectNames(asked);
      for (const one of asked) {
        assert.equal(candidates(scanned, one), candidates(indexed, one), one);
        assert.equal(scanned.findAllByName(one), indexed.findAllByName(one), one);
        assert.is(scanned.findByName(one), indexed.findByName(one), one);
      }
    }),
    seeded(300),
  );
});

test('finds expected names without an index, and others too', () => {
  const names = Array.from({ length: 200 }, (_, index) => `name${index}`);
  const btf = structs(names);
  btf.expectNames(names.slice(0, 20));
  btf.expectNames(['name3', 'missing', 'not plain', '']);
  assert.is(btf.findByNameAndKind('name7', BtfKind.STRUCT), 8);
  assert.is(btf.findByNameAndKind('name7', BtfKind.UNION), undefined);
  assert.is(btf.findByName('missing'), undefined);
  for (const [index, one] of names.entries()) assert.is(btf.findByName(one), index + 1);
});

test('expects no more names than one search takes; the others are found all the same', () => {
  const names = Array.from({ length: 500 }, (_, index) => `x${index}_${'y'.repeat(index % 7)}`);
  const btf = structs(names);
  btf.expectNames(names);
  for (const [index, one] of names.entries()) assert.equal(btf.findAllByName(one), [index + 1]);
});

test('tells names apart whose offsets are alike', () => {
  // Of eight bytes each: every 8192 types the lower half of the offset is the same.
  const names = Array.from({ length: 20_000 }, (_, index) => `n${String(index).padStart(6, '0')}`);
  const btf = structs(names);
  const wanted = names.filter((_, index) => index % 700 === 0);
  btf.expectNames(wanted);
  for (const one of wanted) assert.equal(btf.findAllByName(one), [names.indexOf(one) + 1]);
});

test('leaves to the index what would take long', () => {
  const long = 'z'.repeat(600);
  // Too many strings end like the name; the flavour of a name is too long to be one; the name is.
  const many = Array.from({ length: 5000 }, (_, index) => `${index}_common`);
  for (const names of [
    [...many, 'common'],
    ['common', `common___${long}`],
    [long, 'common'],
  ]) {
    const [scanned, indexed] = [structs(names), foreign(structs(names))];
    scanned.expectNames([long, 'common']);
    for (const one of ['common', long]) {
      assert.equal(candidates(scanned, one), candidates(indexed, one));
      assert.equal(scanned.findAllByName(one), indexed.findAllByName(one));
    }
  }
});

test('names of the base of a split BTF are expected in vain', () => {
  const base = structs(['a', 'b']);
  const builder = btfBuilder({ base, littleEndian: HOST_IS_LITTLE });
  const id = builder.union('a', { size: 4 });
  const split = builder.build();
  split.expectNames(['a']);
  assert.equal(split.findAllByName('a'), [1, id]);
});

test.run();
