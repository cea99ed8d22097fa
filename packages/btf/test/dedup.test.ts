/** Deduplication: what libbpf makes of the same input, and properties of any result. */

import {
  type Btf,
  type BtfBuilder,
  btfBuilder,
  CoreKind,
  dedupBtf,
  encodeBtfExt,
  formatRaw,
  parseBtf,
  parseBtfExt,
} from '@libbpf-ts/btf';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { arbitraryTypes, seeded } from './arbitrary-types.js';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('dedup');

test('gives the bytes that libbpf gives for merged objects', () => {
  const btf = parseBtf(fixture('dedup.merged.btf'));
  assert.equal(dedupBtf(btf).bytes, fixture('dedup.deduped.btf'));
});

test('gives the bytes that libbpf gives for a split BTF', () => {
  const base = parseBtf(fixture('dedup-split.base.btf'));
  const btf = parseBtf(fixture('dedup-split.merged.btf'), { base });
  assert.equal(dedupBtf(btf).bytes, fixture('dedup-split.deduped.btf'));
});

test('finds nothing in what was deduplicated, in either byte order', () => {
  for (const name of ['dedup.deduped.btf', 'kinds.el.btf', 'kinds.eb.btf']) {
    const once = dedupBtf(parseBtf(fixture(name))).bytes;
    assert.equal(dedupBtf(parseBtf(once)).bytes, once);
  }
});

/** Deduplicates what `make` adds and lists the rest. */
function deduped(make: (b: BtfBuilder) => void): string[] {
  const b = btfBuilder();
  make(b);
  return formatRaw(parseBtf(dedupBtf(b.build()).bytes))
    .trimEnd()
    .split('\n')
    .map((line) => line.trim());
}

const pair = (b: BtfBuilder, name: string, inner: number): number =>
  b.struct(name, { size: 8, members: [{ name: 'p', typeId: b.ptr(inner), bitOffset: 0 }] });

test('a declaration becomes the struct it stands for, through pointers and circles', () => {
  const lines = deduped((b) => {
    // struct b { struct a *p; }; struct a { struct b *p; }; then struct b; struct a { struct b *p; };
    const a = b.nextId + 3;
    const first = pair(b, 'b', a);
    pair(b, 'a', first);
    pair(b, 'a', b.fwd('b', 'struct'));
  });
  assert.equal(lines, [
    "[1] PTR '(anon)' type_id=4",
    "[2] STRUCT 'b' size=8 vlen=1",
    "'p' type_id=1 bits_offset=0",
    "[3] PTR '(anon)' type_id=2",
    "[4] STRUCT 'a' size=8 vlen=1",
    "'p' type_id=3 bits_offset=0",
  ]);
});

test('a declaration in the kept graph is completed by a later struct', () => {
  const lines = deduped((b) => {
    pair(b, 'a', b.fwd('b', 'struct'));
    pair(b, 'a', b.struct('b', { size: 4 }));
  });
  assert.is(lines.filter((line) => line.includes('FWD')).length, 0);
  assert.is(lines.filter((line) => line.includes("STRUCT 'a'")).length, 1);
});

test('a declaration of the wrong keyword, or of two structs, stays', () => {
  const wrong = deduped((b) => {
    pair(b, 'a', b.fwd('b', 'union'));
    b.struct('b', { size: 4 });
  });
  assert.is(wrong.filter((line) => line.includes('FWD')).length, 1);
  const two = deduped((b) => {
    pair(b, 'a', b.fwd('b', 'struct'));
    b.struct('b', { size: 4 });
    b.struct('b', { size: 8 });
  });
  assert.is(two.filter((line) => line.includes('FWD')).length, 1);
  assert.is(two.filter((line) => line.includes("STRUCT 'b'")).length, 2);
});

test('enums and their declarations', () => {
  const values = [{ name: 'A', value: 1 }];
  const lines = deduped((b) => {
    b.ptr(b.enum('e', { values: [] }));
    b.ptr(b.enum('e', { values }));
    b.ptr(b.enum('e', { values: [] }));
    b.ptr(b.enum('e', { values }));
    b.ptr(b.enum('e', { values: [{ name: 'A', value: 2 }] }));
  });
  const expected = [
    "[1] PTR '(anon)' type_id=4",
    "[2] ENUM 'e' encoding=UNSIGNED size=4 vlen=1",
    "[3] PTR '(anon)' type_id=2",
    "[4] ENUM 'e' encoding=UNSIGNED size=4 vlen=1",
  ];
  assert.equal(
    lines.filter((line) => /ENUM|PTR/.test(line)),
    expected,
  );
});

