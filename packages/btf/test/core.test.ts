/** CO-RE on types made for it, and against what libbpf does with the same object and the same "kernel". */

import {
  type Btf,
  type BtfBuilder,
  BtfKind,
  btfBuilder,
  type CoreFailure,
  CoreKind,
  type CoreResult,
  type CoreSuccess,
  type CoreTarget,
  createCoreContext,
  essentialName,
  formatCoreSpec,
  parseBtf,
  parseBtfExt,
  parseCoreSpec,
  relocateCore,
} from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cpuTime } from './cpu-time.js';
import { fixture, fixtureText } from './load-fixture.js';

const test = suite('CO-RE');

type Expected = 'poison' | 'unsafe size' | { value: string; newSize?: number };

test('agrees with libbpf on every relocation of core-local.c', () => {
  const local = parseBtf(fixture('core-local.btf'));
  const ext = parseBtfExt(fixture('core-local.btfext'), local);
  const target = { name: 'vmlinux', btf: parseBtf(fixture('core-target.btf')) };
  const expected = JSON.parse(fixtureText('core-expected.json')) as Record<string, Expected[]>;
  const context = createCoreContext(local, [target]);
  let compared = 0;
  for (const { sectionName, records } of ext.coreRelocations) {
    const program = expected[sectionName.split('/')[1]!]!;
    assert.is(records.length, program.length);
    for (const [index, record] of records.entries()) {
      const result = relocateCore(context, record);
      assert.equal(summary(result, program[index]!), program[index], `${sectionName} ${index}`);
      compared++;
    }
  }
  assert.is(compared, 105);
});

/** A result in the terms of core-expected.json. */
function summary(result: CoreResult, expected: Expected): Expected {
  if (!result.ok) return result.poison ? 'poison' : 'unsafe size';
  if (expected === 'unsafe size' && result.failMemorySize === true) return 'unsafe size';
  const value = String(result.newValue);
  // Only loads and stores say that they were resized.
  const resized =
    typeof expected === 'object' && expected.newSize !== undefined && !result.failMemorySize;
  return resized && result.newSize !== result.originalSize
    ? { value, newSize: result.newSize! }
    : { value };
}

/** Relocates one access of a local BTF against one target. */
function relocate(
  local: (b: BtfBuilder) => number,
  target: (b: BtfBuilder) => unknown,
  kind: CoreKind,
  accessString: string,
): CoreResult {
  const [l, t] = [btfBuilder(), btfBuilder()];
  const typeId = local(l);
  target(t);
  const context = createCoreContext(l.build(), [{ name: 'vmlinux', btf: t.build() }]);
  return relocateCore(context, { insnOffset: 0, typeId, accessString, kind });
}

function good(result: CoreResult): CoreSuccess {
  if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
  return result;
}

function failed(result: CoreResult): CoreFailure {
  if (result.ok) throw new Error(`found ${result.newValue}`);
  return result;
}

const u32 = (b: BtfBuilder): number => b.int('unsigned int', { size: 4 });
const s32 = (b: BtfBuilder): number => b.int('int', { size: 4, signed: true });
const one = (b: BtfBuilder, name: string, typeId: number, bitOffset = 0, bitSize = 0): number =>
  b.struct(name, { size: 64, members: [{ name: 'field', typeId, bitOffset, bitSize }] });

test('says why nothing matched, candidate by candidate', () => {
  const result = failed(
    relocate(
      (b) => one(b, 's___mine', u32(b)),
      (b) => {
        const int = u32(b);
        b.struct('s', { size: 4, members: [{ name: 'other', typeId: int, bitOffset: 0 }] });
        one(b, 's___2', b.struct('inner', { size: 4 }));
        b.union('s', { size: 4 });
      },
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    ),
  );
  assert.equal([result.reason, result.poison], ['no-match', true]);
  assert.equal(result.candidates, [
    { name: 's', id: 2, btf: 'vmlinux', why: 'BTF type 2 (struct "s") has no member "field"' },
    {
      name: 's___2',
      id: 4,
      btf: 'vmlinux',
      why: 'member "field" has another type: found BTF type 3 (struct "inner"), expected one like BTF type 1 (int "unsigned int") of the object',
    },
  ]);
  assert.is(formatCoreSpec(result.localSpec!), 'struct s___mine.field (0:0 @ offset 0)');
});

test('says that there is no candidate at all', () => {
  const result = failed(
    relocate(
      (b) => one(b, 's', u32(b)),
      (b) => b.union('s', { size: 4 }),
      CoreKind.FIELD_BYTE_SIZE,
      '0:0',
    ),
  );
  assert.is(result.detail, 'no type "s" of that kind in the target');
  assert.equal(result.candidates, []);
});

