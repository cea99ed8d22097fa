/** Decoding of single types, and the accessors that make no objects. */

import { type Btf, BtfKind, type BtfType, btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('types');

/** One of every kind, by what the builder is told and what the reader is to say. */
function everyKind(littleEndian: boolean): { btf: Btf; expected: BtfType[] } {
  const b = btfBuilder({ littleEndian });
  const expected: BtfType[] = [];
  const add = (id: number, type: object): void => {
    expected.push({ id, name: '', ...type } as unknown as BtfType);
  };
  const plainInt = { size: 4, bits: 32, offset: 0, signed: false, char: false, bool: false };
  add(b.int('unsigned int', { size: 4 }), { kind: 'int', name: 'unsigned int', ...plainInt });
  add(b.int('bit', { size: 2, bits: 3, offset: 5, signed: true, char: true, bool: true }), {
    kind: 'int',
    name: 'bit',
    size: 2,
    bits: 3,
    offset: 5,
    signed: true,
    char: true,
    bool: true,
  });
  add(b.ptr(0), { kind: 'ptr', typeId: 0 });
  add(b.array(1, { length: 0xffffffff, indexTypeId: 2 }), {
    kind: 'array',
    elementTypeId: 1,
    indexTypeId: 2,
    length: 0xffffffff,
  });
  add(
    b.struct('s', {
      size: 8,
      members: [
        { name: 'a', typeId: 1, bitOffset: 0 },
        { typeId: 2, bitOffset: 0xffffffff },
      ],
    }),
    {
      kind: 'struct',
      name: 's',
      size: 8,
      kindFlag: false,
      members: [
        { name: 'a', typeId: 1, bitOffset: 0, bitSize: 0 },
        { name: '', typeId: 2, bitOffset: 0xffffffff, bitSize: 0 },
      ],
    },
  );
  add(
    b.union('u', {
      size: 4,
      members: [
        { name: 'b', typeId: 1, bitOffset: 0xffffff, bitSize: 255 },
        { name: 'c', typeId: 1, bitOffset: 9 },
      ],
    }),
    {
      kind: 'union',
      name: 'u',
      size: 4,
      kindFlag: true,
      members: [
        { name: 'b', typeId: 1, bitOffset: 0xffffff, bitSize: 255 },
        { name: 'c', typeId: 1, bitOffset: 9, bitSize: 0 },
      ],
    },
  );
  add(
    b.enum('e', {
      values: [
        { name: 'A', value: 0xffffffff },
        { name: 'B', value: 1 },
      ],
    }),
    {
      kind: 'enum',
      name: 'e',
      size: 4,
      signed: false,
      values: [
        { name: 'A', value: 0xffffffff },
        { name: 'B', value: 1 },
      ],
    },
  );
  add(b.enum('f', { size: 1, signed: true, values: [{ name: 'C', value: -1 }] }), {
    kind: 'enum',
    name: 'f',
    size: 1,
    signed: true,
    values: [{ name: 'C', value: -1 }],
  });
  add(b.enum64('g', { values: [{ name: 'D', value: 0xfedcba9876543210n }] }), {
    kind: 'enum64',
    name: 'g',
    size: 8,
    signed: false,
    values: [{ name: 'D', value: 0xfedcba9876543210n }],
  });
  add(b.enum64('h', { signed: true, values: [{ name: 'E', value: -2n }] }), {
    kind: 'enum64',
    name: 'h',
    size: 8,
    signed: true,
    values: [{ name: 'E', value: -2n }],
  });
  add(b.fwd('i', 'struct'), { kind: 'fwd', name: 'i', fwdKind: 'struct' });
  add(b.fwd('j', 'union'), { kind: 'fwd', name: 'j', fwdKind: 'union' });
  add(b.typedef('k', 1), { kind: 'typedef', name: 'k', typeId: 1 });
  add(b.volatile(1), { kind: 'volatile', typeId: 1 });
  add(b.const(2), { kind: 'const', typeId: 2 });
  add(b.restrict(3), { kind: 'restrict', typeId: 3 });
  const proto = b.funcProto(1, [{ name: 'x', typeId: 1 }, { typeId: 0 }]);
  add(proto, {
    kind: 'func_proto',
    returnTypeId: 1,
    parameters: [
      { name: 'x', typeId: 1 },
      { name: '', typeId: 0 },
    ],
  });
  for (const linkage of ['static', 'global', 'extern'] as const) {
    add(b.func(`func_${linkage}`, { typeId: proto, linkage }), {
      kind: 'func',
      name: `func_${linkage}`,
      typeId: proto,
      linkage,
    });
  }
  const variable = b.var('l', { typeId: 1, linkage: 'extern' });
  add(variable, { kind: 'var', name: 'l', typeId: 1, linkage: 'extern' });
  add(b.datasec('.data', { size: 9, variables: [{ typeId: variable, offset: 5, size: 4 }] }), {
    kind: 'datasec',
    name: '.data',
    size: 9,
    variables: [{ typeId: variable, offset: 5, size: 4 }],
  });
  add(b.float('double', 8), { kind: 'float', name: 'double', size: 8 });
  add(b.declTag('m', { typeId: 5 }), {
    kind: 'decl_tag',
    name: 'm',
    typeId: 5,
    componentIndex: -1,
    kindFlag: false,
  });
  add(b.declTag('n', { typeId: 5, componentIndex: 1, kindFlag: true }), {
    kind: 'decl_tag',
    name: 'n',
    typeId: 5,
    componentIndex: 1,
    kindFlag: true,
  });
  add(b.typeTag('o', { typeId: 1, kindFlag: true }), {
    kind: 'type_tag',
    name: 'o',
    typeId: 1,
    kindFlag: true,
  });
  return { btf: b.build(), expected };
}

test('every kind is read as it was built, in either byte order', () => {
  for (const littleEndian of [true, false]) {
    const { btf, expected } = everyKind(littleEndian);
    assert.equal([...btf.types()], expected);
    assert.is(new Set(expected.map(({ kind }) => kind)).size, 19);
    for (const type of expected) assert.equal(btf.type(type.id), type);
  }
});

test('a type is decoded once', () => {
  const { btf } = everyKind(true);
  assert.is(btf.type(5), btf.type(5));
  assert.is([...btf.types()][4], btf.type(5));
});

test('accessors agree with the decoded types', () => {
  const btf = parseBtf(fixture('kinds.eb.btf'));
  const names = Object.keys(BtfKind).map((name) => name.toLowerCase());
  for (const type of btf.types()) {
    assert.is(names[btf.kindOf(type.id)], type.kind);
    assert.is(btf.nameOf(type.id), type.name);
    assert.is(btf.string(btf.nameOffset(type.id)), type.name);
    if (type.kind === 'struct' || type.kind === 'union') {
      assert.is(btf.vlen(type.id), type.members.length);
      assert.is(btf.kindFlag(type.id), type.kindFlag);
      assert.is(btf.sizeOrType(type.id), type.size);
    }
    assert.is(btf.ownerOf(type.id), btf);
    assert.is(
      btf.view.getUint32(btf.recordOffset(type.id), btf.littleEndian),
      btf.nameOffset(type.id),
    );
    assert.ok(btf.recordEnd(type.id) - btf.recordOffset(type.id) >= 12);
  }
  assert.equal(
    [
      btf.kindOf(0),
      btf.nameOf(0),
      btf.nameOffset(0),
      btf.vlen(0),
      btf.kindFlag(0),
      btf.sizeOrType(0),
    ],
    [0, '', 0, 0, false, 0],
  );
  assert.equal(btf.type(0), { kind: 'void', id: 0, name: '' });
});

test('strings are the same before and after the whole section is decoded', () => {
  for (const text of ['plain', 'naïve ✓', 'broken']) {
    const builder = btfBuilder();
    const ids = Array.from({ length: 700 }, (_, index) =>
      builder.struct(`${text}_${index}`, { size: 0 }),
    );
    const bytes = builder.toBytes();
    if (text === 'broken') bytes[bytes.length - 3] = 0xff;
    const btf = parseBtf(bytes);
    const once = ids.map((id) => btf.nameOf(id));
    assert.equal(
      ids.map((id) => btf.nameOf(id)),
      once,
    );
    if (text !== 'broken')
      assert.equal(
        once,
        ids.map((_, index) => `${text}_${index}`),
      );
    else assert.is(once.at(-1), 'broken_6\ufffd9');
  }
});

test('ids and string offsets out of range are errors', () => {
  const btf = parseBtf(fixture('kinds.el.btf'));
  const count = btf.typeCount;
  for (const id of [count, 0xffffffff, -1, 1.5, Number.NaN]) {
    for (const ask of [
      'type',
      'kindOf',
      'nameOf',
      'vlen',
      'kindFlag',
      'sizeOrType',
      'recordOffset',
      'sizeOf',
      'alignOf',
      'resolve',
    ] as const) {
      assert.is(btfError(() => btf[ask](id)).code, 'BTF_BAD_TYPE_ID', `${ask} ${id}`);
    }
  }
  assert.is(
    btfError(() => btf.type(count)).message,
    `BTF look-up: type id ${count} out of range, expected 0..${count - 1}`,
  );
  assert.is(btfError(() => btf.recordOffset(0)).code, 'BTF_BAD_TYPE_ID');
  const end = btf.stringsEnd;
  assert.is(
    btfError(() => btf.string(end)).message,
    `BTF look-up: string offset 0x${end.toString(16)} out of range, expected less than 0x${end.toString(16)}`,
  );
  assert.is(btf.stringBytes(end), undefined);
});

test('references out of range are errors that say where', () => {
  const table: [make: (b: ReturnType<typeof btfBuilder>) => void, message: RegExp][] = [
    [(b) => b.ptr(9), /^BTF type 1 \(ptr\), offset 0x20: type id 9 out of range, expected 0\.\.1$/],
    [
      (b) => b.array(9, { length: 1, indexTypeId: 0 }),
      /^BTF type 1 \(array\) element, offset 0x24: type id 9/,
    ],
    [
      (b) => b.array(0, { length: 1, indexTypeId: 9 }),
      /^BTF type 1 \(array\) index, offset 0x28: type id 9/,
    ],
    [
      (b) =>
        b.struct('rq', {
          size: 4,
          members: [
            { typeId: 0, bitOffset: 0 },
            { typeId: 90123, bitOffset: 0 },
          ],
        }),
      /^BTF type 1 \(struct "rq"\) member 1, offset 0x34: type id 90123 out of range, expected 0\.\.1$/,
    ],
    [(b) => b.funcProto(9), /^BTF type 1 \(func_proto\) return value, offset 0x20: type id 9/],
    [
      (b) => b.funcProto(0, [{ name: 'x', typeId: 9 }]),
      /^BTF type 1 \(func_proto\) parameter 0, offset 0x28: type id 9/,
    ],
    [
      (b) => b.datasec('.x', { size: 0, variables: [{ typeId: 9, offset: 0, size: 0 }] }),
      /^BTF type 1 \(datasec "\.x"\) variable 0, offset 0x24: type id 9/,
    ],
  ];
  for (const [make, message] of table) {
    const builder = btfBuilder();
    make(builder);
    const btf = builder.build();
    assert.match(btfError(() => btf.type(1)).message, message);
    assert.match(btfError(() => [...btf.types()]).message, message);
  }
});

test('string offsets and linkages out of range are errors that say where', () => {
  const table: [make: (b: ReturnType<typeof btfBuilder>) => void, at: number, message: RegExp][] = [
    [
      (b) => b.ptr(0),
      0,
      /^BTF type 1 \(ptr\), offset 0x18: string offset 0xffff out of range, expected less than 0x1$/,
    ],
    [
      (b) => b.struct('s', { size: 0, members: [{ typeId: 0, bitOffset: 0 }] }),
      12,
      /^BTF type 1 \(struct "s"\) member 0, offset 0x24: string offset 0xffff/,
    ],
    [
      (b) => b.enum('s', { values: [{ name: '', value: 0 }] }),
      12,
      /^BTF type 1 \(enum "s"\) value 0, offset 0x24: string/,
    ],
    [
      (b) => b.enum64('s', { values: [{ name: '', value: 0n }] }),
      12,
      /^BTF type 1 \(enum64 "s"\) value 0, offset 0x24: string/,
    ],
    [
      (b) => b.funcProto(0, [{ typeId: 0 }]),
      12,
      /^BTF type 1 \(func_proto\) parameter 0, offset 0x24: string/,
    ],
    [
      (b) => b.var('v', { typeId: 0, linkage: 'static' }),
      12,
      /^BTF type 1 \(var "v"\), offset 0x24: unknown linkage, found 65535, expected 0 \(static\), 1 \(global\) or 2 \(extern\)$/,
    ],
  ];
  for (const [make, at, message] of table) {
    const builder = btfBuilder();
    make(builder);
    const bytes = builder.toBytes();
    new DataView(bytes.buffer).setUint32(24 + at, 0xffff, true);
    assert.match(btfError(() => parseBtf(bytes).type(1)).message, message);
    // A name out of range is a name that nothing has.
    assert.is(parseBtf(bytes).findByName('nothing'), undefined);
  }
});

test.run();
