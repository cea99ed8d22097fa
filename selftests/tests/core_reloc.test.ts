// CO-RE, every kind of relocation: against kernels that there aren't, each made for one question, and against the running one.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BtfKind, parseBtf } from '@libbpf-ts/btf';
import { assert, type TestContext, test } from '#harness';
import { type TargetMember, TargetTypes } from '#target-types';
import { CoreRelocBpf } from '../build/core_reloc.skel.js';

type Program = keyof ReturnType<typeof CoreRelocBpf.open>['progs'];

/** What `program` finds on a kernel with the types that `describe` makes, whose data is `input`. */
function run(
  t: TestContext,
  program: Program,
  describe: (types: TargetTypes) => void,
  input: Uint8Array = bytesUpTo(256),
): bigint[] {
  const types = new TargetTypes();
  describe(types);
  const btfCustomPath = join(t.tmpdir(), 'target.btf');
  writeFileSync(btfCustomPath, types.btf.toBytes());
  using open = CoreRelocBpf.open({ btfCustomPath });
  open.progs[program].autoload = true;
  const skel = open.load();
  skel.bss.input.set(input);
  assert.equal(skel.progs[program].run().returnValue, 0);
  return [...skel.bss.out];
}

/** 0, 1, 2 …: a byte's value is where it lies. */
function bytesUpTo(length: number): Uint8Array {
  return new Uint8Array(length).map((_, index) => index);
}

/** The little-endian number at `offset` of {@link bytesUpTo}. */
function at(offset: number, size = 4): bigint {
  return new Array(size)
    .fill(0)
    .reduce((sum, _, i) => sum | (BigInt(offset + i) << BigInt(8 * i)), 0n);
}

function expectRun(
  t: TestContext,
  program: Program,
  describe: (types: TargetTypes) => void,
  expected: readonly bigint[],
): void {
  assert.deepEqual(run(t, program, describe).slice(0, expected.length), expected);
}

/** The program must not load, for the reason given. */
function expectFailure(
  t: TestContext,
  program: Program,
  describe: (types: TargetTypes) => void,
  message: RegExp,
): void {
  assert.throws(
    () => run(t, program, describe),
    (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /unknown#/);
      return true;
    },
  );
}

type Describe = (types: TargetTypes) => void;
type Good = readonly [name: string, describe: Describe, expected: readonly bigint[]];
type Bad = readonly [name: string, describe: Describe, message: RegExp];

function testAll(program: Program, good: readonly Good[], bad: readonly Bad[] = []): void {
  test(`${program}: ${good.map(([name]) => name).join(', ')}`, (t) => {
    for (const [name, describe, expected] of good) {
      t.log(name);
      expectRun(t, program, describe, expected);
    }
  });
  if (bad.length === 0) return;
  test(`${program}, refused: ${bad.map(([name]) => name).join(', ')}`, (t) => {
    for (const [name, describe, message] of bad) {
      t.log(name);
      expectFailure(t, program, describe, message);
    }
  });
}

testAll(
  'flavours',
  [
    [
      'one type under three names',
      (k) => k.struct('flavours', ['x', k.u64], ['c', k.s32], ['a', k.s32], ['b', k.s32]),
      [at(12), at(16), at(8), at(12), at(16), at(8), at(12), at(16), at(8)],
    ],
    [
      'a name with flavour in the kernel',
      (k) => k.struct('flavours___of_the_kernel', ['a', k.s32], ['c', k.s32], ['b', k.s32]),
      [at(0), at(8), at(4), at(0), at(8), at(4), at(0), at(8), at(4)],
    ],
  ],
  [
    [
      'no such type',
      (k) => k.struct('flavour', ['a', k.s32]),
      /CO-RE relocation \(field_byte_offset\) of struct flavours.* found no match:\s+no type of that name/,
    ],
  ],
);

/** `struct nesting` with what stands for its two members. */
function nesting(k: TargetTypes, a: number, b: number): number {
  return k.struct('nesting', ['front', k.u32], ['a', a], ['b', b]);
}
function wrapped(k: TargetTypes, name: string, type = k.s32): number {
  return k.struct('', [name, type]);
}
const twice = (k: TargetTypes, name: string) => wrapped(k, name, wrapped(k, name));

