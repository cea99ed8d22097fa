/**
 * Typed bytes as text. The expectations of the table are what libbpf 1.1 prints for the same bytes, but for the differences
 * that format-value.ts lists.
 */

import { readFileSync } from 'node:fs';
import { BtfKind, btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type BtfDumpError,
  type FormatValueOptions,
  formatValue,
  isBtfDumpError,
} from '../src/index.js';

const test = suite('format value');
const btf = parseBtf(readFileSync(new URL('fixtures/values.btf', import.meta.url)));

/** `STRUCT point`, or `#30` for an id. */
function find(key: string): number {
  if (key.startsWith('#')) return Number(key.slice(1));
  const [kind, ...name] = key.split(' ');
  return btf.findByNameAndKind(name.join(' '), BtfKind[kind as keyof typeof BtfKind])!;
}

const TABLE: readonly (readonly [string, string, FormatValueOptions, string])[] = [
  ['STRUCT point', '0100000002000000', {}, '(struct point){\n\t.x = (int)1,\n\t.y = (int)2,\n}'],
  ['STRUCT point', '0100000000000000', {}, '(struct point){\n\t.x = (int)1,\n}'],
  ['STRUCT point', '0000000000000000', {}, '(struct point){\n}'],
  [
    'STRUCT point',
    '0000000000000000',
    { emitZeroes: true },
    '(struct point){\n\t.x = (int)0,\n\t.y = (int)0,\n}',
  ],
  ['STRUCT point', '0000000000000000', { compact: true }, '(struct point){}'],
  [
    'STRUCT point',
    'ffffffff02000000',
    { compact: true },
    '(struct point){.x = (int)-1,.y = (int)2,}',
  ],
  ['STRUCT point', '0100000002000000', { skipNames: true }, '{\n\t1,\n\t2,\n}'],
  ['STRUCT point', '0100000002000000', { compact: true, skipNames: true }, '{1,2,}'],
  [
    'STRUCT point',
    '0000000002000000',
    { compact: true, emitZeroes: true },
    '(struct point){.x = (int)0,.y = (int)2,}',
  ],
  [
    'STRUCT point',
    '0100000002000000',
    { indentLevel: 2 },
    '\t\t(struct point){\n\t\t\t.x = (int)1,\n\t\t\t.y = (int)2,\n\t\t}',
  ],
  ['INT int', 'd2040000', {}, '(int)1234'],
  ['INT int', 'ffffffff', { skipNames: true }, '-1'],
  ['INT unsigned int', 'ffffffff', {}, '(unsigned int)4294967295'],
  ['INT char', '61', {}, '(char)97'],
  ['INT signed char', 'ff', {}, '(signed char)-1'],
  ['INT unsigned char', 'ff', {}, '(unsigned char)255'],
  ['INT short', '0080', {}, '(short)-32768'],
  ['INT unsigned short', '0080', {}, '(unsigned short)32768'],
  ['INT long', '0000000000000080', {}, '(long)-9223372036854775808'],
  ['INT unsigned long long', 'ffffffffffffffff', {}, '(unsigned long long)18446744073709551615'],
  ['INT _Bool', '01', {}, '(_Bool)1'],
  [
    'INT __int128',
    'ffffffffffffffffffffffffffffffff',
    {},
    '(__int128)0xffffffffffffffffffffffffffffffff',
  ],
  ['INT __int128', '05000000000000000000000000000000', {}, '(__int128)0x5'],
  [
    'INT unsigned __int128',
    '00000000000000000100000000000000',
    {},
    '(unsigned __int128)0x10000000000000000',
  ],
  ['FLOAT float', '0000c03f', {}, '(float)1.500000'],
  ['FLOAT double', '00000000000002c0', {}, '(double)-2.250000'],
  ['FLOAT double', '0000000000000080', {}, '(double)-0.000000'],
  ['TYPEDEF __u8', '07', {}, '(__u8)7'],
  ['TYPEDEF atomic_t', 'd2040000', {}, '(atomic_t){\n\t.counter = (int)1234,\n}'],
  ['TYPEDEF atomic_t', 'd2040000', { compact: true }, '(atomic_t){.counter = (int)1234,}'],
  ['TYPEDEF point_t', '0100000002000000', { compact: true }, '(point_t){.x = (int)1,.y = (int)2,}'],
  ['TYPEDEF point_pointer', '0010000088ffffff', {}, '(point_pointer)0xffffff8800001000'],
  ['TYPEDEF int_array', '010000000000000003000000', { compact: true }, '(int_array)[1,0,3,]'],
  ['TYPEDEF int_array', '010000000000000003000000', {}, '(int_array)[\n\t1,\n\t0,\n\t3,\n]'],
  ['TYPEDEF int_array', '000000000000000000000000', { compact: true }, '(int_array)[0,0,0,]'],
  ['ENUM state', '05000000', {}, '(enum state)BUSY'],
  ['ENUM state', 'fdffffff', {}, '(enum state)BROKEN'],
  ['ENUM state', '07000000', {}, '(enum state)7'],
  ['ENUM state', '00000000', {}, '(enum state)IDLE'],
  ['ENUM unsigned_state', '00286bee', {}, '(enum unsigned_state)LAST'],
  ['ENUM unsigned_state', 'ffffffff', {}, '(enum unsigned_state)4294967295'],
  ['ENUM byte_state', '02', {}, '(enum byte_state)B_TWO'],
  ['ENUM64 wide', '0000000001000000', {}, '(enum wide)WIDE'],
  ['ENUM64 wide', '0200000000000000', {}, '(enum wide)2ULL'],
  ['ENUM64 wide_signed', '00000000ffffffff', {}, '(enum wide_signed)LOWEST'],
  ['ENUM64 wide_signed', 'ffffffffffffffff', {}, '(enum wide_signed)-1LL'],
  [
    'UNION all',
    '4142000000000000',
    { compact: true },
    '(union all){.c = (char)65,.s = (short)16961,.i = (int)16961,.l = (long)16961,.p = (struct point){.x = (int)16961,},}',
  ],
  ['UNION all', '0000000000000000', {}, '(union all){\n}'],
  [
    'STRUCT bits',
    '3d00000000000000',
    { compact: true },
    '(struct bits){.a = (int)0x5,.b = (unsigned int)0x7,}',
  ],
  [
    'STRUCT bits',
    '00f5ffffffff0f00',
    { compact: true },
    '(struct bits){.c = (enum state)BUSY,.d = (__u64)0xffffffffff,}',
  ],
  ['STRUCT empty', '', {}, '(struct empty){\n}'],
  ['STRUCT flexible', '0300000061626300', {}, '(struct flexible){\n\t.length = (int)3,\n}'],
  [
    'STRUCT deep',
    '05000000',
    {},
    '(struct deep){\n\t.a = (struct){\n\t\t.b = (struct){\n\t\t\t.c = (struct){\n\t\t\t\t.value = (int)5,\n\t\t\t},\n\t\t},\n\t},\n}',
  ],
  [
    'STRUCT deep',
    '05000000',
    { compact: true },
    '(struct deep){.a = (struct){.b = (struct){.c = (struct){.value = (int)5,},},},}',
  ],
  [
    'STRUCT packed',
    '700102030461ffffffffffffffff',
    { compact: true },
    '(struct packed){.a = (char)112,.b = (int)67305985,.c = (char)97,.d = (long)-1,}',
  ],
  [
    'STRUCT functions',
    '10000000000000000000000000000000',
    { compact: true },
    '(struct functions){.call = (int (*)(int, char *))0x10,}',
  ],
  [
    'STRUCT points_forward',
    '1000000000000000',
    { compact: true },
    '(struct points_forward){.f = (struct forward *)0x10,}',
  ],
  [
    'STRUCT numbers',
    '80ff0080ffff000000000080ffffffff0000000000000080ffffffffffffffff0000000000000000ffffffffffffffffffffffffffffffffffffffffffffffff01620000000000400000000000000cc0',
    {},
    '(struct numbers){\n\t.s8 = (signed char)-128,\n\t.u8 = (__u8)255,\n\t.s16 = (short)-32768,\n\t.u16 = (__u16)65535,\n\t.s32 = (int)-2147483648,\n\t.u32 = (__u32)4294967295,\n\t.s64 = (long)-9223372036854775808,\n\t.u64 = (__u64)18446744073709551615,\n\t.s128 = (__int128)0xffffffffffffffff0000000000000000,\n\t.u128 = (unsigned __int128)0xffffffffffffffffffffffffffffffff,\n\t.flag = (_Bool)1,\n\t.c = (char)98,\n\t.f = (float)2.000000,\n\t.d = (double)-3.500000,\n}',
  ],
  ['VAR global_int', '07000000', {}, 'int global_int = (int)7'],
  ['VAR static_int', '08000000', {}, 'static int static_int = (int)8'],
  ['VAR text', '6869000000000000', {}, "char[8] text = (char[8])[\n\t'h',\n\t'i',\n]"],
  [
    'VAR text',
    '6869000000000000',
    { compact: true, emitZeroes: true },
    "char[8] text = (char[8])['h','i','\\0',]",
  ],
  [
    'VAR text',
    '68695f6a6b6c6d6e',
    { compact: true },
    "char[8] text = (char[8])['h','i','_','j','k','l','m','n',]",
  ],
  [
    'VAR global_point',
    '0100000002000000',
    { compact: true },
    'struct point global_point = (struct point){.x = (int)1,.y = (int)2,}',
  ],
  [
    'STRUCT late',
    '00000000020000000300000004000000',
    { compact: true },
    '(struct late){.first = (struct point){.y = (int)2,},.second = (struct point){.x = (int)3,.y = (int)4,},}',
  ],
  ['#22', '6869006a00000000', { compact: true }, "(char[8])['h','i',]"],
  ['#30', '01000000020000000300000004000000', { compact: true }, '(int[2][2])[[1,2,],[3,4,],]'],
  [
    '#28',
    '01000000020000000000000000000000',
    { compact: true },
    '(struct point[2])[{.x = 1,.y = 2,},{.x = 0,.y = 0,},]',
  ],
  ['#32', '6162000063640000', { compact: true }, "(char[2][4])[['a','b',],['c','d',],]"],
  ['#34', '01000000000000000200000000000000', { compact: true }, '(void *[2])[0x1,0x2,]'],
  ['#36', '05000000fdffffff', { compact: true }, '(enum state[2])[BUSY,BROKEN,]'],
  ['VAR text', '6869000000000000', { emitStrings: true }, 'char[8] text = (char[8])"hi"'],
  ['VAR text', '6822005c07ff0000', { emitStrings: true }, 'char[8] text = (char[8])"h\\""'],
  [
    'VAR text',
    '68225c07ff000000',
    { emitStrings: true },
    'char[8] text = (char[8])"h\\"\\\\\\x07\\xff"',
  ],
  [
    'VAR text',
    '6869686968696869',
    { emitStrings: true },
    "char[8] text = (char[8])[\n\t'h',\n\t'i',\n\t'h',\n\t'i',\n\t'h',\n\t'i',\n\t'h',\n\t'i',\n]",
  ],
  [
    'STRUCT arrays',
    '6869000000000000aabb00cceeff00000100000000000000020000000000000001000000020000000000000000000000000000000000000000000000000000000000000061620000000000000000000000000000100000000000000001000100050000000000000000',
    { compact: true },
    "(struct arrays){.name = (char[8])['h','i',],.mac = (__u8[6])[170,187,0,204,238,255,],.counts = (int[4])[1,0,2,0,],.points = (struct point[2])[{.x = 1,.y = 2,},{.x = 0,.y = 0,},],.lines = (char[2][4])[[],['a','b',],],.pointers = (void *[2])[0x0,0x1000000000,],.states = (enum state[2])[65537,BUSY,],}",
  ],
  [
    'STRUCT arrays',
    '6869000000000000aabb00cceeff00000100000000000000020000000000000001000000020000000000000000000000000000000000000000000000000000000000000061620000000000000000000000000000100000000000000001000100050000000000000000',
    { compact: true, emitStrings: true },
    '(struct arrays){.name = (char[8])"hi",.mac = (__u8[6])[170,187,0,204,238,255,],.counts = (int[4])[1,0,2,0,],.points = (struct point[2])[{.x = 1,.y = 2,},{.x = 0,.y = 0,},],.lines = (char[2][4])["","ab",],.pointers = (void *[2])[0x0,0x1000000000,],.states = (enum state[2])[65537,BUSY,],}',
  ],
  [
    'STRUCT arrays',
    '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    { compact: true },
    '(struct arrays){}',
  ],
  [
    'STRUCT arrays',
    '0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000',
    { compact: true, emitZeroes: true },
    "(struct arrays){.name = (char[8])['\\0',],.mac = (__u8[6])[0,0,0,0,0,0,],.counts = (int[4])[0,0,0,0,],.points = (struct point[2])[{.x = 0,.y = 0,},{.x = 0,.y = 0,},],.grid = (int[2][2])[[0,0,],[0,0,],],.lines = (char[2][4])[['\\0',],['\\0',],],.pointers = (void *[2])[0x0,0x0,],.flags = (_Bool[3])[0,0,0,],.states = (enum state[2])[IDLE,IDLE,],}",
  ],
  [
    'STRUCT nested',
    '070000000100000002000000030061000000c03f01000000',
    {},
    '(struct nested){\n\t.id = (int)7,\n\t.p = (struct point){\n\t\t.x = (int)1,\n\t\t.y = (int)2,\n\t},\n\t(struct){\n\t\t.s = (short)3,\n\t\t.c = (char)97,\n\t},\n\t.u = (union){\n\t\t.i = (int)1069547520,\n\t\t.f = (float)1.500000,\n\t},\n\t.q = (int)1,\n}',
  ],
  [
    'STRUCT nested',
    '070000000100000002000000030061000000c03f01000000',
    { compact: true, skipNames: true },
    '{7,{1,2,},{3,97,},{1069547520,1.500000,},1,}',
  ],
  ['STRUCT bits', 'bd0f000000001000', { compact: true, skipNames: true }, '{0x5,0x17,-1,0x1,}'],
  ['STRUCT bits', '000d000000000000', { compact: true }, '(struct bits){.c = (enum state)BROKEN,}'],
];

