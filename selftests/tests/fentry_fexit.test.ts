// fentry and fexit on the same functions at once; statistics and infos of the programs; links of the kernel.

import { enableRunStats, links, programs } from '@libbpf-ts/libbpf';
import { assert, features, test } from '#harness';
import { FentryTestBpf } from '../build/fentry_test.skel.js';
import { FexitTestBpf } from '../build/fexit_test.skel.js';

test(
  'fentry and fexit together see arguments and results',
  () => {
    using entry = FentryTestBpf.open().load();
    using exit = FexitTestBpf.open().load();
    entry.attach();
    exit.attach();
    assert.equal(exit.progs.test1.run().returnValue, 0);
    for (const { bss } of [entry, exit]) {
      assert.equal(bss.test1_result, 1n);
      assert.equal(bss.test2_result, 1n);
      assert.equal(bss.test3_result, 1n);
      assert.equal(bss.test4_result, 1n);
      assert.equal(bss.test5_result, 1n);
      assert.equal(bss.test6_result, 1n);
      assert.equal(bss.test7_result, 1n);
      assert.equal(bss.test8_result, 1n);
    }
  },
  { needs: [features.fentry] },
);

test(
  'programs are counted while statistics are on',
  () => {
    using skel = FentryTestBpf.open().load();
    skel.attach();
    {
      using stats = enableRunStats();
      for (let run = 0; run < 10; run++) skel.progs.test2.run();
      assert.ok(stats);
    }
    const info = skel.progs.test1.info();
    assert.equal(info.name, 'test1');
    assert.match(info.tag, /^[0-9a-f]{16}$/);
    assert.ok(info.runCount >= 10n, `ran ${info.runCount} times`);
    assert.ok(info.runTimeNs > 0n);
    assert.ok(info.gplCompatible);
    assert.equal(info.mapIds.length, 1);
    skel.progs.test2.run();
    assert.equal(skel.progs.test1.info().runCount, info.runCount, 'off again');
  },
  { needs: [features.fentry], alone: true },
);

test(
  'links() and programs() list what is attached',
  () => {
    using skel = FentryTestBpf.open().load();
    const { id } = skel.progs.test1.info();
    assert.ok(![...links()].some((link) => link.programId === id));
    using link = skel.progs.test1.attach();
    const [found] = [...links()].filter((one) => one.programId === id);
    assert.equal(found?.kind, 'tracing');
    assert.deepEqual(found, link.info());
    assert.ok([...programs()].some((program) => program.id === id && program.name === 'test1'));
  },
  { needs: [features.fentry] },
);
