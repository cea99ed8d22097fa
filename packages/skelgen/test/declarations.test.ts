/** Types for objects that are imported as they are: they compile, and are those of the module. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skelgen as esbuildPlugin } from '../src/esbuild.js';
import { generateDeclarations } from '../src/generate/generate-declarations.js';
import {
  fixtures,
  generate,
  ModuleFolder,
  noteMissingObjects,
  objectFiles,
  readObject,
} from './modules.js';

const test = suite('declarations');
const files = objectFiles();
let folder: ModuleFolder;
const typesOf = (file: string) => basename(file).replace(/\.o$/, '.d.o.ts');

test.before(() => {
  folder = new ModuleFolder();
  for (const file of files) {
    const { object, name } = readObject(file);
    const options = { name, sourceName: basename(file), version: '1.2.3' };
    folder.write(typesOf(file), generateDeclarations(object, options));
    folder.write(basename(file).replace(/\.o$/, '.skel.ts'), generate(file));
  }
});
test.after(() => folder.remove());

test('they are the types of the module, both ways', () => {
  const lines = files.flatMap((file, index) => [
    `import * as object${index} from './${basename(file)}';`,
    `import * as module${index} from './${basename(file).replace(/\.o$/, '.skel.js')}';`,
    `export const there${index}: typeof object${index} = module${index};`,
    `export const back${index}: typeof module${index} = object${index};`,
  ]);
  folder.write('same.skel.ts', `${lines.join('\n')}\n`);
  assert.is(folder.typecheck(['same.skel.ts', ...files.map(typesOf)]), '');
});

test('types that are not are found out', () => {
  const declared = readFileSync(join(folder.path, 'shapes.bpf.d.o.ts'), 'utf8');
  folder.write(
    'wrong.bpf.d.o.ts',
    declared.replace('get answer(): number', 'get answer(): string'),
  );
  const check =
    "import * as object from './wrong.bpf.o';\nimport * as module from './shapes.bpf.skel.js';\n";
  folder.write('wrong.skel.ts', `${check}export const there: typeof object = module;\n`);
  assert.match(folder.typecheck(['wrong.skel.ts']), /wrong\.skel\.ts/);
});

test('the formatter changes nothing', () => {
  assert.is(folder.format(files.map(typesOf)), '');
});

test('a program that imports the object', () => {
  const use = (line: string) =>
    `import { type OpenShapesBpf, Point, ShapesBpf } from './shapes.bpf.o';\nconst open: OpenShapesBpf = ShapesBpf.open();\n${line}\nexport const size: number = Point.size;\n`;
  folder.write('good.skel.ts', use('open.data.answer = 43;'));
  folder.write('bad.skel.ts', use("open.data.answer = 'x';"));
  assert.is(folder.typecheck(['good.skel.ts']), '');
  assert.match(folder.typecheck(['bad.skel.ts']), /'string' is not assignable to type 'number'/);
});

test('the plugins write them on request, and only when they change', async () => {
  copyFileSync(join(fixtures, 'bare.bpf.o'), join(folder.path, 'own.bpf.o'));
  const bundle = () =>
    build({
      stdin: { contents: "export * from './own.bpf.o'", resolveDir: folder.path },
      write: false,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@libbpf-ts/libbpf'],
      plugins: [esbuildPlugin({ declarations: true })],
    });
  await bundle();
  const types = join(folder.path, 'own.bpf.d.o.ts');
  assert.match(readFileSync(types, 'utf8'), 'export declare const OwnBpf: Skeleton<');
  execFileSync('touch', ['-d', '2001-01-01', types]);
  const before = execFileSync('stat', ['-c', '%i %Y', types], { encoding: 'utf8' });
  await bundle();
  assert.is(execFileSync('stat', ['-c', '%i %Y', types], { encoding: 'utf8' }), before);
});

noteMissingObjects(test);
test.run();
