import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KernelSymbols } from '../../src/map/kernel-symbols.js';
import { stackTraceCodec } from '../../src/map/stack-trace.js';

const test = suite('stack traces');

test('addresses up to the first zero', () => {
  const view = new DataView(new ArrayBuffer(40));
  view.setBigUint64(0, 0x1234n, true);
  view.setBigUint64(8, 0x5678n, true);
  view.setBigUint64(24, 0x9abcn, true);
  const frames = stackTraceCodec(40, false).decode(view, 0);
  assert.equal(
    frames.map(({ address }) => address),
    [0x1234n, 0x5678n],
  );
  assert.is(String(frames[0]), '0x1234');
});

test('build ids with offsets; addresses where there is no build id', () => {
  const view = new DataView(new ArrayBuffer(96));
  view.setInt32(0, 1, true);
  for (let index = 0; index < 20; index++) view.setUint8(4 + index, 0xa0 + index);
  view.setBigUint64(24, 0x40n, true);
  view.setInt32(32, 2, true);
  view.setBigUint64(56, 0x7fffn, true);
  const frames = stackTraceCodec(96, true).decode(view, 0);
  assert.is(frames.length, 2);
  assert.is(String(frames[0]), 'a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3+0x40');
  assert.is(frames[0]!.fileOffset, 0x40n);
  assert.is(frames[0]!.symbol, undefined);
  assert.is(frames[1]!.address, 0x7fffn);
  assert.is(frames[1]!.buildId, undefined);
});

test('cannot be written', () => {
  assert.throws(
    () => stackTraceCodec(8, false).encode(new DataView(new ArrayBuffer(8)), 0, []),
    /written by the kernel/,
  );
});

const KALLSYMS = `0000000000000000 A nothing
ffffffff81000000 T _text
ffffffff81000000 T startup_64
ffffffff81000100 t helper
ffffffffc0001000 t module_function\t[dummy]
ffffffff81000080 T middle
`;

test('symbols by address', () => {
  const symbols = new KernelSymbols(KALLSYMS);
  assert.is(symbols.size, 5);
  assert.equal(symbols.find(0xffffffff81000000n), { name: '_text', offset: 0, module: undefined });
  assert.equal(symbols.find(0xffffffff81000084n), { name: 'middle', offset: 4, module: undefined });
  assert.equal(symbols.find(0xffffffffc0001010n), {
    name: 'module_function',
    offset: 16,
    module: 'dummy',
  });
  assert.is(symbols.find(0x400000n), undefined);
  assert.is(new KernelSymbols('').find(1n), undefined);
});

test.run();
