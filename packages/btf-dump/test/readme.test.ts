/** The example of the README runs and prints what it says, and its table of errors has every code. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('README');
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const VMLINUX = '/sys/kernel/btf/vmlinux';

test('the example', async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(readme)!;
  assert.ok(example!.trimEnd().split('\n').length <= 12);
  // Where the kernel shows no BTF, a fixture that has the struct.
  const fixture = new URL('fixtures/values.btf', import.meta.url).pathname;
  const source = existsSync(VMLINUX) ? example! : example!.replace(VMLINUX, fixture);
  const module = new URL(`readme-example-${process.pid}.ts`, import.meta.url);
  const printed: string[] = [];
  const { log } = console;
  writeFileSync(module, source);
  try {
    console.log = (...values: unknown[]) => printed.push(values.join(' '));
    await import(module.href);
  } finally {
    console.log = log;
    rmSync(module);
  }
  const [c, typescript, value, length] = printed as [string, string, string, string];
  assert.is(c, 'struct list_head {\n\tstruct list_head *next;\n\tstruct list_head *prev;\n};\n\n');
  assert.match(typescript, 'export interface ListHead {');
  assert.is(value, '(struct list_head){.next = (struct list_head *)0x8,}');
  assert.match(readme, value);
  assert.match(length, /^\d{4,} bytes of vmlinux\.h$/);
});

test('the table of errors has every code, and no other', () => {
  const source = readFileSync(new URL('../src/errors.ts', import.meta.url), 'utf8');
  const [, table] = /## Errors([\s\S]*?)\n## /.exec(readme)!;
  const listed = [...table!.matchAll(/^\| `(BTF_DUMP_\w+)`/gm)].map((match) => match[1]!);
  const codes = new Set(source.match(/BTF_DUMP_[A-Z_]+[A-Z]/g));
  assert.equal(listed.sort(), [...codes].sort());
});

test.run();
