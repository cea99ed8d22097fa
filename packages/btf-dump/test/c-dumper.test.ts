/** A dumper's memory, declarations of single names, and types that no compiler would make. */

import { readFileSync } from 'node:fs';
import {
  type BtfBuilder,
  BtfKind,
  btfBuilder,
  convertEndianness,
  isBtfError,
  parseBtf,
} from '@libbpf-ts/btf';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCDumper, dumpC, emitTypeDeclaration, isBtfDumpError } from '../src/index.js';

const test = suite('C dumper');

function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url));
}

const syntax = parseBtf(fixture('syntax.btf'));

test('one type with what it needs, and nothing twice', () => {
  const btf = parseBtf(fixture('ordering.btf'));
  const dumper = createCDumper(btf);
  const id = btf.findByNameAndKind('cc_needs_alias', BtfKind.STRUCT)!;
  assert.is(
    dumper.dumpType(id),
    [
      'struct zz_needed_first {\n\tint n;\n};',
      'typedef struct zz_needed_first zz_alias;',
      'typedef zz_alias zz_alias_of_alias;',
      'struct cc_needs_alias {\n\tzz_alias_of_alias inner;\n\tvolatile const zz_alias *pointer;\n};\n\n',
    ].join('\n\n'),
  );
  assert.is(dumper.dumpType(id), '');
  const next = btf.findByNameAndKind('aa_needs_it', BtfKind.STRUCT)!;
  assert.is(dumper.dumpType(next), 'struct aa_needs_it {\n\tstruct zz_needed_first inner;\n};\n\n');
});

test('roots: the types asked for, no prototypes, with or without the preamble', () => {
  const btf = parseBtf(fixture('ordering.btf'));
  const roots = [btf.findByName('enums')!];
  const whole = [...dumpC(btf, { roots })].join('');
  const bare = [...dumpC(btf, { roots, preamble: false })].join('');
  assert.match(whole, '#define __VMLINUX_H__');
  assert.not.match(whole, 'kfunc');
  assert.ok(whole.includes(bare));
  assert.ok(bare.startsWith('enum early {'));
  assert.ok(bare.endsWith('\tenum early *p;\n};\n\n'));
});

test('the first type in order, which bpftool leaves out', () => {
  const builder = btfBuilder();
  const enums = ['aa', 'bb'].map((name) =>
    builder.enum(name, { values: [{ name: `${name}_1`, value: 1 }] }),
  );
  for (const typeId of enums) builder.var(`v${typeId}`, { typeId, linkage: 'global' });
  const btf = builder.build();
  const text = (keepFirst: boolean) => [...dumpC(btf, { keepFirst, preamble: false })].join('');
  assert.is(text(false), 'enum bb {\n\tbb_1 = 1,\n};\n\n');
  assert.is(text(true), 'enum aa {\n\taa_1 = 1,\n};\n\nenum bb {\n\tbb_1 = 1,\n};\n\n');
});

test('types added after a dump: only they are printed, and names stay taken', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  const enumeration = builder.enum('x', { values: [{ name: 'X', value: 1 }] });
  const first = builder.struct('s', {
    size: 8,
    members: [
      { name: 'x', typeId: enumeration, bitOffset: 0 },
      { name: 'y', typeId: int, bitOffset: 32 },
    ],
  });
  const dumper = createCDumper(builder.build());
  let text = '';
  for (let id = 1; id <= first; id++) text += dumper.dumpType(id);
  assert.is(text, 'enum x {\n\tX = 1,\n};\n\nstruct s {\n\tenum x x;\n\tint y;\n};\n\n');

  const other = builder.enum('', { values: [{ name: 'X', value: 2 }] });
  const members = [
    { name: 'x', typeId: enumeration, bitOffset: 0 },
    { name: 'y', typeId: builder.enum('', { values: [{ name: 'Y', value: 3 }] }), bitOffset: 32 },
    { name: 's', typeId: first, bitOffset: 64 },
  ];
  const second = builder.struct('s', { size: 16, members });
  dumper.extend(builder.build());
  text = '';
  for (let id = 1; id <= second; id++) text += dumper.dumpType(id);
  assert.is(
    text,
    'enum {\n\tX___2 = 2,\n};\n\nstruct s___2 {\n\tenum x x;\n\tenum {\n\t\tY = 3,\n\t} y;\n\tstruct s s;\n};\n\n',
  );
  assert.is(dumper.dumpType(other), '');
  assert.throws(
    () => dumper.extend(btfBuilder().build()),
    (error: unknown) => {
      assert.ok(isBtfDumpError(error) && error.code === 'BTF_DUMP_NOT_AN_EXTENSION');
      const message = `BTF to continue with: found 1, expected at least the ${second + 1} types already known`;
      assert.is((error as Error).message, message);
      return true;
    },
  );
});

