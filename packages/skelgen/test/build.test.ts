/** `skelgen build`: the compiler that is found, vmlinux.h that is made, what is said where something is missing. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findClang, headerHint } from '../src/build/find-clang.js';
import { fixtures } from './modules.js';

const test = suite('skelgen build');
const home = fileURLToPath(new URL('..', import.meta.url));
const hasClang = ['clang-19', 'clang-16', 'clang'].some(
  (one) => spawnSync(one, ['--version']).status === 0,
);
const hasHeaders = existsSync('/usr/include/bpf/bpf_helpers.h');
let folder: string;

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'skelgen-build-test-'));
  execFileSync(process.execPath, ['build.mjs'], { cwd: home });
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

function skelgen(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [join(home, 'bin/skelgen.js'), 'build', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
}

function testWithClang(name: string, run: () => void | Promise<void>): void {
  if (hasClang && hasHeaders) test(name, run);
  else test.skip(`${name} (no clang, or no headers of libbpf)`, run);
}

test('the newest clang-N, then clang; CLANG before both', () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  for (const name of ['clang', 'clang-9', 'clang-16', 'clang-19', 'clang-20-not', 'clang-21']) {
    writeFileSync(join(bin, name), '#!/bin/sh\n');
    chmodSync(join(bin, name), name === 'clang-21' ? 0o644 : 0o755);
  }
  // Root may execute anything but what nobody may.
  assert.is(findClang({ PATH: bin }), join(bin, 'clang-19'));
  assert.is(findClang({ PATH: bin, CLANG: 'clang-9' }), join(bin, 'clang-9'));
  assert.throws(
    () => findClang({ PATH: bin, CLANG: 'clang-99' }),
    /CLANG=clang-99: no such program; install it/,
  );
  assert.throws(
    () => findClang({ PATH: '' }),
    /clang is not on the path; install it \(Debian, Ubuntu: apt-get install clang;/,
  );
});

test('what to install for headers that are missing', () => {
  assert.match(
    headerHint("a.c:1:10: fatal error: 'bpf/bpf_helpers.h' file not found")!,
    'apt-get install libbpf-dev',
  );
  assert.match(headerHint("fatal error: 'linux/bpf.h' file not found")!, 'linux-libc-dev');
  assert.match(headerHint("fatal error: 'stdio.h' file not found")!, 'cannot use the C library');
  assert.is(headerHint("fatal error: 'own.h' file not found"), undefined);
});

testWithClang('writes a module for each source', () => {
  const sources = ['bare', 'awkward'].map((name) => join(fixtures, `${name}.bpf.c`));
  const { status, stderr } = skelgen([...sources, '-o', 'out', '--object']);
  assert.is(stderr, 'out/bare.skel.ts\nout/awkward.skel.ts\n');
  assert.is(status, 0);
  assert.match(readFileSync(join(folder, 'out/bare.skel.ts'), 'utf8'), 'export const BareBpf:');
  assert.ok(existsSync(join(folder, 'out/bare.bpf.o')));
  assert.not.match(readFileSync(join(folder, 'out/awkward.bpf.o'), 'latin1'), home);
  const again = skelgen([sources[0]!, '-o', 'again', '-q']);
  assert.is(again.stderr, '');
  assert.is(
    readFileSync(join(folder, 'again/bare.skel.ts'), 'utf8'),
    readFileSync(join(folder, 'out/bare.skel.ts'), 'utf8'),
  );
});

testWithClang("clang's messages are its own, and nothing is written", () => {
  writeFileSync(join(folder, 'wrong.bpf.c'), 'int x = y;\n#include <bpf/no_such.h>\n');
  const { status, stderr } = skelgen(['wrong.bpf.c', '-o', 'wrong']);
  assert.is(status, 1);
  assert.match(stderr, /^wrong\.bpf\.c:\d+:\d+: (fatal )?error: /m);
  assert.match(stderr, /skelgen: wrong\.bpf\.c: libbpf's headers are missing; install them/);
  assert.not.ok(existsSync(join(folder, 'wrong/wrong.skel.ts')));
});

testWithClang('vmlinux.h is made where it is missing', () => {
  writeFileSync(
    join(folder, 'core.bpf.c'),
    '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\nstruct point origin = { 1, 2 };\nSEC("socket") int p(void *c) { return origin.x; }\n',
  );
  const header = join(folder, 'kernel.h');
  writeFileSync(
    header,
    'typedef unsigned int __u32; typedef unsigned long long __u64; typedef int __s32; typedef long long __s64; typedef unsigned short __u16; typedef unsigned char __u8; typedef __u16 __be16; typedef __u32 __be32; typedef __u32 __wsum; struct point { int x, y; };\nenum bpf_map_type { BPF_MAP_TYPE_UNSPEC };\n',
  );
  const { status, stderr } = skelgen(['core.bpf.c', '-o', 'core', '--vmlinux', header]);
  assert.is(stderr, 'core/core.skel.ts\n');
  assert.is(status, 0);
  assert.match(
    readFileSync(join(folder, 'core/core.skel.ts'), 'utf8'),
    'initially {.x = 1, .y = 2}',
  );
  assert.is(readFileSync(join(folder, 'core/vmlinux.h'), 'utf8'), readFileSync(header, 'utf8'));
});

testWithClang('--watch builds again when a header changes', async () => {
  mkdirSync(join(folder, 'watched'));
  const source = join(folder, 'watched/w.bpf.c');
  const header = join(folder, 'watched/value.h');
  writeFileSync(header, '#define VALUE 1\n');
  writeFileSync(
    source,
    '#include "value.h"\nint value = VALUE;\n__attribute__((section("socket"), used)) int p(void *c) { return value; }\n',
  );
  const child = spawn(
    process.execPath,
    [join(home, 'bin/skelgen.js'), 'build', '--watch', 'watched/w.bpf.c'],
    { cwd: folder },
  );
  try {
    const module = join(folder, 'watched/w.skel.ts');
    await until(() => existsSync(module) && readFileSync(module, 'utf8').includes('initially 1.'));
    await new Promise((done) => setTimeout(done, 500));
    writeFileSync(header, '#define VALUE 27\n');
    await until(() => readFileSync(module, 'utf8').includes('initially 27.'));
  } finally {
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    child.kill('SIGINT');
    assert.is(await ended, 0);
  }
});

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (isSo()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('it did not happen within 20 s');
}

test.run();
