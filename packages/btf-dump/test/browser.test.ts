/** The package runs where there is no Node: it bundles for a browser, and the bundle works without any of Node's globals. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('browser bundle');
const root = fileURLToPath(new URL('../../../package.json', import.meta.url));

test('bundles without Node, and prints', async () => {
  const esbuild = createRequire(root)('esbuild');
  const { outputFiles, metafile } = await esbuild.build({
    stdin: {
      contents: `
        import { parseBtf } from '@libbpf-ts/btf';
        import * as dump from '@libbpf-ts/btf-dump';
        globalThis.result = (bytes) => {
          const btf = parseBtf(bytes);
          return {
            c: [...dump.dumpC(btf)].join(''),
            ts: [...dump.dumpTypeScript(btf, [2])].join(''),
            value: dump.formatValue(btf, 5, new Uint8Array(4)),
          };
        };`,
      resolveDir: fileURLToPath(new URL('..', import.meta.url)),
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'iife',
    conditions: ['@libbpf-ts/source'],
  });
  const outside = Object.keys(metafile.inputs).filter((name) => /node:|node_modules/.test(name));
  assert.equal(outside, []);
  const bytes = readFileSync(new URL('fixtures/values.btf', import.meta.url));
  const context = createContext({ TextDecoder, TextEncoder });
  runInContext(outputFiles[0].text, context);
  context['bytes'] = runInContext(`new Uint8Array(${JSON.stringify([...bytes])})`, context);
  const { c, ts, value } = runInContext('result(bytes)', context);
  assert.is(c, readFileSync(new URL('fixtures/values.h', import.meta.url), 'utf8'));
  assert.match(ts, 'export interface AllOfThem {');
  assert.is(value, '(int)0');
});

test.run();
