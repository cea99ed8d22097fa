// Loading beyond the plain case: pinned maps and whole objects, maps replaced by existing ones, struct_ops, programs verified one by
// one, logs, replaced instructions.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FeatureName,
  features as kernel,
  MapMismatchError,
  openObject,
  VerifySession,
  verifyPrograms,
} from '@libbpf-ts/libbpf';
import { forgetAnswers, injectFaults } from '@libbpf-ts/libbpf/internal';
import { parseObject } from '@libbpf-ts/libbpf/open';
import { assert, features, type TestContext, test } from '#harness';
import { corpusObjects } from '#paths';

function read(name: string): Uint8Array {
  return readFileSync(join(corpusObjects, `${name}.bpf.o`));
}

/** BPF_PROG_TYPE_TRACEPOINT */
const TRACEPOINT = 5;

function pinFolder(t: TestContext): string {
  const folder = `/sys/fs/bpf/load_objects_${process.pid}`;
  mkdirSync(folder);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('sections whose maps have one name in the kernel are maps of their own', () => {
  using object = openObject(read('data-same-name')).load();
  assert.equal(object.program('use_them').run().returnValue, 0);
  const found = [
    ...[object.data('.data.a-b')['minus'], object.data('.data.a_b')['underscore']],
    object.data('.data.very_long_name_1')['first'],
    object.data('.data.very_long_name_2')['second'],
    object.data('.bss.very_long_name_of_bss_1')['third'],
    object.data('.bss.very_long_name_of_bss_2')['fourth'],
  ];
  assert.deepEqual(found, [11, 22, 33, 44, 50, 60]);
  const names = ['.data.a-b', '.data.a_b'].map((section) => object.map(section).info().name);
  assert.deepEqual(names, ['.data.a_b', '.data.a_b']);
  assert.notEqual(object.map('.data.a-b').id, object.map('.data.a_b').id);
});

test(
  'a pinned map is made once, then found, and refused where it is another one',
  (t) => {
    const path = join(pinFolder(t), 'first');
    const load = (change?: (object: ReturnType<typeof openObject>) => void) => {
      const object = openObject(read('maps-in-map'), { name: 'pins' });
      object.map('first').pinPath = path;
      change?.(object);
      return object.load();
    };
    using one = load();
    assert.ok(existsSync(path));
    using other = load();
    assert.equal(other.map('first').id, one.map('first').id);
    assert.notEqual(other.map('second').id, one.map('second').id);
    assert.throws(
      () =>
        load((object) => {
          object.map('first').maxEntries = 7;
        }),
      (error) => {
        assert.ok(error instanceof MapMismatchError);
        assert.deepEqual(error.differences, [{ attribute: 'maxEntries', pinned: 1, wanted: 7 }]);
        assert.equal(
          error.message,
          `map "first": the map pinned at "${path}" is another one: maxEntries 1, expected 7; unpin it, or pin this one elsewhere`,
        );
        return true;
      },
    );
  },
  { needs: [features.bpffs] },
);

test(
  'an object is pinned whole, or not at all',
  (t) => {
    const folder = join(pinFolder(t), 'all');
    using object = openObject(read('data-plain'), { name: 'whole' }).load();
    object.pin(folder);
    assert.deepEqual(readdirSync(folder).sort(), [
      'use_them',
      'whole_bss',
      'whole_data',
      'whole_rodata',
    ]);
    assert.throws(() => object.pin(folder), { code: 'BPF_PIN' });
    assert.equal(readdirSync(folder).length, 4);
    object.unpin(folder);
    assert.deepEqual(readdirSync(folder), []);
    assert.throws(() => object.pin(t.tmpdir()), { code: 'BPF_PIN', message: /no BPF file system/ });
  },
  { needs: [features.bpffs] },
);

test('a map is replaced by one that exists', () => {
  using one = openObject(read('maps-in-map'), { name: 'one' }).load();
  const open = openObject(read('maps-in-map'), { name: 'two' });
  open.map('first').reuse(one.map('first'));
  using two = open.load();
  assert.equal(two.map('first').id, one.map('first').id);
  assert.throws(() => two.map('first').reuse(one.map('first')), { code: 'BPF_PHASE' });
});

test(
  'struct_ops are registered, and taken back when the link is closed',
  () => {
    const available = () =>
      readFileSync('/proc/sys/net/ipv4/tcp_available_congestion_control', 'utf8').split(/\s+/);
    using object = openObject(read('struct-ops'), { name: 'ops' }).load();
    const link = object.attachStructOps('corpus_cong');
    assert.ok(available().includes('bpf_corpus'));
    link.close();
    assert.ok(!available().includes('bpf_corpus'));
    assert.throws(() => object.attachStructOps('nothing'), { code: 'BPF_NO_SUCH_MAP' });
  },
  { needs: [features.structOps] },
);

test(
  'struct_ops with a link of the kernel',
  () => {
    using object = openObject(read('struct-ops-link'), { name: 'ops' }).load();
    using link = object.attachStructOps('linked_cong');
    assert.equal(link.way, 'struct_ops link');
  },
  { needs: [features.structOpsLink] },
);

test('programs are verified one by one, with statistics, and nothing stays', () => {
  using session = new VerifySession();
  const rows = [
    ...verifyPrograms(parseObject(read('section-question-mark'), { name: 'v' }), session),
  ];
  assert.deepEqual(
    rows.map(({ program, verdict, error }) => [program, verdict, error?.code]),
    [
      ['broken', 'fail', 'BPF_VERIFIER'],
      ['missing', 'fail', 'BPF_NO_ATTACH_TARGET'],
      ['fine', 'ok', undefined],
    ],
  );
  assert.equal(rows[2]?.instructions, 2);
  assert.ok((rows[2]?.microseconds ?? -1) >= 0);
  const arrays = [...verifyPrograms(parseObject(read('maps-prog-array'), { name: 'v' }), session)];
  assert.deepEqual(new Set(arrays.map(({ verdict }) => verdict)), new Set(['ok']));
});

test('a program’s own log level and size', () => {
  const open = openObject(read('section-many-programs'), { name: 'log' });
  open.program('first').logLevel = 1;
  using object = open.load();
  assert.match(object.program('first').log, /processed \d+ insns/);
  assert.equal(object.program('second').log, '');
});

test('replaced instructions are what is loaded', () => {
  const open = openObject(read('type-socket'), { name: 'other' });
  // r0 = 1; exit
  open.program('drop_all').instructions = new Uint8Array([
    0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
  ]);
  using object = open.load();
  assert.equal(object.program('drop_all').run({ data: new Uint8Array(64) }).returnValue, 1);
});

test('features: what every kernel here has, and what none has', () => {
  assert.equal(kernel.has('btf'), 'yes');
  assert.equal(kernel.has({ programType: 'SOCKET_FILTER' }), 'yes');
  assert.equal(kernel.has({ programType: 'TRACING' }), 'yes');
  assert.equal(kernel.has({ mapType: 'RINGBUF' }), 'yes');
  assert.equal(kernel.has({ helper: 1, programType: 'KPROBE' }), 'yes');
  assert.equal(kernel.has({ helper: 9999, programType: 'KPROBE' }), 'no');
  assert.equal(kernel.since({ mapType: 'RINGBUF' }), '5.8');
  assert.equal(kernel.since({ helper: 181, programType: 'KPROBE' }), '5.17');
  assert.equal(typeof kernel.has({ helper: 1, programType: 'TRACING' }), 'object');
});

for (const [question, since] of [
  [{ programType: 'SYSCALL' }, '5.14'],
  [{ programType: 'NETFILTER' }, '6.4'],
  [{ mapType: 'BLOOM_FILTER' }, '5.16'],
  [{ mapType: 'USER_RINGBUF' }, '6.1'],
  [{ mapType: 'CGRP_STORAGE' }, '6.2'],
  [{ mapType: 'ARENA' }, '6.9'],
  [{ link: 'perf_event' }, '5.15'],
  [{ link: 'tcx' }, '6.6'],
] as const) {
  test(`features: ${JSON.stringify(question)} since ${since}`, (t) => {
    assert.equal(kernel.has(question), t.atLeast(since) ? 'yes' : 'no');
    assert.equal(kernel.since(question), since);
  });
}

/** All that depend on nothing but the release; links over many functions depend on how a kernel is built. */
const NAMED: readonly FeatureName[] = [
  'programNames',
  'globalData',
  'arrayMmap',
  'expectedAttachType',
  'probeReadKernel',
  'attachCookie',
  'perfLink',
  'memcgAccounting',
  'bindMap',
  'moduleBtf',
  'argCtxTag',
  'fullRangeOffsets',
  'commonAttributes',
  'btf',
  'btfFunc',
  'btfGlobalFunc',
  'btfDatasec',
  'btfQmarkDatasec',
  'btfFloat',
  'btfDeclTag',
  'btfTypeTag',
  'btfEnum64',
  'btfLayout',
];

test('features: each by its name is there from its release on, and not before', (t) => {
  // uprobe(2) is a call of x86-64.
  const names = process.arch === 'x64' ? [...NAMED, 'uprobeSyscall' as const] : NAMED;
  const wrong = names.filter(
    (name) => kernel.has(name) !== (t.atLeast(kernel.since(name)!) ? 'yes' : 'no'),
  );
  assert.deepEqual(wrong, []);
});

test('a signal in the middle of loading is neither a failure nor a missing feature', (t) => {
  forgetAnswers();
  t.after(() => {
    injectFaults(undefined);
    forgetAnswers();
  });
  const EAGAIN = 11;
  let loads = 0;
  injectFaults((_, command) => (command === 'BPF_PROG_LOAD' && loads++ % 3 !== 2 ? EAGAIN : 0));
  using object = openObject(read('data-plain'), { name: 'signals' }).load();
  assert.equal(kernel.has('globalData'), 'yes');
  assert.equal(kernel.has({ programType: 'SOCKET_FILTER' }), 'yes');
  assert.ok(object.programs.size > 0 && loads >= 6, `${loads} loads`);
});

for (const [name, feature, since] of [
  ['calls-bpf-loop', 'addresses of functions, as callbacks', '5.13'],
  ['calls-global-pointer', 'pointers as arguments of global functions', '5.12'],
  ['code-atomics', 'atomic operations that return a value or do more than add', '5.12'],
  [
    'code-v4',
    'instructions of -mcpu=v4 (sign extension, signed division, byte swaps, long jumps)',
    '6.6',
  ],
  ['helper-dynptr', 'helper bpf_ringbuf_reserve_dynptr', '5.19'],
  ['maps-bloom', 'maps of type BLOOM_FILTER', '5.16'],
] as const) {
  test(`too old for "${name}": a kernel before ${since} is told so`, (t) => {
    using open = openObject(read(name), { name: 'old' });
    if (t.atLeast(since)) {
      open.load();
      return;
    }
    assert.throws(
      () => open.load(),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BPF_FEATURE');
        const said = `the running kernel has no ${feature} (it came with Linux ${since})`;
        assert.ok(error.message.includes(said), error.message);
        return true;
      },
    );
  });
}