type Make = (b: BtfBuilder) => number;

test('structs that differ anywhere stay apart', () => {
  const int: Make = (b) => b.int('int', { size: 4 });
  const parameters =
    (name: string): Make =>
    (b) =>
      b.ptr(b.funcProto(0, [{ name, typeId: int(b) }]));
  const values = (value: number): { name: string; value: number }[] => [{ name: 'A', value }];
  const inner: Record<string, [Make, Make]> = {
    kind: [(b) => b.ptr(0), (b) => b.const(0)],
    int: [int, (b) => b.int('int', { size: 8 })],
    float: [(b) => b.float('f', 4), (b) => b.float('f', 8)],
    enum: [(b) => b.enum('e', { values: values(1) }), (b) => b.enum('e', { values: values(2) })],
    width: [
      (b) => b.enum('e', { values: values(1) }),
      (b) => b.enum64('e', { values: [{ name: 'A', value: 1n }] }),
    ],
    array: [
      (b) => b.array(int(b), { length: 1, indexTypeId: 0 }),
      (b) => b.array(int(b), { length: 2, indexTypeId: 0 }),
    ],
    proto: [parameters('a'), parameters('b')],
    protoLength: [(b) => b.ptr(b.funcProto(0)), parameters('b')],
    fwd: [(b) => b.ptr(b.fwd('f', 'struct')), (b) => b.ptr(b.fwd('f', 'union'))],
    declared: [(b) => b.ptr(b.fwd('f', 'union')), (b) => b.ptr(b.struct('f', { size: 1 }))],
    nested: [(b) => b.struct('n', { size: 1 }), (b) => b.struct('n', { size: 2 })],
    tag: [
      (b) => b.typeTag('x', { typeId: 0 }),
      (b) => b.typeTag('x', { typeId: 0, kindFlag: true }),
    ],
    void: [() => 0, int],
    var: [
      (b) => b.var('v', { typeId: 0, linkage: 'static' }),
      (b) => b.var('v', { typeId: 0, linkage: 'static' }),
    ],
  };
  for (const [name, makes] of Object.entries(inner)) {
    const lines = deduped((b) => {
      for (const make of makes) {
        const typeId = make(b);
        b.struct('outer', { size: 8, members: [{ name: 'm', typeId, bitOffset: 0 }] });
      }
    });
    assert.is(lines.filter((line) => line.includes("STRUCT 'outer'")).length, 2, name);
  }
});

