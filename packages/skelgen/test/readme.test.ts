/** The example of the README runs, and its table has every error code. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ModuleFolder } from './modules.js';

const test = suite('README');
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example', () => {
  const folder = new ModuleFolder();
  try {
    const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
    assert.ok(example!.trimEnd().split('\n').length <= 10);
    const object = new URL('../../../samples/runqslower/runqslower.bpf.o', import.meta.url);
    copyFileSync(object, join(folder.path, 'runqslower.bpf.o'));
    const file = folder.write('example.ts', example!);
    const flags = ['--conditions=@libbpf-ts/source', '--import', import.meta.resolve('tsx')];
    const printed = execFileSync(process.execPath, [...flags, file], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    assert.is(
      printed,
      'export const RunqslowerBpf: Skeleton<OpenRunqslowerBpf, RunqslowerBpf> = defineSkeleton({\n',
    );
  } finally {
    folder.remove();
  }
});

test('the table of errors has every code of what it describes', () => {
  const src = fileURLToPath(new URL('../src', import.meta.url));
  const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        /^(generate|build|skeleton-source|object-file|commands.(skeleton|build))/.test(name) &&
        name.endsWith('.ts'),
    )
    .map((name) => readFileSync(join(src, name), 'utf8'));
  const codes = new Set(
    sources
      .join('\n')
      .match(/'SKELGEN_[A-Z_]+'/g)!
      .map((code) => code.slice(1, -1)),
  );
  for (const code of codes) assert.match(readme, `\`${code}\``);
  assert.ok(codes.size > 10);
});

test.run();
