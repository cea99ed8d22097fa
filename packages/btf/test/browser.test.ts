/** The package in a bundle for browsers: no Node API, no dependency, and it works. */

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import vm from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture } from './load-fixture.js';

const test = suite('browser');

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
const esbuild = createRequire(new URL('../../../package.json', import.meta.url))(
  'esbuild',
) as typeof import('esbuild');

test('bundles without Node and without dependencies', async () => {
  const result = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    globalName: 'btf',
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.keys(result.metafile.inputs);
  assert.ok(inputs.length > 20);
  assert.equal(
    inputs.filter((input) => !input.includes('src/')),
    [],
  );
  // Nothing of Node is in reach there.
  const sandbox: Record<string, unknown> = {
    TextDecoder,
    TextEncoder,
    bytes: fixture('kinds.el.btf'),
    result: 0,
  };
  vm.runInNewContext(
    `${result.outputFiles[0]!.text}; result = btf.parseBtf(bytes).findByName('node');`,
    sandbox,
  );
  assert.ok((sandbox['result'] as number) > 0);
});

test.run();
