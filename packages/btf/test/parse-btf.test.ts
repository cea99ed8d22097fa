import { type Btf, BtfKind, btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('parseBtf');

/** A small BTF, with a 32-bit word of it overwritten. */
function patched(at: number, value: number, littleEndian = true): Uint8Array {
  const builder = btfBuilder({ littleEndian });
  const int = builder.int('int', { size: 4, signed: true });
  builder.struct('s', { size: 4, members: [{ name: 'a', typeId: int, bitOffset: 0 }] });
  const bytes = builder.toBytes();
  new DataView(bytes.buffer).setUint32(at, value, littleEndian);
  return bytes;
}

test('reads the header in either byte order', () => {
  for (const littleEndian of [true, false]) {
    const btf = parseBtf(patched(4, 24, littleEndian));
    assert.is(btf.littleEndian, littleEndian);
    assert.is(btf.startId, 1);
    assert.is(btf.typeCount, 3);
    assert.is(btf.nameOf(2), 's');
  }
});

test('keeps the bytes it was given, without a copy', () => {
  const bytes = patched(4, 24);
  assert.is(parseBtf(bytes).bytes, bytes);
});

test('reads bytes that start anywhere in their buffer', () => {
  const bytes = fixture('kinds.el.btf');
  for (const offset of [1, 2, 3]) {
    const room = new Uint8Array(bytes.length + offset + 5).fill(0xff);
    room.set(bytes, offset);
    const btf = parseBtf(room.subarray(offset, offset + bytes.length));
    assert.equal([...btf.types()], [...parseBtf(bytes).types()]);
  }
});

test('reads a header longer than known', () => {
  const bytes = fixture('kinds.el.btf');
  const longer = new Uint8Array(bytes.length + 8);
  longer.set(bytes.subarray(0, 24));
  longer.set(bytes.subarray(24), 32);
  new DataView(longer.buffer).setUint32(4, 32, true);
  assert.equal([...parseBtf(longer).types()], [...parseBtf(bytes).types()]);
});

test('reads a BTF without types', () => {
  const btf = btfBuilder().build();
  assert.is(btf.typeCount, 1);
  assert.equal([...btf.types()], []);
  assert.is(btf.findByName('x'), undefined);
  assert.is(btf.pointerSize, 8);
});

test('every truncation is an error with an offset inside', () => {
  for (const bytes of [fixture('kinds.el.btf'), fixture('kinds.eb.btf')]) {
    for (let length = 0; length < bytes.length; length++) {
      const error = btfError(() => parseBtf(bytes.subarray(0, length)));
      assert.ok(
        error.offset !== undefined && error.offset <= bytes.length,
        `${length}: ${error.message}`,
      );
    }
  }
});

test('says what is wrong with a header', () => {
  const table: [at: number, value: number, code: string, message: string][] = [
    [
      0,
      0x0001ffff,
      'BTF_BAD_MAGIC',
      'BTF header, offset 0x0: bad magic, found 0xffff, expected 0xeb9f in either byte order',
    ],
    [
      0,
      0x0002eb9f,
      'BTF_BAD_VERSION',
      'BTF header, offset 0x2: unsupported version, found 2, expected 1',
    ],
    [
      4,
      23,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x4: bad hdr_len, found 0x17, expected at least 0x18',
    ],
    [
      4,
      0xffffffff,
      'BTF_TRUNCATED',
      'BTF header, offset 0x0: truncated, found 73 bytes, expected 4294967295 bytes',
    ],
    [
      8,
      2,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x8: bad type_off, found 0x2, expected a multiple of 4',
    ],
    [
      8,
      0x10000,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x8: bad type_off, found 0x10000, expected at most 0x31',
    ],
    [
      12,
      0x10000,
      'BTF_TRUNCATED',
      'BTF type section, offset 0x18: truncated, found 49 bytes, expected 65536 bytes',
    ],
    [
      16,
      0x10000,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x10: bad str_off, found 0x10000, expected at most 0x31',
    ],
    [
      16,
      4,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x10: bad str_off, found 0x4, expected at least 0x28, where the types end',
    ],
    [
      20,
      0,
      'BTF_BAD_HEADER',
      'BTF header, offset 0x14: bad str_len, found 0x0, expected at least 0x1, for the empty string',
    ],
    [
      20,
      1000,
      'BTF_TRUNCATED',
      'BTF string section, offset 0x40: truncated, found 9 bytes, expected 1000 bytes',
    ],
    [20, 3, 'BTF_BAD_STRINGS', 'BTF strings, offset 0x42: bad last byte, found 0x6e, expected NUL'],
  ];
  for (const [at, value, code, message] of table) {
    const error = btfError(() => parseBtf(patched(at, value)));
    assert.is(error.message, message);
    assert.is(error.code, code);
  }
  const noEmptyString = patched(4, 24);
  noEmptyString[64] = 0x21;
  assert.is(
    btfError(() => parseBtf(noEmptyString)).message,
    'BTF strings, offset 0x40: bad first byte, found 0x21, expected NUL',
  );
});

test('says what is wrong with a type record', () => {
  const table: [at: number, value: number, message: string][] = [
    [
      28,
      20 << 24,
      'BTF type 1, offset 0x1c: unknown kind, found 20, expected 1..19 or one that a layout section describes',
    ],
    [
      28,
      0,
      'BTF type 1, offset 0x1c: unknown kind, found 0, expected 1..19 or one that a layout section describes',
    ],
    [
      44,
      (4 << 24) | 0xffff,
      'BTF type 2, offset 0x28: truncated, found 24 bytes, expected 786432 bytes',
    ],
    [12, 36, 'BTF type 2, offset 0x28: truncated, found 20 bytes, expected 24 bytes'],
    [12, 20, 'BTF type 2, offset 0x28: truncated, found 4 bytes, expected 12 bytes'],
  ];
  for (const [at, value, message] of table)
    assert.is(btfError(() => parseBtf(patched(at, value))).message, message);
});

test('finds types by name, without and with kind', () => {
  const btf = parseBtf(fixture('kinds.el.btf'));
  const node = btf.findByNameAndKind('node', BtfKind.STRUCT)!;
  assert.is(btf.findByName('node'), node);
  assert.is(btf.kindOf(node), BtfKind.STRUCT);
  assert.is(btf.findByNameAndKind('node', BtfKind.UNION), undefined);
  for (const name of ['', 'nod', 'node2', 'no\0de', 'node\0', 'x'.repeat(1000), 'é']) {
    assert.is(btf.findByName(name), undefined, JSON.stringify(name));
    assert.equal(btf.findAllByName(name), []);
  }
});

test('of types with one name, finds the first, and all', () => {
  const builder = btfBuilder();
  const ids: number[] = [];
  for (let round = 0; round < 3; round++) {
    // More than one step of the index lies between them.
    for (let i = 0; i < 5000; i++) builder.int(`filler ${round} ${i}`, { size: 4 });
    ids.push(builder.struct('twice', { size: round }), builder.union('twice', { size: 0 }));
  }
  const btf = builder.build();
  assert.is(btf.findByName('twice'), ids[0]);
  assert.is(btf.findByNameAndKind('twice', BtfKind.UNION), ids[1]);
  assert.equal(btf.findAllByName('twice'), ids);
  for (let i = 0; i < 5000; i += 17)
    assert.is(btf.nameOf(btf.findByName(`filler 2 ${i}`)!), `filler 2 ${i}`);
});

test('finds names of every length, the last of the section too', () => {
  const names = Array.from({ length: 40 }, (_, length) =>
    'abcdefghijklmnopqrstuvwxyz0123456789_XYZ!'.slice(0, length + 1),
  );
  const builder = btfBuilder();
  for (const name of names) builder.struct(name, { size: 0 });
  const btf = builder.build();
  for (const [index, name] of names.entries()) assert.is(btf.findByName(name), index + 1, name);
});

test('split BTF continues ids and strings of its base', () => {
  const base = btfBuilder();
  const int = base.int('int', { size: 4 });
  const first = base.build();
  const middle = btfBuilder({ base: first });
  const pointer = middle.ptr(int);
  const struct = middle.struct('int', {
    size: 8,
    members: [{ name: 'member', typeId: pointer, bitOffset: 0 }],
  });
  const second = middle.build();
  const top = btfBuilder({ base: second });
  const typedef = top.typedef('member', struct);
  const third = top.build();

  assert.equal([first.startId, second.startId, third.startId], [1, 2, 4]);
  assert.equal([first.typeCount, second.typeCount, third.typeCount], [2, 4, 5]);
  assert.is(third.type(int), first.type(int));
  assert.is(third.type(0).kind, 'void');
  assert.is(third.nameOf(typedef), 'member');
  assert.is(third.sizeOf(typedef), 8);
  assert.is(third.ownerOf(struct), second);
  assert.is(third.ownerOf(0), first);
  assert.equal(third.findAllByName('int'), [int, struct]);
  assert.is(third.findByName('int'), int);
  assert.is(third.findByNameAndKind('int', BtfKind.STRUCT), struct);
  assert.is(third.findOwnByNameAndKind('member', BtfKind.TYPEDEF), typedef);
  assert.is(third.findOwnByNameAndKind('int', BtfKind.INT), undefined);
  assert.equal(
    [...third.types()].map(({ id }) => id),
    [typedef],
  );
  // Strings of a base are used again, not repeated.
  assert.is(third.stringsEnd, third.stringsStart);
  assert.is(second.stringsEnd - second.stringsStart, 'member\0'.length);
});

test('a split BTF may have no strings, or strings that start with one', () => {
  const base = btfBuilder().build();
  const split = btfBuilder({ base });
  split.ptr(0);
  assert.is(split.build().typeCount, 2);
  assert.is(btfError(() => parseBtf(split.toBytes())).code, 'BTF_BAD_HEADER');
});

test('guesses the pointer size', () => {
  const size = (name: string, bytes: number): Btf => {
    const builder = btfBuilder();
    builder.int('int', { size: 4 });
    builder.int(name, { size: bytes });
    return builder.build();
  };
  assert.is(size('long', 4).pointerSize, 4);
  assert.is(size('long unsigned int', 8).pointerSize, 8);
  assert.is(size('unsigned long', 4).pointerSize, 4);
  assert.is(size('long long', 4).pointerSize, 8);
  assert.is(size('long', 3).pointerSize, 8);
  assert.is(btfBuilder({ pointerSize: 4 }).build().pointerSize, 4);
  assert.is(btfBuilder({ base: size('long', 4) }).build().pointerSize, 4);
});

test.run();
