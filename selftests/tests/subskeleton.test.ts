// A library of BPF code, linked into an object that knows nothing of it but one function: the library's user space part finds its
// variables, maps and programs in the object, before load and after.

import { assert, nanosleep, test } from '#harness';
import { AutoattachBpf } from '../build/autoattach.skel.js';
import { SubskeletonBpf } from '../build/subskeleton.skel.js';
import { SubskeletonLibBpf } from '../build/subskeleton_lib.subskel.js';

test('a library sets its variables before load, and reads them after', () => {
  using open = SubskeletonBpf.open();
  open.rodata.rovar1 = 10;
  assert.equal(open.rodata.var1, 0);

  const before = SubskeletonLibBpf.open(open.object);
  assert.deepEqual([before.data.var2, before.data.var6, before.data_custom.var7], [1, 6, 7]);
  assert.equal(before.data.var5, 5, 'the strong definition wins');
  before.rodata.var1 = 1;
  before.data.var2 = 2;
  before.bss.var3.var3_1 = 3;
  before.bss.var3.var3_2 = 4n;
  assert.deepEqual([open.rodata.var1, open.data.var2], [1, 2], 'the same memory');

  const skel = open.load();
  skel.attach();
  nanosleep();

  const after = SubskeletonLibBpf.loaded(skel.object);
  assert.equal(after.bss.libout1, 1 + 2 + 3 + 4 + 5 + 6);
  assert.equal(skel.bss.out1, 10 * 21);
  assert.deepEqual([after.data.var5, after.data.var6, after.bss.var4[0]], [5, 6, 7]);
  assert.equal(after.kconfig.CONFIG_BPF_SYSCALL, true);
});

test("a library's maps and programs are those of the object", () => {
  using open = SubskeletonBpf.open();
  const before = SubskeletonLibBpf.open(open.object);
  assert.equal(before.maps.map1.maxEntries, 16);
  before.maps.map1.maxEntries = 32;
  before.progs.lib_perf_handler.autoload = false;

  const skel = open.load();
  const { maps, progs } = SubskeletonLibBpf.loaded(skel.object);
  assert.deepEqual([maps.map1.name, maps.map2.name], ['map1', 'map2']);
  assert.equal(maps.map1.maxEntries, 32);
  assert.equal(progs.lib_perf_handler.name, 'lib_perf_handler');
  assert.equal(progs.lib_perf_handler.isLoaded, false);
  assert.equal(maps.map1.id, skel.maps.map1.id);

  skel.attach();
  nanosleep();
  assert.deepEqual([...maps.map1.entries()], [[1, 2]]);
  assert.equal(maps.map2.lookup(1), 2);
});

test('variables that a program changes are seen without a call, and writes are seen by it', () => {
  using open = SubskeletonBpf.open();
  open.rodata.rovar1 = 1;
  const skel = open.load();
  const library = SubskeletonLibBpf.loaded(skel.object);
  skel.attach();
  nanosleep();
  assert.equal(library.bss.libout1, 12);
  library.data.var6 = 106;
  nanosleep();
  assert.deepEqual([library.bss.libout1, skel.bss.out1], [112, 112]);
  assert.throws(() => {
    library.rodata.var1 = 2;
  }, /var1/);
});

test('an object without the library says what it lacks', () => {
  using open = AutoattachBpf.open();
  assert.throws(() => SubskeletonLibBpf.open(open.object), {
    code: 'BPF_NO_SUCH_MAP',
    message: /no map "map[12]"/,
  });
});