for (const [key, hex, options, expected] of TABLE) {
  test(`${key} ${hex} ${JSON.stringify(options)}`, () => {
    assert.is(formatValue(btf, find(key), Buffer.from(hex, 'hex'), options), expected);
  });
}

test('the table is long enough', () => {
  assert.ok(TABLE.length >= 60, `${TABLE.length} cases`);
});

test('indent by other than a tab', () => {
  const bytes = Buffer.from('0100000002000000', 'hex');
  const text = formatValue(btf, find('STRUCT point'), bytes, { indent: '  ', indentLevel: 1 });
  assert.is(text, '  (struct point){\n    .x = (int)1,\n    .y = (int)2,\n  }');
});

test('big-endian numbers and bit-fields', () => {
  const builder = btfBuilder({ littleEndian: false });
  const int = builder.int('int', { size: 4, signed: true });
  const members = [
    { name: 'a', typeId: int, bitOffset: 0, bitSize: 3 },
    { name: 'b', typeId: int, bitOffset: 3, bitSize: 7 },
    { name: 'c', typeId: int, bitOffset: 32 },
  ];
  const id = builder.struct('s', { size: 8, members });
  const bytes = Buffer.from('a0c0000000000102', 'hex');
  const text = formatValue(builder.build(), id, bytes, { compact: true });
  assert.is(text, '(struct s){.a = (int)0x5,.b = (int)0x3,.c = (int)258,}');
});

