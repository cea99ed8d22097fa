// With fewer rights, and without parts of the system: each is a working path, or an error that says what is missing.

import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isBpfError } from '@libbpf-ts/libbpf';
import koffi from 'koffi';
import { assert, features, getpgid, nanosleep, subprocess, type TestContext, test } from '#harness';
import { type OpenRestrictedBpf, RestrictedBpf } from '../build/restricted.skel.js';

const library = join(import.meta.dirname, '../../attach_target.so');
const VMLINUX = '/sys/kernel/btf/vmlinux';
const TRACEFS = ['/sys/kernel/tracing', '/sys/kernel/debug'];

type Program = 'core' | 'on_tracepoint' | 'on_kprobe' | 'on_uprobe';
interface Wish {
  /** Programs to load besides the plain one. */
  readonly programs?: readonly Program[];
  readonly btfCustomPath?: string;
  readonly pin?: string;
  /** Bytes that may be locked, at most. */
  readonly memlock?: number;
  /** Elements of the map. */
  readonly entries?: number;
}

function open({ programs = [], btfCustomPath, entries }: Wish): OpenRestrictedBpf {
  const skel = RestrictedBpf.open(btfCustomPath === undefined ? {} : { btfCustomPath });
  for (const name of programs) skel.progs[name].autoload = true;
  if (entries !== undefined) skel.maps.counts.maxEntries = entries;
  return skel;
}

const openOnly = subprocess('open', (_: null) => {
  using skel = open({});
  skel.bss.tgid = 7;
  return { maps: Object.keys(skel.maps), tgid: skel.bss.tgid };
});

/** Opens, loads, attaches, fires, and says what the programs saw. */
const run = subprocess('run', (wish: Wish) => {
  const add = koffi.load(library).func('int target_add(int a, int b)');
  if (wish.memlock !== undefined) limitLockedMemory(wish.memlock);
  using skel = open(wish).load();
  if (wish.pin !== undefined) skel.maps.counts.pin(wish.pin);
  skel.bss.tgid = process.pid;
  skel.attach();
  using _ = wish.programs?.includes('on_uprobe')
    ? skel.progs.on_uprobe.attachUprobe({ path: library, function: 'target_add' })
    : undefined;
  nanosleep();
  getpgid();
  add(1, 2);
  makeFileInMemory();
  skel.maps.counts.update(1, 2n);
  const { plain_calls, core_tgid, tracepoint_calls, kprobe_calls, uprobe_calls } = skel.bss;
  return {
    plain: plain_calls > 0,
    core: core_tgid === process.pid,
    tracepoint: tracepoint_calls > 0,
    kprobe: kprobe_calls > 0,
    uprobe: uprobe_calls > 0,
    count: Number(skel.maps.counts.lookup(1)),
  };
});

const setrlimit = koffi.load(null).func('int setrlimit(int resource, void *limit)');
/** Lowers the hard limit too: who may not raise limits cannot undo this. */
function limitLockedMemory(bytes: number): void {
  const RLIMIT_MEMLOCK = 8;
  assert.equal(setrlimit(RLIMIT_MEMLOCK, BigUint64Array.of(BigInt(bytes), BigInt(bytes))), 0);
}

/** Makes a file in memory: shmem_file_setup runs, which no caller has inlined, as it is in another file. */
const memfd = koffi.load(null).func('int memfd_create(const char *name, uint flags)');
const close = koffi.load(null).func('int close(int fd)');
function makeFileInMemory(): void {
  close(memfd('nothing', 0));
}

const plain = {
  plain: true,
  core: false,
  tracepoint: false,
  kprobe: false,
  uprobe: false,
  count: 2,
};
const tracer = { user: 'nobody', capabilities: ['CAP_BPF', 'CAP_PERFMON'] } as const;

test('opening takes no rights at all', async () => {
  const hide = ['/sys/kernel/btf', '/sys/fs/bpf', ...TRACEFS];
  assert.deepEqual(await openOnly(null, { user: 'nobody', hide }), {
    maps: ['counts', 'bss'],
    tgid: 7,
  });
});

test('an ordinary user is told which capability is missing', async () => {
  await assert.rejects(run({}, { user: 'nobody' }), {
    code: 'BPF_PERMISSION',
    message: /"restricted_bpf" .*EPERM.*CAP_BPF.*uid 65534.*root/,
  });
});

test('root without capabilities is told so', async () => {
  await assert.rejects(run({}, { capabilities: [] }), {
    code: 'BPF_PERMISSION',
    message: /"restricted_bpf" .*EPERM.*CAP_BPF.*root without capabilities/,
  });
});

test('CAP_BPF alone does not trace', async () => {
  await assert.rejects(run({}, { user: 'nobody', capabilities: ['CAP_BPF'] }), {
    message: /program "plain" \(section "raw_tp\/sys_enter"\).*EPERM.*CAP_PERFMON/,
  });
});

test(
  'CAP_BPF and CAP_PERFMON load, attach and read',
  async () => {
    const [bare, core] = await Promise.all([run({}, tracer), run({ programs: ['core'] }, tracer)]);
    assert.deepEqual(bare, plain);
    assert.deepEqual(core, { ...plain, core: true });
  },
  { needs: [features.vmlinuxBtf] },
);

