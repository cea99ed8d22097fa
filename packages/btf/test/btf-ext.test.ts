import {
  type BtfExt,
  btfBuilder,
  CoreKind,
  convertExtEndianness,
  encodeBtfExt,
  encodeFuncInfo,
  encodeLineInfo,
  parseBtf,
  parseBtfExt,
  remapBtfExt,
} from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';
import { fixture } from './load-fixture.js';

const test = suite('BTF.ext');

test('reads what clang wrote, the same from either byte order', () => {
  const [el, eb] = ['el', 'eb'].map((endian) => {
    const btf = parseBtf(fixture(`kinds.${endian}.btf`));
    const ext = parseBtfExt(fixture(`kinds.${endian}.btfext`), btf);
    const lines = ext.lineInfo.sections.map(({ sectionName, records }) => ({
      sectionName,
      lines: records.map((r) => [
        r.line,
        r.column,
        btf.string(r.fileNameOffset).split('/').at(-1),
        btf.string(r.lineOffset).trim(),
      ]),
    }));
    const functions = ext.funcInfo.sections.map(({ sectionName, records }) => [
      sectionName,
      records.map((r) => [r.insnOffset, btf.nameOf(r.typeId)]),
    ]);
    return {
      littleEndian: ext.littleEndian,
      sizes: [ext.funcInfo.recordSize, ext.lineInfo.recordSize],
      lines,
      functions,
    };
  });
  assert.equal({ ...el, littleEndian: false }, eb);
  assert.equal(el!.sizes, [8, 16]);
  assert.equal(el!.functions, [
    ['raw_tp/first', [[0, 'first']]],
    ['.text', [[0, 'inner']]],
    ['raw_tp/second', [[0, 'second']]],
  ]);
  const first = el!.lines[1]!.lines[0]!;
  assert.equal(first.slice(2), [
    'kinds.c',
    'static __attribute__((noinline)) int inner(struct node *n) { counter++; return n->m; }',
  ]);
});

test('reads CO-RE relocations', () => {
  const ext = parseBtfExt(fixture('core-local.btfext'), parseBtf(fixture('core-local.btf')));
  assert.equal(
    ext.coreRelocations.map(({ sectionName, records }) => [sectionName, records.length]),
    [
      ['raw_tp/offsets', 16],
      ['raw_tp/loads', 8],
      ['raw_tp/fields', 47],
      ['raw_tp/types', 26],
      ['raw_tp/enums', 8],
    ],
  );
  const kinds = new Set(
    ext.coreRelocations.flatMap(({ records }) => records.map(({ kind }) => kind)),
  );
  assert.equal(
    [...kinds].sort((a, b) => a - b),
    Object.values(CoreKind),
  );
  assert.equal(ext.coreRelocations[0]!.records[3]!.accessString, '0:3:2:0');
});

test('every truncation is an error with an offset inside', () => {
  const btf = parseBtf(fixture('core-local.btf'));
  const bytes = fixture('core-local.btfext');
  for (let length = 0; length < bytes.length; length++) {
    const error = btfError(() => parseBtfExt(bytes.subarray(0, length), btf));
    assert.ok(error.offset !== undefined && error.offset <= bytes.length, error.message);
  }
});

const small = btfBuilder();
const strings = { section: small.addString('.text'), access: small.addString('0:1') };
const smallBtf = small.build();

/** A BTF.ext with one record of each sort, and a word of it overwritten. */
function patched(at: number, value: number): Uint8Array {
  const sections = <Item>(record: Item): { sectionName: string; records: Item[] }[] => [
    { sectionName: '.text', records: [record] },
  ];
  const bytes = encodeBtfExt(
    {
      funcInfo: { sections: sections({ insnOffset: 0, typeId: 0 }) },
      lineInfo: {
        sections: sections({ insnOffset: 0, fileNameOffset: 0, lineOffset: 0, line: 1, column: 1 }),
      },
      coreRelocations: sections({
        insnOffset: 8,
        typeId: 0,
        accessString: '0:1',
        kind: CoreKind.FIELD_EXISTS,
      }),
    },
    { addString: (text) => (text === '0:1' ? strings.access : strings.section) },
  );
  new DataView(bytes.buffer).setUint32(at, value, true);
  return bytes;
}

