import { type BtfFunc, BtfKind, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfForKernel } from '../../src/load/sanitize-btf.js';
import { openFixture } from '../open/open-fixture.js';

const test = suite('sanitize-btf');

function kindsFor(name: string, has: (feature: string) => boolean): Set<number> {
  const object = openFixture(name);
  const btf = parseBtf(btfForKernel(object, object.btf!, object.programs, has).bytes);
  return new Set(Array.from({ length: btf.typeCount - 1 }, (_, index) => btf.kindOf(index + 1)));
}

test('a kernel that knows everything gets every kind', () => {
  const kinds = kindsFor('data-function-static', () => true);
  for (const kind of [BtfKind.FUNC, BtfKind.FUNC_PROTO, BtfKind.VAR, BtfKind.DATASEC])
    assert.ok(kinds.has(kind), String(kind));
});

test('a kernel that knows only the first kinds gets only those', () => {
  for (const name of ['data-function-static', 'kfunc-address', 'kconfig-values']) {
    const kinds = kindsFor(name, () => false);
    for (const kind of kinds) assert.ok(kind <= BtfKind.RESTRICT, `${name}: kind ${kind}`);
  }
});

test('.ksyms becomes a section of variables, its functions global with named parameters', () => {
  const object = openFixture('kfunc-address');
  const btf = parseBtf(btfForKernel(object, object.btf!, object.programs, () => true).bytes);
  const section = btf.type(btf.findByNameAndKind('.ksyms', BtfKind.DATASEC)!);
  assert.ok(section.kind === 'datasec' && section.size === 12);
  for (const [index, { typeId, offset, size }] of section.variables.entries()) {
    assert.is(btf.kindOf(typeId), BtfKind.VAR);
    assert.equal([offset, size], [4 * index, 4]);
  }
  const future = btf.type(
    btf.findByNameAndKind('bpf_kfunc_of_the_future', BtfKind.FUNC)!,
  ) as BtfFunc;
  assert.is(future.linkage, 'global');
  const prototype = btf.type(future.typeId);
  assert.ok(
    prototype.kind === 'func_proto' && prototype.parameters.every(({ name }) => name !== ''),
  );
});

test('the layout of records, which kernels before 7.2 refuse, is left out', () => {
  const object = openFixture('data-function-static');
  const { bytes } = object.btf!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const typesLength = view.getUint32(12, true);
  // The same, with a longer header and a section of 20 entries behind the types.
  const layout = new Uint8Array(80);
  const types = bytes.subarray(24, 24 + typesLength);
  const strings = bytes.subarray(24 + view.getUint32(16, true));
  const withLayout = new Uint8Array(32 + types.length + layout.length + strings.length);
  withLayout.set(bytes.subarray(0, 24));
  withLayout.set(types, 32);
  withLayout.set(strings, 32 + types.length + layout.length);
  const header = new DataView(withLayout.buffer);
  for (const [at, value] of [
    [4, 32],
    [16, types.length + layout.length],
    [24, types.length],
    [28, layout.length],
  ] as const)
    header.setUint32(at, value, true);
  const image = btfForKernel(object, parseBtf(withLayout), [], () => true);
  assert.equal(image.bytes, bytes.slice());
});

test('the object’s own BTF stays as it is', () => {
  const object = openFixture('kfunc-address');
  const before = object.btf!.bytes.slice();
  btfForKernel(object, object.btf!, object.programs, () => false);
  assert.equal(object.btf!.bytes, before);
});

test.run();