testAll(
  'nesting',
  [
    ['anonymous', (k) => nesting(k, twice(k, 'a'), twice(k, 'b')), [at(4), at(8)]],
    [
      'named',
      (k) => {
        const [inner, outer] = [
          k.struct('inner', ['pad', k.s32], ['a', k.s32]),
          k.union('u', ['b', k.s32]),
        ];
        nesting(k, k.struct('outer', ['a', inner]), k.struct('other', ['b', outer]));
      },
      [at(8), at(12)],
    ],
    [
      'struct for union and union for struct',
      (k) => {
        const union = (name: string) => k.union('', [name, k.union('', [name, k.s32])]);
        nesting(k, union('a'), union('b'));
      },
      [at(4), at(8)],
    ],
    [
      'more anonymous layers',
      (k) => {
        const deep = (name: string) =>
          wrapped(k, '', k.union('', ['pad', k.u64], ['', wrapped(k, name, twice(k, name))]));
        k.struct('nesting', ['', k.struct('', ['pad', k.u64], ['', deep('a')])], ['', deep('b')]);
      },
      [at(8), at(16)],
    ],
    [
      'two types of the name that agree',
      (k) => {
        nesting(k, twice(k, 'a'), twice(k, 'b'));
        nesting(k, k.typedef('t', twice(k, 'a')), k.typedef('t', twice(k, 'b')));
      },
      [at(4), at(8)],
    ],
    [
      'one of two types fits',
      (k) => {
        k.struct('nesting', ['x', k.s32]);
        nesting(k, twice(k, 'a'), twice(k, 'b'));
      },
      [at(4), at(8)],
    ],
  ],
  [
    [
      'no such member',
      (k) => nesting(k, wrapped(k, 'a', wrapped(k, 'x')), twice(k, 'b')),
      /nesting \[\d+\] in .*: .* has no member "a"/,
    ],
    [
      'no such container',
      (k) => k.struct('nesting', ['b', twice(k, 'b')]),
      /struct nesting \[\d+\] in .*|nesting \[\d+\] in .*: .*has no member "a"/,
    ],
    [
      'a layer less',
      (k) => nesting(k, wrapped(k, 'a'), twice(k, 'b')),
      /member "a" has another type: found BTF type \d+ \(int "int"\)/,
    ],
    [
      'an array of containers',
      (k) => nesting(k, wrapped(k, 'a', k.array(wrapped(k, 'a'), 1)), twice(k, 'b')),
      /member "a" has another type/,
    ],
    [
      'an array of fields',
      (k) => nesting(k, wrapped(k, 'a', wrapped(k, 'a', k.array(k.s32, 1))), twice(k, 'b')),
      /member "a" has another type/,
    ],
    [
      'a pointer to the container',
      (k) => nesting(k, k.ptr(twice(k, 'a')), twice(k, 'b')),
      /member "a" has another type/,
    ],
    [
      'two types of the name that differ',
      (k) => {
        nesting(k, twice(k, 'a'), twice(k, 'b'));
        k.struct('nesting', ['front', k.u64], ['a', twice(k, 'a')], ['b', twice(k, 'b')]);
      },
      /candidates disagree: struct nesting\.a\.a\.a .* gives 4, struct nesting\.a\.a\.a .* gives 8/,
    ],
    [
      'deeper than 64 layers',
      (k) => {
        let layer = wrapped(k, 'a', twice(k, 'a'));
        for (let depth = 0; depth < 64; depth++) layer = wrapped(k, '', layer);
        k.struct('nesting', ['', layer], ['b', twice(k, 'b')]);
      },
      /nested deeper than 64 steps/,
    ],
  ],
);

/** `struct arrays` of the kernel, with some members replaced. */
function arrays(k: TargetTypes, replace: Readonly<Record<string, number>> = {}): void {
  const element = k.struct('arrays_element', ['before', k.u64], ['d', k.s32], ['c', k.s32]);
  const members: TargetMember[] = [
    ['a', k.array(k.s32, 5)],
    ['b', k.array(k.s8, 2, 3, 4)],
    ['c', k.array(element, 3)],
    ['d', k.array(element, 1, 2)],
    ['f', k.array(element, 0)],
  ];
  k.struct('arrays', ...members.map(([name, type]): TargetMember => [name, replace[name] ?? type]));
}

