/** Codecs compiled from BTF, against bytes that clang laid out, in both byte orders. */

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Btf,
  type BtfBuilder,
  type BtfErrorCode,
  BtfKind,
  btfBuilder,
  compileCodec,
  isBtfError,
  parseBtf,
} from '../src/index.js';

const test = suite('value codec');

function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/value-codec.${name}`, import.meta.url)));
}

const ORDERS = ['el', 'eb'].map((order) => ({
  order,
  btf: parseBtf(fixture(`${order}.btf`)),
  data: fixture(`${order}.data`).slice(0, 368),
}));
const { btf } = ORDERS[0]!;

function struct(of: Btf, name: string): number {
  return of.findByNameAndKind(name, BtfKind.STRUCT) ?? of.findByNameAndKind(name, BtfKind.UNION)!;
}

const SCALARS = {
  c: 120,
  s8: -5,
  u8: 250,
  s16: -300,
  u16: 65000,
  s32: -2000000000,
  u32: 4000000000,
  s64: -9000000000000000000n,
  u64: 18000000000000000000n,
  s128: -(1n << 100n),
  u128: (1n << 127n) + 5n,
  flag: true,
  f: 1.5,
  d: -2.25,
  color: -2,
  wide: 0x100000000n,
  pointer: 0xffff888000001000n,
  qualified: 42,
};
const BITS = {
  a: 5,
  b: 100000,
  c: -7,
  d: true,
  e: 0xabcdef0123n,
  f: -4000000000n,
  g: -2,
  plain: 77,
  h: 9,
  i: 6,
};
const ARRAYS = {
  name: 'runqslower',
  names: ['ab', 'abcd'],
  bytes: Uint8Array.of(1, 2, 255, 0),
  sbytes: Int8Array.of(-1, 1, 0, 0),
  shorts: Int16Array.of(-1, 2, -3, 4, -5, 6, -7, 8, -9, 10, -11, 12),
  words: Uint32Array.of(1, 4000000000, 0),
  longs: BigUint64Array.of(1n, 18000000000000000000n),
  matrix: [Int32Array.of(1, 2, 3), Int32Array.of(-1, -2, -3)],
  floats: Float32Array.of(0.5, -1),
  colors: [1, -2],
  flags: [true, false, true],
  points: [
    { x: 1, y: 2 },
    { x: 3, y: 4 },
  ],
  pointers: BigUint64Array.of(1n, 0x123456789n),
  wide: [-1n],
};

for (const { order, btf, data } of ORDERS) {
  test(`decodes what clang laid out (${order})`, () => {
    const codec = compileCodec<Record<string, Record<string, unknown>>>(
      btf,
      struct(btf, 'everything'),
    );
    assert.is(codec.size, data.length);
    const value = codec.decode(data);
    assert.equal(value['scalars'], SCALARS);
    assert.equal(value['bits'], BITS);
    assert.equal(value['arrays'], ARRAYS);
    assert.equal(value['packed'], { a: 112, b: 123456789 });
    const nested = value['nested']!;
    assert.is(nested['id'], 7);
    assert.is(nested['first'], 1);
    assert.is(nested['second'], -2);
    const both = nested['both'] as Record<string, unknown>;
    assert.is(both['whole'], 0x4142434400000000n);
    assert.is(both['text'], order === 'el' ? '' : 'ABCD');
    assert.is(both[order === 'el' ? 'high' : 'low'], 0x41424344);
    const odd = nested['odd'] as object;
    assert.equal(Object.entries(odd), [
      ['__proto__', 11],
      ['constructor', 12],
    ]);
  });

  test(`writes back what it read, byte for byte (${order})`, () => {
    const codec = compileCodec(btf, struct(btf, 'everything'));
    const bytes = new Uint8Array(codec.size + 3).fill(0xee);
    codec.encode(bytes, 2, codec.decode(data));
    assert.equal(bytes.subarray(2, 2 + codec.size), data);
    assert.equal([bytes[0], bytes[1], bytes.at(-1)], [0xee, 0xee, 0xee]);
  });

  test(`reads at an offset of a DataView that starts inside its buffer (${order})`, () => {
    const moved = new Uint8Array(data.length + 16);
    moved.set(data, 11);
    const codec = compileCodec<{ arrays: unknown }>(btf, struct(btf, 'everything'));
    assert.equal(codec.decode(new DataView(moved.buffer, 8), 3).arrays, ARRAYS);
  });

  test(`bit-fields keep their neighbours (${order})`, () => {
    const codec = compileCodec<Record<string, unknown>>(btf, struct(btf, 'bits'));
    for (const name of Object.keys(BITS)) {
      const bytes = new Uint8Array(codec.size);
      codec.encode(bytes, 0, { ...BITS, [name]: undefined });
      const zero = typeof BITS[name as 'e'] === 'bigint' ? 0n : name === 'd' ? false : 0;
      assert.equal(codec.decode(bytes), { ...BITS, [name]: zero }, name);
    }
  });
}

test('what is decoded does not refer to its source', () => {
  const source = ORDERS[0]!.data.slice();
  const value = compileCodec<{ arrays: unknown }>(btf, struct(btf, 'everything')).decode(source);
  source.fill(0);
  assert.equal(value.arrays, ARRAYS);
});

test('members that are left out are zero, padding too', () => {
  const codec = compileCodec<object>(btf, struct(btf, 'scalars'));
  const bytes = new Uint8Array(codec.size).fill(0xff);
  codec.encode(bytes, 0, { u8: 1 });
  assert.is(bytes[2], 1);
  assert.is(
    bytes.reduce((sum, byte) => sum + byte, 0),
    1,
  );
});

test('of a union the later member wins, and nothing of the earlier is left', () => {
  const codec = compileCodec<object>(btf, struct(btf, 'both'));
  const encode = (value: object): number[] => {
    const bytes = new Uint8Array(8);
    codec.encode(bytes, 0, value);
    return [...bytes];
  };
  assert.equal(encode({ whole: 0x0102n }), [2, 1, 0, 0, 0, 0, 0, 0]);
  assert.equal(encode({ text: 'hi' }), [104, 105, 0, 0, 0, 0, 0, 0]);
  assert.equal(encode({ whole: -1n & 0xffffffffffffffffn, bytes: [7] }), [7, 0, 0, 0, 0, 0, 0, 0]);
  assert.equal(encode({ text: 'abcdefgh', low: 1 }), [1, 0, 0, 0, 101, 102, 103, 104]);
});

test('strings: full length, bytes, UTF-8, broken UTF-8', () => {
  const codec = compileCodec<{ name: unknown }>(btf, struct(btf, 'arrays'));
  const bytes = new Uint8Array(codec.size);
  const round = (name: unknown): unknown => {
    codec.encode(bytes, 0, { name });
    return codec.decode(bytes).name;
  };
  assert.is(round('0123456789abcdef'), '0123456789abcdef');
  assert.is(round('läßt grüßen'), 'läßt grüßen');
  assert.is(round(Uint8Array.of(0x61, 0xff, 0x62)), 'a\ufffdb');
  assert.is(round('up to\0the NUL'), 'up to');
});

test('what belongs to the kernel is bytes', () => {
  const codec = compileCodec<object>(btf, struct(btf, 'kernel_owned'));
  const bytes = Uint8Array.from({ length: codec.size }, (_, i) => i);
  assert.equal(codec.decode(bytes), {
    lock: Uint8Array.of(0, 1, 2, 3),
    task: Uint8Array.of(8, 9, 10, 11, 12, 13, 14, 15),
    count: 0x13121110,
  });
  codec.encode(bytes, 0, { lock: Uint8Array.of(9), count: 1 });
  assert.equal([...bytes.subarray(0, 4), bytes[16]], [9, 0, 0, 0, 1]);
});

test('flexible arrays and empty structs', () => {
  const flexible = compileCodec(btf, struct(btf, 'flexible'));
  assert.is(flexible.size, 4);
  assert.equal(flexible.decode(Uint8Array.of(3, 0, 0, 0, 9)), {
    length: 3,
    data: new Uint32Array(),
  });
  const empty = compileCodec(btf, struct(btf, 'empty'));
  assert.equal(empty.decode(new Uint8Array()), {});
});

test('variables, typedefs and qualified types by their id', () => {
  const variable = btf.findByNameAndKind('counter', BtfKind.VAR)!;
  assert.is(compileCodec(btf, variable).decode(Uint8Array.of(1, 1, 0, 0)), 257);
  const u64 = compileCodec<bigint>(btf, btf.findByName('__u64')!);
  const bytes = new Uint8Array(8);
  u64.encode(bytes, 0, 513n);
  assert.equal([...bytes], [1, 2, 0, 0, 0, 0, 0, 0]);
});

const REFUSED: readonly (readonly [type: string, value: unknown, message: string])[] = [
  ['scalars', { u8: 256 }, '.u8: does not fit, found 256, expected an integer in 0..255'],
  ['scalars', { u8: -1 }, '.u8: does not fit, found -1, expected an integer in 0..255'],
  ['scalars', { s8: 128 }, '.s8: does not fit, found 128, expected an integer in -128..127'],
  ['scalars', { s16: 1.5 }, '.s16: does not fit, found 1.5, expected an integer in -32768..32767'],
  [
    'scalars',
    { u32: Number.NaN },
    '.u32: does not fit, found NaN, expected an integer in 0..4294967295',
  ],
  ['scalars', { u32: '1' }, '.u32: wrong type, found "1", expected a number'],
  [
    'scalars',
    { u64: -1n },
    '.u64: does not fit, found -1n, expected an integer in 0..18446744073709551615',
  ],
  [
    'scalars',
    { u64: 2 ** 60 },
    '.u64: not exact, found 1152921504606847000, expected a bigint or a safe integer',
  ],
  ['scalars', { s64: null }, '.s64: wrong type, found null, expected a bigint'],
  ['scalars', { flag: 2 }, '.flag: wrong type, found 2, expected true or false'],
  ['scalars', { f: 1n }, '.f: wrong type, found 1n, expected a number'],
  [
    'scalars',
    { color: 2 ** 31 },
    '.color: does not fit, found 2147483648, expected an integer in -2147483648..2147483647',
  ],
  ['bits', { a: 8 }, '.a: does not fit, found 8, expected an integer in 0..7'],
  ['bits', { c: -17 }, '.c: does not fit, found -17, expected an integer in -16..15'],
  [
    'bits',
    { e: 1n << 40n },
    '.e: does not fit, found 1099511627776n, expected an integer in 0..1099511627775',
  ],
  [
    'arrays',
    { name: '0123456789abcdefg' },
    '.name: too long, found "0123456789abcdefg", expected at most 16 bytes of UTF-8',
  ],
  ['arrays', { name: 5 }, '.name: wrong type, found 5, expected a string or a Uint8Array'],
  [
    'arrays',
    { words: [1, 2, 3, 4] },
    '.words: too long, found 4, expected an array of at most 3 elements',
  ],
  [
    'arrays',
    { words: [1, -2] },
    '.words[1]: does not fit, found -2, expected an integer in 0..4294967295',
  ],
  [
    'arrays',
    { matrix: [[1], [1, 2, 'x']] },
    '.matrix[1][2]: wrong type, found "x", expected a number',
  ],
  [
    'arrays',
    { points: [{ x: 1 }, { y: 'no' }] },
    '.points[1].y: wrong type, found "no", expected a number',
  ],
  [
    'arrays',
    { points: [{ z: 1 }] },
    '.points[0]: unknown member, found "z", expected an object with members x, y',
  ],
  [
    'arrays',
    { pointers: 1n },
    '.pointers: wrong type, found 1n, expected an array of at most 2 elements',
  ],
  [
    'kernel_owned',
    { lock: [1] },
    '.lock: wrong type, found Array, expected at most 4 bytes as a Uint8Array',
  ],
  [
    'kernel_owned',
    { lock: new Uint8Array(5) },
    '.lock: too long, found "5 bytes", expected at most 4 bytes as a Uint8Array',
  ],
  ['flexible', 7, ': wrong type, found 7, expected an object with members length, data'],
];

for (const [type, value, message] of REFUSED) {
  test(`refuses ${message.slice(0, 60)}`, () => {
    const codec = compileCodec(btf, struct(btf, type));
    const bytes = new Uint8Array(codec.size);
    const separator = message.startsWith(':') ? '' : ', ';
    const expected = `${btf.describe(codec.typeId)}${separator}${message}`;
    assert.throws(
      () => codec.encode(bytes, 0, value),
      (error: unknown) => {
        assert.ok(isBtfError(error, 'BTF_BAD_VALUE'));
        assert.is((error as Error).message, expected);
        return true;
      },
    );
  });
}

test('data that ends early', () => {
  const codec = compileCodec(btf, struct(btf, 'packed'));
  const message = `${btf.describe(codec.typeId)}: data ends early, 2 bytes missing, found 3, expected 5`;
  const isShort = (error: unknown): boolean => {
    assert.ok(isBtfError(error, 'BTF_SHORT_DATA'));
    assert.is((error as Error).message, message);
    return true;
  };
  assert.throws(() => codec.decode(new Uint8Array(3)), isShort);
  assert.throws(() => codec.decode(new Uint8Array(10), 7), isShort);
  assert.throws(() => codec.encode(new DataView(new ArrayBuffer(3)), 0, {}), isShort);
  assert.throws(
    () => codec.decode(new Uint8Array(10), -1),
    (error: unknown) => isBtfError(error),
  );
});

test('types without a value', () => {
  for (const id of [0, btf.findByNameAndKind('function', BtfKind.FUNC)!]) {
    assert.throws(
      () => compileCodec(btf, id),
      (error: unknown) => isBtfError(error, 'BTF_NO_SIZE'),
    );
  }
});

function refusesType(
  build: (builder: BtfBuilder) => number,
  code: BtfErrorCode,
  says: RegExp,
): void {
  const builder = btfBuilder();
  const id = build(builder);
  assert.throws(
    () => compileCodec(builder.build(), id),
    (error: unknown) => {
      assert.ok(isBtfError(error, code), String(error));
      assert.match((error as Error).message, says);
      return true;
    },
  );
}

test('malformed types', () => {
  const pair = (typeId: number) => [
    { name: 'a', typeId, bitOffset: 0 },
    { name: 'b', typeId, bitOffset: 0 },
  ];
  refusesType(
    (b) => b.struct('self', { size: 4, members: [{ name: 'a', typeId: 1, bitOffset: 0 }] }),
    'BTF_TOO_DEEP',
    /compiling a codec/,
  );
  refusesType(
    (b) => {
      const members = [{ name: 'a', typeId: b.int('int', { size: 4 }), bitOffset: 8 }];
      return b.struct('short', { size: 4, members });
    },
    'BTF_BAD_TYPE',
    /member "a" outside its struct, found end 5, expected at most 4 bytes/,
  );
  refusesType(
    (b) => {
      const members = [{ name: 'a', typeId: b.int('int', { size: 4 }), bitOffset: 4 }];
      return b.struct('odd', { size: 8, members });
    },
    'BTF_BAD_TYPE',
    /member "a": offset is no whole byte/,
  );
  refusesType(
    (b) => {
      let id = b.int('char', { size: 1 });
      for (let i = 0; i < 30; i++) id = b.union(`u${i}`, { size: 1, members: pair(id) });
      return id;
    },
    'BTF_BAD_TYPE',
    /members overlap too often/,
  );
  refusesType(
    (b) => {
      let id = b.int('char', { size: 1 });
      for (let i = 0; i < 30; i++) {
        const members = pair(id).map((member) => ({ ...member, name: '' }));
        id = b.union('', { size: 1, members });
      }
      return b.struct('s', { size: 1, members: [{ name: '', typeId: id, bitOffset: 0 }] });
    },
    'BTF_BAD_TYPE',
    /too many members/,
  );
});

test('an array of billions of nothings is no work', () => {
  const builder = btfBuilder();
  const index = builder.int('unsigned int', { size: 4 });
  const empty = builder.struct('empty', { size: 0 });
  const id = builder.array(empty, { length: 0xffffffff, indexTypeId: index });
  assert.equal(compileCodec(builder.build(), id).decode(new Uint8Array()), []);
});

test('bit-fields whose place is in the int, as compilers before 2018 had it', () => {
  const builder = btfBuilder();
  const bits = builder.int('unsigned int', { size: 4, bits: 5, offset: 3 });
  const id = builder.struct('old', {
    size: 4,
    members: [{ name: 'a', typeId: bits, bitOffset: 0 }],
  });
  const codec = compileCodec(builder.build(), id);
  assert.equal(codec.decode(Uint8Array.of(0xff, 0, 0, 0)), { a: 31 });
});

test.run();
