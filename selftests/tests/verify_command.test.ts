// `skelgen verify`: a row for each program, of good and bad ones, for people and for programs.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { assert, type TestContext, test } from '#harness';
import { corpusObjects } from '#paths';

const skelgen = join(
  dirname(createRequire(import.meta.url).resolve('@libbpf-ts/skelgen/package.json')),
  'bin/skelgen.js',
);

function verify(t: TestContext, flags: readonly string[], ...names: string[]) {
  const paths = names.map((name) => join(corpusObjects, `${name}.bpf.o`));
  const args = [skelgen, 'verify', ...flags, ...paths];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  t.log(stderr);
  return { status, stdout, stderr };
}

test('--json: one object a line, programs that section names leave out too', (t) => {
  const { status, stdout, stderr } = verify(
    t,
    ['--json'],
    ...['section-question-mark', 'no-such-file', 'verifier-loop', 'type-socket'],
  );
  assert.deepEqual([status, stderr], [1, '']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ file, program, verdict }) => [basename(file), program, verdict]),
    [
      ['section-question-mark.bpf.o', 'broken', 'fail'],
      ['section-question-mark.bpf.o', 'missing', 'fail'],
      ['section-question-mark.bpf.o', 'fine', 'ok'],
      ['no-such-file.bpf.o', null, 'fail'],
      ['verifier-loop.bpf.o', 'forever', 'fail'],
      ['type-socket.bpf.o', 'drop_all', 'ok'],
    ],
  );
  const keys = ['file', 'program', 'verdict', 'reason', 'instructions', 'states', 'time_us'];
  for (const row of rows) assert.deepEqual(Object.keys(row), keys);
  for (const { verdict, reason, instructions, states, time_us } of rows) {
    assert.equal(reason === null, verdict === 'ok');
    if (verdict === 'fail') continue;
    assert.ok(instructions >= 2 && states >= 0 && time_us >= 0, stdout);
  }
  assert.match(rows[1].reason, /no function "no_such_function_in_any_kernel"/);
  assert.equal(rows[3].reason, 'no such file');
  assert.ok(rows[4].instructions > 0, 'a failure has its statistics too');
});

test('exit status 0 where all load', (t) => {
  const { status, stdout, stderr } = verify(t, [], 'type-socket', 'section-many-programs');
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(
    stdout,
    /type-socket\.bpf\.o\n {2}ok {3}drop_all +\d+ instructions +\d+ states +\d+ µs\n\n.*section-many-programs\.bpf\.o\n(?: {2}ok {3}\w+ .*\n)+$/,
  );
});