test('bit-fields whose place is in the int, as compilers before 2018 had it', () => {
  const builder = btfBuilder();
  const bits = builder.int('unsigned int', { size: 4, bits: 5, offset: 3 });
  const members = [{ name: 'a', typeId: bits, bitOffset: 0 }];
  const id = builder.struct('old', { size: 4, members });
  const text = formatValue(builder.build(), id, Buffer.from('ff000000', 'hex'), { compact: true });
  assert.is(text, '(struct old){.a = (unsigned int)0x1f,}');
});

test('a data section: its variables, one after the other', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  const first = builder.var('first', { typeId: int, linkage: 'global' });
  const second = builder.var('second', { typeId: int, linkage: 'static' });
  const variables = [
    { typeId: first, offset: 0, size: 4 },
    { typeId: second, offset: 4, size: 4 },
  ];
  const id = builder.datasec('.bss', { size: 8, variables });
  const text = formatValue(builder.build(), id, Buffer.from('0100000000000000', 'hex'));
  assert.is(text, 'SEC(".bss") int first = (int)1;static int second = (int)0;');
});

test('floats as printf has them', () => {
  const double = find('FLOAT double');
  const format = (value: number): string => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    return formatValue(btf, double, bytes, { skipNames: true });
  };
  assert.is(format(2 ** -7), '0.007812');
  assert.is(format(3 * 2 ** -7), '0.023438');
  assert.is(format(1e22), '10000000000000000000000.000000');
  assert.is(format(5e-324), '0.000000');
  assert.is(format(0.1), '0.100000');
  assert.is(format(Number.NaN), 'nan');
  assert.is(format(Number.NEGATIVE_INFINITY), '-inf');
});

