/** The listing against what bpftool 7.5 printed for the same bytes. */

import { btfBuilder, formatRaw, parseBtf, rawListing } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, fixtureText } from './load-fixture.js';

const test = suite('raw listing');

test('is that of bpftool for every kind that clang writes', () => {
  for (const endian of ['el', 'eb']) {
    assert.is(
      formatRaw(parseBtf(fixture(`kinds.${endian}.btf`))),
      fixtureText(`kinds.${endian}.txt`),
    );
  }
});

test('is that of bpftool for a split BTF', () => {
  const base = parseBtf(fixture('dedup-split.base.btf'));
  assert.is(
    formatRaw(parseBtf(fixture('dedup-split.deduped.btf'), { base })),
    fixtureText('dedup-split.deduped.txt'),
  );
});

test('shows what compilers do not write', () => {
  const b = btfBuilder();
  b.int('i', { size: 4, signed: true, char: true });
  b.int('c', { size: 1, char: true });
  b.int('b', { size: 1, bool: true, bits: 1, offset: 7 });
  b.union('u', {
    size: 4,
    members: [
      { name: 'x', typeId: 1, bitOffset: 3, bitSize: 5 },
      { typeId: 1, bitOffset: 0 },
    ],
  });
  b.datasec('.d', { size: 4, variables: [{ typeId: 0, offset: 1, size: 2 }] });
  b.enum64('e', { signed: true, values: [{ name: 'M', value: -1n }] });
  b.enum('f', { signed: true, values: [{ name: 'N', value: -1 }] });
  b.var('v', { typeId: 1, linkage: 'extern' });
  const func = b.func('f', { typeId: 1, linkage: 'extern' });
  const bytes = b.toBytes();
  const view = new DataView(bytes.buffer);
  const at = parseBtf(bytes).recordOffset(func);
  view.setUint32(at, 0xffffff, true);
  view.setUint32(at + 4, (12 << 24) | 9, true);
  assert.equal(formatRaw(parseBtf(bytes)).split('\n'), [
    "[1] INT 'i' size=4 bits_offset=0 nr_bits=32 encoding=UNKN",
    "[2] INT 'c' size=1 bits_offset=0 nr_bits=8 encoding=CHAR",
    "[3] INT 'b' size=1 bits_offset=7 nr_bits=1 encoding=BOOL",
    "[4] UNION 'u' size=4 vlen=2",
    "\t'x' type_id=1 bits_offset=3 bitfield_size=5",
    "\t'(anon)' type_id=1 bits_offset=0",
    "[5] DATASEC '.d' size=4 vlen=1",
    "\ttype_id=0 offset=1 size=2 (VOID '(anon)')",
    "[6] ENUM64 'e' encoding=SIGNED size=8 vlen=1",
    "\t'M' val=-1LL",
    "[7] ENUM 'f' encoding=SIGNED size=4 vlen=1",
    "\t'N' val=-1",
    "[8] VAR 'v' type_id=1, linkage=extern",
    "[9] FUNC '(invalid)' type_id=1 linkage=(unknown)",
    '',
  ]);
});

test('comes in chunks of whole lines', () => {
  const b = btfBuilder();
  for (let i = 0; i < 20_000; i++) b.struct(`some_struct_with_a_name_${i}`, { size: i });
  const chunks = [...rawListing(b.build())];
  assert.ok(chunks.length > 2);
  assert.ok(chunks.every((chunk) => chunk.endsWith('\n')));
  assert.is(chunks.join('').split('\n').length, 20_001);
  assert.equal([...rawListing(btfBuilder().build())], []);
});

test.run();
