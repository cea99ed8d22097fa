// A tool of one's own as one executable, by the command that the samples are packaged with.

import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert, test } from '#harness';
import { build, repository, selftests } from '#paths';

const packager = join(repository, 'tools/package.mjs');

test(
  'an entry of one’s own becomes an executable that makes system calls',
  (t) => {
    const folder = t.tmpdir();
    symlinkSync(join(selftests, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(
      join(folder, 'count-maps.mjs'),
      `import '@libbpf-ts/libbpf/sea';
     import { maps } from '@libbpf-ts/libbpf';
     import { GlobalsBpf } from ${JSON.stringify(join(build, 'js/build/globals.skel.js'))};
     const skel = GlobalsBpf.open({ kconfig: 'CONFIG_BPF_SYSCALL=y\\n' }).load();
     console.log([...maps()].length > 0, process.argv.slice(2).join());
     skel.close();`,
    );
    const run = (program: string, ...args: string[]) =>
      spawnSync(program, args, { cwd: folder, encoding: 'utf8', env: {} });
    const packed = run(process.execPath, packager, 'count-maps.mjs');
    assert.deepEqual([packed.status, packed.stderr], [0, '']);
    assert.match(packed.stdout, /^\S+\/count-maps: \d+\.\d MB, Node v\S+ for linux x64\n$/);
    const { status, stdout, stderr } = run(join(folder, 'count-maps'), 'a', 'b');
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'true a,b\n', stderr: '' });
  },
  { timeoutMs: 120_000 },
);

test('an entry that is not there, and one that would be overwritten, are refused', (t) => {
  const folder = t.tmpdir();
  writeFileSync(join(folder, 'tool'), '');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [packager, ...args], { cwd: folder, encoding: 'utf8', env: {} });
  const missing = run('no-such-sample');
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /no-such-sample.*: no such file; expected the name of a sample/);
  const same = run('tool');
  assert.equal(same.status, 1);
  assert.match(same.stderr, /tool: that is the entry itself; name another file with -o/);
  const none = run();
  assert.equal(none.status, 2);
  assert.match(none.stderr, /^usage: pnpm package NAME/);
});
