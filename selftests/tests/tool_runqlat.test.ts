// samples/runqlat as a process: it counts waits that are made for it, on the CPU where they happen.

import { assert, test } from '#harness';
import { startLoad, startTool } from '#tool-process';

interface Slot {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly cpus: readonly number[];
}

test('--json counts the waits of a process, by CPU', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha', 'beta');
  const { pid } = load.thread('alpha');
  const args = ['--json', '-p', String(pid), '-i', '0.5', '-n', '2'];
  const { how, lines, stderr } = await startTool(t, 'runqlat', args).ended;
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const { time, unit, slots } = JSON.parse(line) as { time: string; unit: string; slots: Slot[] };
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000, line);
    assert.equal(unit, 'us');
    assert.ok(slots.length > 0, 'no waits');
    for (const { from, to, count, cpus } of slots) {
      assert.equal(to, from === 0 ? 1 : 2 * from - 1, line);
      assert.equal(
        cpus.reduce((sum, one) => sum + one),
        count,
        line,
      );
      // The load has one CPU, so one has counts.
      assert.equal(cpus.filter((one) => one > 0).length, 1, line);
    }
    // It waits while the other runs: for some ms, a tick at the least.
    assert.ok(
      slots.some(({ to }) => to > 1000),
      line,
    );
  }
});

test('draws a histogram an interval, until Ctrl-C', async (t) => {
  const load = await startLoad(t, 'spin', 'alpha', 'beta');
  const { pid } = load.thread('alpha');
  const tool = startTool(t, 'runqlat', ['-m', '-p', String(pid), '-i', '0.5']);
  const title = (line: string) => line === '             msecs : count     distribution';
  await tool.until('two histograms', () => tool.lines.filter(title).length === 2);
  const { how, lines, stderr } = await tool.stop();
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  const rows = lines.filter((line) => line !== '' && !title(line));
  assert.ok(rows.length > 0, 'no rows');
  for (const row of rows) assert.match(row, /^ *\d+ -> \d+ *: \d+ *\|[* ]{40}\|$/);
  assert.ok(
    rows.some((row) => row.includes('*'.repeat(40))),
    'no slot has the longest bar',
  );
});

test('a pipe that closes ends it', async (t) => {
  const tool = startTool(t, 'runqlat', ['-i', '0.1']);
  await tool.line(/distribution/);
  tool.child.stdout?.destroy();
  const { how, stderr } = await tool.ended;
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
});