test('candidates that disagree are ambiguous, those that agree are not', () => {
  const local = (b: BtfBuilder): number => one(b, 's', u32(b));
  const target =
    (first: number, second: number) =>
    (b: BtfBuilder): void => {
      const int = u32(b);
      one(b, 's___a', int, first);
      one(b, 's___b', int, second);
    };
  const same = good(relocate(local, target(32, 32), CoreKind.FIELD_BYTE_OFFSET, '0:0'));
  assert.equal([same.newValue, same.targetSpec?.rootTypeId], [4n, 2]);
  const differing = failed(relocate(local, target(32, 64), CoreKind.FIELD_EXISTS, '0:0'));
  assert.equal([differing.reason, differing.poison], ['ambiguous', false]);
  assert.is(
    differing.detail,
    'candidates disagree: struct s___a.field (0:0 @ offset 4) gives 1, struct s___b.field (0:0 @ offset 8) gives 1',
  );
  const sizes = failed(
    relocate(
      local,
      (b) => [one(b, 's', u32(b)), one(b, 's', b.int('unsigned long', { size: 8 }))],
      CoreKind.FIELD_BYTE_SIZE,
      '0:0',
    ),
  );
  assert.is(sizes.reason, 'ambiguous');
});

test('a candidate that fitted once is the only one from then on', () => {
  const [l, t] = [btfBuilder(), btfBuilder()];
  const int = u32(l);
  const typeId = l.struct('s', {
    size: 8,
    members: [
      { name: 'a', typeId: int, bitOffset: 0 },
      { name: 'b', typeId: int, bitOffset: 32 },
    ],
  });
  u32(t);
  t.struct('s___x', {
    size: 8,
    members: [
      { name: 'a', typeId: 1, bitOffset: 0 },
      { name: 'b', typeId: 1, bitOffset: 32 },
    ],
  });
  t.struct('s___y', { size: 8, members: [{ name: 'b', typeId: 1, bitOffset: 0 }] });
  const [local, targets] = [l.build(), [{ name: 'vmlinux', btf: t.build() }]];
  const ask = (context: ReturnType<typeof createCoreContext>, accessString: string): CoreResult =>
    relocateCore(context, {
      insnOffset: 0,
      typeId,
      accessString,
      kind: CoreKind.FIELD_BYTE_OFFSET,
    });
  assert.is(failed(ask(createCoreContext(local, targets), '0:1')).reason, 'ambiguous');
  const context = createCoreContext(local, targets);
  assert.is(good(ask(context, '0:0')).newValue, 0n);
  assert.is(good(ask(context, '0:1')).newValue, 4n);
});

test('flavours', () => {
  const table: [name: string, essential: string][] = [
    ['task_struct', 'task_struct'],
    ['task_struct___old', 'task_struct'],
    ['a___b___c', 'a___b'],
    ['a____b', 'a____b'],
    ['a___', 'a___'],
    ['___a', '___a'],
    ['a___b____c', 'a'],
    ['', ''],
    ['a___b', 'a'],
    ['__a___b', '__a'],
    ['a_____b', 'a_____b'],
  ];
  for (const [name, essential] of table) assert.is(essentialName(name), essential, name);
});

test('a type named like another one with a flavour has that one’s essential name', () => {
  const [l, t] = [btfBuilder(), btfBuilder()];
  const int = u32(l);
  const typeId = one(l, 'a___b___c', int);
  u32(t);
  one(t, 'a___b', 1);
  const found = one(t, 'a___b___d', 1, 32);
  const context = createCoreContext(l.build(), [{ name: 'vmlinux', btf: t.build() }]);
  const result = good(
    relocateCore(context, {
      insnOffset: 0,
      typeId,
      accessString: '0:0',
      kind: CoreKind.FIELD_BYTE_OFFSET,
    }),
  );
  assert.is(result.targetSpec?.rootTypeId, found);
});

test('modules are asked only where the kernel has no candidate', () => {
  const kernel = btfBuilder();
  const int = u32(kernel);
  one(kernel, 'both', int);
  const base = kernel.build();
  const module = (name: string): CoreTarget => {
    const b = btfBuilder({ base });
    one(b, 'both', int, 32);
    one(b, 'only_here', int, 64);
    one(b, 'only___here', int, 96);
    return { name, btf: b.build() };
  };
  const asked: string[] = [];
  const targets = {
    *[Symbol.iterator](): Iterator<CoreTarget> {
      for (const target of [{ name: 'vmlinux', btf: base }, module('nf')]) {
        asked.push(target.name);
        yield target;
      }
    },
  };
  const l = btfBuilder();
  const field = u32(l);
  const [both, only, flavoured] = [
    one(l, 'both', field),
    one(l, 'only_here', field),
    one(l, 'only', field),
  ];
  const context = createCoreContext(l.build(), targets);
  const ask = (typeId: number): CoreSuccess =>
    good(
      relocateCore(context, {
        insnOffset: 0,
        typeId,
        accessString: '0:0',
        kind: CoreKind.FIELD_BYTE_OFFSET,
      }),
    );
  assert.equal([ask(both).newValue, ask(both).targetBtf, asked], [0n, 'vmlinux', ['vmlinux']]);
  assert.equal(
    [ask(only).newValue, ask(only).targetBtf, asked],
    [8n, 'nf', ['vmlinux', 'vmlinux', 'nf']],
  );
  assert.equal([ask(flavoured).newValue, ask(flavoured).targetBtf], [12n, 'nf']);
});

