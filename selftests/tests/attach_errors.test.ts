// What cannot be attached: one message that names the thing, near matches, why, and nothing left half attached (the harness looks).

import { join } from 'node:path';
import {
  attachFirst,
  isBpfError,
  openLinkById,
  openPerfEvent,
  openPinnedLink,
} from '@libbpf-ts/libbpf';
import { assert, features, getpgid, nanosleep, test } from '#harness';
import { AttachProbeBpf } from '../build/attach_probe.skel.js';

const path = join(import.meta.dirname, '../../attach_target.so');

function load() {
  const skel = AttachProbeBpf.open().load();
  skel.bss.tgid = process.pid;
  return skel;
}

test(
  'kprobes: no such function, why one cannot be probed, options that contradict each other',
  () => {
    using skel = load();
    const { on_kprobe, on_kretprobe } = skel.progs;
    for (const mode of ['perf', 'legacy'] as const) {
      assert.throws(() => on_kprobe.attachKprobe({ function: 'vfs_fsync_rangee', mode }), {
        code: 'BPF_NO_ATTACH_TARGET',
        message:
          /program "on_kprobe" \(kprobe vfs_fsync_rangee\): the kernel has no function "vfs_fsync_rangee".*did you mean "vfs_fsync_range"\?/,
      });
    }
    // Functions that run kprobes themselves are on the blacklist of every kernel.
    assert.throws(
      () => on_kprobe.attachKprobe({ function: 'notify_die' }),
      (error: Error) => isBpfError(error) && /notify_die/.test(error.message),
    );
    assert.throws(() => on_kretprobe.attachKprobe({ function: 'vfs_fsync_range', offset: 4 }), {
      code: 'BPF_ATTACH_OPTIONS',
      message: /a return probe has no offset/,
    });
    assert.throws(() => on_kprobe.attachKprobe({}), {
      code: 'BPF_ATTACH_OPTIONS',
      message: /either a function or an address/,
    });
    nanosleep();
    assert.equal(skel.bss.kprobe_calls, 0);
  },
  { needs: [features.kprobe] },
);

test(
  'ksyscall: no such system call',
  () => {
    using skel = load();
    assert.throws(() => skel.progs.on_ksyscall.attachKsyscall({ syscall: 'nanosleeep' }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /no function "__x64_sys_nanosleeep".*did you mean "__x64_sys_nanosleep"\?/,
    });
  },
  { needs: [features.kprobe] },
);

test(
  'where the kernel has no kprobes it says so',
  (t) => {
    using skel = load();
    try {
      skel.progs.on_kprobe.attachKprobe({ function: 'vfs_fsync_range' }).close();
    } catch (error) {
      assert.ok(isBpfError(error, 'BPF_FEATURE'));
      assert.match(error.message, /no kprobes \(CONFIG_KPROBE_EVENTS\)/);
      t.skip('no kprobes', features.kprobe);
    }
  },
  { needs: [features.tracefs] },
);

test(
  'uprobes: no such file, library, function, process, place',
  () => {
    using skel = load();
    const { on_uprobe } = skel.progs;
    const cases = [
      [
        { path: '/no/such/file', function: 'f' },
        'BPF_NO_SUCH_FILE',
        /there is no file "\/no\/such\/file"/,
      ],
      [
        { path: 'libc.so.66', function: 'f' },
        'BPF_NO_SUCH_FILE',
        /no library "libc\.so\.66" in LD_LIBRARY_PATH.*did you mean "libc\.so\.6"\?/,
      ],
      [
        { path: 'no-such-program', function: 'f' },
        'BPF_NO_SUCH_FILE',
        /no program "no-such-program" in PATH/,
      ],
      [
        { path, function: 'target_ad' },
        'BPF_NO_ATTACH_TARGET',
        /has no function "target_ad"; did you mean "target_add"\?/,
      ],
      [{ path: '/proc/self/maps', function: 'f' }, 'BPF_NO_ATTACH_TARGET', /\/proc\/self\/maps/],
      [
        { path, function: 'target_add', pid: 4194000 },
        'BPF_NO_ATTACH_TARGET',
        /there is no process 4194000/,
      ],
      [{ path }, 'BPF_ATTACH_OPTIONS', /a function or an offset must be given/],
    ] as const;
    for (const [options, code, message] of cases) {
      assert.throws(() => on_uprobe.attachUprobe(options), { code, message });
    }
    assert.equal(skel.bss.uprobe_calls, 0);
  },
  { needs: [features.uprobe] },
);

