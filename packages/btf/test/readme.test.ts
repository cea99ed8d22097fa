/** The first example of the README, run as it stands. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BtfError, isBtfError, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noVmlinux } from './load-fixture.js';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const test = suite(`README${noVmlinux === undefined ? '' : ` (example skipped: ${noVmlinux})`}`);
const run = noVmlinux === undefined ? test : test.skip;

run('the example runs and prints what it says', () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  assert.ok(example.trim().split('\n').length <= 10);
  const folder = mkdtempSync(join(tmpdir(), 'btf-readme-'));
  try {
    const entry = new URL('../src/index.ts', import.meta.url).href;
    writeFileSync(join(folder, 'example.mts'), example.replace("'@libbpf-ts/btf'", `'${entry}'`));
    const args = ['--import', import.meta.resolve('tsx'), join(folder, 'example.mts')];
    const printed = execFileSync(process.execPath, args, { encoding: 'utf8' });
    assert.match(
      printed,
      /^task_struct has \d{4,} bytes, pid is at \d+\nits first member is \w+\n\d+ types, the first is \[1\] INT /,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every code is explained, and no other', () => {
  const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8');
  const codes = new Set([...source.matchAll(/code: '(BTF_\w+)'/g)].map((match) => match[1]));
  const table = readme.slice(readme.indexOf('## Errors'), readme.indexOf('## Hostile input'));
  const explained = new Set([...table.matchAll(/`(BTF_[A-Z_]+)`/g)].map((match) => match[1]));
  assert.equal([...explained].sort(), [...codes].sort());
});

test('isBtfError asks for name and code', () => {
  const error = new BtfError({ code: 'BTF_BAD_MAGIC', format: 'BTF', offset: 0, found: 1 });
  assert.ok(isBtfError(error));
  assert.ok(isBtfError(error, 'BTF_BAD_MAGIC'));
  assert.not.ok(isBtfError(error, 'BTF_BAD_KIND'));
  // An error of another copy of the package.
  assert.ok(isBtfError(Object.assign(new Error('x'), { name: 'BtfError', code: 'BTF_BAD_KIND' })));
  assert.not.ok(isBtfError(new Error('x')));
  assert.not.ok(isBtfError({ name: 'BtfError', code: 'BTF_BAD_KIND' }));
  assert.throws(
    () => parseBtf(new Uint8Array(1)),
    (thrown: unknown) => isBtfError(thrown, 'BTF_TRUNCATED'),
  );
});

test.run();
