// fentry: arguments as they are, attach twice in a row, and the same program twice is refused.

import { assert, features, test } from '#harness';
import { FentryTestBpf } from '../build/fentry_test.skel.js';

type Loaded = ReturnType<ReturnType<typeof FentryTestBpf.open>['load']>;

function results({ bss }: Loaded): bigint[] {
  return [
    bss.test1_result,
    bss.test2_result,
    bss.test3_result,
    bss.test4_result,
    bss.test5_result,
    bss.test6_result,
    bss.test7_result,
    bss.test8_result,
  ];
}

test(
  'fentry sees the arguments of eight functions, and again after detach',
  (t) => {
    using skel = FentryTestBpf.open().load();
    const canReattach = t.atLeast('5.13');
    for (let round = 0; round < (canReattach ? 2 : 1); round++) {
      skel.attach();
      assert.throws(
        () => skel.progs.test1.attach(),
        canReattach
          ? {
              code: 'BPF_BUSY',
              message: /program "test1" \(fentry bpf_fentry_test1\): .*attached/,
            }
          : { code: 'BPF_FEATURE', since: '5.13' },
      );
      assert.equal(skel.progs.test1.run().returnValue, 0);
      assert.deepEqual(results(skel), new Array(8).fill(1n));
      skel.detach();
      skel.bss.test1_result = 0n;
      skel.progs.test1.run();
      assert.equal(skel.bss.test1_result, 0n, 'detached programs do not run');
    }
  },
  { needs: [features.fentry], timeoutMs: 60_000 },
);