test('a type that is there twice within one struct is one', () => {
  const makes: Make[] = [
    (b) => b.array(b.int('int', { size: 4 }), { length: 2, indexTypeId: 0 }),
    (b) =>
      b.struct('s', {
        size: 4,
        members: [{ name: 'x', typeId: b.ptr(b.float('f', 4)), bitOffset: 0 }],
      }),
    (b) => b.ptr(b.funcProto(0, [{ name: 'e', typeId: b.enum('e', { values: [] }) }])),
    (b) => b.ptr(b.typedef('t', b.const(b.fwd('declared', 'union')))),
  ];
  /** A struct with two members of each type: one type for both, or one for each. */
  const outer = (b: BtfBuilder, isShared: boolean): number => {
    const types = makes.flatMap((make) => {
      const first = make(b);
      return [first, isShared ? first : make(b)];
    });
    const members = types.map((typeId, index) => ({ name: `m${index}`, typeId, bitOffset: 0 }));
    return b.struct('outer', { size: 99, members });
  };
  for (const order of [
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const lines = deduped((b) => {
      for (const isShared of order) outer(b, isShared);
    });
    assert.is(lines.filter((line) => line.includes("STRUCT 'outer'")).length, 1, `${order}`);
  }
});

test('types that are different twice within one struct are two', () => {
  const inPointer =
    (make: Make): Make =>
    (b) =>
      b.ptr(make(b));
  const holder =
    (name: string): Make =>
    (b) =>
      b.struct('s', { size: 4, members: [{ name, typeId: b.ptr(0), bitOffset: 0 }] });
  const parameter =
    (name: string): Make =>
    (b) =>
      b.funcProto(0, [{ name, typeId: 0 }]);
  const array =
    (length: number): Make =>
    (b) =>
      b.array(b.ptr(0), { length, indexTypeId: 0 });
  const pairs: [Make, Make][] = [
    [inPointer(holder('a')), inPointer(holder('b'))],
    [inPointer(parameter('a')), inPointer(parameter('b'))],
    [inPointer(array(1)), inPointer(array(2))],
    [inPointer((b) => b.typedef('t', 0)), inPointer((b) => b.typedef('u', 0))],
    [inPointer((b) => b.const(0)), inPointer((b) => b.volatile(0))],
  ];
  for (const [index, [first, second]] of pairs.entries()) {
    const lines = deduped((b) => {
      const shared = first(b);
      for (const types of [
        [shared, shared],
        [first(b), second(b)],
      ]) {
        const members = types.map((typeId, at) => ({ name: `m${at}`, typeId, bitOffset: 0 }));
        b.struct('outer', { size: 16, members });
      }
    });
    assert.is(lines.filter((line) => line.includes("STRUCT 'outer'")).length, 2, `${index}`);
  }
});

test('BTF.ext follows', () => {
  const b = btfBuilder();
  b.struct('filler', { size: 0 });
  b.struct('filler', { size: 0 });
  const func = b.func('f', { typeId: b.funcProto(0), linkage: 'global' });
  const line = {
    insnOffset: 0,
    fileNameOffset: b.addString('only in ext.c'),
    lineOffset: b.addString('f();'),
    line: 3,
    column: 4,
  };
  const relocation = { insnOffset: 0, typeId: 2, accessString: '0', kind: CoreKind.TYPE_SIZE };
  const ext = encodeBtfExt(
    {
      funcInfo: { sections: [{ sectionName: 'tp/x', records: [{ insnOffset: 0, typeId: func }] }] },
      lineInfo: { sections: [{ sectionName: 'tp/x', records: [line] }] },
      coreRelocations: [{ sectionName: 'tp/x', records: [relocation] }],
    },
    { addString: (text) => b.addString(text) },
  );
  const result = dedupBtf(b.build(), { ext });
  const btf = parseBtf(result.bytes);
  const read = parseBtfExt(result.ext!, btf);
  assert.equal([...result.newIds], [0, 1, 1, 2, 3]);
  assert.equal(read.funcInfo.sections, [
    { sectionName: 'tp/x', records: [{ insnOffset: 0, typeId: 3 }] },
  ]);
  const [record] = read.lineInfo.sections[0]!.records;
  assert.equal(
    [btf.string(record!.fileNameOffset), btf.string(record!.lineOffset), record!.line],
    ['only in ext.c', 'f();', 3],
  );
  assert.equal(read.coreRelocations[0]!.records, [
    { insnOffset: 0, typeId: 1, accessString: '0', kind: 9 },
  ]);
});

test('any types: references stay right and nothing is left to find', () => {
  fc.assert(
    fc.property(arbitraryTypes(20), (types) => {
      const b = btfBuilder();
      for (const type of types) b.add(type);
      const old = b.build();
      let result: ReturnType<typeof dedupBtf>;
      try {
        result = dedupBtf(old);
      } catch (error) {
        // Random references make circles without a struct in them.
        assert.is((error as { code?: string }).code, 'BTF_TOO_DEEP');
        return;
      }
      const btf: Btf = parseBtf(result.bytes);
      for (const type of old.types()) {
        const now = btf.type(result.newIds[type.id]!);
        if (!['fwd', 'enum', 'enum64'].includes(type.kind)) assert.is(now.kind, type.kind);
        assert.is(now.name, type.name);
        if ('typeId' in type && now.kind === type.kind)
          assert.is(now.typeId, result.newIds[type.typeId]);
      }
    }),
    seeded(300),
  );
});

test('circles without a struct, and broken references, are errors', () => {
  const circle = btfBuilder();
  circle.ptr(2);
  circle.const(1);
  assert.is(
    btfError(() => dedupBtf(circle.build())).message,
    'BTF type 1 (ptr), offset 0x18: deduplicating: more than 64 types in a chain, expected an end (is it a cycle?)',
  );
  const self = btfBuilder();
  self.funcProto(0, [{ typeId: 1 }]);
  assert.is(btfError(() => dedupBtf(self.build())).code, 'BTF_TOO_DEEP');
  const broken = btfBuilder();
  broken.ptr(7);
  assert.is(btfError(() => dedupBtf(broken.build())).code, 'BTF_BAD_TYPE_ID');
});

test('chains longer than any stack are no matter', () => {
  const b = btfBuilder();
  let chain = b.int('int', { size: 4 });
  for (let i = 0; i < 50_000; i++) chain = b.ptr(chain);
  for (let i = 0; i < 50_000; i++) {
    chain = b.struct(`s${i}`, {
      size: 8,
      members: [{ name: 'next', typeId: b.ptr(chain), bitOffset: 0 }],
    });
  }
  const btf = b.build();
  assert.is(parseBtf(dedupBtf(btf).bytes).typeCount, btf.typeCount);
});

test.run();