const DECLARATIONS: readonly (readonly [type: string, kind: BtfKind, expected: string])[] = [
  ['int', BtfKind.INT, 'int name'],
  ['all', BtfKind.STRUCT, 'struct all name'],
  ['word_enum', BtfKind.ENUM64, 'enum word_enum name'],
  ['returns_function', BtfKind.TYPEDEF, 'returns_function name'],
];
for (const [type, kind, expected] of DECLARATIONS) {
  test(`declares ${expected}`, () => {
    const id = syntax.findByNameAndKind(type, kind)!;
    assert.is(emitTypeDeclaration(syntax, id, { fieldName: 'name' }), expected);
    assert.is(emitTypeDeclaration(syntax, id), expected.slice(0, -' name'.length));
  });
}

const TARGETS: readonly (readonly [typedef: string, named: string, bare: string])[] = [
  ['chain', 'int * const * volatile *n', 'int * const * volatile *'],
  ['restricted', 'int * restrict n', 'int * restrict'],
  ['plain', 'int (*n)(void)', 'int (*)(void)'],
  ['returns_function', 'int (* (*n)(char))(long)', 'int (* (*)(char))(long)'],
  ['array_of_functions', 'int (*n[3])(int)', 'int (*[3])(int)'],
  ['pointer_to_array_of_functions', 'int (*(*n)[5])(void)', 'int (*(*)[5])(void)'],
  ['array_of_array_pointers', 'char (*(*n)[2])[3]', 'char(*(*)[2])[3]'],
  ['array_of_pointers', 'char *n[7]', 'char *[7]'],
  ['const_array', 'const char * const n[2]', 'const char * const[2]'],
  ['function_type', 'void n(int, char)', 'void(int, char)'],
];
for (const [typedef, named, bare] of TARGETS) {
  test(`declares ${named}`, () => {
    const id = syntax.sizeOrType(syntax.findByNameAndKind(typedef, BtfKind.TYPEDEF)!);
    assert.is(emitTypeDeclaration(syntax, id, { fieldName: 'n' }), named);
    assert.is(emitTypeDeclaration(syntax, id), bare);
  });
}

test('indents the body of an anonymous type, strips modifiers', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  const value = builder.const(builder.volatile(int));
  const members = [{ name: 'a', typeId: value, bitOffset: 0 }];
  const tag = builder.typeTag('user', { typeId: builder.struct('', { size: 4, members }) });
  const pointer = builder.const(builder.ptr(builder.const(tag)));
  const btf = builder.build();
  const options = { fieldName: 'p', indentLevel: 1 };
  assert.is(
    emitTypeDeclaration(btf, pointer, options),
    'struct {\n\t\tvolatile const int a;\n\t}const  __attribute__((btf_type_tag("user"))) * const p',
  );
  assert.is(
    emitTypeDeclaration(btf, pointer, { ...options, stripModifiers: true }),
    'struct {\n\t\tint a;\n\t} *p',
  );
});

test('names with bytes that are no text come out as they are', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  builder.struct('größe', { size: 4, members: [{ name: 'naïve', typeId: int, bitOffset: 0 }] });
  const btf = builder.build();
  assert.match([...dumpC(btf)].join(''), 'struct größe {\n\tint naïve;\n};');
  assert.is(emitTypeDeclaration(btf, 2, { fieldName: 'Ω$&' }), 'struct größe Ω$&');
});

for (const name of ['padding', 'bit-fields', 'packing', 'ordering', 'syntax', 'special-names']) {
  test(`${name}: the same from big-endian BTF`, () => {
    const swapped = parseBtf(convertEndianness(fixture(`${name}.btf`), false));
    assert.not(swapped.littleEndian);
    assert.fixture([...dumpC(swapped)].join(''), fixture(`${name}.h`).toString());
  });
}

test('ids out of range', () => {
  const dumper = createCDumper(syntax);
  for (const id of [-1, 1.5, syntax.typeCount, Number.NaN]) {
    assert.throws(() => dumper.dumpType(id), /^id: found .*, expected a type id in 0\.\./);
    assert.throws(() => dumper.emitTypeDeclaration(id), /^id: found/);
    assert.throws(() => [...dumpC(syntax, { roots: [id] })], /^options\.roots: found/);
  }
});

function fails(
  build: (builder: BtfBuilder, int: number) => number,
  says: RegExp,
  maxBytes?: number,
): void {
  const builder = btfBuilder();
  const id = build(builder, builder.int('int', { size: 4 }));
  const btf = builder.build();
  const options = maxBytes === undefined ? {} : { maxBytes };
  const unsorted = { ...options, sorted: false };
  for (const run of [
    () => createCDumper(btf, options).dumpType(id),
    () => [...dumpC(btf, unsorted)],
  ]) {
    assert.throws(run, (error: unknown) => {
      assert.ok(isBtfDumpError(error) || isBtfError(error), String(error));
      assert.match((error as Error).message, says);
      return true;
    });
  }
  // A sorted dump does not ask for what cannot define anything.
  try {
    for (const chunk of dumpC(btf, options)) assert.type(chunk, 'string');
  } catch (error) {
    assert.ok(isBtfDumpError(error) || isBtfError(error), String(error));
  }
}

test('a struct inside itself', () => {
  fails(
    (b) => b.struct('s', { size: 4, members: [{ name: 'a', typeId: 2, bitOffset: 0 }] }),
    /^BTF type 2 \(struct "s"\): contains itself with no pointer between, which C cannot express$/,
  );
});