test('names of a split BTF that lie in the strings of its base', () => {
  const b = btfBuilder();
  u32(b);
  b.typedef('x___flavour', 1);
  b.typedef('plain', 1);
  const base = b.build();
  const split = btfBuilder({ base });
  const [struct, other] = [one(split, 'x___flavour', 1, 32), one(split, 'plain', 1, 64)];
  const btf = split.build();
  assert.is(btf.findOwnByNameAndKind('plain', BtfKind.STRUCT), other);
  const l = btfBuilder();
  const typeId = one(l, 'x', u32(l));
  const context = createCoreContext(l.build(), [{ name: 'vmlinux', btf }]);
  const result = good(
    relocateCore(context, {
      insnOffset: 0,
      typeId,
      accessString: '0:0',
      kind: CoreKind.FIELD_BYTE_OFFSET,
    }),
  );
  assert.equal([result.newValue, result.targetSpec?.rootTypeId], [4n, struct]);
});

test('loads are resized for pointers and integers that are not signed', () => {
  type Make = (b: BtfBuilder) => number;
  const u64: Make = (b) => b.int('unsigned long', { size: 8 });
  const array =
    (of: Make, length: number): Make =>
    (b) =>
      b.array(of(b), { length, indexTypeId: u32(b) });
  const table: [local: Make, target: Make, sizes: [number, number], fail: boolean][] = [
    [u32, u32, [4, 4], false],
    [u32, u64, [4, 8], false],
    [s32, u64, [4, 8], true],
    [u64, s32, [8, 4], true],
    [(b) => b.ptr(0), (b) => b.ptr(0), [8, 8], false],
    [array(u64, 4), array(u64, 2), [8, 8], false],
    [array(u64, 4), array(u32, 4), [8, 4], true],
    [array(array(u64, 2), 3), array(array(u64, 4), 5), [8, 8], false],
  ];
  for (const [local, target, sizes, fail] of table) {
    const result = relocate(
      (b) => one(b, 's', local(b)),
      (b) => one(b, 's', target(b)),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    );
    assert.equal([good(result).originalSize, good(result).newSize], sizes);
    assert.is(good(result).failMemorySize, fail);
  }
  const signed = good(
    relocate(
      (b) => one(b, 's', u32(b)),
      (b) => one(b, 's', s32(b)),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    ),
  );
  assert.is(signed.signed, true);
  const toBits = good(
    relocate(
      (b) => one(b, 's', u32(b)),
      (b) => one(b, 's', u32(b), 3, 5),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    ),
  );
  assert.equal([toBits.originalSize, toBits.newSize, toBits.failMemorySize], [4, 0, true]);
});

test('32-bit kernels: pointers are resized', () => {
  const l = btfBuilder();
  const typeId = one(l, 's', l.ptr(0));
  const t = btfBuilder({ pointerSize: 4 });
  one(t, 's', t.ptr(0));
  const context = createCoreContext(l.build(), [{ name: 'vmlinux', btf: t.build() }]);
  const result = good(
    relocateCore(context, {
      insnOffset: 0,
      typeId,
      accessString: '0:0',
      kind: CoreKind.FIELD_BYTE_OFFSET,
    }),
  );
  assert.equal([result.originalSize, result.newSize, result.failMemorySize], [8, 4, false]);
});

test('bit-fields, in either byte order', () => {
  const table: [
    bitOffset: number,
    bitSize: number,
    offset: bigint,
    size: bigint,
    left: { el: bigint; eb: bigint },
    right: bigint,
  ][] = [
    [3, 5, 0n, 4n, { el: 56n, eb: 35n }, 59n],
    [30, 4, 0n, 8n, { el: 30n, eb: 30n }, 60n],
    [35, 29, 4n, 4n, { el: 32n - 0n, eb: 35n }, 35n],
    [32, 32, 4n, 4n, { el: 32n, eb: 32n }, 32n],
  ];
  for (const littleEndian of [true, false]) {
    for (const [bitOffset, bitSize, offset, size, left, right] of table) {
      const b = btfBuilder({ littleEndian });
      const typeId = one(b, 's', s32(b), bitOffset, bitSize);
      const btf = b.build();
      const ask = (kind: CoreKind): CoreSuccess =>
        good(
          relocateCore(createCoreContext(btf, [{ name: 'k', btf }]), {
            insnOffset: 0,
            typeId,
            accessString: '0:0',
            kind,
          }),
        );
      const where = `${bitOffset}:${bitSize}`;
      assert.is(ask(CoreKind.FIELD_BYTE_OFFSET).newValue, offset, where);
      assert.is(ask(CoreKind.FIELD_BYTE_SIZE).newValue, size, where);
      assert.is(ask(CoreKind.FIELD_LSHIFT_U64).newValue, littleEndian ? left.el : left.eb, where);
      assert.is(ask(CoreKind.FIELD_RSHIFT_U64).newValue, right, where);
      assert.is(ask(CoreKind.FIELD_SIGNED).newValue, 1n, where);
      assert.equal(
        [
          CoreKind.FIELD_BYTE_OFFSET,
          CoreKind.FIELD_BYTE_SIZE,
          CoreKind.FIELD_LSHIFT_U64,
          CoreKind.FIELD_RSHIFT_U64,
          CoreKind.FIELD_SIGNED,
        ].map((kind) => ask(kind).validate),
        [false, false, false, true, true],
      );
    }
  }
});