test('CAP_BPF and CAP_PERFMON: a low limit of locked memory counts before 5.11 only, and is named there', async (t) => {
  if (t.atLeast('5.11')) {
    assert.deepEqual(await run({ memlock: 0 }, tracer), plain);
    return;
  }
  // Too little for anything; enough for a program, too little for the map.
  const attempts = [0, 1 << 18].map((memlock) =>
    assert.rejects(run({ memlock, entries: 1 << 16 }, tracer), {
      message:
        /EPERM; this process has the capabilities, but may lock only \d+ bytes of memory, .* before Linux 5\.11; raise "ulimit -l"$/,
    }),
  );
  await Promise.all(attempts);
});

test(
  'CAP_BPF and CAP_PERFMON: tracepoints are in tracefs, which root alone may read',
  async (t) => {
    await worksOr(
      t,
      { programs: ['on_tracepoint'] },
      tracer,
      { ...plain, tracepoint: true },
      {
        code: 'BPF_NO_TRACEFS',
        message: /this user may not look into it/,
      },
    );
  },
  { needs: [features.tracefs] },
);

test(
  'CAP_BPF and CAP_PERFMON: a kprobe',
  async (t) => {
    await worksOr(
      t,
      { programs: ['on_kprobe'] },
      tracer,
      { ...plain, kprobe: true },
      {
        code: 'BPF_PERMISSION',
        message: /"on_kprobe" .*CAP_SYS_ADMIN/,
      },
    );
  },
  { needs: [features.kprobe] },
);

test(
  'CAP_BPF and CAP_PERFMON: a uprobe',
  async (t) => {
    await worksOr(
      t,
      { programs: ['on_uprobe'] },
      tracer,
      { ...plain, uprobe: true },
      {
        code: 'BPF_PERMISSION',
        message: /"on_uprobe" .*CAP_SYS_ADMIN/,
      },
    );
  },
  { needs: [features.uprobe] },
);

/** Kernels differ in what these capabilities are enough for: it works, or the error is the one to expect. */
async function worksOr(
  t: TestContext,
  wish: Wish,
  limits: Parameters<typeof run>[1],
  expected: object,
  refusal: { readonly code: string; readonly message: RegExp },
): Promise<void> {
  try {
    assert.deepEqual(await run(wish, limits), expected);
    t.log('works');
  } catch (error) {
    if (!isBpfError(error)) throw error;
    t.log(error.message);
    assert.equal(error.code, refusal.code);
    assert.match(error.message, refusal.message);
  }
}

test(
  'without /sys/kernel/btf: what needs no BTF works, CO-RE names the file, and takes another',
  async (t) => {
    const hide = ['/sys/kernel/btf'];
    const btfCustomPath = join(t.tmpdir(), 'kernel.btf');
    copyFileSync(VMLINUX, btfCustomPath);
    assert.ok(readFileSync(btfCustomPath).length > 1e6);
    const [without, withAnother] = await Promise.all([
      run({}, { hide }),
      run({ programs: ['core'], btfCustomPath }, { hide }),
      assert.rejects(run({ programs: ['core'] }, { hide }), {
        code: 'BPF_NO_KERNEL_BTF',
        message: /\/sys\/kernel\/btf\/vmlinux is missing.*CONFIG_DEBUG_INFO_BTF.*btfCustomPath/,
      }),
    ]);
    assert.deepEqual(without, plain);
    assert.deepEqual(withAnother, { ...plain, core: true });
  },
  { needs: [features.vmlinuxBtf] },
);

test(
  'without tracefs: tracepoints say where it should be, raw ones need none',
  async () => {
    const [without] = await Promise.all([
      run({}, { hide: TRACEFS }),
      assert.rejects(run({ programs: ['on_tracepoint'] }, { hide: TRACEFS }), {
        code: 'BPF_NO_TRACEFS',
        message: /\/sys\/kernel\/tracing.*mount -t tracefs/,
      }),
    ]);
    assert.deepEqual(without, plain);
  },
  { needs: [features.tracefs] },
);

test(
  'without tracefs: kprobes',
  async () => {
    const wish: Wish = { programs: ['on_kprobe'] };
    assert.deepEqual(await run(wish, { hide: TRACEFS }), { ...plain, kprobe: true });
  },
  { needs: [features.kprobe] },
);

test(
  'without tracefs: uprobes',
  async () => {
    const wish: Wish = { programs: ['on_uprobe'] };
    assert.deepEqual(await run(wish, { hide: TRACEFS }), { ...plain, uprobe: true });
  },
  { needs: [features.uprobe] },
);

test(
  'without bpffs: everything but pins works, and a pin says what to mount',
  async () => {
    const hide = ['/sys/fs/bpf'];
    const [without] = await Promise.all([
      run({}, { hide }),
      assert.rejects(run({ pin: '/sys/fs/bpf/restricted' }, { hide }), {
        message: /\/sys\/fs\/bpf\/restricted.*mount -t bpf/,
      }),
    ]);
    assert.deepEqual(without, plain);
  },
  { needs: [features.bpffs] },
);
