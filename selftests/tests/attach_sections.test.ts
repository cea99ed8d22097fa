// Every section name of libbpf that says how its programs are attached: attach() by that name alone makes the program run, until
// detach(); on a kernel that lacks the way, the error names the version that brought it. The list is checked against the library's.
// With SELFTEST_CYCLES=1000 each is attached and closed as often, and the harness looks for what is left.

import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type FeatureError, isBpfError } from '@libbpf-ts/libbpf';
import { SECTION_TABLE } from '@libbpf-ts/libbpf/open';
import koffi from 'koffi';
import {
  assert,
  type Feature,
  features,
  nanosleep,
  syscall,
  syscallNumber,
  type TestContext,
  test,
} from '#harness';
import { AttachSectionsBpf } from '../build/attach_sections.skel.js';
import { FreplaceTargetBpf } from '../build/freplace_target.skel.js';
import { cycle, isAskedFor } from '../src/cycles.js';
import { findGap } from '../src/gaps.js';

type Skeleton = ReturnType<ReturnType<typeof AttachSectionsBpf.open>['load']>;
type ProgramName = Exclude<keyof Skeleton['progs'], 'packet'>;

interface Way {
  readonly section: string;
  readonly program: ProgramName;
  /** The kernel that brought it, as the error has to say. */
  readonly since: string;
  /** Without which it cannot be, however new the kernel. */
  readonly needs?: Feature;
  /** What is said instead of a version where `needs` is missing by configuration. */
  readonly without?: RegExp;
}

/** Trampolines to functions that may sleep: those of the kernel's test runs are such only with this. */
const mayInjectErrors = { needs: features.modifyReturn, without: /is not sleepable/ };

function ways(
  ...rows: [string, ProgramName, string, { needs: Feature; without?: RegExp }?][]
): Way[] {
  return rows.map(([section, program, since, more]) => ({ section, program, since, ...more }));
}

const kernelProbes = ways(
  ['kprobe', 'kprobe', '4.1'],
  ['kretprobe', 'kretprobe', '4.1'],
  ['ksyscall', 'ksyscall', '4.1'],
  ['kretsyscall', 'kretsyscall', '4.1'],
  ['kprobe.multi', 'kprobe_multi', '5.18', { needs: features.kprobeMulti }],
  ['kretprobe.multi', 'kretprobe_multi', '5.18', { needs: features.kprobeMulti }],
  ['kprobe.session', 'kprobe_session', '6.10', { needs: features.kprobeSession }],
);
const userProbes = ways(
  ['uprobe', 'uprobe', '4.1'],
  ['uretprobe', 'uretprobe', '4.1'],
  ['uprobe.s', 'uprobe_s', '6.0'],
  ['uretprobe.s', 'uretprobe_s', '6.0'],
  ['uprobe.multi', 'uprobe_multi', '6.6'],
  ['uretprobe.multi', 'uretprobe_multi', '6.6'],
  ['uprobe.session', 'uprobe_session', '6.13'],
  ['uprobe.multi.s', 'uprobe_multi_s', '6.6'],
  ['uretprobe.multi.s', 'uretprobe_multi_s', '6.6'],
  ['uprobe.session.s', 'uprobe_session_s', '6.13'],
  // A program that runs in any process needs cookies to tell places of a library apart.
  ['usdt', 'usdt', '4.1', { needs: features.cookies, without: /before Linux 5\.15/ }],
  ['usdt.s', 'usdt_s', '6.0'],
);
const tracepoints = ways(
  ['tracepoint', 'tracepoint', '4.7'],
  ['tp', 'tp', '4.7'],
  ['raw_tracepoint', 'raw_tracepoint', '4.17'],
  ['raw_tp', 'raw_tp', '4.17'],
  ['raw_tracepoint.w', 'raw_tracepoint_w', '5.2'],
  ['raw_tp.w', 'raw_tp_w', '5.2'],
  ['tp_btf', 'tp_btf', '5.5'],
);
const trampolines = ways(
  ['fentry', 'fentry', '5.5'],
  ['fexit', 'fexit', '5.5'],
  ['fmod_ret', 'fmod_ret', '5.7', { needs: features.modifyReturn, without: /is not modifiable/ }],
  ['fsession', 'fsession', '7.0'],
  ['fentry.s', 'fentry_s', '5.10', mayInjectErrors],
  ['fexit.s', 'fexit_s', '5.10', mayInjectErrors],
  ['fmod_ret.s', 'fmod_ret_s', '5.10', mayInjectErrors],
  ['fsession.s', 'fsession_s', '7.0', mayInjectErrors],
  ['freplace', 'freplace', '5.6'],
);
const hooks = ways(['lsm', 'lsm', '5.7'], ['lsm.s', 'lsm_s', '5.10']);
// Kernels before 5.18 take sleepable iterators as well, and let them not sleep.
const iterators = ways(['iter', 'iter', '5.8'], ['iter.s', 'iter_s', '5.8']);

const builds = dirname(dirname(import.meta.dirname));