test('bit-fields that no load holds', () => {
  const wide = (b: BtfBuilder): number => one(b, 's', b.int('unsigned long', { size: 8 }), 60, 10);
  const local = failed(relocate(wide, wide, CoreKind.FIELD_BYTE_OFFSET, '0:0'));
  assert.equal(
    [local.reason, local.poison, local.detail],
    ['bad-local', false, 'no load of 8 bytes or less holds the bit-field'],
  );
  const target = failed(
    relocate((b) => one(b, 's', u32(b)), wide, CoreKind.FIELD_BYTE_OFFSET, '0:0'),
  );
  assert.equal([target.reason, target.poison], ['bad-target', false]);
  const sizeless = (b: BtfBuilder): number => one(b, 's', b.int('none', { size: 0 }), 0, 3);
  assert.is(
    failed(relocate(sizeless, sizeless, CoreKind.FIELD_BYTE_OFFSET, '0:0')).reason,
    'bad-local',
  );
});

test('array elements, flexible arrays and nested arrays', () => {
  const holder =
    (length: number, after = false) =>
    (b: BtfBuilder): number => {
      const int = u32(b);
      const array = b.array(int, { length, indexTypeId: int });
      const members = [
        { name: 'first', typeId: int, bitOffset: 0 },
        { name: 'array', typeId: array, bitOffset: 32 },
      ];
      return b.struct('s', {
        size: 100,
        members: after ? [...members, { name: 'last', typeId: int, bitOffset: 640 }] : members,
      });
    };
  const ask = (
    local: number,
    target: (b: BtfBuilder) => number,
    access: string,
    kind: CoreKind = CoreKind.FIELD_BYTE_OFFSET,
  ): CoreResult => relocate(holder(local), target, kind, access);
  assert.is(good(ask(4, holder(4), '0:1:3')).newValue, 16n);
  assert.is(good(ask(0, holder(0), '0:1:300')).newValue, 1204n);
  assert.is(good(ask(0, holder(500), '0:1:300')).newValue, 1204n);
  assert.is(good(ask(4, holder(4), '2:1:3')).newValue, 216n);
  assert.is(good(ask(4, holder(4), '0:1:3', CoreKind.FIELD_BYTE_SIZE)).newValue, 4n);
  assert.is(failed(ask(4, holder(3), '0:1:3')).detail, '"array" has 3 elements, none is 3');
  assert.is(failed(ask(4, holder(0, true), '0:1:3')).detail, '"array" has 0 elements, none is 3');
  assert.is(
    failed(ask(4, holder(4), '0:1:4')).detail,
    'BTF type 2 (array) has 4 elements, none is 4',
  );
  const signed = failed(ask(4, holder(4), '0:1:3', CoreKind.FIELD_SIGNED));
  assert.equal(
    [signed.reason, signed.detail],
    ['bad-local', 'signedness and shifts are not known of an array element'],
  );
  const notAnArray = failed(
    relocate(
      (b) => {
        const int = u32(b);
        return one(
          b,
          's',
          b.array(b.array(int, { length: 2, indexTypeId: int }), { length: 2, indexTypeId: int }),
        );
      },
      (b) => {
        const int = u32(b);
        one(b, 's', b.array(int, { length: 4, indexTypeId: int }));
      },
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0:1:1',
    ),
  );
  assert.match(notAnArray.detail, /has another type/);
  const shallow = failed(
    relocate(
      (b) => {
        const int = u32(b);
        const inner = b.struct('inner', {
          size: 8,
          members: [
            { name: 'x', typeId: b.array(int, { length: 2, indexTypeId: int }), bitOffset: 0 },
          ],
        });
        return one(b, 's', inner);
      },
      (b) =>
        one(
          b,
          's',
          b.struct('inner', { size: 8, members: [{ name: 'x', typeId: u32(b), bitOffset: 0 }] }),
        ),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0:0:1',
    ),
  );
  assert.match(shallow.detail, /member "x" has another type/);
});

