// Section names of one's own: type, setup at open, preparation before load, way of attaching; a built-in one overridden.

import { registerSectionHandler, unregisterSectionHandler } from '@libbpf-ts/libbpf';
import { assert, features, nanosleep, test } from '#harness';
import { CustomSecHandlersBpf } from '../build/custom_sec_handlers.skel.js';

const RAW_TRACEPOINT = 17;
const TRACEPOINT = 5;
const SYSCALL = 31;
const BPF_F_SLEEPABLE = 1 << 4;

test(
  'handlers decide what their programs are and how they are attached',
  (t) => {
    const prepared: string[] = [];
    const ids = [
      registerSectionHandler({
        section: 'abc',
        type: RAW_TRACEPOINT,
        setup: (program) => {
          program.autoload = false;
        },
        prepareLoad: (program) => prepared.push(program.name),
      }),
      registerSectionHandler({
        section: 'abc/',
        type: RAW_TRACEPOINT,
        prepareLoad: (program) => prepared.push(program.name),
        attach: (program) => program.attachRawTracepoint({ name: 'sys_enter' }),
      }),
      registerSectionHandler({
        section: 'custom+',
        type: RAW_TRACEPOINT,
        attach: (program) => program.attachRawTracepoint({ name: 'sys_enter' }),
      }),
      registerSectionHandler({ section: 'kprobe+', type: TRACEPOINT, attach: () => undefined }),
      registerSectionHandler({
        type: SYSCALL,
        prepareLoad: (program) => {
          program.flags |= BPF_F_SLEEPABLE;
        },
      }),
    ];
    t.after(() => {
      for (const id of ids) unregisterSectionHandler(id);
    });
    assert.ok(ids.every((id) => id > 0));

    using open = CustomSecHandlersBpf.open();
    const { abc1, abc2, custom1, custom2, kprobe1, xyz } = open.progs;
    assert.deepEqual(
      [abc1, abc2, custom1, custom2, kprobe1, xyz].map(({ type }) => type),
      [RAW_TRACEPOINT, RAW_TRACEPOINT, RAW_TRACEPOINT, RAW_TRACEPOINT, TRACEPOINT, SYSCALL],
    );
    assert.deepEqual([abc1.autoload, abc2.autoload], [false, true]);
    open.rodata.my_pid = process.pid;
    const skel = open.load();
    assert.deepEqual(prepared, ['abc2']);

    using _abc2 = skel.progs.abc2.attach();
    using _custom1 = skel.progs.custom1.attach();
    using _custom2 = skel.progs.custom2.attach();
    assert.throws(() => skel.progs.kprobe1.attach(), { code: 'BPF_NOT_ATTACHABLE' });
    nanosleep();
    const called = skel.bss;
    assert.deepEqual(
      [called.abc1_called, called.abc2_called, called.custom1_called, called.custom2_called],
      [false, true, true, true],
    );
    assert.deepEqual([called.kprobe1_called, called.xyz_called], [false, false]);
  },
  { needs: [features.syscallProgram] },
);
