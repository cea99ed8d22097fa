import { btfBuilder } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CharWindow, StructView, ViewArray } from '../../src/data/data-section.js';
import { dataSectionFromBtf } from '../../src/data/reflect-section.js';
import { SectionMemory } from '../../src/data/section-memory.js';
import type { VariableSpec } from '../../src/open/object-spec.js';

const test = suite('section from BTF');

const builder = btfBuilder();
const int = builder.int('int', { size: 4, signed: true });
const u8 = builder.int('__u8', { size: 1 });
const u64 = builder.int('__u64', { size: 8 });
const char = builder.int('char', { size: 1, signed: true });
const bool = builder.int('_Bool', { size: 1, bool: true });
const double = builder.float('double', 8);
const color = builder.enum('color', { values: [{ name: 'RED', value: 1 }] });
const array = (element: number, length: number): number =>
  builder.array(element, { length, indexTypeId: int });
const anonymous = builder.union('', {
  size: 4,
  members: [
    { name: 'whole', typeId: int, bitOffset: 0 },
    { name: 'first', typeId: u8, bitOffset: 0 },
  ],
});
const point = builder.struct('point', {
  size: 16,
  members: [
    { name: 'x', typeId: int, bitOffset: 0 },
    { name: 'low', typeId: int, bitOffset: 32, bitSize: 3 },
    { name: 'high', typeId: int, bitOffset: 35, bitSize: 5 },
    { name: '', typeId: anonymous, bitOffset: 64 },
    { name: 'constructor', typeId: int, bitOffset: 96 },
  ],
});
const types = {
  count: builder.volatile(int),
  total: builder.typedef('u64', u64),
  flag: bool,
  ratio: double,
  shade: color,
  name: array(char, 8),
  bytes: array(u8, 4),
  numbers: array(int, 4),
  at: point,
  points: array(point, 3),
  matrix: array(array(int, 2), 2),
  pointer: builder.ptr(0),
};
const ids = Object.entries(types).map(
  ([name, typeId]) => [name, typeId, builder.var(name, { typeId, linkage: 'global' })] as const,
);
const btf = builder.build();

const variables: VariableSpec[] = [];
let size = 0;
for (const [name, type, typeId] of ids) {
  size = Math.ceil(size / 8) * 8;
  variables.push({
    name,
    offset: size,
    size: btf.sizeOf(type),
    typeId,
    linkage: 'global',
    weak: false,
    hidden: false,
  });
  size += btf.sizeOf(type);
}
variables.push({
  name: 'hidden',
  offset: 0,
  size: 4,
  typeId: int,
  linkage: 'static',
  weak: false,
  hidden: false,
});

// biome-ignore lint/suspicious/noExplicitAny: its properties are known at run time only
type Reflected = any;
function open(readOnly = false): { section: Reflected; memory: SectionMemory } {
  const memory = new SectionMemory({
    object: 'o',
    section: '.data',
    bytes: new Uint8Array(size),
    readOnly,
    mmapable: true,
    variables,
  });
  return { memory, section: dataSectionFromBtf(memory, btf, variables) };
}

test('scalars are values', () => {
  const { section } = open();
  section.count = -5;
  section.total = 2n ** 63n;
  section.flag = true;
  section.ratio = 0.5;
  section.shade = 1;
  section.pointer = 0xffff_8000_0000_0000n;
  assert.equal(
    [section.count, section.total, section.flag, section.ratio, section.shade, section.pointer],
    [-5, 2n ** 63n, true, 0.5, 1, 0xffff_8000_0000_0000n],
  );
  section.total = 7;
  assert.is(section.total, 7n);
});

test('values that do not fit are errors', () => {
  const { section } = open();
  assert.throws(() => {
    section.count = 2 ** 31;
  }, /2147483648 does not fit/);
  assert.throws(() => {
    section.count = 1.5;
  });
  assert.throws(() => {
    section.total = -1n;
  }, /does not fit/);
  assert.throws(() => {
    section.name = 'longer than it';
  });
  assert.is(section.count, 0);
});

test('text, bytes and numbers are windows', () => {
  const { section, memory } = open();
  section.name = 'hello';
  const name = section.name as CharWindow;
  assert.is(String(name), 'hello');
  name.text = 'bye';
  assert.is(section.name.text, 'bye');
  section.bytes[2] = 9;
  assert.equal(section.bytes, new Uint8Array([0, 0, 9, 0]));
  section.numbers = [1, 2, 3, -4];
  const numbers = section.numbers as Int32Array;
  assert.equal(numbers, new Int32Array([1, 2, 3, -4]));
  numbers[0] = 8;
  assert.is(section.numbers[0], 8);
  memory.close();
});

test('structs are views, also of anonymous members and bit-fields', () => {
  const { section } = open();
  const at = section.at as StructView & Record<string, unknown>;
  at['x'] = 1;
  at['low'] = -4;
  at['high'] = 15;
  at['whole'] = 0x0102;
  at['constructor_'] = 6;
  assert.equal(JSON.parse(JSON.stringify(section.at)), {
    x: 1,
    low: -4,
    high: 15,
    whole: 258,
    first: 2,
    constructor_: 6,
  });
  at['low'] = 3;
  assert.is(at['high'], 15, 'neighbours stay');
  assert.throws(() => {
    at['low'] = 4;
  }, /does not fit/);
});

test('structs can be assigned as a whole', () => {
  const { section } = open();
  section.at = { x: 3, low: 1, high: 2, whole: 5, constructor: 0 };
  assert.is(section.at.x, 3);
  assert.is(section.at.high, 2);
  assert.is(section.at.first, 5);
});

test('arrays of structs are arrays of views', () => {
  const { section } = open();
  const points = section.points as ViewArray<Reflected>;
  points.at(1).x = 7;
  assert.equal(
    [...points].map(({ x }) => x),
    [0, 7, 0],
  );
  assert.throws(() => points.at(3), /^index 3 is outside the array, expected 0 to 2$/);
  assert.throws(() => points.at(-1), RangeError);
});

test('other arrays are values', () => {
  const { section } = open();
  section.matrix = [
    [1, 2],
    [3, 4],
  ];
  assert.equal(
    [...section.matrix].map((row: Iterable<number>) => [...row]),
    [
      [1, 2],
      [3, 4],
    ],
  );
});

test('integers have atomic operations, static variables are left out', () => {
  const { section } = open();
  assert.is(section.$atomics.add('total', 2n), 0n);
  assert.is(section.$atomics.add('count', 3), 0);
  assert.is(section.total, 2n);
  assert.throws(() => section.$atomics.load('ratio'), /is no integer/);
  assert.not('hidden' in section);
  assert.equal(Object.keys(JSON.parse(JSON.stringify(section.at))).length, 6);
});

test('follows the phase of the section', () => {
  const { section, memory } = open(true);
  section.count = 4;
  memory.attach(-1);
  assert.is(section.count, 4);
  assert.throws(() => {
    section.count = 5;
  }, /"count" cannot be set after load\(\)/);
  assert.throws(() => {
    section.at = { x: 1, constructor: 0 };
  }, /"at" cannot be set after load\(\)/);
  assert.throws(() => {
    section.name = 'x';
  }, /"name" cannot be set after load\(\)/);
  memory.close();
  assert.throws(() => section.count, /"count": the object is closed/);
  assert.throws(() => section.at.x, /"at": the object is closed/);
});

test.run();
