// kprobe.multi and kprobe.session: patterns, names, addresses, cookies; what is refused and why.

import { readFileSync } from 'node:fs';
import { isBpfError } from '@libbpf-ts/libbpf';
import { assert, features, test } from '#harness';
import { KprobeMultiBpf } from '../build/kprobe_multi.skel.js';
import { KprobeSessionBpf } from '../build/kprobe_session.skel.js';

const functions = [1, 2, 3, 4, 5, 6, 7, 8].map((index) => `bpf_fentry_test${index}`);
const needs = [features.fentry, features.kprobeMulti];

function load() {
  const skel = KprobeMultiBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

test(
  'patterns by section name',
  (t) => {
    using skel = load();
    skel.attach();
    skel.progs.trigger.run();
    // Kernels from 6.4 on have bpf_fentry_test9 and 10 too; test_run calls them since 6.6.
    t.log('entries', skel.bss.entries, 'returns', skel.bss.returns);
    assert.ok(skel.bss.entries >= 8);
    assert.ok(skel.bss.returns >= 8);
    const info = skel.links.by_star!.info();
    assert.ok(info.kind === 'kprobe_multi');
    skel.detach();
  },
  { needs },
);

test(
  'names with cookies in their order, at entry and return',
  () => {
    using skel = load();
    const cookies = functions.map((_, index) => 1n << BigInt(index * 8));
    using entry = skel.progs.on_entry.attachKprobeMulti({ functions, cookies });
    using exit = skel.progs.on_return.attachKprobeMulti({
      functions: functions.toReversed(),
      cookies: cookies.toReversed(),
    });
    skel.progs.trigger.run();
    assert.equal(skel.bss.entries, 8);
    assert.equal(skel.bss.returns, 8);
    const sum = cookies.reduce((a, b) => a + b);
    assert.equal(skel.bss.entry_cookies, sum);
    assert.equal(skel.bss.return_cookies, sum);
    assert.ok(entry.isOpen && exit.isOpen);
  },
  { needs },
);

test(
  'addresses of /proc/kallsyms',
  () => {
    using skel = load();
    const symbols = new Map(
      readFileSync('/proc/kallsyms', 'latin1')
        .split('\n')
        .map((line) => [line.split(/[ \t]/)[2], BigInt(`0x${line.slice(0, 16) || '0'}`)]),
    );
    const addresses = functions.map((name) => symbols.get(name)!);
    using link = skel.progs.on_entry.attachKprobeMulti({ addresses });
    skel.progs.trigger.run();
    assert.equal(skel.bss.entries, 8);
    assert.ok(link.isOpen);
  },
  { needs },
);

test(
  'what cannot be: no match, unknown function, contradicting options',
  () => {
    using skel = load();
    const { on_entry } = skel.progs;
    assert.throws(() => on_entry.attachKprobeMulti({ pattern: 'no_such_thing_*' }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /no function that the running kernel can trace matches "no_such_thing_\*"/,
    });
    assert.throws(
      () => on_entry.attachKprobeMulti({ functions: ['bpf_fentry_test1', 'bpf_fentry_tets2'] }),
      { code: 'BPF_NO_ATTACH_TARGET', message: /did you mean "bpf_fentry_test\d"\?/ },
    );
    assert.throws(() => on_entry.attachKprobeMulti({}), { code: 'BPF_ATTACH_OPTIONS' });
    assert.throws(() => on_entry.attachKprobeMulti({ pattern: 'a*', functions: ['b'] }), {
      code: 'BPF_ATTACH_OPTIONS',
    });
    assert.throws(() => on_entry.attachKprobeMulti({ pattern: 'a*', cookies: [1n] }), {
      code: 'BPF_ATTACH_OPTIONS',
    });
    assert.throws(() => on_entry.attachKprobeMulti({ functions, cookies: [1n] }), {
      code: 'BPF_ATTACH_OPTIONS',
      message: /found 1 cookies, expected 8/,
    });
  },
  { needs },
);

test(
  'session: the entry decides whether the return is seen',
  () => {
    using skel = KprobeSessionBpf.open().load();
    skel.bss.tgid = process.pid;
    skel.attach();
    skel.progs.trigger.run();
    assert.equal(skel.bss.calls, 2);
    skel.bss.parity = 1;
    skel.progs.trigger.run();
    assert.equal(skel.bss.calls, 3);
    skel.detach();
  },
  { needs: [features.fentry, features.kprobeSession] },
);

test(
  'kernels without the link say since when it is there',
  (t) => {
    // kprobe.multi programs load on 5.10 too, where the attach type is not looked at; bpf_get_attach_cookie does not.
    if (t.atLeast('6.12')) return; // the tests above: there it works
    const open = KprobeSessionBpf.open();
    using skel = open.load();
    try {
      skel.progs.on_session.attach().close();
      assert.fail('attached');
    } catch (error) {
      assert.ok(isBpfError(error, 'BPF_FEATURE'));
      assert.equal((error as { since?: string }).since, '6.10');
      assert.match(error.message, /no kprobe sessions \(it came with Linux 6.10\)/);
    }
  },
  { needs: [features.fentry, features.kprobe] },
);