test('says what is wrong', () => {
  // Header 32; func_info at 32: record size, name, count, record; line_info at 52; core_relo at 80.
  const table: [at: number, value: number, message: string][] = [
    [
      0,
      0x0001ffff,
      'BTF.ext header, offset 0x0: bad magic, found 0xffff, expected 0xeb9f in either byte order',
    ],
    [0, 0x0007eb9f, 'BTF.ext header, offset 0x2: unsupported version, found 7, expected 1'],
    [4, 8, 'BTF.ext header, offset 0x4: bad hdr_len, found 0x8, expected at least 0x18'],
    [8, 1, 'BTF.ext header, offset 0x8: bad func_info_off, found 0x1, expected a multiple of 4'],
    [
      16,
      4000,
      'BTF.ext header, offset 0x10: bad line_info_off, found 0xfa0, expected at most 0x4c',
    ],
    [
      28,
      4000,
      'BTF.ext core_relo section, offset 0x50: truncated, found 28 bytes, expected 4000 bytes',
    ],
    [
      12,
      2,
      'BTF.ext func_info record size, offset 0x20: truncated, found 2 bytes, expected 4 bytes',
    ],
    [
      12,
      4,
      'BTF.ext func_info section header, offset 0x24: truncated, found 0 bytes, expected 8 bytes',
    ],
    [
      12,
      10,
      'BTF.ext func_info section header, offset 0x24: truncated, found 6 bytes, expected 8 bytes',
    ],
    [
      32,
      4,
      'BTF.ext func_info, offset 0x20: bad record size, found 4, expected a multiple of 4, at least 8',
    ],
    [
      32,
      9,
      'BTF.ext func_info, offset 0x20: bad record size, found 9, expected a multiple of 4, at least 8',
    ],
    [
      36,
      999,
      'BTF.ext func_info section name, offset 0x24: string offset 0x3e7 out of range, expected less than 0xb',
    ],
    [
      40,
      0,
      'BTF.ext func_info of section ".text", offset 0x28: bad number of records, found 0, expected at least 1',
    ],
    [
      40,
      0xffffffff,
      'BTF.ext func_info of section ".text", offset 0x2c: truncated, found 8 bytes, expected 34359738360 bytes',
    ],
    [
      100,
      999,
      'BTF.ext core_relo access string, offset 0x64: string offset 0x3e7 out of range, expected less than 0xb',
    ],
  ];
  for (const [at, value, message] of table) {
    assert.is(btfError(() => parseBtfExt(patched(at, value), smallBtf)).message, message);
  }
  assert.is(parseBtfExt(patched(4, 32), smallBtf).coreRelocations.length, 1);
});

test('reads records that are longer than known', () => {
  const bytes = new Uint8Array(32 + 4 + 8 + 24);
  const view = new DataView(bytes.buffer);
  const words = [0x0001eb9f, 32, 0, 36, 36, 0, 36, 0, 12, strings.section, 2, 0, 5, 77, 16, 6, 88];
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, true);
  const { funcInfo } = parseBtfExt(bytes, smallBtf);
  assert.equal(funcInfo, {
    recordSize: 12,
    sections: [
      {
        sectionName: '.text',
        records: [
          { insnOffset: 0, typeId: 5 },
          { insnOffset: 16, typeId: 6 },
        ],
      },
    ],
  });
  const moved = remapBtfExt(bytes, smallBtf, {
    typeId: (id) => id + 100,
    string: (offset) => offset,
  });
  assert.equal(
    parseBtfExt(moved, smallBtf).funcInfo.sections[0]!.records.map(({ typeId }) => typeId),
    [105, 106],
  );
});

test('reads an old header, which ends before CO-RE', () => {
  const bytes = new Uint8Array(24);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0001eb9f, true);
  view.setUint32(4, 24, true);
  const ext = parseBtfExt(bytes, smallBtf);
  assert.equal(ext, {
    littleEndian: true,
    funcInfo: { recordSize: 8, sections: [] },
    lineInfo: { recordSize: 16, sections: [] },
    coreRelocations: [],
  });
});

test('is written as it was read, and converted', () => {
  for (const [name, endian] of [
    ['core-local', ''],
    ['kinds.el', ''],
    ['kinds.eb', ''],
  ] as const) {
    const btf = parseBtf(fixture(`${name}${endian}.btf`));
    const bytes = fixture(`${name}.btfext`);
    const ext = parseBtfExt(bytes, btf);
    const offsets = new Map<string, number>();
    for (let at = 0; at < btf.strings.length; at = btf.strings.indexOf(0, at) + 1)
      offsets.set(btf.string(at), at);
    const addString = (text: string): number => offsets.get(text)!;
    assert.equal(encodeBtfExt(ext, { addString, littleEndian: ext.littleEndian }), bytes);
    const plain = ({ funcInfo, lineInfo, coreRelocations }: BtfExt): object => ({
      funcInfo,
      lineInfo,
      coreRelocations,
    });
    const other = convertExtEndianness(bytes, !ext.littleEndian);
    assert.equal(plain(parseBtfExt(other, btf)), plain(ext));
    assert.equal(convertExtEndianness(other, ext.littleEndian), bytes);
    assert.equal(convertExtEndianness(bytes, ext.littleEndian), bytes);
  }
  const empty = {
    funcInfo: { sections: [] },
    lineInfo: { sections: [{ sectionName: 'x', records: [] }] },
    coreRelocations: [],
  };
  assert.is(encodeBtfExt(empty, { addString: () => 0 }).length, 32);
});

test('records for a program load count instructions', () => {
  const func = encodeFuncInfo([{ insnOffset: 24, typeId: 7 }]);
  assert.equal([...func], [3, 0, 0, 0, 7, 0, 0, 0]);
  const line = encodeLineInfo(
    [{ insnOffset: 16, fileNameOffset: 1, lineOffset: 2, line: 0x3fffff, column: 1023 }],
    false,
  );
  assert.equal([...line], [0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 255]);
});

test.run();
