// The example of the README runs and prints what it says, and its table of errors has every code.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PROBLEMS } from '../src/errors.js';
import { readElf, stripDebug } from '../src/index.js';
import { fixture } from './fixture.js';

const test = suite('README');
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the example', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  assert.ok(example!.trimEnd().split('\n').length <= 12);
  const object = new URL('fixtures/counter.el.o', import.meta.url).pathname;
  const module = new URL(`readme-example-${process.pid}.ts`, import.meta.url);
  const printed: string[] = [];
  const { log } = console;
  writeFileSync(module, example!.replace("'counter.bpf.o'", JSON.stringify(object)));
  try {
    console.log = (...values: unknown[]) => printed.push(values.join(' '));
    await import(module.href);
  } finally {
    console.log = log;
    rmSync(module);
  }
  const bytes = fixture('counter.el.o');
  assert.is(printed[0], 'true true');
  assert.ok(printed.includes('tp/a/second 24 global_helper'));
  assert.is(
    printed.at(-1),
    `${stripDebug(readElf(bytes)).length} of ${bytes.length} bytes without DWARF`,
  );
});

test('the table of errors has every code, and no other', () => {
  const [, table] = /## Errors([\s\S]*?)\n## /.exec(readme)!;
  const rows = table!.split('\n').filter((line) => line.startsWith('| `'));
  const listed = rows.flatMap((row) => row.split('|')[1]!.match(/ELF_\w+/g)!);
  assert.equal([...listed].sort(), Object.keys(PROBLEMS).sort());
});

test.run();
