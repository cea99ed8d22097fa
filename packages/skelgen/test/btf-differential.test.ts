/**
 * Every file with BTF within reach, printed by us and by bpftool 7.5: the running kernel, other kernels in .cache/btf, the
 * modules in sysfs, the objects of the repository. Without bpftool 7.5 there is nothing to compare with.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rawListing } from '@libbpf-ts/btf';
import { dumpCBytes } from '@libbpf-ts/btf-dump';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readBtfFile } from '../src/btf-file.js';

const test = suite('differential to bpftool');
const root = fileURLToPath(new URL('../../../', import.meta.url));
const SYSFS = '/sys/kernel/btf';

interface Tool {
  readonly command?: string;
  readonly missing?: string;
}

function findBpftool(): Tool {
  for (const command of ['bpftool', '/usr/sbin/bpftool']) {
    const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
    if (status !== 0) continue;
    const version = stdout.split('\n')[0]!;
    return version.includes('v7.5.') ? { command } : { missing: `${version}, expected v7.5` };
  }
  return { missing: 'no bpftool' };
}

/** What bpftool prints; `undefined` if it finds no BTF in the file, or fails. */
function expected(command: string, file: string, ...options: string[]): Buffer | undefined {
  const args = ['btf', 'dump', 'file', file, ...options];
  const { status, stdout } = spawnSync(command, args, { maxBuffer: 1 << 29, timeout: 120_000 });
  return status === 0 ? stdout : undefined;
}

function* objects(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (/^(node_modules|\.git|dist)$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* objects(path);
    else if (entry.name.endsWith('.o')) yield path;
  }
}

function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

const { command, missing } = findBpftool();
const large = [...filesIn(SYSFS), ...filesIn(join(root, '.cache/btf'))];
const small = ['packages', 'selftests', 'samples'].flatMap((name) => [
  ...objects(join(root, name)),
]);

if (command === undefined) {
  test.skip(`skipped: ${missing}`, () => {});
} else {
  for (const file of large) {
    test(`${relative(root, file).startsWith('..') ? file : relative(root, file)}`, async () => {
      const btf = await readBtfFile(file);
      const same = (ours: Iterable<string | Uint8Array>, ...options: string[]): void => {
        const found = Buffer.concat([...ours].map((chunk) => Buffer.from(chunk as string)));
        const wanted = expected(command, file, ...options);
        assert.ok(wanted?.equals(found), `${basename(file)} ${options.join(' ')} differs`);
      };
      same(dumpCBytes(btf), 'format', 'c');
      same(dumpCBytes(btf, { sorted: false }), 'format', 'c', 'unsorted');
      same(rawListing(btf), 'format', 'raw');
    });
  }

  test(`${small.length} objects of the repository`, async () => {
    let compared = 0;
    for (const file of small) {
      const wanted = expected(command, file, 'format', 'c');
      if (wanted === undefined) continue;
      const btf = await readBtfFile(file);
      const found = Buffer.concat([...dumpCBytes(btf)]);
      assert.ok(wanted.equals(found), `${relative(root, file)} differs`);
      const unsorted = expected(command, file, 'format', 'c', 'unsorted');
      const ours = Buffer.concat([...dumpCBytes(btf, { sorted: false })]);
      assert.ok(unsorted?.equals(ours), `${relative(root, file)} unsorted differs`);
      const listed = Buffer.from([...rawListing(btf)].join(''));
      const raw = expected(command, file, 'format', 'raw');
      assert.ok(raw?.equals(listed), `${relative(root, file)} raw differs`);
      compared++;
    }
    assert.ok(compared > 0, 'no object with BTF');
  });
}

test.run();