test('a slot that the map does not have, or that takes something else', () => {
  using few = openObject(read('maps-prog-array'), { name: 'slots' });
  few.map('jumps').maxEntries = 2;
  assert.throws(() => few.load(), {
    code: 'BPF_MAP_FILL',
    message: /^map "jumps", slot 2: "tail_two" .*E2BIG.*; the map has 2 slots, raise max_entries$/,
  });
  using other = openObject(read('maps-prog-array'), { name: 'slots' });
  // For tracepoints the kernel takes the same instructions.
  other.program('tail_two').type = TRACEPOINT;
  assert.throws(() => other.load(), {
    code: 'BPF_MAP_FILL',
    message: /EINVAL.*; all programs in an array are of one type, and use the same things$/,
  });
});

test('a map that the kernel refuses: in its own words, if it can say them', (t) => {
  using open = openObject(read('maps-attributes'), { name: 'refused' });
  open.map('on_node').numaNode = 4095;
  assert.throws(
    () => open.load(),
    (error: Error) => {
      t.log(error.message);
      assert.match(error.message, /^map "on_node" \(HASH: .*\) could not be created: EINVAL/);
      if (kernel.has('commonAttributes') === 'yes')
        assert.match(error.message, /EINVAL, and the kernel says ".*numa_?node.*"$/i);
      return true;
    },
  );
});
