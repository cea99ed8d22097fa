/** Codecs of types that no compiler writes, of data sections, and of 32-bit pointers. */

import { btfBuilder, compileCodec } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { btfError } from './catch-error.js';

const test = suite('codecs of odd types');

test('integers of sizes that no number has are bytes', () => {
  for (const size of [3, 5, 7, 12]) {
    const b = btfBuilder();
    const id = b.int('odd', { size });
    const codec = compileCodec(b.build(), id);
    assert.is(codec.size, size);
    const bytes = Uint8Array.from({ length: size }, (_, index) => index + 1);
    assert.equal(codec.decode(bytes), bytes);
    const target = new Uint8Array(size);
    codec.encode(target, 0, bytes);
    assert.equal(target, bytes);
  }
});

test('an enum of half a gigabyte costs nothing', () => {
  const b = btfBuilder();
  const typeId = b.enum64('huge', { size: 0x20000000, values: [] });
  const member = { name: 'm', typeId, bitOffset: 0 };
  const id = b.struct('s', { size: 4, members: [member] });
  assert.is(btfError(() => compileCodec(b.build(), id)).code, 'BTF_BAD_TYPE');
});

test('pointers of a 32-bit kernel are bigints of 4 bytes', () => {
  const b = btfBuilder({ pointerSize: 4 });
  const id = b.ptr(0);
  const codec = compileCodec(b.build(), id);
  assert.is(codec.size, 4);
  assert.is(codec.decode(Uint8Array.of(1, 0, 0, 0x80)), 0x80000001n);
  const target = new Uint8Array(4);
  codec.encode(target, 0, 0xfffffffen);
  assert.equal([...target], [0xfe, 255, 255, 255]);
});

test('a data section is an object by variable', () => {
  const b = btfBuilder();
  const int = b.int('int', { size: 4, signed: true });
  const [first, second] = ['a', 'b'].map((name) =>
    b.var(name, { typeId: int, linkage: 'global' }),
  ) as [number, number];
  const section = (size: number): number =>
    b.datasec('.data', {
      size,
      variables: [
        { typeId: first, offset: 0, size: 4 },
        { typeId: second, offset: 8, size: 4 },
      ],
    });
  const [good, short] = [section(12), section(8)];
  const btf = b.build();
  const codec = compileCodec(btf, good);
  const target = new Uint8Array(12);
  codec.encode(target, 0, { a: -1, b: 2 });
  assert.equal({ ...(codec.decode(target) as object) }, { a: -1, b: 2 });
  const offset = btf.recordOffset(short).toString(16);
  assert.is(
    btfError(() => compileCodec(btf, short)).message,
    `BTF type ${short} (datasec ".data"), offset 0x${offset}: variable outside its section, found end 12, expected 8 bytes`,
  );
});

test.run();
