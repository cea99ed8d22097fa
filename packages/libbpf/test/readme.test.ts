/** The first example of the README, run as it stands. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('README');

test('the example runs and prints what is in the object', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)![1]!;
  assert.ok(example.trim().split('\n').length <= 10);
  const folder = mkdtempSync(join(tmpdir(), 'libbpf-readme-'));
  try {
    const object = new URL('../../../samples/runqslower/runqslower.bpf.o', import.meta.url);
    copyFileSync(fileURLToPath(object), join(folder, 'runqslower.bpf.o'));
    const entry = new URL('../src/open/index.ts', import.meta.url).href;
    writeFileSync(
      join(folder, 'example.mts'),
      example.replace("'@libbpf-ts/libbpf/open'", `'${entry}'`),
    );
    const args = [
      '--conditions=@libbpf-ts/source',
      '--import',
      import.meta.resolve('tsx'),
      'example.mts',
    ];
    const printed = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    assert.match(printed, /^tp_btf\/sched_wakeup: TRACING, \d+ instructions$/m);
    assert.match(printed, /^start: key 4, value 8 bytes$/m);
    assert.match(printed, /^runqslow\.rodata: key 4, value 32 bytes$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
