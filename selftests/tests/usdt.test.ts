// USDT probes: arguments of all widths, several places, cookies, semaphores, by process or all, and what does not fit.

import { join } from 'node:path';
import koffi from 'koffi';
import { assert, features, test } from '#harness';
import { UsdtBpf } from '../build/usdt.skel.js';

const path = join(import.meta.dirname, '../../usdt_target.so');
const target = koffi.load(path);
const fire0 = target.func('void target_usdt0()');
const fire3 = target.func('void target_usdt3(int x, long y, intptr_t z)');
const fireConstant = target.func('void target_usdt3_constant(intptr_t z)');
const fire12 = target.func('void target_usdt12(int x, long y)');
const fireMany = target.func('void target_many(int start)');
const fireSema = target.func('int target_sema(int x)');

const needs = [features.uprobe];
const provider = 'test';
// Before 5.15 the library is where this process has it.
const pid = 0;

function load() {
  const skel = UsdtBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

test(
  'no arguments, and a cookie',
  () => {
    using skel = load();
    using link = skel.progs.usdt0.attachUsdt({
      path,
      provider,
      name: 'usdt0',
      pid,
      cookie: 0xcafedeadbeeffeedn,
    });
    fire0();
    assert.equal(skel.bss.usdt0_called, 1);
    assert.equal(skel.bss.usdt0_cookie, 0xcafedeadbeeffeedn);
    assert.equal(skel.bss.usdt0_arg_cnt, 0);
    assert.equal(skel.bss.usdt0_arg_ret, -2);
    assert.match(link.way, /^usdt .*usdt_target\.so:test:usdt0$/);
  },
  { needs },
);

test(
  'three arguments at two places; attached again with another cookie',
  () => {
    using skel = load();
    const { bss } = skel;
    const first = skel.progs.usdt3.attachUsdt({ path, provider, name: 'usdt3', pid });
    fire3(1, 42, 0x1234);
    assert.equal(bss.usdt3_called, 1);
    assert.equal(bss.usdt3_cookie, 0n);
    assert.equal(bss.usdt3_arg_cnt, 3);
    assert.deepEqual([...bss.usdt3_arg_rets], [0, 0, 0]);
    assert.deepEqual([...bss.usdt3_args], [1n, 42n, 0x1234n]);
    fireConstant(0x99);
    assert.equal(bss.usdt3_called, 2);
    assert.deepEqual([...bss.usdt3_args], [2n, 42n, 0x99n]);
    first.close();
    fire3(5, 6, 7);
    assert.equal(bss.usdt3_called, 2);
    using again = skel.progs.usdt3.attachUsdt({
      path,
      provider,
      name: 'usdt3',
      pid,
      cookie: 0xbadc00c51en,
    });
    fire3(5, -6, 7);
    assert.equal(bss.usdt3_called, 3);
    assert.equal(bss.usdt3_cookie, 0xbadc00c51en);
    assert.deepEqual([...bss.usdt3_args], [5n, BigInt.asUintN(64, -6n), 7n]);
    assert.ok(again.isOpen);
  },
  { needs },
);

test(
  'twelve arguments: signed, unsigned, narrow, constant, in memory',
  () => {
    using skel = load();
    using link = skel.progs.usdt12.attachUsdt({ path, provider, name: 'usdt12', pid });
    fire12(-3, 7);
    assert.equal(skel.bss.usdt12_called, 1);
    assert.equal(skel.bss.usdt12_arg_cnt, 12);
    assert.deepEqual(
      [...skel.bss.usdt12_args],
      [
        -3n,
        -2n,
        7n,
        8n,
        0xffffffffn,
        -7n,
        BigInt.asIntN(64, 0xfedcba9876543210n),
        0x123456789n,
        -9n,
        -5n,
        12n,
        -9n,
      ],
    );
    assert.ok(link.isOpen);
  },
  { needs },
);

test(
  'a hundred places with one link; descriptions are given back',
  () => {
    using skel = load();
    for (let round = 1; round <= 4; round++) {
      const link = skel.progs.usdt_many.attachUsdt({ path, provider, name: 'many', pid });
      fireMany(0);
      assert.equal(skel.bss.many_called, 100 * round);
      assert.equal(skel.bss.many_sum, BigInt(4950 * round));
      link.close();
      fireMany(0);
      assert.equal(skel.bss.many_called, 100 * round);
    }
  },
  { needs, timeoutMs: 60_000 },
);

test(
  'three hundred places that all differ do not fit, and none of them is attached',
  () => {
    using skel = load();
    const attach = (name: string) => skel.progs.usdt_many.attachUsdt({ path, provider, name, pid });
    assert.throws(() => attach('unlike'), {
      code: 'BPF_USDT',
      message: /more different arguments than map "__bpf_usdt_specs" has room for \(256\)/,
    });
    // All numbers are free again.
    using link = attach('many');
    fireMany(1);
    assert.equal(skel.bss.many_called, 100);
    assert.ok(link.isOpen);
  },
  { needs, timeoutMs: 60_000 },
);

test(
  'a semaphore is raised while the probe is there',
  () => {
    using skel = load();
    assert.equal(fireSema(5), 0);
    const link = skel.progs.usdt_many.attachUsdt({ path, provider, name: 'sema', pid });
    assert.equal(fireSema(5), 1);
    assert.equal(skel.bss.many_called, 1);
    assert.equal(skel.bss.many_sum, 5n);
    link.close();
    assert.equal(fireSema(5), 0);
  },
  { needs },
);

test(
  'all processes, from kernel 5.15 on',
  (t) => {
    using skel = load();
    const attach = () => skel.progs.usdt0.attachUsdt({ path, provider, name: 'usdt0' });
    if (!t.atLeast('5.15')) {
      assert.throws(attach, { code: 'BPF_USDT', message: /before Linux 5\.15.*needs a pid/ });
      return;
    }
    using link = attach();
    fire0();
    assert.equal(skel.bss.usdt0_called, 1);
    assert.ok(link.isOpen);
  },
  { needs },
);

test(
  'unknown probes and files without any are named',
  () => {
    using skel = load();
    assert.throws(() => skel.progs.usdt0.attachUsdt({ path, provider, name: 'usdt4' }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /has no USDT probe "test:usdt4".*did you mean "test:usdt\d"\?/,
    });
    assert.throws(
      () => skel.progs.usdt0.attachUsdt({ path: '/proc/self/exe', provider: 'x', name: 'y' }),
      { code: 'BPF_NO_ATTACH_TARGET' },
    );
    assert.throws(
      () => skel.progs.usdt0.attachUsdt({ path: 'libnosuch.so.9', provider: 'x', name: 'y' }),
      { code: 'BPF_NO_SUCH_FILE', message: /there is no library "libnosuch\.so\.9"/ },
    );
  },
  { needs },
);
