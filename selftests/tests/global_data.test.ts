// Static data in every kind of section, as the program sees it; constants cannot be changed from outside either.

import { assert, test } from '#harness';
import { GlobalDataBpf } from '../build/global_data.skel.js';

/** An IPv4 packet, as much of one as the test run needs. */
const PACKET = new Uint8Array(64);

test('numbers, strings and structs of static variables', () => {
  using skel = GlobalDataBpf.openAndLoad();
  const { returnValue } = skel.progs.load_static_data.run({ data: PACKET });
  assert.equal(returnValue, 0);

  const numbers = Array.from({ length: 11 }, (_, key) => skel.maps.result_number.lookup(key));
  assert.deepEqual(numbers, [
    ...[0n, 42n, 24n, 0n, 0xffeeffn, 0xababn, 1234n, 0n, 0xabn],
    ...[0x1111111111111111n, 0xffffffffffffffffn],
  ]);

  const alphabet = 'abcdefghijklmnopqrstuvwxyz';
  const strings = [0, 1, 2, 3].map((key) => skel.maps.result_string.lookup(key));
  assert.deepEqual(strings, [alphabet, alphabet, '', alphabet.replace('f', 'x')]);

  const structs = [0, 1, 2, 3].map((key) => skel.maps.result_struct.lookup(key));
  assert.deepEqual(structs, [
    { a: 42, b: 0xfefeefef, c: 0x1111111111111111n },
    { a: 0, b: 0, c: 0n },
    { a: 0, b: 0, c: 0n },
    { a: 41, b: 0xeeeeefef, c: 0x2111111111111111n },
  ]);
});

test('constants are frozen in the kernel', () => {
  using skel = GlobalDataBpf.openAndLoad();
  const map = skel.object.map('global_d.rodata');
  assert.equal(map.isInternal, true);
  assert.throws(() =>
    map.update(new Uint8Array(4) as never, new Uint8Array(map.valueSize) as never),
  );
});
