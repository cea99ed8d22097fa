/** Building, serialising, reading again; in both byte orders. */

import { type BtfType, btfBuilder, convertEndianness, formatRaw, parseBtf } from '@libbpf-ts/btf';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arbitraryTypes, seeded } from './arbitrary-types.js';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('builder');

function build(types: readonly BtfType[], littleEndian: boolean): Uint8Array {
  const builder = btfBuilder({ littleEndian });
  for (const type of types) assert.is(builder.add(type), type.id);
  return builder.toBytes();
}

test('what is built is what is read', () => {
  fc.assert(
    fc.property(arbitraryTypes(), fc.boolean(), (types, littleEndian) => {
      const btf = parseBtf(build(types, littleEndian));
      assert.is(btf.littleEndian, littleEndian);
      assert.equal([...btf.types()], types);
    }),
    seeded(300),
  );
});

test('converted bytes are those built in the other byte order', () => {
  fc.assert(
    fc.property(arbitraryTypes(), (types) => {
      const [little, big] = [build(types, true), build(types, false)];
      assert.equal(convertEndianness(little, false), big);
      assert.equal(convertEndianness(big, true), little);
      assert.equal(convertEndianness(big, false), big);
    }),
    seeded(100),
  );
});

test('what clang wrote is built again type by type', () => {
  for (const name of ['kinds.el.btf', 'kinds.eb.btf', 'core-local.btf', 'dedup.merged.btf']) {
    const btf = parseBtf(fixture(name));
    const types = [...btf.types()];
    assert.equal([...parseBtf(build(types, btf.littleEndian)).types()], types);
  }
});

test('conversion leaves the bytes it was given alone, also those of a Buffer', () => {
  const bytes = Buffer.from(fixture('kinds.el.btf'));
  const before = Buffer.from(bytes);
  const big = convertEndianness(bytes, false);
  assert.is(Buffer.compare(bytes, before), 0);
  assert.is(formatRaw(parseBtf(big)), formatRaw(parseBtf(bytes)));
  const copy = convertEndianness(bytes, true);
  copy[0] = 0;
  assert.is(Buffer.compare(bytes, before), 0);
});

test('a type may have 65,535 members, and no more', () => {
  const members = Array.from({ length: 65535 }, (_, index) => ({
    name: `m${index}`,
    typeId: 1,
    bitOffset: index,
  }));
  const builder = btfBuilder();
  builder.int('int', { size: 4 });
  const id = builder.struct('wide', { size: 8192, members });
  const type = builder.build().type(id);
  if (type.kind !== 'struct') throw new Error('not a struct');
  assert.is(type.members.length, 65535);
  assert.is(type.members[65534]!.name, 'm65534');
  assert.throws(
    () =>
      builder.struct('wider', { size: 8192, members: [...members, { typeId: 1, bitOffset: 0 }] }),
    (error: Error) =>
      error instanceof RangeError &&
      error.message ===
        'BTF builder: number of entries is 65536, expected a whole number from 0 to 65535',
  );
});

test('numbers that do not fit are refused before anything is written', () => {
  const table: [call: (b: ReturnType<typeof btfBuilder>) => unknown, message: string][] = [
    [(b) => b.ptr(-1), 'size or type id is -1, expected a whole number from 0 to 4294967295'],
    [
      (b) => b.typedef('t', 2 ** 32),
      'size or type id is 4294967296, expected a whole number from 0 to 4294967295',
    ],
    [
      (b) => b.float('f', 1.5),
      'size or type id is 1.5, expected a whole number from 0 to 4294967295',
    ],
  ];
  for (const [call, message] of table) {
    const builder = btfBuilder();
    const before = builder.nextId;
    assert.throws(
      () => call(builder),
      (error: Error) => error instanceof RangeError && error.message === `BTF builder: ${message}`,
    );
    assert.is(builder.nextId, before);
  }
  for (const call of [
    (b: ReturnType<typeof btfBuilder>) => b.int('i', { size: 4, bits: 256 }),
    (b: ReturnType<typeof btfBuilder>) =>
      b.struct('s', { size: 4, members: [{ typeId: 0, bitOffset: 2 ** 24, bitSize: 1 }] }),
    (b: ReturnType<typeof btfBuilder>) => b.enum('e', { values: [{ name: 'A', value: 2 ** 32 }] }),
    (b: ReturnType<typeof btfBuilder>) => b.declTag('d', { typeId: 0, componentIndex: -2 }),
    (b: ReturnType<typeof btfBuilder>) => b.array(0, { length: Number.NaN, indexTypeId: 0 }),
  ]) {
    assert.throws(() => call(btfBuilder()), /^BTF builder: /);
  }
  assert.throws(() => btfBuilder().addString('a\0b'), 'BTF string: contains NUL');
  assert.throws(
    () => btfBuilder().add({ kind: 'void', id: 0, name: '' }),
    'BTF builder: void is id 0 everywhere and can not be added',
  );
});

test('strings are written once, and the builder goes on after serialising', () => {
  const builder = btfBuilder();
  assert.is(builder.addString(''), 0);
  assert.is(builder.addString('twice'), 1);
  assert.is(builder.addString('twice'), 1);
  const struct = builder.struct('twice', { size: 0, members: [] });
  const before = builder.build();
  builder.typedef('later', struct);
  const after = builder.build();
  assert.equal([before.typeCount, after.typeCount], [2, 3]);
  assert.is(after.stringsEnd, '\0twice\0later\0'.length);
});

test('conversion refuses what parsing refuses', () => {
  assert.is(btfError(() => convertEndianness(new Uint8Array(30), true)).code, 'BTF_BAD_MAGIC');
});

test.run();
