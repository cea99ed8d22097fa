/** C headers: they compile without a warning, lie in memory as bpftool's do, and run a program written for bpftool's. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dumpC } from '@libbpf-ts/btf-dump';
import type { MapSpec } from '@libbpf-ts/libbpf/open';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateCSkeleton } from '../src/generate-c/generate-c-skeleton.js';
import { generateCSubskeleton } from '../src/generate-c/generate-c-subskeleton.js';
import { objectFiles, readObject } from './modules.js';

const test = suite('C skeletons');
const sources = fileURLToPath(new URL('c', import.meta.url));
const COMPILERS = ['gcc', 'clang-16', 'clang'].filter(exists);
const CXX = ['g++', 'clang++-16', 'clang++'].filter(exists);
const BPFTOOL = ['/usr/sbin/bpftool', 'bpftool'].find(exists);
const STRICT = ['-Wall', '-Wextra', '-Werror', '-DBPF_NO_PRESERVE_ACCESS_INDEX'];
let folder: string;

function exists(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

/** A test that says why where it cannot run. */
function testWith(needs: readonly [unknown, string][], name: string, run: () => void): void {
  const missing = needs.find(([has]) => !has);
  if (missing === undefined) test(name, run);
  else test.skip(`${name} (no ${missing[1]})`, run);
}

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'skelgen-c-'));
  mkdirSync(join(folder, 'stub/bpf'), { recursive: true });
  writeFileSync(join(folder, 'stub/bpf/libbpf.h'), readFileSync(join(sources, 'libbpf-stub.h')));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Objects of little-endian machines, which is what hosts here are. */
const files = objectFiles().filter((file) => !file.endsWith('.eb.bpf.o'));

function headers(file: string): { prefix: string; name: string } {
  const { bytes, object, name } = readObject(file);
  const prefix = join(folder, name);
  const options = { name, sourceName: basename(file), bytes, version: '1.2.3' };
  writeFileSync(`${prefix}.types.h`, [...dumpC(object.btf!)].join(''));
  writeFileSync(`${prefix}.skel.h`, generateCSkeleton(object, options));
  writeFileSync(`${prefix}.subskel.h`, generateCSubskeleton(object, options));
  return { prefix, name };
}

function compile(compiler: string, args: readonly string[]): string {
  const { status, stderr } = spawnSync(compiler, args, { encoding: 'utf8' });
  return status === 0 ? '' : stderr.split('\n').slice(0, 20).join('\n');
}

for (const file of files) {
  testWith([[COMPILERS.length > 0, 'C compiler']], `${basename(file)} compiles as C`, () => {
    const { prefix } = headers(file);
    for (const kind of ['skel', 'subskel']) {
      const source = `${prefix}.${kind}.c`;
      const text = `#include <stddef.h>\n#include "${prefix}.types.h"\n#include "${prefix}.${kind}.h"\n`;
      writeFileSync(source, text);
      for (const compiler of COMPILERS) {
        const args = [...STRICT, '-O1', `-I${folder}/stub`, '-c', source, '-o', '/dev/null'];
        assert.is(compile(compiler, args), '', `${compiler} ${kind}`);
      }
    }
  });

  testWith(
    [
      [COMPILERS.length > 0, 'C compiler'],
      [BPFTOOL, 'bpftool'],
    ],
    `${basename(file)}: members lie where bpftool puts them`,
    () => {
      const { prefix, name } = headers(file);
      const theirs = execFileSync(BPFTOOL!, ['gen', 'skeleton', file], {
        encoding: 'latin1',
        stdio: 'pipe',
        maxBuffer: 1 << 28,
      });
      const ours = readFileSync(`${prefix}.skel.h`, 'latin1');
      const maps = readObject(file).object.maps.filter(hasVariables);
      const checks = maps.flatMap((map) => offsets(map, name));
      const program = (structs: string) =>
        `#include <stddef.h>\n#include <stdio.h>\n#include "${prefix}.types.h"\nstruct bpf_program;\n${structs}\nint main(void) {\n${checks.join('\n')}\nreturn 0;\n}\n`;
      const found = [ours, theirs].map((header, index) => {
        const source = join(folder, `${name}.offsets${index}.c`);
        writeFileSync(source, program(sectionStructs(header, name)));
        const run = `${source}.out`;
        assert.is(
          compile(COMPILERS[0]!, ['-DBPF_NO_PRESERVE_ACCESS_INDEX', '-w', source, '-o', run]),
          '',
        );
        return execFileSync(run, { encoding: 'utf8' });
      });
      assert.is(found[0], found[1]);
      assert.is(found[0]!.split('\n').length, checks.length + 1);
    },
  );
}