testAll(
  'arrays',
  [
    // a at 0, b at 20, c at 48 (elements of 16 bytes), d at 96, f at 128.
    [
      'other elements',
      (k) => arrays(k),
      [at(8), at(43, 1), at(76), at(120), BigInt.asIntN(32, at(156))],
    ],
    [
      'other lengths and dimensions',
      // a at 0, b at 40, c at 160, d at 208, f at 304, past the input: 0.
      (k) => arrays(k, { a: k.array(k.s32, 10), b: k.array(k.s8, 4, 5, 6) }),
      [at(8), at(40 + 30 + 12 + 3, 1)],
    ],
  ],
  [
    [
      'too short',
      (k) => arrays(k, { a: k.array(k.s32, 2) }),
      /arrays \[\d+\] in .*: "a" has 2 elements, none is 2/,
    ],
    [
      'too few dimensions',
      (k) => arrays(k, { b: k.array(k.s8, 2, 3) }),
      /"b" has another type|is no array/,
    ],
    [
      'too short, if the last one',
      (k) => arrays(k, { f: k.array(k.struct('e', ['c', k.s32]), 1) }),
      /"f" has 1 elements, none is 1/,
    ],
    [
      'no array',
      (k) => arrays(k, { a: k.s32 }),
      /"a" has another type: found BTF type \d+ \(int "int"\)/,
    ],
    [
      'scalars for structs',
      (k) => arrays(k, { c: k.array(k.s32, 3) }),
      /"c" has another type|no member "c"/,
    ],
    [
      'empty, and not the last one',
      (k) => arrays(k, { c: k.array(k.struct('e', ['c', k.s32]), 0) }),
      /"c" has 0 elements, none is 1/,
    ],
  ],
);

function primitives(k: TargetTypes, replace: Readonly<Record<string, number>> = {}): void {
  const func = k.btf.ptr(0);
  const members: TargetMember[] = [
    ['e', k.ptr(func)],
    ['d', k.pointer],
    ['c', k.enum('primitives_enum', { PRIMITIVES_A: 5 })],
    ['b', k.s32],
    ['a', k.s8],
  ];
  k.struct(
    'primitives',
    ...members.map(([name, type]): TargetMember => [name, replace[name] ?? type]),
  );
}

testAll(
  'primitives',
  [
    ['another order', (k) => primitives(k), [at(24, 1), at(20), at(16), at(8, 8), at(0, 8)]],
    [
      'other enums, pointers and prototypes',
      (k) => {
        const proto = k.btf.funcProto(k.s64, [{ name: 'x', typeId: k.s64 }]);
        primitives(k, {
          e: k.ptr(proto),
          d: k.ptr(k.s32),
          c: k.enum('primitives_enum', { OTHER: 1, ANOTHER: 2 }),
        });
      },
      [at(24, 1), at(20), at(16), at(8, 8), at(0, 8)],
    ],
    ['enum without name', (k) => primitives(k, { c: k.enum('', { A: 1 }) }), [at(24, 1)]],
  ],
  [
    [
      'int for enum',
      (k) => primitives(k, { c: k.s32 }),
      /"c" has another type: found BTF type \d+ \(int "int"\), expected one like BTF type \d+ \(enum "primitives_enum"\)/,
    ],
    [
      'another enum',
      (k) => primitives(k, { c: k.enum('colours', { RED: 1 }) }),
      /"c" has another type/,
    ],
    ['enum for int', (k) => primitives(k, { b: k.enum('e', { A: 1 }) }), /"b" has another type/],
    ['int for pointer', (k) => primitives(k, { d: k.u64 }), /"d" has another type/],
  ],
);

testAll('modifiers', [
  [
    'none',
    (k) =>
      k.struct(
        'modifiers',
        ['a', k.s32],
        ['b', k.s32],
        ['c', k.ptr(k.s8)],
        ['d', k.array(k.s32, 3)],
        ['e', k.struct('', ['x', k.s32], ['y', k.s32])],
      ),
    [at(0), at(4), at(8, 8), at(20), at(32)],
  ],
  [
    'others',
    (k) => {
      const int = k.typedef('a_t', k.typedef('b_t', k.volatile(k.s32)));
      k.struct(
        'modifiers',
        ['e', k.typedef('pair', k.struct('pair', ['y', k.const(int)], ['x', int]))],
        ['d', k.const(k.typedef('many', k.array(k.volatile(int), 5)))],
        ['c', k.volatile(k.ptr(k.const(k.s8)))],
        ['b', int],
        ['a', k.const(int)],
      );
    },
    [at(44), at(40), at(32, 8), at(12), at(0)],
  ],
]);

