/** Sizes, alignments, resolving, members: also on types that have none, or no end. */

import {
  btfBuilder,
  findMember,
  isBitField,
  memberByteOffset,
  parseBtf,
  validateBtf,
} from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('sizes and members');

test('sizes and alignments', () => {
  const b = btfBuilder({ pointerSize: 4 });
  const int = b.int('int', { size: 4 });
  const char = b.int('char', { size: 1 });
  const wide = b.int('wide', { size: 16 });
  const pointer = b.ptr(0);
  const float = b.float('double', 8);
  const array = b.array(b.array(int, { length: 3, indexTypeId: int }), {
    length: 5,
    indexTypeId: int,
  });
  const member = (
    typeId: number,
    bitOffset: number,
    bitSize = 0,
  ): { typeId: number; bitOffset: number; bitSize: number } => ({ typeId, bitOffset, bitSize });
  const plain = b.struct('plain', { size: 8, members: [member(char, 0), member(int, 32)] });
  const packed = b.struct('packed', { size: 5, members: [member(char, 0), member(int, 8)] });
  const tail = b.struct('tail', { size: 5, members: [member(int, 0), member(char, 32)] });
  const bits = b.struct('bits', { size: 4, members: [member(int, 3, 5), member(int, 8, 9)] });
  const empty = b.struct('empty', { size: 0 });
  const union = b.union('union', { size: 8, members: [member(char, 0), member(plain, 0)] });
  const wrapped = b.typedef(
    't',
    b.const(b.volatile(b.restrict(b.typeTag('tag', { typeId: plain })))),
  );
  const enumeration = b.enum64('e', { values: [] });
  const variable = b.var('v', { typeId: int, linkage: 'global' });
  const tag = b.declTag('t', { typeId: plain });
  const section = b.datasec('.data', { size: 100, variables: [] });
  const btf = b.build();
  const table: [id: number, size: number, align: number][] = [
    [int, 4, 4],
    [char, 1, 1],
    [wide, 16, 4],
    [pointer, 4, 4],
    [float, 8, 4],
    [array, 60, 4],
    [plain, 8, 4],
    [packed, 5, 1],
    [tail, 5, 1],
    [bits, 4, 4],
    [empty, 0, 1],
    [union, 8, 4],
    [wrapped, 8, 4],
    [enumeration, 8, 4],
    [variable, 4, 4],
    [tag, 8, 4],
  ];
  for (const [id, size, align] of table) {
    assert.is(btf.sizeOf(id), size, btf.describe(id));
    assert.is(btf.alignOf(id), align, btf.describe(id));
  }
  assert.is(btf.sizeOf(section), 100);
  assert.is(btf.resolve(wrapped), plain);
  assert.is(btf.skipModifiers(wrapped), wrapped);
  assert.is(btf.skipModifiers(wrapped - 1), plain);
  assert.is(btf.resolve(0), 0);
});

test('types without size or alignment', () => {
  const b = btfBuilder();
  const fwd = b.fwd('later', 'struct');
  const proto = b.funcProto(0);
  const func = b.func('f', { typeId: proto, linkage: 'static' });
  const inside = b.struct('s', { size: 4, members: [{ typeId: fwd, bitOffset: 0 }] });
  const btf = b.build();
  for (const [id, name] of [
    [0, 'void'],
    [fwd, 'fwd "later"'],
    [proto, 'func_proto'],
    [func, 'func "f"'],
  ] as const) {
    const offset = id === 0 ? 0 : btf.recordOffset(id);
    const where = `BTF type ${id} (${name}), offset 0x${offset.toString(16)}`;
    const kind = name.split(' ')[0];
    assert.is(
      btfError(() => btf.sizeOf(id)).message,
      `${where}: size: a ${kind} has none, expected a type of data`,
    );
    assert.is(
      btfError(() => btf.alignOf(id)).message,
      `${where}: alignment: a ${kind} has none, expected a type of data`,
    );
  }
  assert.is(btfError(() => btf.alignOf(inside)).code, 'BTF_NO_SIZE');
  assert.is(btf.sizeOf(inside), 4);
});

test('sizes past 32 bits', () => {
  const b = btfBuilder();
  const int = b.int('int', { size: 4 });
  const array = b.array(int, { length: 0x40000000, indexTypeId: int });
  assert.is(
    btfError(() => b.build().sizeOf(array)).message,
    'BTF type 2 (array), offset 0x28: size does not fit 32 bits, found 4294967296 bytes, expected at most 4294967295',
  );
});

