// Loads and stores follow the width of a field in the target, where that can be done; the target is a BTF file of the test's own.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { btfBuilder } from '@libbpf-ts/btf';
import { assert, nanosleep, test } from '#harness';
import { CoreAutosizeBpf } from '../build/core_autosize.skel.js';

/** struct test_struct of a machine with 32-bit pointers. */
function target(): Uint8Array {
  const btf = btfBuilder();
  const char = btf.int('unsigned char', { size: 1 });
  const short = btf.int('unsigned short', { size: 2 });
  const long = btf.int('long unsigned int', { size: 4 });
  const wide = btf.int('long long unsigned int', { size: 8 });
  const pointer = btf.ptr(0);
  btf.struct('test_struct', {
    size: 20,
    members: [
      { name: 'ptr', typeId: pointer, bitOffset: 0 },
      { name: 'val2', typeId: long, bitOffset: 32 },
      { name: 'val1', typeId: wide, bitOffset: 64 },
      { name: 'val3', typeId: short, bitOffset: 128 },
      { name: 'val4', typeId: char, bitOffset: 144 },
    ],
  });
  return btf.toBytes();
}

test('unsigned fields and pointers are resized, for loads and stores', (t) => {
  const path = join(t.tmpdir(), 'target.btf');
  writeFileSync(path, target());
  using open = CoreAutosizeBpf.open({ btfCustomPath: path });
  open.progs.handle_signed.autoload = false;
  const skel = open.load();
  skel.attach();
  nanosleep();
  const { bss, data } = skel;
  const values = [0x01020304n, 0x1020304050607080n, 0x0a0b0c0dn, 0xfeedn, 0xb9n];
  assert.deepEqual(
    [
      bss.ptr_samesized,
      bss.val1_samesized,
      bss.val2_samesized,
      bss.val3_samesized,
      bss.val4_samesized,
    ],
    values,
  );
  assert.deepEqual(
    [
      bss.ptr_downsized,
      bss.val1_downsized,
      bss.val2_downsized,
      bss.val3_downsized,
      bss.val4_downsized,
    ],
    values,
  );
  for (const output of [bss.output_samesized, bss.output_downsized]) {
    assert.deepEqual(
      [output.ptr, output.val1, output.val2, output.val3, output.val4, output.pad],
      [0x01020304, 0x1020304050607080n, 0x0a0b0c0d, 0xfeed, 0xb9, 0],
    );
  }
  assert.equal(data.input.pad, 0xff);
});

test('signed fields of another width are not, and the program does not load', (t) => {
  const path = join(t.tmpdir(), 'target.btf');
  writeFileSync(path, target());
  using open = CoreAutosizeBpf.open({ btfCustomPath: path });
  assert.throws(() => open.load(), {
    code: 'BPF_VERIFIER',
    message: /handle_signed.*another size/s,
  });
});