testAll('pointer_as_array', [
  ['the same size', (k) => k.struct('pointed', ['a', k.s32]), [at(0), at(8), 8n]],
  ['larger', (k) => k.struct('pointed', ['pad', k.u64], ['a', k.s32]), [at(8), at(40), 40n]],
]);

function ints(k: TargetTypes, types: readonly number[]): void {
  const names = ['s64', 'u64', 's32', 'u32', 's16', 'u16', 's8', 'u8'];
  k.struct('ints', ...names.map((name, index): TargetMember => [name, types[index]!]));
}
testAll('ints', [
  [
    'the same',
    (k) => ints(k, [k.s64, k.u64, k.s32, k.u32, k.s16, k.u16, k.s8, k.u8]),
    [at(29, 1), at(28, 1), at(26, 2), at(24, 2), at(20), at(16), at(8, 8), at(0, 8)],
  ],
  [
    'of the other sign',
    (k) => ints(k, [k.u64, k.s64, k.u32, k.s32, k.u16, k.s16, k.u8, k.s8, k.s8]),
    [at(29, 1), at(28, 1), at(26, 2), at(24, 2), at(20), at(16), at(8, 8), at(0, 8)],
  ],
]);

testAll('existence', [
  [
    'all of it',
    (k) =>
      k.struct(
        'existence',
        ['a', k.s32],
        ['', wrapped(k, 'b')],
        ['c', k.s32],
        ['array', k.array(k.s32, 1)],
        ['s', wrapped(k, 'x')],
      ),
    [at(0), at(4), at(8), at(12), at(16), 1n],
  ],
  ['a little', (k) => k.struct('existence', ['c', k.s32]), [-1n, -1n, at(0), -1n, -1n, 0n]],
  [
    'under the same names, but something else',
    (k) =>
      k.struct(
        'existence',
        ['a', k.pointer],
        ['b', k.enum('e', { X: 1 })],
        ['c', k.s32],
        ['array', k.s32],
        ['s', k.ptr(wrapped(k, 'x'))],
      ),
    [-1n, -1n, at(12), -1n, -1n, 0n],
  ],
  ['nothing', (k) => k.struct('other', ['a', k.s32]), [-1n, -1n, -1n, -1n, -1n, 0n]],
]);

/** Bits of {@link bytesUpTo}, as a field of the kernel holds them. */
function bits(offset: number, size: number, signed: boolean): bigint {
  const value = (at(0, 32) >> BigInt(offset)) & ((1n << BigInt(size)) - 1n);
  return signed ? BigInt.asIntN(size, value) : value;
}

for (const program of ['bitfields_probed', 'bitfields_direct'] as const) {
  testAll(program, [
    [
      'as here',
      (k) =>
        k.struct(
          'bitfields',
          ['u1', k.u32, 1],
          ['u2', k.u32, 2],
          ['u20', k.u32, 20],
          ['s4', k.s32, 4],
          ['s20', k.s32, 20],
          ['u32', k.u32],
          ['s32', k.s32],
        ),
      [
        ...[bits(0, 1, false), bits(1, 2, false), bits(3, 20, false), bits(23, 4, true)],
        ...[bits(32, 20, true), at(8), BigInt.asIntN(32, at(12))],
      ],
    ],
    [
      'of other sizes and units',
      (k) =>
        k.struct(
          'bitfields',
          ['pad', k.u16],
          ['s20', k.s64, 33],
          ['u2', k.u8, 7],
          ['u1', k.u8, 1],
          ['u32', k.u32, 19],
          ['u20', k.u64, 37],
          ['s4', k.s16, 3],
          ['s32', k.s8, 6],
        ),
      // pad ends at bit 16, s20 at 49, u2 at 56, u1 at 57; what would cross a unit of its type starts the next one.
      [
        ...[bits(56, 1, false), bits(49, 7, false), bits(83, 37, false), bits(120, 3, true)],
        ...[bits(16, 33, true), bits(64, 19, false), bits(128, 6, true)],
      ],
    ],
    [
      'no bit-fields at all',
      (k) =>
        k.struct(
          'bitfields',
          ['u1', k.u8],
          ['u2', k.u16],
          ['u20', k.u64],
          ['s4', k.s8],
          ['s20', k.s32],
          ['u32', k.u16],
          ['s32', k.s64],
        ),
      [at(0, 1), at(2, 2), at(8, 8), at(16, 1), at(20), at(24, 2), at(32, 8)],
    ],
  ]);
}

