/**
 * The layout section of Linux 7.2: kinds that are newer than this package are passed over, everything around them is read.
 * The cases are those of the kernel's selftest btf_kind, and what it leaves out.
 */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Btf,
  BtfKind,
  btfBuilder,
  CoreKind,
  convertEndianness,
  createCoreContext,
  dedupBtf,
  formatRaw,
  parseBtf,
  relocateCore,
  validateBtf,
} from '../src/index.js';
import { btfError } from './catch-error.js';
import { NEW_KIND, withNewKind } from './new-kind.js';

const test = suite('layout section');

const names = (btf: Btf): string[] => [...btf.types()].map(({ kind, name }) => `${kind} ${name}`);

for (const littleEndian of [true, false]) {
  test(`types after one of a new kind are found, ${littleEndian ? 'little' : 'big'}-endian`, () => {
    const btf = parseBtf(withNewKind({ littleEndian }));
    assert.equal(names(btf), ['int int', 'unknown new', 'typedef next', 'typedef last']);
    assert.is(btf.findByName('new'), 2);
    assert.is(btf.findByNameAndKind('next', BtfKind.TYPEDEF), 3);
    assert.is(btf.resolve(4), 1);
    assert.equal(btf.type(2), {
      kind: 'unknown',
      id: 2,
      name: 'new',
      kindNumber: 20,
      kindFlag: false,
      vlen: 0,
      sizeOrType: 1,
      rest: new Uint8Array(0),
    });
    validateBtf(btf);
  });
}

test('what follows a record, once or for each entry, belongs to it', () => {
  for (const sizes of [
    { infoSize: 12 },
    { entrySize: 12, vlen: 1 },
    { infoSize: 4, entrySize: 4, vlen: 2 },
  ]) {
    const btf = parseBtf(withNewKind(sizes));
    // The typedef "next" is what follows.
    assert.equal(names(btf), ['int int', 'unknown new', 'typedef last']);
    assert.is(btf.findByName('next'), undefined);
    const type = btf.type(2);
    assert.is(type.kind === 'unknown' && type.rest.length, 12);
    assert.is(btf.recordEnd(2) - btf.recordOffset(2), 24);
  }
});

test('known kinds have their own sizes', () => {
  const bytes = withNewKind();
  // Of the int, 4 bytes too many: nothing but kinds that are not known is looked up.
  const { view } = parseBtf(bytes);
  const layoutStart = 32 + view.getUint32(24, true);
  bytes[layoutStart + 4] = 8;
  assert.is(parseBtf(bytes).typeCount, 5);
});

test('a split BTF goes by the layout of its base', () => {
  const base = parseBtf(withNewKind({ infoSize: 12 }));
  const split = withNewKind({ base, entries: 0 });
  assert.equal(names(parseBtf(split, { base })), ['int int', 'unknown new', 'typedef last']);
  assert.is(btfError(() => parseBtf(split, { base: parseBtf(kindless()) })).code, 'BTF_BAD_KIND');
});

function kindless(): Uint8Array {
  return btfBuilder().toBytes();
}

test('a kind that the section does not describe is refused', () => {
  for (const entries of [0, NEW_KIND]) {
    const bytes = withNewKind({ entries });
    const offset = (entries === 0 ? 24 : 32) + 16 + 4;
    assert.is(
      btfError(() => parseBtf(bytes)).message,
      `BTF type 2, offset 0x${offset.toString(16)}: unknown kind, found 20, expected 1..19 or one that a layout section describes`,
    );
  }
});

