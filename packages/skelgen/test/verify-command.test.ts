import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const home = fileURLToPath(new URL('..', import.meta.url));

/** Files that cannot be opened need neither root nor a kernel; what the kernel says is in selftests/tests/verify_command.test.ts. */
function verify(...args: string[]) {
  return spawnSync(process.execPath, [join(home, 'bin/skelgen.js'), 'verify', ...args], {
    encoding: 'utf8',
  });
}

const test = suite('skelgen verify', { folder: '' });
test.before((context) => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: home });
  context.folder = mkdtempSync(join(tmpdir(), 'skelgen-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

test('a file that cannot be opened is a row of its own, and the others go on', ({ folder }) => {
  const missing = join(folder, 'missing.bpf.o');
  const garbage = join(folder, 'garbage.bpf.o');
  writeFileSync(garbage, 'no object');
  const { status, stdout, stderr } = verify(
    '--json',
    ...[missing, folder, garbage, process.execPath],
  );
  assert.is(status, 1);
  assert.is(stderr, '');
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const failed = { program: null, verdict: 'fail' };
  const unknown = { instructions: null, states: null, time_us: null };
  assert.equal(rows, [
    { file: missing, ...failed, reason: 'no such file', ...unknown },
    { file: folder, ...failed, reason: 'is a folder, expected a file', ...unknown },
    {
      ...{ file: garbage, ...failed, ...unknown },
      reason:
        'ELF identification at 0x0: past the end of the file, found a file of 9 bytes, expected 16 bytes at 0x0',
    },
    {
      ...{ file: process.execPath, ...failed, ...unknown },
      reason: rows[3].reason,
    },
  ]);
  assert.match(rows[3].reason, /^not a BPF object: the ELF is for machine \d+/);
});

test('the same for people', ({ folder }) => {
  const missing = join(folder, 'missing.bpf.o');
  const { status, stdout, stderr } = verify(missing, folder);
  assert.is(status, 1);
  assert.is(stderr, '');
  assert.is(
    stdout,
    `${missing}\n  cannot be opened: no such file\n\n${folder}\n  cannot be opened: is a folder, expected a file\n`,
  );
});

test('no file is a mistake in the command', () => {
  const { status, stdout, stderr } = verify('--json');
  assert.equal([status, stdout], [2, '']);
  assert.match(stderr, /missing required argument 'file'/);
});

test.run();
