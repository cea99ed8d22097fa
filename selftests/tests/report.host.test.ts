// What people read: the table in the README, and the part of a kernel's log that a failure shows.

import { assert, test } from '#harness';
import { readOptions } from '#options';
import { filesFor, type TestResult } from '#protocol';
import { renderTable } from '#table';
import { compareVersions } from '#vm/apt';
import { excerpt, hasKernelFault } from '#vm/qemu';

const result = (file: string, name: string, rest: Partial<TestResult> = {}): TestResult => ({
  file,
  name,
  status: 'passed',
  milliseconds: 1,
  ...rest,
});
const skipped = {
  status: 'skipped',
  skip: { reason: 'needs arena', feature: 'arena', since: '6.9' },
} as const;
const gap = {
  status: 'skipped',
  skip: { reason: 'r', feature: 'PMU', since: '2.6', gap: 'emulated' },
} as const;

test('the table has a row a test, ordered by file, and numbers the reasons of skips', () => {
  const table = renderTable([
    {
      kernel: '5.10',
      results: [
        result('b', 'x | y', skipped),
        result('a', 'late', gap),
        result('a', 'early', skipped),
      ],
    },
    { kernel: '7.2', results: [result('b', 'x | y'), result('a', 'late', { status: 'failed' })] },
  ]);
  assert.equal(
    table,
    [
      '| test | 5.10 | 7.2 |',
      '| --- | --- | --- |',
      '| a: late | – 1 | ✗ |',
      '| a: early | – 2 |  |',
      '| b: x \\| y | – 2 | ✓ |',
      '',
      'Not run (–), because:',
      '',
      '1. PMU: emulated',
      '2. arena came with Linux 6.9',
      '',
    ].join('\n'),
  );
});

test('an excerpt of a kernel log is around its first fault, or its end', () => {
  const line = (index: number) => `[ ${index}] line`;
  const calm = Array.from({ length: 200 }, (_, index) => line(index));
  assert.equal(hasKernelFault(calm.join('\n')), false);
  assert.deepEqual(excerpt(calm.join('\n'), 2).split('\n'), [line(198), line(199)]);
  const faulty = calm.with(100, '[ 100] Oops: 0002 [#1] SMP');
  assert.equal(hasKernelFault(faulty.join('\n')), true);
  const shown = excerpt(faulty.join('\n'), 50).split('\n');
  assert.equal(shown[0], line(90));
  assert.equal(shown.length, 50);
  assert.ok(shown.includes('[ 100] Oops: 0002 [#1] SMP'));
});

test('package versions order by their numbers', () => {
  const ordered = ['5.10.223-1', '5.10.262-1', '6.1.176-1', '6.1.192-2', '6.12.95-1', '7.2.13-1'];
  assert.deepEqual([...ordered].reverse().sort(compareVersions), ordered);
  assert.equal(compareVersions('6.1.1-1', '6.1.1-1'), 0);
});

test('a pattern that matches names of files is meant for these files', () => {
  const paths = ['x/ringbuf.test.js', 'x/user_ringbuf.test.js', 'x/mmap.test.js'];
  assert.deepEqual(filesFor('ringbuf', paths), paths.slice(0, 2));
  assert.deepEqual(filesFor('^ringbuf: ', paths), paths.slice(0, 1));
  assert.deepEqual(filesFor('mmap: (a|b: c)', paths), paths.slice(2));
  assert.deepEqual(filesFor('(mmap: x|y)', paths), paths);
  assert.deepEqual(filesFor('wakes up', paths), paths);
});

test('a wrong argument is refused by name', () => {
  const cases: [string[], RegExp][] = [
    [['--vm', '5.10,latest'], /^Error: --vm: expected versions like 5\.10,6\.1, found "latest"$/],
    [['--accel', 'hvf'], /^Error: --accel: expected tcg or kvm, found "hvf"$/],
    [['--jobs', '0'], /^Error: --jobs: expected a whole number from 1, found "0"$/],
    [['--time-limit', 'x'], /^Error: --time-limit: expected a whole number from 1, found "x"$/],
    [['a', 'b'], /^Error: one PATTERN expected, found 2$/],
    [['('], /^SyntaxError: Invalid regular expression/],
    [['--table'], /^Error: --table goes with --vm or --kernel, and without a PATTERN$/],
    [['--vm', '6.1', '--table', 'x'], /^Error: --table goes with/],
    [['--unknown'], /--unknown/],
  ];
  for (const [args, message] of cases)
    assert.throws(() => readOptions(args), message, args.join(' '));
  const { vm, pattern, jobs, timeLimit } = readOptions(['--vm', '5.10,6.1', 'x', '--jobs', '3']);
  assert.deepEqual(
    { vm, pattern, jobs, timeLimit },
    { vm: ['5.10', '6.1'], pattern: 'x', jobs: 3, timeLimit: 1500 },
  );
});
