/** BTF with a kind that is newer than this package, of which its layout section tells the size: all other types are printed. */

import { type Btf, btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dumpC, dumpJson, dumpTypeScript, formatValue } from '../src/index.js';

const test = suite('kinds of the future');

/** `struct before`, a type of kind 20 followed by 12 bytes, `struct after`, which points at it. */
function withNewKind(): Btf {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4, signed: true });
  const member = { name: 'x', typeId: int, bitOffset: 0 };
  builder.struct('before', { size: 4, members: [member] });
  // One value of a 64-bit enum takes 12 bytes.
  const changed = builder.enum64('new', { values: [{ name: 'VALUE', value: 1n }] });
  const pointer = builder.ptr(changed);
  builder.struct('after', { size: 8, members: [{ name: 'p', typeId: pointer, bitOffset: 0 }] });
  builder.struct('last', { size: 4, members: [member] });
  const plain = builder.build();
  const types = new Uint8Array(plain.bytes.subarray(24, plain.bytes.length - plain.strings.length));
  new DataView(types.buffer).setUint32(plain.recordOffset(changed) - 24 + 4, 20 << 24, true);
  const layout = new Uint8Array(21 * 4);
  layout[80] = 12;
  const header = new Uint8Array(32);
  header.set(plain.bytes.subarray(0, 24));
  const view = new DataView(header.buffer);
  view.setUint32(4, 32, true);
  view.setUint32(16, types.length + layout.length, true);
  view.setUint32(24, types.length, true);
  view.setUint32(28, layout.length, true);
  return parseBtf(Buffer.concat([header, types, layout, plain.strings]));
}

test('C of the types that do not need it', () => {
  const btf = withNewKind();
  const id = btf.findByName('last')!;
  assert.is(
    [...dumpC(btf, { roots: [2, id], preamble: false })].join(''),
    'struct before {\n\tint x;\n};\n\nstruct last {\n\tint x;\n};\n\n',
  );
});

test('C of all types, with pointers to it as pointers', () => {
  assert.is(
    [...dumpC(withNewKind(), { preamble: false, keepFirst: true })].join(''),
    'struct after {\n\tvoid /* BTF kind 20 */ *p;\n};\n\nstruct before {\n\tint x;\n};\n\nstruct last {\n\tint x;\n};\n\n',
  );
});

test('TypeScript of what holds a pointer to it', () => {
  const btf = withNewKind();
  const text = [...dumpTypeScript(btf, [btf.findByName('after')!])].join('');
  assert.match(text, /interface After \{\n.*\n {2}p: bigint;/);
});

test('a value of it has no size', () => {
  assert.throws(
    () => formatValue(withNewKind(), 3, new Uint8Array(8)),
    (error: Error) => error.name === 'BtfError' || error.name === 'BtfDumpError',
  );
});

test('JSON names the number of the kind', () => {
  const { types } = JSON.parse([...dumpJson(withNewKind())].join(''));
  assert.equal(types[2], { id: 3, kind: 'UNKNOWN', name: 'new', kind_number: 20, vlen: 0 });
});

test.run();