test('the list here is the library’s', () => {
  const listed = [kernelProbes, userProbes, tracepoints, trampolines, hooks, iterators].flat();
  const known = SECTION_TABLE.filter(({ attach }) => attach !== undefined).map(({ name }) => name);
  assert.deepEqual(listed.map(({ section }) => section).sort(), known.sort());
  using open = AttachSectionsBpf.open();
  for (const { section, program } of listed)
    assert.ok(open.progs[program].section.startsWith(`?${section}/`), section);
});

/** Attaches each by its section name, and sees it run until it is detached. */
function attachAll(
  t: TestContext,
  list: readonly Way[],
  trigger: (skel: Skeleton, program: ProgramName) => void,
): void {
  using target = FreplaceTargetBpf.open().load();
  for (const way of list) {
    using open = AttachSectionsBpf.open();
    open.progs[way.program].autoload = true;
    // Test runs of fmod_ret programs call other functions than those that may sleep.
    if (way.section === 'fmod_ret.s') {
      open.progs.fentry.autoload = true;
      open.progs.fentry.autoattach = false;
    }
    if (way.section === 'freplace') open.progs.freplace.attachProgFd = target.progs.whole.fd;
    const lacks =
      way.needs !== undefined && (!t.atLeast(way.needs.since) || findGap(way.needs) !== undefined);
    let skel: Skeleton;
    try {
      skel = open.load();
      skel.attach();
    } catch (error) {
      t.log((error as Error).message);
      if (t.atLeast(way.since) && !lacks) throw error;
      const isOld = !t.atLeast(way.since) || way.without === undefined;
      if (isOld) assert.ok(isBpfError(error, 'BPF_FEATURE'), (error as Error).message);
      if (isOld) assert.equal((error as FeatureError).since, way.since, way.section);
      else assert.match((error as Error).message, way.without!);
      continue;
    }
    assert.ok(t.atLeast(way.since) && !lacks, `${way.section} was attached`);
    skel.bss.tgid = process.pid;
    const run = () => (way.program === 'freplace' ? runTarget(target) : trigger(skel, way.program));
    run();
    assert.ok(skel.bss.calls > 0, `${way.section} did not run`);
    skel.detach();
    const { calls } = skel.bss;
    run();
    assert.equal(skel.bss.calls, calls, `${way.section} ran after detach()`);
    // Before 5.13 what was prepared at load is used up by now.
    if (isAskedFor && (t.atLeast('5.13') || !trampolines.includes(way)))
      cycle(t, () => skel.progs[way.program].attach()!);
  }
}

const packet = { data: new Uint8Array(64) };

function runTarget(target: ReturnType<ReturnType<typeof FreplaceTargetBpf.open>['load']>): void {
  target.progs.whole.run(packet);
}

test(
  'functions and system calls of the kernel',
  (t) => attachAll(t, kernelProbes, () => nanosleep()),
  {
    needs: [features.kprobe],
  },
);

test(
  'functions and USDT probes of libraries, found in LD_LIBRARY_PATH',
  (t) => {
    const before = process.env['LD_LIBRARY_PATH'];
    process.env['LD_LIBRARY_PATH'] = builds;
    t.after(() => {
      if (before === undefined) delete process.env['LD_LIBRARY_PATH'];
      else process.env['LD_LIBRARY_PATH'] = before;
    });
    const add = koffi.load(join(builds, 'attach_target.so')).func('int target_add(int a, int b)');
    const usdt0 = koffi.load(join(builds, 'usdt_target.so')).func('void target_usdt0()');
    attachAll(t, userProbes, () => {
      add(1, 2);
      usdt0();
    });
  },
  { needs: [features.uprobe] },
);

test(
  'tracepoints',
  (t) =>
    attachAll(t, tracepoints, (skel) => {
      nanosleep();
      skel.progs.packet.run(packet);
    }),
  { needs: [features.tracefs] },
);

test(
  'trampolines, and functions of other programs',
  (t) =>
    attachAll(t, trampolines, (skel, program) => {
      skel.progs[program === 'fmod_ret_s' ? 'fentry' : program].run();
    }),
  { needs: [features.fentry] },
);

const MPROTECT = 10;
const PROT_READ = 1;

test(
  'hooks of LSM',
  (t) =>
    attachAll(t, hooks, () => {
      execFileSync(process.execPath, ['--version'], { stdio: 'ignore' });
      const page = syscall(syscallNumber('mmap'), 0, 4096, 3, 0x22, -1, 0);
      syscall(MPROTECT, page, 4096, PROT_READ);
      syscall(syscallNumber('munmap'), page, 4096);
    }),
  { needs: [features.lsm, features.fentry] },
);

test(
  'iterators',
  (t) =>
    attachAll(t, iterators, (skel, program) => {
      // Detached: there is no link to read.
      const link = skel.links[program];
      if (link !== undefined && 'readBytes' in link) (link as { readBytes(): unknown }).readBytes();
    }),
  { needs: [features.iterators] },
);