test('what is no array has no elements', () => {
  const array = (b: BtfBuilder, of: number): number => b.array(of, { length: 2, indexTypeId: of });
  const result = failed(
    relocate(
      (b) => array(b, array(b, u32(b))) && b.typedef('t', b.nextId - 1),
      (b) => b.typedef('t', array(b, u32(b))),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:1:1',
    ),
  );
  assert.match(result.detail, /^BTF type 1 \(int "unsigned int"\) is no array$/);
});

test('enumerators of 32 and 64 bits', () => {
  const e32 = (b: BtfBuilder): number =>
    b.enum('e', {
      values: [
        { name: 'A', value: 1 },
        { name: 'B___x', value: 0xffffffff },
      ],
    });
  const e64 = (b: BtfBuilder): number =>
    b.enum64('e', {
      values: [
        { name: 'Z', value: 0n },
        { name: 'B', value: 0x8000000000000001n },
      ],
    });
  const wide = good(relocate(e32, e64, CoreKind.ENUMVAL_VALUE, '1'));
  // The kernel's struct holds a signed 32-bit number, and so libbpf has it.
  assert.equal(
    [wide.originalValue, wide.newValue, wide.validate],
    [0xffffffffffffffffn, 0x8000000000000001n, true],
  );
  assert.is(formatCoreSpec(wide.localSpec), 'enum e::B___x = -1');
  assert.is(good(relocate(e32, e64, CoreKind.ENUMVAL_EXISTS, '0')).newValue, 0n);
  assert.is(
    failed(relocate(e32, e64, CoreKind.ENUMVAL_VALUE, '0')).detail,
    'no value "A" among its 2',
  );
  assert.is(
    failed(
      relocate(
        (b) => b.typedef('t', e32(b)),
        (b) => b.typedef('t', u32(b)),
        CoreKind.ENUMVAL_VALUE,
        '0',
      ),
    ).detail,
    'BTF type 1 (int "unsigned int") is no enum',
  );
});

test('accesses that make no sense in the object', () => {
  const any = (b: BtfBuilder): number => one(b, 's', u32(b));
  const table: [local: (b: BtfBuilder) => number, kind: number, access: string, detail: RegExp][] =
    [
      [any, CoreKind.TYPE_EXISTS, '0:0', /^access string of a type is "0:0", expected "0"$/],
      [any, CoreKind.FIELD_EXISTS, '', /^access string "" is not a list of at most 64 numbers$/],
      [any, CoreKind.FIELD_EXISTS, '0:', /is not a list/],
      [any, CoreKind.FIELD_EXISTS, '0:-1', /is not a list/],
      [any, CoreKind.FIELD_EXISTS, '9999999999', /is not a list/],
      [any, CoreKind.FIELD_EXISTS, Array(65).fill('0').join(':'), /is not a list/],
      [any, CoreKind.FIELD_EXISTS, '0:1', /^BTF type 2 \(struct "s"\) has no member 1$/],
      [
        any,
        CoreKind.FIELD_EXISTS,
        '0:0:0',
        /^step 2 of "0:0:0" goes into BTF type 1 \(int "unsigned int"\), expected a struct, union or array$/,
      ],
      [any, CoreKind.ENUMVAL_EXISTS, '0', /^BTF type 2 \(struct "s"\) is no enum$/],
      [
        (b) => b.enum('e', { values: [] }),
        CoreKind.ENUMVAL_EXISTS,
        '0',
        /^BTF type 1 \(enum "e"\) has 0 values, the access string is "0"$/,
      ],
      [
        (b) => b.enum('e', { values: [{ name: 'A', value: 0 }] }),
        CoreKind.ENUMVAL_EXISTS,
        '0:0',
        /has 1 values/,
      ],
      [any, 13, '0', /^relocation kind 13 is unknown, expected 0\.\.12$/],
      [
        (b) => b.struct('', { size: 4 }),
        CoreKind.TYPE_EXISTS,
        '0',
        /^BTF type 1 \(struct\) has no name to look for$/,
      ],
      [
        (b) => b.fwd('f', 'struct'),
        CoreKind.FIELD_EXISTS,
        '0',
        /^BTF type 1 \(fwd "f"\), offset 0x18: size: a fwd has none/,
      ],
      [(b) => b.fwd('f', 'struct'), CoreKind.TYPE_SIZE, '0', /a fwd has none/],
      [() => 77, CoreKind.TYPE_EXISTS, '0', /type id 77 out of range/],
      [(b) => b.typedef('t', 1), CoreKind.FIELD_EXISTS, '0', /more than 64 types in a chain/],
    ];
  for (const [local, kind, access, detail] of table) {
    const result = failed(relocate(local, () => 0, kind as CoreKind, access));
    assert.is(result.reason, 'bad-local');
    assert.is(result.poison, false);
    assert.match(result.detail, detail);
  }
});