testAll('sizes', [
  [
    'as here',
    (k) =>
      k.struct(
        'sizes',
        ['number', k.s32],
        ['structure', wrapped(k, 'x')],
        ['either', k.union('', ['x', k.s32])],
        ['array', k.array(k.s32, 2)],
        ['pointer', k.pointer],
        ['enumerated', k.enum('sizes_enum', { SIZES_A: 0 })],
        ['real', k.btf.float('float', 4) && k.f64],
      ),
    [4n, 4n, 4n, 8n, 4n, 8n, 4n, 8n, 16n, 48n, 1n],
  ],
  [
    'everything larger, and unsigned',
    (k) =>
      k.struct(
        'sizes',
        ['number', k.u64],
        ['structure', k.struct('', ['x', k.s32], ['y', k.array(k.u64, 3)])],
        ['either', k.union('', ['x', k.s32], ['y', k.array(k.u8, 9)])],
        ['array', k.array(k.u16, 30)],
        ['pointer', k.pointer],
        ['enumerated', k.enum64('sizes_enum', { SIZES_A: 1n << 40n })],
        ['real', k.f64],
      ),
    [8n, 32n, 12n, 60n, 2n, 8n, 8n, 8n, 54n, 136n, 0n],
  ],
]);

const all = (value: bigint) => new Array<bigint>(7).fill(value);

/** The types that programs ask for, in the order of TYPES in the C source. */
function types(k: TargetTypes): void {
  const a = k.struct('a_struct', ['x', k.s32]);
  k.union('a_union', ['y', k.s32], ['z', k.s32]);
  k.enum('an_enum', { AN_ENUM_A: 1, AN_ENUM_B: 2 });
  k.typedef('typedef_of_struct', a);
  k.typedef('typedef_of_function', k.ptr(k.btf.funcProto(k.s32, [{ name: '', typeId: k.s32 }])));
  k.typedef('typedef_of_array', k.array(k.s32, 10));
  k.typedef('typedef_of_pointer', k.ptr(k.s32));
}
/** Types of the same names that hold other things. */
function otherTypes(k: TargetTypes): void {
  const a = k.struct('a_struct', ['y', k.u64], ['z', k.u64]);
  k.union('a_union', ['a', k.u8]);
  k.enum('an_enum', { SOMETHING: 1 });
  k.typedef('typedef_of_struct', a);
  k.typedef('typedef_of_function', k.ptr(k.btf.funcProto(0, [{ name: '', typeId: k.pointer }])));
  k.typedef('typedef_of_array', k.array(k.u64, 2));
  k.typedef('typedef_of_pointer', k.ptr(a));
}
/** Types of the same names, none of the same kind. */
function kindless(k: TargetTypes): void {
  k.union('a_struct', ['x', k.s32]);
  k.struct('a_union', ['y', k.s32]);
  k.typedef('an_enum', k.s32);
  k.typedef('typedef_of_struct', k.s32);
  k.typedef('typedef_of_function', k.ptr(k.s32));
  k.typedef('typedef_of_array', k.ptr(k.s32));
  k.typedef('typedef_of_pointer', k.array(k.s32, 1));
}

testAll('type_exists', [
  ['all', types, all(1n)],
  ['of other content', otherTypes, [1n, 1n, 1n, 1n, 0n, 1n, 0n]],
  ['of other kinds', kindless, all(0n)],
  ['none', (k) => k.s32, all(0n)],
]);

testAll('type_matches', [
  ['all', types, all(1n)],
  [
    'with more members and values',
    (k) => {
      const a = k.struct('a_struct', ['w', k.u64], ['x', k.s32]);
      k.union('a_union', ['z', k.s32], ['w', k.u64], ['y', k.s32]);
      k.enum('an_enum', { ZERO: 0, AN_ENUM_B: 20, AN_ENUM_A: 10 });
      k.typedef('typedef_of_struct', a);
    },
    [1n, 1n, 1n, 1n, 0n, 0n, 0n],
  ],
  ['of other content', otherTypes, all(0n)],
  ['of other kinds', kindless, all(0n)],
]);

