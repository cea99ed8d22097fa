/** No type of an object may take a name that its module needs for something else. */

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RUNTIME_NAMES } from '../src/generate/runtime-names.js';
import { generate, objectFiles } from './modules.js';

const test = suite('names of the runtime');
const ledger = readFileSync(new URL('../../libbpf/api.txt', import.meta.url), 'utf8');
const exported = /^# \.\/skel\n([\s\S]*?)\n(?:\n|$)/m.exec(ledger)![1]!.split('\n');
/** Types that TypeScript brings, which the running program has no trace of. */
const UTILITIES =
  'Array ArrayLike Awaited Capitalize Disposable Exclude Extract InstanceType Iterable Iterator NonNullable Omit Parameters Partial Pick Promise PropertyKey Readonly ReadonlyArray ReadonlyMap ReadonlySet Record Required ReturnType Uncapitalize';
const GLOBALS = new Set([...Object.getOwnPropertyNames(globalThis), ...UTILITIES.split(' ')]);

test('everything that the runtime exports is reserved', () => {
  assert.ok(exported.length > 80, `${exported.length} names`);
  assert.equal(
    exported.filter((name) => !RUNTIME_NAMES.includes(name)),
    [],
  );
});

test('what is reserved is exported, or a global', () => {
  const unknown = RUNTIME_NAMES.filter((name) => !exported.includes(name) && !GLOBALS.has(name));
  assert.equal(unknown, []);
});

test('every global that a module uses is reserved', () => {
  const used = new Set<string>();
  for (const file of objectFiles()) {
    const code = generate(file)
      .replace(/^ *\/?\*.*$/gm, '')
      .replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
    // Neither members (`a.Name`, `Name:`, `get Name(`) nor what the module declares or imports.
    const declared = new Set(
      [...code.matchAll(/\b(?:const|class|interface|type) (\w+)/g)].map(([, name]) => name!),
    );
    for (const [, name] of code.matchAll(/(?<![.\w$]|get |set )([A-Z]\w*)\b(?!\??:)/g))
      if (!declared.has(name!) && !exported.includes(name!)) used.add(name!);
  }
  const globals = [...used].filter((name) => GLOBALS.has(name));
  assert.ok(globals.length >= 8, globals.join(' '));
  assert.equal(
    globals.filter((name) => !RUNTIME_NAMES.includes(name)),
    [],
  );
});

test.run();
