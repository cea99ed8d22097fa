/** Objects imported as modules: through esbuild, as Vite asks for them, and in Node itself. */

import { execFileSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skelgen as esbuildPlugin } from '../src/esbuild.js';
import { skelgen as vitePlugin } from '../src/vite.js';
import { fixtures, ModuleFolder } from './modules.js';

const test = suite('bridge');
let folder: ModuleFolder;
test.before(() => {
  folder = new ModuleFolder();
  copyFileSync(join(fixtures, 'shapes.bpf.o'), join(folder.path, 'shapes.bpf.o'));
  folder.write('broken.bpf.o', 'not an object');
  folder.write(
    'app.mjs',
    "import { ShapesBpf } from './shapes.bpf.o';\nconst open = ShapesBpf.open();\nconsole.log(open.data.answer);\nopen.close();\n",
  );
});
test.after(() => folder.remove());

const conditions = '--conditions=@libbpf-ts/source';
const tsx = ['--import', import.meta.resolve('tsx')];

test('esbuild', async () => {
  const outfile = join(folder.path, 'bundle.mjs');
  await build({
    entryPoints: [join(folder.path, 'app.mjs')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@libbpf-ts/libbpf'],
    plugins: [esbuildPlugin()],
  });
  assert.is(
    execFileSync(process.execPath, [conditions, ...tsx, outfile], { encoding: 'utf8' }),
    '42\n',
  );
  try {
    await build({
      stdin: { contents: "import './broken.bpf.o'", resolveDir: folder.path },
      write: false,
      bundle: true,
      logLevel: 'silent',
      plugins: [esbuildPlugin()],
    });
  } catch (error) {
    assert.match((error as Error).message, /broken\.bpf\.o: /);
    return;
  }
  assert.unreachable();
});

test('vite', () => {
  const plugin = vitePlugin();
  const id = plugin.resolveId('./shapes.bpf.o', join(folder.path, 'app.mjs'));
  assert.is(id, `${join(folder.path, 'shapes.bpf.o')}.skel.ts`);
  const watched: string[] = [];
  const source = plugin.load.call({ addWatchFile: (file) => watched.push(file) }, id!);
  assert.match(source!, 'export const ShapesBpf:');
  assert.equal(watched, [join(folder.path, 'shapes.bpf.o')]);
  assert.is(plugin.resolveId('./other.js', undefined), undefined);
  assert.is(plugin.load.call({}, '/other.ts'), undefined);
});

test('node --import', () => {
  const hooks = new URL('../src/register.ts', import.meta.url).href;
  const args = [conditions, ...tsx, '--import', hooks, join(folder.path, 'app.mjs')];
  assert.is(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    '42\n',
  );
});

test.run();