test('circles and chains without end', () => {
  const b = btfBuilder();
  const typedef = b.typedef('self', 1);
  const pair = b.const(b.nextId + 1);
  b.volatile(pair);
  const array = b.array(b.nextId, { length: 1, indexTypeId: 0 });
  const struct = b.struct('itself', {
    size: 4,
    members: [{ name: 'x', typeId: b.nextId, bitOffset: 0 }],
  });
  let chain = b.int('int', { size: 4 });
  for (let i = 0; i < 64; i++) chain = b.const(chain);
  const longest = chain;
  const tooLong = b.const(longest);
  const btf = b.build();
  assert.is(
    btfError(() => btf.resolve(typedef)).message,
    'BTF type 1 (typedef "self"), offset 0x18: following typedefs: more than 64 types in a chain, expected an end (is it a cycle?)',
  );
  for (const id of [typedef, pair, array, struct, tooLong]) {
    if (id !== struct)
      assert.is(btfError(() => btf.sizeOf(id)).code, 'BTF_TOO_DEEP', btf.describe(id));
    assert.is(btfError(() => btf.alignOf(id)).code, 'BTF_TOO_DEEP', btf.describe(id));
  }
  assert.match(btfError(() => btf.sizeOf(array)).message, /working out its size: more than 64/);
  assert.is(btf.sizeOf(longest), 4);
  assert.is(btf.alignOf(longest), 4);
  assert.is(findMember(btf, struct, 'y'), undefined);
});

test('structs that nest in 2^60 ways are aligned in one pass', () => {
  const b = btfBuilder();
  let inner = b.int('int', { size: 4 });
  for (let i = 0; i < 60; i++) {
    inner = b.struct('', {
      size: 4,
      members: [
        { typeId: inner, bitOffset: 0 },
        { typeId: inner, bitOffset: 0 },
      ],
    });
  }
  const btf = b.build();
  assert.is(btf.alignOf(inner), 4);
  assert.is(findMember(btf, inner, 'none'), undefined);
});

test('finds members through anonymous ones', () => {
  const btf = parseBtf(fixture('core-target.btf'));
  const moved = btf.findByName('moved')!;
  assert.equal(findMember(btf, moved, 'in_union'), {
    typeId: btf.findByName('int'),
    bitOffset: 128,
    bitSize: 0,
    path: [1, 1, 0],
  });
  assert.is(findMember(btf, moved, 'nothing'), undefined);
  const bits = btf.findByName('bits')!;
  const found = findMember(btf, btf.findByName('bits')!, 'b')!;
  assert.equal([found.bitOffset, found.bitSize], [35, 29]);
  const type = btf.type(bits);
  if (type.kind !== 'struct') throw new Error('not a struct');
  assert.equal(
    type.members.map((member) => [memberByteOffset(member), isBitField(type, member)]),
    [
      [0, false],
      [4, true],
      [4, true],
      [8, true],
      [13, true],
      [13, true],
      [14, true],
    ],
  );
  const int = btf.findByName('int')!;
  const offset = btf.recordOffset(int).toString(16);
  assert.is(
    btfError(() => findMember(btf, int, 'x')).message,
    `BTF type ${int} (int "int"), offset 0x${offset}: no members, found int, expected struct or union`,
  );
  assert.is(btfError(() => findMember(btf, 0, 'x')).code, 'BTF_NOT_COMPOSITE');
});

test('validateBtf finds what single look-ups do not', () => {
  for (const name of ['kinds.el.btf', 'kinds.eb.btf', 'core-local.btf', 'core-target.btf'])
    validateBtf(parseBtf(fixture(name)));
  const table: [make: (b: ReturnType<typeof btfBuilder>) => void, message: string][] = [
    [
      (b) => b.int('i', { size: 3 }),
      'BTF type 1 (int "i"), offset 0x18: bad size, found 3, expected 1, 2, 4, 8 or 16',
    ],
    [
      (b) => b.int('i', { size: 4, bits: 30, offset: 3 }),
      'BTF type 1 (int "i"), offset 0x18: bits past its end, found 3 + 30, expected at most 32',
    ],
    [
      (b) => b.struct('s', { size: 4, members: [{ typeId: 0, bitOffset: 33 }] }),
      'BTF type 1 (struct "s"), offset 0x18: member 0 past its end, found bit 33, expected at most 32',
    ],
    [
      (b) => b.func('f', { typeId: 0, linkage: 'static' }),
      'BTF type 1 (func "f"), offset 0x18: wrong type of function, found BTF type 0 (void), expected a func_proto',
    ],
    [
      (b) => b.datasec('.d', { size: 0, variables: [{ typeId: 1, offset: 0, size: 0 }] }),
      'BTF type 1 (datasec ".d"), offset 0x18: wrong variable 0, found BTF type 1 (datasec ".d"), expected a var or func',
    ],
    [
      (b) => b.array(1, { length: 1, indexTypeId: 0 }),
      'BTF type 1 (array), offset 0x18: following arrays: more than 64 types in a chain, expected an end (is it a cycle?)',
    ],
    [
      (b) => b.typedef('t', 1),
      'BTF type 1 (typedef "t"), offset 0x18: following typedefs: more than 64 types in a chain, expected an end (is it a cycle?)',
    ],
    [
      (b) => b.struct('s', { size: 4, members: [{ typeId: 1, bitOffset: 0 }] }),
      'BTF type 1 (struct "s"), offset 0x18: working out its alignment: more than 64 types in a chain, expected an end (is it a cycle?)',
    ],
  ];
  for (const [make, message] of table) {
    const b = btfBuilder();
    make(b);
    assert.is(btfError(() => validateBtf(b.build())).message, message);
  }
  const fine = btfBuilder();
  fine.struct('s', { size: 4, members: [{ typeId: fine.nextId + 1, bitOffset: 0 }] });
  fine.fwd('f', 'struct');
  validateBtf(fine.build());
});

test.run();