test(
  'tracepoints: no such category, no such name',
  () => {
    using skel = load();
    const { on_tracepoint, on_raw_tracepoint } = skel.progs;
    assert.throws(
      () => on_tracepoint.attachTracepoint({ category: 'schedd', name: 'sched_switch' }),
      {
        code: 'BPF_NO_ATTACH_TARGET',
        message: /no tracepoint category "schedd"; did you mean "sched"\?/,
      },
    );
    assert.throws(
      () => on_tracepoint.attachTracepoint({ category: 'sched', name: 'sched_swich' }),
      {
        code: 'BPF_NO_ATTACH_TARGET',
        message: /no tracepoint "sched_swich" in "sched"; did you mean "sched_switch"\?/,
      },
    );
    assert.throws(() => on_tracepoint.attachTracepoint({ category: '..', name: 'x' }), {
      code: 'BPF_NO_ATTACH_TARGET',
    });
    assert.throws(() => on_raw_tracepoint.attachRawTracepoint({ name: 'sched_swich' }), {
      code: 'BPF_NO_ATTACH_TARGET',
      message: /no tracepoint "sched_swich"; did you mean "sched_switch"\?/,
    });
  },
  { needs: [features.tracefs] },
);

test('programs of the wrong type, and not attachable by section', () => {
  using skel = load();
  const { on_uprobe, on_tracepoint } = skel.progs;
  assert.throws(() => on_tracepoint.attachKprobe({ function: 'vfs_fsync_range' }), {
    code: 'BPF_WRONG_PROGRAM_TYPE',
    message:
      /program "on_tracepoint" \(section "tp\/syscalls\/sys_enter_nanosleep"\): attachKprobe\(\) needs a program of type KPROBE, found TRACEPOINT/,
  });
  assert.throws(() => on_uprobe.attach(), {
    code: 'BPF_NOT_ATTACHABLE',
    message: /section "uprobe" names no target/,
  });
});

test(
  'attachFirst takes the first way that there is, and else gives every reason',
  () => {
    using skel = load();
    const { on_kprobe, on_tracepoint, on_uprobe } = skel.progs;
    using link = attachFirst([
      () => on_kprobe.attachKprobe({ function: 'no_such_function_at_all' }),
      on_tracepoint,
    ]);
    assert.equal(link.program, 'on_tracepoint');
    nanosleep();
    assert.equal(skel.bss.tracepoint_calls, 1);
    assert.throws(
      () =>
        attachFirst([
          on_uprobe,
          () => on_kprobe.attachKprobe({ function: 'no_such_function_at_all' }),
        ]),
      {
        code: 'BPF_NOTHING_ATTACHED',
        message:
          /none of 2 ways to attach worked:\n {2}program "on_uprobe".*\n {2}program "on_kprobe"/,
      },
    );
  },
  { needs: [features.tracefs] },
);

test(
  'links that are not there, and closed ones',
  () => {
    using skel = load();
    assert.throws(() => openPinnedLink('/sys/fs/bpf/no-such-link'), {
      code: 'BPF_LINK_OPEN',
      message: /link pinned at "\/sys\/fs\/bpf\/no-such-link" could not be opened: ENOENT/,
    });
    assert.throws(() => openLinkById(0x7fffffff), { code: 'BPF_LINK_OPEN' });
    const link = skel.progs.on_raw_tracepoint.attach();
    link.close();
    link.close();
    assert.throws(() => link.fd, {
      code: 'BPF_CLOSED',
      message: /link of program "on_raw_tracepoint"/,
    });
    assert.throws(() => link.info(), { code: 'BPF_CLOSED' });
    assert.throws(() => openPerfEvent({}), TypeError);
    assert.throws(() => openPerfEvent({ event: 'cpu-clock', pid: 4194000 }), {
      code: 'BPF_NO_PERF_EVENT',
      message: /ESRCH, there is no such process/,
    });
    assert.throws(
      () => skel.progs.on_event.attachPerfEvent({ fd: 0 }),
      (error: Error) => isBpfError(error),
    );
    assert.ok(getpgid() > 0);
  },
  { needs: [features.bpffs] },
);