testAll('type_sizes', [
  ['all', types, [4n, 4n, 4n, 4n, 8n, 40n, 8n]],
  ['of other content', otherTypes, [16n, 1n, 4n, 16n, 0n, 16n, 0n]],
  ['none', (k) => k.s32, all(0n)],
]);

test('type_ids: here and in the kernel, 0 for what it lacks', (t) => {
  const ids: number[] = [];
  const found = run(t, 'type_ids', (k) => {
    ids.push(k.struct('a_struct', ['x', k.s32]), k.enum('an_enum', { X: 1 }));
  });
  assert.ok(found[0]! > 0n && found[1]! > 0n && found[0] !== found[1]);
  assert.deepEqual(found.slice(2, 5), [...ids.map(BigInt), 0n]);
});

const anonymous = (k: TargetTypes, name = 'anonymous_values') =>
  k.typedef(name, k.enum('', { ANONYMOUS_B: 0x200 }));
const signed = (k: TargetTypes) => k.enum('signed_values', { SIGNED_B: -200 });

testAll(
  'enum_values',
  [
    [
      'of other values',
      (k) => {
        k.enum('named_values', { NAMED_C: 300, NAMED_B: 200, NAMED_A: 100 });
        anonymous(k);
        signed(k);
      },
      [1n, 1n, 1n, 100n, 300n, 1n, 0x200n, -200n],
    ],
    [
      'one of them gone, others with a flavour',
      (k) => {
        k.enum('named_values___new', { NAMED_B___new: 200, NAMED_A___new: 0x7fffffff });
        anonymous(k, 'anonymous_values___new');
        signed(k);
      },
      [1n, 1n, 0n, 0x7fffffffn, -1n, 1n, 0x200n, -200n],
    ],
    [
      'widened to 64 bits',
      (k) => {
        k.enum64('named_values', { NAMED_A: 1n << 40n, NAMED_C: 3n });
        anonymous(k);
        k.enum64('signed_values', { SIGNED_B: -1n << 40n });
      },
      [1n, 0n, 1n, 1n << 40n, 3n, 1n, 0x200n, -1n << 40n],
    ],
  ],
  [
    [
      'no such value',
      (k) => {
        k.enum('named_values', { NAMED_B: 200 });
        anonymous(k);
        signed(k);
      },
      /CO-RE relocation \(enumval_value\) of enum named_values::NAMED_A.*found no match:\s+named_values \[\d+\] in .*: no value "NAMED_A" among its 1/,
    ],
  ],
);

testAll('enum64_values', [
  [
    'of other values',
    (k) => {
      k.enum64('wide_values', { WIDE_A: 0x123456789abcdef0n });
      k.enum64('wide_signed_values', { WIDE_SIGNED_A: -0x123456789abcdefn });
    },
    [1n, 0x123456789abcdef0n, 0n, -0x123456789abcdefn],
  ],
  [
    'narrowed to 32 bits',
    (k) => {
      k.enum('wide_values', { WIDE_A: 7, WIDE_B: 8 });
      k.enum('wide_signed_values', { WIDE_SIGNED_A: -7 });
    },
    [1n, 7n, 1n, -7n],
  ],
]);

test('the running kernel', () => {
  using open = CoreRelocBpf.open();
  open.progs.kernel.autoload = true;
  const skel = open.load();
  assert.equal(skel.progs.kernel.run().returnValue, 0);
  const vmlinux = parseBtf(readFileSync('/sys/kernel/btf/vmlinux'));
  const comm = readFileSync('/proc/self/comm', 'utf8').trim();
  assert.equal(String(skel.bss.comm), comm);
  const taskStruct = vmlinux.findByNameAndKind('task_struct', BtfKind.STRUCT);
  const pid = BigInt(process.pid);
  assert.deepEqual(
    [...skel.bss.out.subarray(0, 15)],
    [pid, pid, 1n, 16n, -1n, -1n, 1n, 16n, 1n, BigInt(taskStruct!), 0n, 1n, 2n, 0n, 0n],
  );
});