test('modifiers, arrays and typedefs that lead to themselves', () => {
  const deep = /more than 512 levels deep/;
  fails((b) => b.const(2), deep);
  fails((b) => b.ptr(2), deep);
  fails((b, int) => b.array(2, { length: 2, indexTypeId: int }), deep);
  fails((b) => b.typedef('t', 2), deep);
  fails((b) => b.typedef('t', b.const(3)), deep);
  fails((b) => b.funcProto(2), deep);
});

test('very deep types are refused, not a stack overflow', () => {
  fails((b, int) => {
    let id = int;
    for (let i = 0; i < 20000; i++) id = b.ptr(id);
    return b.struct('s', { size: 8, members: [{ name: 'p', typeId: id, bitOffset: 0 }] });
  }, /more than 512 levels deep/);
  fails((b, int) => {
    let id = int;
    for (let i = 0; i < 20000; i++) {
      id = b.struct('', { size: 4, members: [{ name: 'm', typeId: id, bitOffset: 0 }] });
    }
    return b.typedef('t', id);
  }, /more than 512 levels deep/);
});

test('text that doubles with each level is cut off', () => {
  fails(
    (b, int) => {
      let id = int;
      for (let i = 0; i < 40; i++) {
        const members = [
          { name: 'a', typeId: id, bitOffset: 0 },
          { name: 'b', typeId: id, bitOffset: 0 },
        ];
        id = b.union('', { size: 4, members });
      }
      return b.typedef('t', id);
    },
    /more than 1000000 bytes to print its types/,
    1_000_000,
  );
});

test('padding without end is cut off', () => {
  fails((b) => b.struct('s', { size: 0x0fff_ffff }), /more than 1000000 bytes to print/, 1_000_000);
});

test('ids and names that do not exist', () => {
  fails((b) => b.ptr(77), /type id 77 out of range/);
  fails(
    (b) => b.struct('s', { size: 4, members: [{ name: 'a', typeId: 9, bitOffset: 0 }] }),
    /type id 9 out of range/,
  );
  fails((b) => b.funcProto(0, [{ name: 'a', typeId: 9 }]), /type id 9 out of range/);
  fails((b) => b.array(9, { length: 1, indexTypeId: 1 }), /type id 9 out of range/);
  const bad = btfBuilder();
  bad.ptr(9);
  assert.throws(() => emitTypeDeclaration(bad.build(), 1), /type id 9 out of range/);
});

test('names that do not exist do not decide an order', () => {
  // Of two types of one name the hash of their members' names decides.
  const bytes = fixture('special-names.btf').slice();
  bytes[24 + 139] = 0xf1;
  assert.throws(() => [...dumpC(parseBtf(bytes))], /string offset 0xf1000029 out of range/);
});

test('any bytes that parse end in text or in an error of ours', () => {
  const seeds = ['syntax', 'ordering', 'padding', 'special-kernel', 'special-names'].map((name) =>
    fixture(`${name}.btf`),
  );
  const position = fc.record({
    seed: fc.nat(seeds.length - 1),
    edits: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
  });
  fc.assert(
    fc.property(position, ({ seed, edits }) => {
      const bytes = seeds[seed]!.slice();
      for (const [at, value] of edits) bytes[24 + (at % (bytes.length - 24))] = value;
      try {
        const btf = parseBtf(bytes);
        for (const sorted of [true, false]) {
          for (const chunk of dumpC(btf, { sorted, maxBytes: 1 << 20 }))
            assert.type(chunk, 'string');
        }
      } catch (error) {
        assert.ok(isBtfError(error) || isBtfDumpError(error), (error as Error).stack);
      }
    }),
    { numRuns: 300, ...(process.env['TEST_SEED'] && { seed: Number(process.env['TEST_SEED']) }) },
  );
});

test('names that share a fingerprint are told apart', () => {
  // They differ where it does not look; three rounds of 40, more than the slots that are tried for one of them.
  const names = Array.from(
    { length: 40 },
    (_, i) => `n${String(i).padStart(2, '0')}${'x'.repeat(37)}`,
  );
  const builder = btfBuilder();
  for (let round = 0; round < 3; round++)
    for (const name of names) builder.struct(name, { size: 0, members: [] });
  const dumper = createCDumper(parseBtf(builder.toBytes()));
  const suffixes = ['', '___2', '___3'];
  for (const [index, suffix] of suffixes.entries()) {
    for (const [i, name] of names.entries())
      assert.is(dumper.dumpType(1 + index * names.length + i), `struct ${name}${suffix} {};\n\n`);
  }
});

test('one name at two offsets is one name', () => {
  const builder = btfBuilder();
  for (const name of ['one_name', 'two_name']) builder.struct(name, { size: 0, members: [] });
  const bytes = builder.toBytes();
  bytes.set(Buffer.from('one'), Buffer.from(bytes).indexOf('two_name'));
  const dumper = createCDumper(parseBtf(bytes));
  assert.is(dumper.dumpType(1), 'struct one_name {};\n\n');
  assert.is(dumper.dumpType(2), 'struct one_name___2 {};\n\n');
});

test.run();
