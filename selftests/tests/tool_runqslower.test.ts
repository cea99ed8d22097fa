// samples/runqslower as a process: it finds waits that are made for it, shows them as the BCC tool does, and ends as it should.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { forgetAnswers, injectFaults } from '@libbpf-ts/libbpf/internal';
import { trace } from 'runqslower/dist/runqslower.js';
import { type Event, RunqslowerBpf } from 'runqslower/dist/runqslower.skel.js';
import { assert, test } from '#harness';
import { loadProgram, startLoad, startTool } from '#tool-process';

const HEADER = 'TIME     COMM             TID           LAT(us)';
const HEADER_PREVIOUS = `${HEADER} PREV COMM        PREV TID`;
const COLUMNS = /^\d\d:\d\d:\d\d (.{16}) (\d[\d ]{5}|\d{7,}) ([ \d]{13}\d|\d{15,})$/;

/** A line of the table; fails if it is not made up as it should. */
function parse(line: string): { comm: string; tid: number; latency: number } {
  assert.match(line, COLUMNS);
  const [, comm = '', tid, latency] = COLUMNS.exec(line) ?? [];
  return { comm: comm.trimEnd(), tid: Number(tid), latency: Number(latency) };
}

test('shows threads that waited, until Ctrl-C', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha,second', 'beta');
  const tool = startTool(t, 'runqslower', ['1000']);
  for (const { comm, tid } of load.threads)
    await tool.line((line) => line.includes(` ${comm.padEnd(16)} ${String(tid).padEnd(6)} `));
  const { how, lines, stderr } = await tool.stop();
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  const [title, header, ...rest] = lines;
  assert.equal(title, 'Tracing run queue latency higher than 1000 us');
  assert.equal(header, HEADER);
  const names = new Map(load.threads.map(({ comm, tid }) => [tid, comm]));
  for (const line of rest.filter((one) => !one.startsWith('Lost '))) {
    const { comm, tid, latency } = parse(line);
    assert.ok(latency > 1000, line);
    assert.equal(comm, names.get(tid) ?? comm, line);
  }
});

test('-p shows the threads of one process, -P what ran before them', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha,second', 'beta');
  const { pid } = load.thread('alpha');
  const tool = startTool(t, 'runqslower', ['-P', '-p', String(pid), '1000']);
  // Someone of the load ran while the other waited: they share a CPU.
  await tool.line(/ second .* alpha /);
  await tool.line(/ alpha .* (second|beta) /);
  const { how, lines } = await tool.stop();
  assert.equal(how, 'exit status 0');
  assert.equal(lines[1], HEADER_PREVIOUS);
  for (const line of lines.slice(2).filter((one) => !one.startsWith('Lost '))) {
    const { comm } = parse(line.slice(0, HEADER.length));
    assert.match(line.slice(HEADER.length), /^ .{16} \d+ *$/);
    assert.ok(['alpha', 'second'].includes(comm), line);
  }
});

test('-t shows one thread, --json as objects, for --duration', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha,second', 'beta');
  const { tid } = load.thread('second');
  const args = ['--json', '-t', String(tid), '--duration', '1', '1000'];
  const { how, lines, stderr } = await startTool(t, 'runqslower', args).ended;
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  assert.ok(lines.length > 0, 'no events');
  for (const line of lines) {
    const { time, comm, latency_us, prev_comm, prev_tid, ...rest } = JSON.parse(line);
    assert.deepEqual({ comm, rest }, { comm: 'second', rest: { tid } });
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000, line);
    assert.ok(Number.isInteger(latency_us) && latency_us > 1000, line);
    assert.ok(typeof prev_comm === 'string' && prev_tid !== tid, line);
  }
});

test('--comm shows commands that begin so; a pipe that closes ends it', async (t) => {
  await startLoad(t, 'spin', 'alpha', 'beta_1', 'beta_2');
  const tool = startTool(t, 'runqslower', ['-c', 'beta_', '1000']);
  await tool.line(/ beta_1 /);
  await tool.line(/ beta_2 /);
  for (const line of tool.lines.slice(2)) assert.match(parse(line).comm, /^beta_[12]$/);
  tool.child.stdout?.destroy();
  const { how, stderr } = await tool.ended;
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
});

test('0 shows every wait, and lost events are said', async (t) => {
  const load = await startLoad(t, 'pingpong', 'player');
  const tool = startTool(t, 'runqslower', ['-c', 'player', '0']);
  await tool.line((line) => line.includes(' player ') && parse(line).latency < 1000);
  tool.child.kill('SIGSTOP');
  // For each sleep of one player, both wait for the CPU; a CPU's buffer has room for 3640 events.
  const { pid, tid } = load.threads[0]!;
  const end = sleeps(pid, tid) + 2500;
  while (sleeps(pid, tid) < end) await new Promise((resolve) => setTimeout(resolve, 20));
  tool.child.kill('SIGCONT');
  // The kernel says it with the first event that there is room for.
  const lost = await tool.line(/^Lost /);
  await load.stop();
  assert.match(lost, /^Lost [1-9]\d* events on CPU #\d+!$/);
  const { how } = await tool.stop();
  assert.equal(how, 'exit status 0');
});

function sleeps(pid: number, tid: number): number {
  const status = readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
  return Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)?.[1]);
}

test('threads that are gone leave nothing in its map', () => {
  using open = RunqslowerBpf.open();
  for (const program of Object.values(open.progs))
    program.autoload = program.section.startsWith('tp_btf/');
  open.rodata.min_us = 10_000_000n; // longer than any wait
  const skel = open.load();
  skel.attach();
  const { status } = spawnSync(loadProgram, ['threads', '2000']);
  skel.detach();
  assert.equal(status, 0);
  const waiting = [...skel.maps.start.keys()].length;
  assert.ok(waiting < 500, `${waiting} entries after 2000 threads`);
});

test('where programs typed by BTF do not load, raw tracepoints see the same', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha', 'beta');
  const stop = new AbortController();
  const debug: string[] = [];
  const seen: Event[] = [];
  // What the library finds out about the kernel by loading programs, it knows from then on: then comes the trial.
  RunqslowerBpf.open().load().close();
  const EINVAL = 22; // what Linux 5.4 says to a type of program that it does not know
  injectFaults((_, command) => (command === 'BPF_PROG_LOAD' && debug.length === 0 ? EINVAL : 0));
  t.after(() => {
    injectFaults(undefined);
    forgetAnswers();
  });
  await trace(
    { minUs: 1000, signal: stop.signal, onDebug: (line) => debug.push(line) },
    {
      onReady() {},
      onLost() {},
      onEvent(event) {
        seen.push(event);
        if (load.threads.every(({ tid }) => seen.some(({ pid }) => pid === tid))) stop.abort();
      },
    },
  );
  assert.deepEqual(
    debug.filter((line) => /^program /.test(line)),
    ['sched_wakeup', 'sched_wakeup_new', 'sched_switch'].map(
      (name) => `program raw_${name}: raw_tp/${name}`,
    ),
  );
  for (const { comm, tid } of load.threads)
    assert.equal(seen.find(({ pid }) => pid === tid)?.task, comm);
});
