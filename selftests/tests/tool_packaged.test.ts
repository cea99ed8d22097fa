// runqslower as one executable, in a root folder with nothing but it, the C and C++ libraries and /sys: no Node, no package,
// no compiler, no /lib/modules, no /proc.

import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { assert, type TestContext, test } from '#harness';
import { packagedTool } from '#paths';
import { FollowedProcess, loadProgram, startLoad } from '#tool-process';

/** A folder with the executable and the libraries of the C and C++ compilers, as any Linux has them. */
function emptyRoot(t: TestContext): string {
  const root = mkdtempSync(join(dirname(packagedTool), 'root-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'sys'));
  linkSync(packagedTool, join(root, 'runqslower'));
  const { sharedObjects } = process.report.getReport() as unknown as { sharedObjects: string[] };
  for (const library of sharedObjects.filter((path) => /^\/(usr\/)?lib/.test(path))) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
  return root;
}

test('one file, in a system without anything else, shows threads that waited', async (t) => {
  const root = emptyRoot(t);
  assert.ok(!['/bin', '/proc', '/tmp', '/lib/modules'].some((path) => existsSync(root + path)));
  const load = await startLoad(t, 'spin', 'alpha', 'beta');
  const start = performance.now();
  const tool = new FollowedProcess(t, [loadProgram, 'within', root, '/runqslower', '1000']);
  await tool.until('an event', () => tool.lines.length > 2);
  const first = Math.round(performance.now() - start);
  t.log(`${(statSync(packagedTool).size / 1e6).toFixed(1)} MB, first event after ${first} ms`);
  for (const { comm, tid } of load.threads)
    await tool.line((line) => line.includes(` ${comm.padEnd(16)} ${String(tid).padEnd(6)} `));
  const { how, lines, stderr } = await tool.stop();
  assert.deepEqual({ how, stderr }, { how: 'exit status 0', stderr: '' });
  assert.equal(lines[0], 'Tracing run queue latency higher than 1000 us');
  assert.equal(lines[1], 'TIME     COMM             TID           LAT(us)');
});
