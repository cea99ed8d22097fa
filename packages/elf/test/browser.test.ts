// The package runs where there is no Node: bundled for a browser it imports nothing, and works without Node's globals.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture } from './fixture.js';

const test = suite('browser');
// esbuild is a tool of the workspace, not of this package.
const esbuild = createRequire(new URL('../../../package.json', import.meta.url))('esbuild');
const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));

const { outputFiles, metafile } = await esbuild.build({
  entryPoints: [entry],
  bundle: true,
  write: false,
  metafile: true,
  platform: 'browser',
  format: 'iife',
  globalName: 'elf',
  logLevel: 'silent',
});

test('imports nothing but its own files', () => {
  const imports = Object.values(
    metafile.inputs as Record<string, { imports: { path: string; external?: boolean }[] }>,
  ).flatMap(({ imports }) => imports);
  assert.ok(imports.length > 10);
  assert.equal(
    imports.filter(
      ({ path, external }) =>
        external || (!path.includes('packages/elf/src/') && !path.startsWith('src/')),
    ),
    [],
  );
});

test('reads an object where only the web has globals', () => {
  // A new global has JavaScript's own names only: no process, Buffer or require.
  const context = vm.createContext({ TextDecoder, TextEncoder, bytes: fixture('counter.el.o') });
  vm.runInContext(outputFiles[0].text, context);
  const run = (code: string): unknown => vm.runInContext(code, context);
  assert.is(run('typeof process + typeof Buffer + typeof require'), 'undefinedundefinedundefined');
  assert.is(run('elf.readElf(new Uint8Array(bytes)).symbols.length'), 29 + 1);
  assert.ok((run('elf.stripDebug(new Uint8Array(bytes)).length') as number) < 6000);
});

test.run();
