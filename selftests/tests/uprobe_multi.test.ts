// uprobe.multi and uprobe.session: names, patterns, offsets, cookies, process; what older kernels say.

import { join } from 'node:path';
import koffi from 'koffi';
import { assert, features, test } from '#harness';
import { UprobeMultiBpf } from '../build/uprobe_multi.skel.js';
import { UprobeSessionBpf } from '../build/uprobe_session.skel.js';

const path = join(import.meta.dirname, '../../attach_target.so');
const target = koffi.load(path);
const add = target.func('int target_add(int a, int b)');
const twice = target.func('int target_twice(int a)');
const three = target.func('int target_three(int a)');
const needs = [features.uprobe, features.uprobeMulti];

function callAll(): void {
  add(1, 2);
  twice(3);
  three(4);
}

function load() {
  const skel = UprobeMultiBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

test(
  'functions by name, each with its cookie',
  () => {
    using skel = load();
    using entry = skel.progs.on_entry.attachUprobeMulti({
      path,
      functions: ['target_three', 'target_add', 'target_twice'],
      cookies: [0x100n, 0x1n, 0x10n],
    });
    using exit = skel.progs.on_return.attachUprobeMulti({ path, pattern: 'target_t*', pid: 0 });
    callAll();
    assert.equal(skel.bss.entries, 3);
    assert.equal(skel.bss.cookies, 0x111n);
    assert.equal(skel.bss.returns, 2);
    const info = entry.info();
    if (info.kind === 'uprobe_multi' && info.path !== '') {
      assert.equal(info.path, path);
      assert.equal(info.count, 3);
      assert.deepEqual(info.cookies, [0x100n, 0x1n, 0x10n]);
    }
    exit.close();
    callAll();
    assert.equal(skel.bss.returns, 2);
  },
  { needs },
);

test(
  'nothing is attached when one of the functions is missing',
  () => {
    using skel = load();
    assert.throws(
      () =>
        skel.progs.on_entry.attachUprobeMulti({ path, functions: ['target_add', 'target_treee'] }),
      {
        code: 'BPF_NO_ATTACH_TARGET',
        message: /has no function "target_treee".*did you mean "target_three"\?/,
      },
    );
    assert.throws(() => skel.progs.on_entry.attachUprobeMulti({ path, pattern: 'nothing_*' }), {
      code: 'BPF_NO_ATTACH_TARGET',
    });
    assert.throws(
      () =>
        skel.progs.on_entry.attachUprobeMulti({ path, functions: ['target_add'], pid: 4194000 }),
      { code: 'BPF_NO_ATTACH_TARGET', message: /there is no process 4194000/ },
    );
    callAll();
    assert.equal(skel.bss.entries, 0);
  },
  { needs },
);

test(
  'session: entry and return',
  () => {
    using skel = UprobeSessionBpf.open().load();
    using link = skel.progs.on_session.attachUprobeMulti({ path, pattern: 'target_t*', pid: 0 });
    callAll();
    assert.equal(skel.bss.calls, 4);
    assert.ok(link.isOpen);
  },
  { needs: [features.uprobe, features.uprobeSession] },
);

test(
  'kernels without the links say since when they are there',
  (t) => {
    if (t.atLeast('6.13')) return; // the tests above: there it works
    using open = UprobeSessionBpf.open();
    // The attach type is looked at when loading from 5.11 on, but an unknown one only when linking.
    using skel = open.load();
    assert.throws(() => skel.progs.on_session.attachUprobeMulti({ path, pattern: 'target_*' }), {
      code: 'BPF_FEATURE',
      since: '6.13',
    });
  },
  { needs: [features.uprobe] },
);
