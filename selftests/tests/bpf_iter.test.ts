// Iterators: read as lines, as text, as bytes; one map, one task; what older kernels say.

import { closeSync, openSync, statSync } from 'node:fs';
import { assert, features, test } from '#harness';
import { BpfIterBpf } from '../build/bpf_iter.skel.js';
import { BpfIterBigBpf } from '../build/bpf_iter_big.skel.js';
import { BpfIterCgroupBpf } from '../build/bpf_iter_cgroup.skel.js';
import { cgroupRoot, ownCgroup } from '../src/cgroups.js';

const needs = [features.iterators];

test(
  'tasks, line by line',
  async () => {
    using skel = BpfIterBpf.open().load();
    using link = skel.progs.dump_task.attachIter();
    const lines: string[] = [];
    for await (const line of link) lines.push(line);
    assert.equal(lines[0], 'tgid pid comm');
    assert.ok(lines.some((line) => line.startsWith(`${process.pid} ${process.pid} `)));
    assert.equal(lines.length, skel.bss.tasks + 1);
    // Each reading runs it anew, and one that is left early closes its descriptor.
    for (const line of link.lines()) {
      assert.equal(line, 'tgid pid comm');
      break;
    }
    assert.match(link.readText(), /^tgid pid comm\n/);
    const info = link.info();
    assert.ok(info.kind === 'iter');
    if (info.target !== '') assert.equal(info.target, 'task');
  },
  { needs },
);

test(
  'elements of a map, as bytes',
  () => {
    using skel = BpfIterBpf.open().load();
    const { numbers } = skel.maps;
    for (let key = 1; key <= 5; key++) numbers.update(key, BigInt(key * key));
    using link = skel.progs.dump_numbers.attachIter({ map: numbers });
    const bytes = link.readBytes();
    const values = [...new BigUint64Array(bytes.buffer, 0, bytes.byteLength / 8)];
    assert.deepEqual(
      values.sort((a, b) => Number(a - b)),
      [1n, 4n, 9n, 16n, 25n],
    );
    assert.equal(skel.bss.sum, 55n);
    const info = link.info();
    assert.ok(info.kind === 'iter');
    assert.throws(() => skel.progs.dump_numbers.attachIter(), {
      code: 'BPF_ATTACH',
      message: /needs a map/,
    });
    assert.throws(() => skel.progs.dump_numbers.attachIter({ map: numbers, pid: 1 }), {
      code: 'BPF_ATTACH_OPTIONS',
    });
  },
  { needs },
);

test(
  'output in many pieces is whole',
  () => {
    using skel = BpfIterBigBpf.open().load();
    const block = new Uint8Array(256);
    for (let key = 0; key < 4096; key += 64) {
      block.fill(key / 64);
      skel.maps.blocks.update(key, block);
    }
    using link = skel.progs.dump_blocks.attachIter({ map: skel.maps.blocks });
    const bytes = link.readBytes();
    assert.equal(bytes.length, 4096 * 256);
    for (let key = 0; key < 4096; key += 64) assert.equal(bytes[key * 256 + 255], key / 64);
  },
  { needs },
);

test(
  'one process only, from kernel 6.1 on',
  (t) => {
    using skel = BpfIterBpf.open().load();
    const attach = () => skel.progs.dump_task.attachIter({ tid: process.pid });
    if (!t.atLeast('6.1')) {
      assert.throws(attach, { code: 'BPF_FEATURE', since: '6.1' });
      return;
    }
    using link = attach();
    const lines = [...link.lines()];
    assert.equal(lines.length, 2);
    assert.ok(lines[1]?.startsWith(`${process.pid} ${process.pid} `));
    assert.throws(() => skel.progs.dump_task.attachIter({ pid: 4194000 }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /there is no process 4194000/,
    });
  },
  { needs },
);

test(
  'cgroups: one, those below it, and those above, from kernel 6.1 on',
  (t) => {
    using open = BpfIterCgroupBpf.open();
    if (!t.atLeast('6.1')) {
      assert.throws(() => open.load(), {
        code: 'BPF_NO_ATTACH_TARGET',
        message: /the running kernel has no iterator "cgroup"/,
      });
      return;
    }
    const skel = open.load();
    const path = ownCgroup(t);
    const id = (folder: string) => String(statSync(folder, { bigint: true }).ino);
    const fd = openSync(path, 'r');
    try {
      const { dump_cgroup } = skel.progs;
      using alone = dump_cgroup.attachIter({ cgroup: { fd } });
      assert.deepEqual([...alone.lines()], [id(path)]);
      using above = dump_cgroup.attachIter({ cgroup: { fd }, cgroupOrder: 'ancestors' });
      assert.deepEqual([...above.lines()], [id(path), id(cgroupRoot())]);
      const root = { id: BigInt(id(cgroupRoot())) };
      using below = dump_cgroup.attachIter({ cgroup: root, cgroupOrder: 'descendants-pre' });
      const all = [...below.lines()];
      assert.equal(all[0], id(cgroupRoot()));
      assert.ok(all.includes(id(path)));
      const info = above.info();
      assert.ok(info.kind === 'iter' && String(info.cgroupId) === id(path));
    } finally {
      closeSync(fd);
    }
  },
  { alone: true, needs },
);