test('broken types of the kernel', () => {
  const local = (b: BtfBuilder): number =>
    one(b, 's', b.struct('x', { size: 4, members: [{ name: 'y', typeId: u32(b), bitOffset: 0 }] }));
  const loop = failed(
    relocate(
      local,
      (b) => one(b, 's', b.typedef('t', b.nextId)),
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    ),
  );
  assert.equal([loop.reason, loop.poison], ['bad-target', false]);
  assert.match(loop.detail, /BTF type 1 \(typedef "t"\), offset 0x18: following typedefs/);
  const range = failed(relocate(local, (b) => one(b, 's', 99), CoreKind.FIELD_BYTE_OFFSET, '0:0'));
  assert.match(range.detail, /type id 99 out of range/);
  const endless = failed(
    relocate(
      (b) => one(b, 's', u32(b)),
      (b) => {
        let inner = u32(b);
        for (let i = 0; i < 70; i++)
          inner = b.struct('', { size: 4, members: [{ typeId: inner, bitOffset: 0 }] });
        b.struct('s', { size: 4, members: [{ typeId: inner, bitOffset: 0 }] });
      },
      CoreKind.FIELD_BYTE_OFFSET,
      '0:0',
    ),
  );
  assert.equal([endless.reason, endless.detail], ['bad-target', 'nested deeper than 64 steps']);
});

test('structs that nest in 2^60 ways are searched once', () => {
  const result = relocate(
    (b) => one(b, 's', u32(b)),
    (b) => {
      let inner = u32(b);
      for (let i = 0; i < 60; i++) {
        inner = b.struct('', {
          size: 4,
          members: [
            { typeId: inner, bitOffset: 0 },
            { typeId: inner, bitOffset: 0 },
          ],
        });
      }
      b.struct('s', { size: 4, members: [{ typeId: inner, bitOffset: 0 }] });
    },
    CoreKind.FIELD_EXISTS,
    '0:0',
  );
  assert.is(good(result).newValue, 0n);
});

test('arrays of themselves are compatible with nothing', () => {
  const self = (b: BtfBuilder): number =>
    one(b, 's', b.array(b.nextId, { length: 1, indexTypeId: 0 }));
  assert.is(
    good(relocate((b) => b.const(0) && self(b), self, CoreKind.FIELD_EXISTS, '0:0')).newValue,
    0n,
  );
});

test('fields of every pair of kinds', () => {
  type Make = (b: BtfBuilder) => number;
  const kinds: Record<string, Make> = {
    int: u32,
    ptr: (b) => b.ptr(0),
    float: (b) => b.float('double', 8),
    struct: (b) => b.struct('x', { size: 4 }),
    union: (b) => b.union('y', { size: 4 }),
    enum: (b) => b.enum('e', { values: [] }),
    enum64: (b) => b.enum64('e___z', { values: [] }),
    otherEnum: (b) => b.enum('other', { values: [] }),
    anonymousEnum: (b) => b.enum('', { values: [] }),
    legacy: (b) => b.int('unsigned int', { size: 4, bits: 3, offset: 4 }),
    func: (b) => b.funcProto(0),
  };
  const groups = ['struct union', 'enum enum64 anonymousEnum', 'otherEnum anonymousEnum'].map(
    (group) => group.split(' '),
  );
  for (const [a, local] of Object.entries(kinds)) {
    for (const [b, target] of Object.entries(kinds)) {
      const result = good(
        relocate(
          (x) => one(x, 's', local(x)),
          (x) => one(x, 's', target(x)),
          CoreKind.FIELD_EXISTS,
          '0:0',
        ),
      );
      const isSame = a === b && a !== 'legacy' && a !== 'func';
      const expected = isSame || groups.some((group) => group.includes(a) && group.includes(b));
      assert.is(result.newValue, expected ? 1n : 0n, `${a} ${b}`);
    }
  }
});