test('long double', () => {
  const builder = btfBuilder();
  const id = builder.float('long double', 16);
  const long = builder.build();
  const format = (hex: string): string =>
    formatValue(long, id, Buffer.from(hex.padEnd(32, '0'), 'hex'), { skipNames: true });
  assert.is(format('00000000000000c0ff3f'), '1.500000');
  assert.is(format('000000000000008000c0'), '-2.000000');
  assert.is(format(''), '0.000000');
  assert.is(format('0000000000000080ff7f'), 'inf');
  assert.is(format('00000000000000c0ffff'), '-nan');
});

function refuses(run: () => unknown, code: string, message: string): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(isBtfDumpError(error));
    assert.is((error as BtfDumpError).code, code);
    assert.is((error as Error).message, message);
    return true;
  });
}

test('data that ends early says how much is missing', () => {
  for (const [length, missing] of [
    [0, '8 bytes'],
    [7, '1 byte'],
  ] as const) {
    refuses(
      () => formatValue(btf, find('STRUCT point'), new Uint8Array(length)),
      'BTF_DUMP_TRUNCATED',
      `BTF type 13 (struct "point"): data ends early, ${missing} missing, found ${length}`,
    );
  }
});

test('a member outside its struct is missing data as well', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4 });
  const members = [{ name: 'a', typeId: int, bitOffset: 64 }];
  const id = builder.struct('bad', { size: 4, members });
  refuses(
    () => formatValue(builder.build(), id, new Uint8Array(4)),
    'BTF_DUMP_TRUNCATED',
    `BTF type ${id}: data ends early, 8 bytes missing, found 4`,
  );
});

test('what has no value', () => {
  refuses(
    () => formatValue(btf, 61, new Uint8Array(8)),
    'BTF_DUMP_UNSUPPORTED',
    'BTF type 61 (anonymous func_proto): no value to print, found kind func_proto',
  );
  const forward = btf.findByNameAndKind('forward', BtfKind.FWD)!;
  assert.throws(
    () => formatValue(btf, forward, new Uint8Array(8)),
    (error: unknown) => isBtfDumpError(error),
  );
});

test('unions of unions end in an error, not in a day', () => {
  const builder = btfBuilder();
  let id = builder.int('char', { size: 1 });
  for (let level = 0; level < 40; level++) {
    const members = [
      { name: 'a', typeId: id, bitOffset: 0 },
      { name: 'b', typeId: id, bitOffset: 0 },
    ];
    id = builder.union(`u${level}`, { size: 1, members });
  }
  assert.throws(
    () => formatValue(builder.build(), id, Uint8Array.of(1)),
    (error: unknown) => isBtfDumpError(error) && error.code === 'BTF_DUMP_TOO_LARGE',
  );
});

test.run();
