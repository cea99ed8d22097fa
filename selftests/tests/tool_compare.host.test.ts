// runqslower beside the one of Debian's libbpf-tools: at the same time, on the same load, with the same threshold.
//
// Both have programs on the same tracepoints, which the kernel calls one after the other. So each wait has two latencies that differ
// by the time between the two programs, some µs, and a wait that is that close to the threshold may be on one side of it for one
// tool and on the other for the other. Nothing else may differ, as long as nothing is lost.

import { findProgram } from '#command';
import { assert, test } from '#harness';
import { FollowedProcess, startLoad, startTool } from '#tool-process';

const THRESHOLD = 1000;
/** µs: how far the two may be apart, but for the few waits in which an interrupt came in between. */
const CLOSE = 50;

interface Wait {
  readonly tid: number;
  readonly latency: number;
  /** The line without what may differ: the time at which it was shown, and the digits of the latency. */
  readonly rest: string;
}

const LINE = /^\d\d:\d\d:\d\d( .{16} (?=.{6} )(\d+) *) ( {0,13}(\d+))( .{16} \d+ *)$/;

/** The waits of one thread, in the order in which they came. */
function waitsOf(tid: number, lines: readonly string[]): Wait[] {
  return lines.flatMap((line) => {
    const [, before, found, column, latency, after] = LINE.exec(line) ?? [];
    if (Number(found) !== tid) return [];
    return [{ tid, latency: Number(latency), rest: `${before} ${column?.length}${after}` }];
  });
}

interface Comparison {
  readonly pairs: (readonly [their: Wait, our: Wait])[];
  /** What one tool alone saw. */
  readonly alone: Wait[];
}

/** Finds the counterpart of each wait: the next one of the other tool that is as long. */
function compare(theirs: readonly Wait[], ours: readonly Wait[]): Comparison {
  const pairs: (readonly [Wait, Wait])[] = [];
  const alone: Wait[] = [];
  let next = 0;
  for (const their of theirs) {
    const at = ours.findIndex(
      (our, index) => index >= next && index < next + 4 && isClose(their, our),
    );
    if (at === -1) {
      alone.push(their);
      continue;
    }
    alone.push(...ours.slice(next, at));
    pairs.push([their, ours[at] as Wait]);
    next = at + 1;
  }
  return { pairs, alone: [...alone, ...ours.slice(next)] };
}

const isClose = (a: Wait, b: Wait) => Math.abs(a.latency - b.latency) <= CLOSE;

test("runqslower shows what libbpf-tools' runqslower shows, line by line", async (t) => {
  const theirProgram = findProgram('/usr/sbin/runqslower', 'runqslower');
  assert.ok(
    theirProgram,
    'no runqslower to compare with: install libbpf-tools (Debian: libbpf-tools)',
  );
  const args = ['-P', String(THRESHOLD)];
  // It writes in blocks, unless told not to.
  const their = new FollowedProcess(t, ['stdbuf', '-oL', theirProgram, ...args]);
  const our = startTool(t, 'runqslower', args);
  for (const tool of [their, our]) await tool.line(/^TIME /);
  const load = await startLoad(t, 'spin', 'alpha,second', 'beta', 'a name of 15 ch');
  for (const tool of [their, our]) {
    for (const { tid } of load.threads) {
      let count = 0;
      await tool.line((line) => waitsOf(tid, [line]).length > 0 && ++count === 20);
    }
  }
  await load.stop();
  // What comes after it, on the same CPU, says that everything of the load is there.
  const end = await startLoad(t, 'spin', 'end_1', 'end_2');
  for (const tool of [their, our]) await tool.line(/ end_1 .* end_2 /);
  await end.stop();
  for (const tool of [their, our]) {
    const { how, stderr } = await tool.stop();
    assert.deepEqual([how, stderr], ['exit status 0', '']);
    assert.deepEqual(
      tool.lines.filter((line) => line.startsWith('Lost ')),
      [],
    );
  }

  assert.deepEqual(our.lines.slice(0, 2), their.lines.slice(0, 2));
  const found = load.threads.map(({ tid }) =>
    compare(waitsOf(tid, their.lines), waitsOf(tid, our.lines)),
  );
  const pairs = found.flatMap((one) => one.pairs);
  const alone = found.flatMap((one) => one.alone);
  t.log(`${pairs.length} waits seen by both, ${alone.length} by one tool alone`, alone);
  for (const [a, b] of pairs) assert.equal(b.rest, a.rest);
  const far = alone.filter(({ latency }) => latency > THRESHOLD + CLOSE);
  assert.ok(far.length <= pairs.length / 20, `${far.length} waits without a counterpart`);
  const median = pairs.map(([a, b]) => Math.abs(a.latency - b.latency)).sort((a, b) => a - b)[
    pairs.length >> 1
  ];
  assert.ok(median !== undefined && median <= 20, `latencies differ by ${median} µs at the median`);
});