test('whole types: existence, size and id', () => {
  const pointerTo =
    (inner: (b: BtfBuilder) => number) =>
    (b: BtfBuilder): number =>
      b.typedef('t', b.ptr(inner(b)));
  const exists = (local: (b: BtfBuilder) => number, target: (b: BtfBuilder) => number): bigint =>
    good(relocate(local, target, CoreKind.TYPE_EXISTS, '0')).newValue;
  const proto =
    (parameters: number, returns = 0) =>
    (b: BtfBuilder): number => {
      const int = u32(b);
      return b.funcProto(
        returns === 0 ? 0 : int,
        Array.from({ length: parameters }, () => ({ typeId: int })),
      );
    };
  assert.is(exists(pointerTo(u32), pointerTo(u32)), 1n);
  assert.is(
    exists(
      pointerTo(u32),
      pointerTo((b) => b.ptr(0)),
    ),
    0n,
  );
  const list =
    (inner: (b: BtfBuilder) => number) =>
    (b: BtfBuilder): number =>
      b.array(inner(b), { length: 2, indexTypeId: 0 });
  assert.is(exists(pointerTo(list(u32)), pointerTo(list(s32))), 1n);
  assert.is(exists(pointerTo(list(u32)), pointerTo(list((b) => b.ptr(0)))), 0n);
  assert.is(exists(pointerTo(proto(2)), pointerTo(proto(2))), 1n);
  assert.is(exists(pointerTo(proto(2)), pointerTo(proto(3))), 0n);
  assert.is(exists(pointerTo(proto(2, 1)), pointerTo(proto(2))), 0n);
  assert.is(
    exists(
      (b) => b.enum('e', { values: [] }),
      (b) => b.enum64('e', { values: [] }),
    ),
    1n,
  );
  assert.is(
    exists(
      (b) => b.float('f', 4),
      (b) => b.float('f', 4),
    ),
    0n,
  );
  const missing = good(
    relocate(
      (b) => b.struct('s', { size: 4 }),
      () => 0,
      CoreKind.TYPE_ID_TARGET,
      '0',
    ),
  );
  assert.equal([missing.newValue, missing.validate, missing.targetSpec], [0n, false, undefined]);
  const found = good(
    relocate(
      (b) => b.struct('s', { size: 4 }),
      (b) => b.const(0) && b.struct('s', { size: 12 }),
      CoreKind.TYPE_ID_TARGET,
      '0',
    ),
  );
  assert.equal([found.originalValue, found.newValue, found.validate], [1n, 2n, false]);
  const size = good(
    relocate(
      (b) => b.struct('s', { size: 4 }),
      (b) => b.struct('s', { size: 12 }),
      CoreKind.TYPE_SIZE,
      '0',
    ),
  );
  assert.equal(
    [size.originalValue, size.newValue, size.validate, formatCoreSpec(size.localSpec)],
    [4n, 12n, true, 'struct s'],
  );
  assert.is(
    good(
      relocate(
        (b) => b.struct('', { size: 4 }),
        () => 0,
        CoreKind.TYPE_ID_LOCAL,
        '0',
      ),
    ).newValue,
    1n,
  );
});

test('whole types: matching', () => {
  type Make = (b: BtfBuilder) => number;
  const named =
    (make: Make): Make =>
    (b) =>
      b.typedef('t', make(b));
  const matches = (local: Make, target: Make): boolean =>
    good(relocate(named(local), named(target), CoreKind.TYPE_MATCHES, '0')).newValue === 1n;
  const struct =
    (name: string, members: [name: string, make: Make][], size = 8): Make =>
    (b) =>
      b.struct(name, {
        size,
        members: members.map(([member, make]) => ({ name: member, typeId: make(b), bitOffset: 0 })),
      });
  const pointer =
    (make: Make): Make =>
    (b) =>
      b.ptr(make(b));
  const values = (...names: string[]): { name: string; value: number }[] =>
    names.map((name, value) => ({ name, value }));
  const list =
    (length: number): Make =>
    (b) =>
      b.array(u32(b), { length, indexTypeId: u32(b) });
  const proto =
    (...makes: Make[]): Make =>
    (b) =>
      b.funcProto(
        0,
        makes.map((make) => ({ typeId: make(b) })),
      );
  const table: [local: Make, target: Make, expected: boolean][] = [
    [u32, u32, true],
    [u32, s32, false],
    [u32, (b) => b.int('unsigned int', { size: 8 }), false],
    [u32, (b) => b.float('unsigned int', 4), false],
    [() => 0, () => 0, true],
    [pointer(() => 0), pointer(() => 0), true],
    [pointer(u32), u32, false],
    [list(2), list(2), true],
    [list(2), list(3), false],
    [list(2), pointer(u32), false],
    [
      struct('s', [['a', u32]]),
      struct('s', [
        ['b', s32],
        ['a', u32],
      ]),
      true,
    ],
    [struct('s', [['a', u32]]), struct('s', [['a', s32]]), false],
    [
      struct('s', [
        ['a', u32],
        ['b', u32],
      ]),
      struct('s', [['a', u32]]),
      false,
    ],
    [struct('s', [['c', u32]]), struct('s', [['a', u32]]), false],
    [
      struct('s', [['', struct('', [['x', u32]])]]),
      struct('s', [
        ['', struct('', [['y', u32]])],
        ['', struct('', [['x', u32]])],
      ]),
      true,
    ],
    [struct('s', []), (b) => b.union('s', { size: 8 }), false],
    [struct('s', []), struct('q', []), false],
    [pointer(struct('s', [['a', u32]])), pointer(struct('s', [['b', u32]])), true],
    [pointer(struct('s', [])), pointer((b) => b.fwd('s', 'struct')), true],
    [pointer(struct('s', [])), pointer((b) => b.fwd('s', 'union')), false],
    [pointer((b) => b.union('s', { size: 0 })), pointer((b) => b.fwd('s', 'union')), true],
    [pointer((b) => b.fwd('s', 'struct')), pointer(struct('s', [])), true],
    [pointer((b) => b.fwd('s', 'union')), pointer(struct('s', [])), false],
    [pointer((b) => b.fwd('s', 'union')), pointer((b) => b.fwd('s', 'union')), true],
    [pointer((b) => b.fwd('s', 'union')), pointer((b) => b.typedef('s', u32(b))), false],
    [pointer((b) => b.fwd('s', 'union')), pointer((b) => b.int('s', { size: 4 })), false],
    [(b) => b.fwd('s', 'union'), (b) => b.fwd('s', 'union'), true],
    [(b) => b.fwd('s', 'union'), (b) => b.fwd('s', 'struct'), false],
    [(b) => b.fwd('s', 'struct'), struct('s', []), false],
    [
      (b) => b.enum('e', { values: values('A') }),
      (b) => b.enum('e', { values: values('B', 'A') }),
      true,
    ],
    [
      (b) => b.enum('e', { values: values('A', 'C') }),
      (b) => b.enum('e', { values: values('B', 'A') }),
      false,
    ],
    [
      (b) => b.enum('e', { values: values('A', 'B') }),
      (b) => b.enum('e', { values: values('A') }),
      false,
    ],
    [(b) => b.enum('e', { values: [] }), (b) => b.enum64('e', { values: [] }), false],
    [(b) => b.enum('e', { size: 8, values: [] }), (b) => b.enum64('e', { values: [] }), true],
    [(b) => b.enum('e', { values: [] }), (b) => b.int('e', { size: 4 }), false],
    [pointer(proto(u32, pointer(u32))), pointer(proto(u32, pointer(u32))), true],
    [pointer(proto(u32)), pointer(proto(s32)), false],
    [pointer(proto(u32)), pointer(proto()), false],
    [pointer(proto()), pointer(u32), false],
    [(b) => b.float('f', 4), (b) => b.float('f', 4), false],
  ];
  for (const [index, [local, target, expected]] of table.entries())
    assert.is(matches(local, target), expected, `row ${index}`);
});

