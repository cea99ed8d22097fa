// samples/execsnoop as a process: it finds programs that are started for it, with their arguments, whatever is in those.

import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { assert, type TestContext, test } from '#harness';
import { loadProgram, startTool } from '#tool-process';

const HEADER = 'PCOMM            PID     PPID    RET ARGS';
const NOBODY = 65534;

/** The load program under a name that no other process has. */
function program(t: TestContext): { path: string; name: string } {
  const name = `exec_${process.pid}`;
  const path = join(t.tmpdir(), name);
  symlinkSync(loadProgram, path);
  return { path, name };
}

function execute(path: string, args: readonly string[], options = {}): number {
  const { status, pid } = spawnSync(path, args, { stdio: 'ignore', ...options });
  assert.equal(status, 0);
  return pid;
}

test('shows programs that are started, until Ctrl-C', async (t) => {
  const { path, name } = program(t);
  const tool = startTool(t, 'execsnoop', []);
  await tool.line((line) => line === HEADER);
  assert.notEqual(spawnSync(`${path}_missing`).error, undefined);
  const pid = execute(path, ['plain', 'two words', '', 'say "ä"']);
  const line = await tool.line((one) => one.startsWith(name));
  const columns = [name.padEnd(16), String(pid).padEnd(7), String(process.pid).padEnd(7), '  0'];
  assert.equal(line, [...columns, path, 'plain', '"two words"', '""', '"say \\"ä\\""'].join(' '));
  const { how, lines, stderr } = await tool.stop();
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  assert.ok(!lines.some((one) => one.includes(`${name}_missing`)), 'a failed call is shown');
});

test('--json -x shows failed calls too, as objects, and -n those of a name only', async (t) => {
  const { path, name } = program(t);
  const caller = readFileSync('/proc/thread-self/comm', 'utf8').trimEnd();
  const tool = startTool(t, 'execsnoop', ['--json', '-x']);
  const named = startTool(t, 'execsnoop', ['-T', '-n', name]);
  await named.line((line) => line === `TIME     ${HEADER}`);
  // Without a header, what it sees first says that it is there.
  await repeatUntil(tool.line(/_first"/), () => spawnSync(`${path}_first`));
  spawnSync(`${path}_missing`, ['argument']);
  const pid = execute(path, ['argument']);
  const of = async (text: string) => JSON.parse(await tool.line((line) => line.includes(text)));
  const { time, pid: failedPid, ...failed } = await of(`${name}_missing"`);
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000 && failedPid > 0);
  const common = { ppid: process.pid, uid: 0, truncated: false };
  const args = [`${path}_missing`, 'argument'];
  assert.deepEqual(failed, { ...common, comm: caller, ret: -2, args });
  const { time: _, ...good } = await of(`${name}",`);
  assert.deepEqual(good, { ...common, comm: name, pid, ret: 0, args: [path, 'argument'] });
  await named.line(new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${name} `));
  const { lines } = await named.stop();
  for (const line of lines.slice(1)) assert.match(line, new RegExp(`^.{9}${name}`));
});

test('many and long arguments are cut, and that is said; -u shows one user', async (t) => {
  const { path } = program(t);
  const tool = startTool(t, 'execsnoop', ['--json', '-x', '-u', String(NOBODY)]);
  await repeatUntil(tool.line(/"first"/), () => spawnSync(path, ['first'], { uid: NOBODY }));
  execute(path, ['of root']);
  for (const args of [Array(80).fill('x'), ['y'.repeat(300)], Array(40).fill('z'.repeat(200))])
    spawnSync(path, args, { uid: NOBODY });
  const of = async (like: RegExp) => JSON.parse(await tool.line(like));
  const many = await of(/"x"/);
  assert.deepEqual([many.uid, many.args.length, many.truncated], [NOBODY, 60, true]);
  const long = await of(/yy/);
  assert.equal(long.args[1], 'y'.repeat(255));
  const all = await of(/zz/);
  assert.equal(all.truncated, true);
  assert.ok(
    all.args.slice(1).every((arg: string) => arg === 'z'.repeat(200)) && all.args.length > 15,
  );
  tool.child.stdout?.destroy();
  await repeatUntil(tool.ended, () => spawnSync(path, ['last'], { uid: NOBODY }));
  const { how, stderr, lines } = await tool.ended;
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  assert.ok(!lines.some((line) => line.includes('of root')), 'another user is shown');
});

async function repeatUntil<Result>(done: Promise<Result>, action: () => unknown): Promise<Result> {
  const timer = setInterval(action, 100);
  action();
  return await done.finally(() => clearInterval(timer));
}