function hasVariables(map: MapSpec): boolean {
  return map.variables.some(({ linkage }) => linkage !== 'static');
}

/** Statements that print where each variable is. */
function offsets(map: MapSpec, name: string): string[] {
  const section = `struct ${name}__${map.origin === 'user' ? 'arena' : map.identifier}`;
  return map.variables
    .filter(({ linkage }) => linkage !== 'static')
    .map(({ name: variable }) => {
      const member = variable.replace(/\W/g, '_');
      return `printf("${member} %zu %zu\\n", offsetof(${section}, ${member}), sizeof(((${section} *)0)->${member}));`;
    });
}

/** The structs of data sections in a header, which may not compile as a whole. */
function sectionStructs(header: string, name: string): string {
  const found = header.matchAll(
    new RegExp(`^\tstruct ${name}__(\\w+) \\{\n(?:\t\t.*\n)*\t\\} \\*\\1;$`, 'gm'),
  );
  return [...found].map(([struct]) => struct.replace(/\} \*\w+;$/, '};')).join('\n');
}

testWith([[CXX.length > 0, 'C++ compiler']], 'methods for C++', () => {
  // Those two have names that C++ keeps for itself, or a struct and a typedef of one name.
  for (const file of files.filter((one) => !/shapes|awkward/.test(one))) {
    const { prefix, name } = headers(file);
    const source = `${prefix}.cc`;
    writeFileSync(
      source,
      `#include <stddef.h>\nextern "C" {\n#include "${prefix}.types.h"\n}\n#include "${prefix}.skel.h"\nint main() { size_t n; ${name} *s = ${name}::open(); if (!s) s = ${name}::open_and_load(); int e = ${name}::load(s) + ${name}::attach(s); ${name}::detach(s); ${name}::destroy(s); return e + (${name}::elf_bytes(&n) == nullptr); }\n`,
    );
    for (const compiler of CXX) {
      const args = [
        '-Wall',
        '-Wextra',
        '-Werror',
        '-Wno-unused-function',
        // C++ has no _Bool, which the types of BTF are printed with.
        '-D_Bool=bool',
        '-DBPF_NO_PRESERVE_ACCESS_INDEX',
        '-std=c++17',
      ];
      assert.is(
        compile(compiler, [...args, `-I${folder}/stub`, '-c', source, '-o', '/dev/null']),
        '',
        `${compiler} ${name}`,
      );
    }
  }
});

const runqslower = files.find((file) => basename(file) === 'runqslower.bpf.o')!;
const hasLibbpf =
  compile(COMPILERS[0] ?? 'cc', [
    '-fsyntax-only',
    '-include',
    'bpf/libbpf.h',
    '-x',
    'c',
    '/dev/null',
  ]) === '';

testWith(
  [
    [COMPILERS.length > 0 && hasLibbpf, 'libbpf-dev'],
    [process.geteuid?.() === 0, 'root'],
  ],
  'a program written for the header of bpftool runs',
  () => {
    const { bytes, object, name } = readObject(runqslower);
    const options = { name, sourceName: 'runqslower.bpf.o', bytes, version: '1.2.3' };
    writeFileSync(join(folder, 'runqslower.skel.h'), generateCSkeleton(object, options));
    writeFileSync(
      join(folder, 'runqslower.h'),
      "/* the types of its globals are libbpf.h's */\n#include <bpf/libbpf.h>\n",
    );
    const source = join(sources, 'runqslower-skeleton.c');
    const program = join(folder, 'runqslower');
    for (const compiler of COMPILERS) {
      const flags = ['-Wall', '-Wextra', '-Werror', '-O2', `-I${folder}`];
      assert.is(compile(compiler, [...flags, source, '-o', program, '-lbpf']), '', compiler);
      assert.is(execFileSync(program, { encoding: 'utf8', cwd: dirname(program) }), '7 42 64 1\n');
    }
  },
);

test.run();