test('whole types: graphs that are too much are an error, in time', () => {
  const protos = (b: BtfBuilder): number => {
    let inner = u32(b);
    for (let i = 0; i < 31; i++) inner = b.funcProto(0, [{ typeId: inner }, { typeId: inner }]);
    return b.typedef('t', inner);
  };
  const structs = (b: BtfBuilder): number => {
    let inner = u32(b);
    for (let i = 0; i < 30; i++) {
      inner = b.struct('s', {
        size: 4,
        members: Array.from({ length: 4 }, (_, n) => ({
          name: `m${n}`,
          typeId: inner,
          bitOffset: 0,
        })),
      });
    }
    return b.typedef('t', inner);
  };
  const pointers = (b: BtfBuilder): number => {
    let inner = u32(b);
    for (let i = 0; i < 40; i++) inner = b.ptr(inner);
    return b.typedef('t', inner);
  };
  const enums = (b: BtfBuilder): number => {
    const e = b.enum('e', {
      values: Array.from({ length: 65535 }, (_, n) => ({ name: `v${n}`, value: n })),
    });
    return b.struct('t', {
      size: 4,
      members: Array.from({ length: 20 }, (_, n) => ({ name: `m${n}`, typeId: e, bitOffset: 0 })),
    });
  };
  for (const [make, kinds] of [
    [protos, [8, 12]],
    [structs, [12]],
    [pointers, [8, 12]],
    [enums, [12]],
  ] as const) {
    for (const kind of kinds) {
      const start = cpuTime();
      const result = failed(relocate(make, make, kind, '0'));
      assert.equal(
        [result.reason, result.detail],
        ['bad-target', 'nested too deep, or too large, to compare'],
      );
      assert.ok(cpuTime() - start < 2000);
    }
  }
});

test('specs are told as text', () => {
  const local: Btf = parseBtf(fixture('core-local.btf'));
  const spec = (name: string, kind: BtfKind, access: string, relocation: CoreKind): string => {
    const typeId = local.findByNameAndKind(name, kind)!;
    const parsed = parseCoreSpec(local, {
      insnOffset: 0,
      typeId,
      accessString: access,
      kind: relocation,
    });
    return typeof parsed === 'string' ? parsed : formatCoreSpec(parsed);
  };
  assert.is(
    spec('moved', BtfKind.STRUCT, '1:3:2:0', 0),
    'struct moved[1].in[2].value (1:3:2:0 @ offset 176)',
  );
  assert.is(spec('bits', BtfKind.STRUCT, '0:1', 0), 'struct bits.b (0:1 @ offset 0.5)');
  assert.is(spec('big', BtfKind.ENUM64, '0', 11), 'enum64 big::BIG = 68719476736');
});

test.run();