test('sizes that no record can have are refused', () => {
  // 16 + 3 * 12 bytes of types behind the header, then entry 20.
  const entry = (32 + 52 + 80).toString(16);
  assert.is(
    btfError(() => parseBtf(withNewKind({ infoSize: 6 }))).message,
    `BTF header, offset 0x${entry}: bad layout of kind 20, info_sz, found 0x6, expected a multiple of 4`,
  );
  assert.is(
    btfError(() => parseBtf(withNewKind({ entrySize: 1 }))).message,
    `BTF header, offset 0x${(32 + 52 + 81).toString(16)}: bad layout of kind 20, elem_sz, found 0x1, expected a multiple of 4`,
  );
  assert.is(
    btfError(() => parseBtf(withNewKind({ infoSize: 252 }))).message,
    'BTF type 2, offset 0x30: truncated, found 36 bytes, expected 264 bytes',
  );
});

test('a section that lies nowhere is refused', () => {
  const table: [at: number, value: number, message: string][] = [
    [24, 50, 'BTF header, offset 0x18: bad layout_off, found 0x32, expected a multiple of 4'],
    [28, 83, 'BTF header, offset 0x1c: bad layout_len, found 0x53, expected a multiple of 4'],
    [24, 0x10000, 'BTF header, offset 0x18: bad layout_off, found 0x10000, expected at most 0x9b'],
    [
      28,
      0x10000,
      'BTF layout section, offset 0x54: truncated, found 103 bytes, expected 65536 bytes',
    ],
  ];
  for (const [at, value, message] of table) {
    const bytes = withNewKind();
    new DataView(bytes.buffer).setUint32(at, value, true);
    assert.is(btfError(() => parseBtf(bytes)).message, message);
  }
});

test('fields behind those of 7.2 are passed over', () => {
  const bytes = withNewKind();
  const longer = new Uint8Array(bytes.length + 8);
  longer.set(bytes.subarray(0, 32));
  longer.fill(0xff, 32, 40);
  longer.set(bytes.subarray(32), 40);
  new DataView(longer.buffer).setUint32(4, 40, true);
  assert.equal(names(parseBtf(longer)), names(parseBtf(bytes)));
});

test('conversion keeps the section', () => {
  const bytes = withNewKind({ infoSize: 12 });
  const layoutStart = 32 + parseBtf(bytes).view.getUint32(24, true);
  new DataView(bytes.buffer).setUint16(layoutStart + NEW_KIND * 4 + 2, 0x1234, true);
  const swapped = convertEndianness(bytes, false);
  assert.equal(names(parseBtf(swapped)), ['int int', 'unknown new', 'typedef last']);
  assert.is(new DataView(swapped.buffer).getUint16(layoutStart + NEW_KIND * 4 + 2, false), 0x1234);
  assert.equal(convertEndianness(swapped, true), bytes);
});

test('what would have to know the kind says so', () => {
  const btf = parseBtf(withNewKind());
  assert.is(
    btfError(() => dedupBtf(btf)).message,
    'BTF type 2, offset 0x34: deduplicating: unknown kind, found 20, expected 1..19',
  );
  assert.is(
    btfError(() => btf.sizeOf(2)).message,
    'BTF type 2 (kind 20 "new"), offset 0x30: size: a kind 20 has none, expected a type of data',
  );
  assert.throws(
    () => btfBuilder().add(btf.type(2)),
    /^BTF builder: type 2 is of kind 20, which this version can not write: what in it are ids and names is not known$/,
  );
  assert.is(btf.describe(2), 'BTF type 2 (kind 20 "new")');
});

test('it is listed by name', () => {
  assert.is(
    formatRaw(parseBtf(withNewKind({ vlen: 3 }))).split('\n')[1],
    "[2] UNKNOWN 'new' kind=20 vlen=3",
  );
});

test('a kernel with one is still one to relocate for', () => {
  const local = btfBuilder();
  const typeId = local.typedef('last', local.int('int', { size: 4, signed: true }));
  const target = parseBtf(withNewKind());
  const context = createCoreContext(local.build(), [{ name: 'vmlinux', btf: target }]);
  const result = relocateCore(context, {
    insnOffset: 0,
    typeId,
    accessString: '0',
    kind: CoreKind.TYPE_ID_TARGET,
  });
  assert.is(result.ok && result.newValue, 4n);
});

test.run();
