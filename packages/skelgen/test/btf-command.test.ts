/** `skelgen btf` against what bpftool 7.5 printed, its options and its failures. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const corpus = fileURLToPath(new URL('../../btf-dump/test/fixtures/', import.meta.url));
const object = fileURLToPath(new URL('fixtures/shapes.bpf.o', import.meta.url));
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const btf = (name: string): string => join(corpus, name);

interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a process of its own, from the sources. */
function skelgen(...args: string[]): Promise<Outcome> {
  const script = `import { main } from ${JSON.stringify(main)}; process.exitCode = await main(process.argv.slice(1));`;
  const node = ['--conditions=@libbpf-ts/source', '--import', import.meta.resolve('tsx')];
  return new Promise((done) => {
    execFile(
      process.execPath,
      [...node, '--input-type=module', '-e', script, 'btf', ...args],
      { maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        done({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const test = suite('skelgen btf', { folder: '' });
test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'skelgen-btf-'));
});
test.after((context) => rmSync(context.folder, { recursive: true }));

test('--format c, sorted and not', async () => {
  const [sorted, unsorted] = await Promise.all([
    skelgen(btf('ordering.btf'), '--format', 'c'),
    skelgen(btf('ordering.btf'), '--format', 'c', '--unsorted'),
  ]);
  assert.equal([sorted.status, sorted.stderr], [0, '']);
  assert.is(sorted.stdout, readFileSync(btf('ordering.h'), 'utf8'));
  assert.is(unsorted.stdout, readFileSync(btf('ordering.unsorted.h'), 'utf8'));
});

test('--base for a split BTF', async () => {
  const split = [btf('special-split.btf'), '--base', btf('special-split.base.btf'), '--format'];
  const [c, raw] = await Promise.all([skelgen(...split, 'c'), skelgen(...split, 'raw')]);
  assert.is(c.stdout, readFileSync(btf('special-split.h'), 'utf8'));
  // Of a split BTF the listing has its own types only.
  assert.match(raw.stdout, /^\[\d\d\] STRUCT 'own'|^\[\d+\] STRUCT 'own'/);
});

test('an object file; the listing is the default', async () => {
  const { status, stdout } = await skelgen(object);
  assert.is(status, 0);
  assert.match(stdout, /^\[1\] /);
});

test('--root by id, name and kind', async () => {
  const file = btf('ordering.btf');
  const [byName, byKind, several] = await Promise.all([
    skelgen(file, '--format', 'c', '--root', 'late'),
    skelgen(file, '--format', 'c', '--root', 'struct late'),
    skelgen(file, '--root', '1', '--root', 'early_t'),
  ]);
  assert.match(byName.stdout, 'struct late {\n\tint n;\n};\n');
  assert.not.match(byName.stdout, 'kfunc');
  assert.is(byKind.stdout, byName.stdout);
  const lines = several.stdout.split('\n').filter((line) => line.startsWith('['));
  assert.is(lines.length, 2);
  assert.match(lines[0]!, /^\[1\] /);
  assert.match(lines[1]!, /TYPEDEF 'early_t'/);
});

test('--format json and ts', async () => {
  const [json, ts] = await Promise.all([
    skelgen(btf('values.btf'), '--format', 'json'),
    skelgen(btf('values.btf'), '--format', 'ts', '--root', 'struct point'),
  ]);
  const { types } = JSON.parse(json.stdout);
  assert.equal(types[12], {
    id: 13,
    kind: 'STRUCT',
    name: 'point',
    size: 8,
    vlen: 2,
    members: [
      { name: 'x', type_id: 5, bits_offset: 0 },
      { name: 'y', type_id: 5, bits_offset: 32 },
    ],
  });
  assert.is(
    ts.stdout,
    '/** `struct point`, 8 bytes. */\nexport interface Point {\n  x: number;\n  y: number;\n}\n',
  );
});

test('-o writes a file, whole or not at all', async ({ folder }) => {
  const out = join(folder, 'out.h');
  const { status, stdout } = await skelgen(btf('syntax.btf'), '--format', 'c', '-o', out);
  assert.equal([status, stdout], [0, '']);
  assert.is(readFileSync(out, 'utf8'), readFileSync(btf('syntax.h'), 'utf8'));
  const cyclic = join(folder, 'cyclic.btf');
  const bytes = readFileSync(btf('values.btf'));
  // The first pointer points to itself.
  bytes.writeUInt32LE(1, 24 + 8);
  writeFileSync(cyclic, bytes);
  const failed = await skelgen(cyclic, '--format', 'c', '--unsorted', '-o', join(folder, 'no.h'));
  assert.is(failed.status, 1);
  assert.match(failed.stderr, /^skelgen: .*cyclic\.btf: BTF type 1 .*levels deep\n$/);
  assert.equal(
    readdirSync(folder).filter((name) => name.includes('no.h')),
    [],
  );
});

test('failures: one line, status 1', async ({ folder }) => {
  const text = join(folder, 'text');
  writeFileSync(text, 'no BTF, but some text\n');
  const cases: [args: string[], message: string][] = [
    [[join(folder, 'none')], `${join(folder, 'none')}: no such file`],
    [[folder], `${folder}: is a folder, expected a file`],
    [
      [text],
      `${text}: BTF header, offset 0x0: bad magic, found 0x6f6e, expected 0xeb9f in either byte order`,
    ],
    [
      [btf('syntax.btf'), '--root', 'nothing'],
      `${btf('syntax.btf')}: --root "nothing": no such type`,
    ],
    [
      [btf('syntax.btf'), '--root', '9999'],
      `${btf('syntax.btf')}: --root 9999: type id out of range, expected 1..`,
    ],
    [[btf('special-split.btf')], `${btf('special-split.btf')}: BTF strings, offset`],
  ];
  for (const [args, message] of cases) {
    const { status, stdout, stderr } = await skelgen(...args);
    assert.equal([status, stdout], [1, ''], stderr);
    assert.ok(stderr.startsWith(`skelgen: ${message}`), stderr);
    assert.is(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});

test('wrong usage: status 2', async () => {
  const [format, nothing] = await Promise.all([skelgen(object, '--format', 'x'), skelgen()]);
  assert.is(format.status, 2);
  assert.match(format.stderr, 'Allowed choices are c, raw, json, ts.');
  assert.is(nothing.status, 2);
  assert.ok(existsSync(object));
});

test.run();
