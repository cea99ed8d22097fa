/** C headers: they compile without a warning, lie in memory as bpftool's do, and run a program written for bpftool's. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Btf, BtfKind, type BtfVar, parseBtf } from '@libbpf-ts/btf';
import { dumpC } from '@libbpf-ts/btf-dump';
import { readElf } from '@libbpf-ts/elf';
import type { MapSpec, VariableSpec } from '@libbpf-ts/libbpf/open';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateCSkeleton } from '../src/generate-c/generate-c-skeleton.js';
import { generateCSubskeleton } from '../src/generate-c/generate-c-subskeleton.js';
import { noteMissingObjects, objectFiles, readObject } from './modules.js';

const test = suite('C skeletons');
const sources = fileURLToPath(new URL('c', import.meta.url));
const COMPILERS = oneOfEach(['gcc'], ['clang-19', 'clang-16', 'clang']);
const CXX = oneOfEach(['g++'], ['clang++-19', 'clang++-16', 'clang++']);
const BPFTOOL = ['/usr/sbin/bpftool', 'bpftool'].find(exists);
const STRICT = ['-Wall', '-Wextra', '-Werror', '-DBPF_NO_PRESERVE_ACCESS_INDEX'];
let folder: string;
/** The headers of libbpf, as Debian's libbpf-dev has them; without them a stand-in. */
const hasLibbpf =
  compile(COMPILERS[0] ?? 'cc', [
    '-fsyntax-only',
    '-include',
    'bpf/libbpf.h',
    '-x',
    'c',
    '/dev/null',
  ]) === '';

/** Options for the headers of libbpf to compile with: the real ones, a stand-in for a newer one, or both. */
function libbpfs(prefix: string): string[][] {
  const types = readFileSync(`${prefix}.types.h`, 'utf8');
  const stub = [`-I${folder}/stub`];
  // Types that both define: programs take those of libbpf.h.
  if (!hasLibbpf || /^(struct|enum) (bpf_spin_lock|libbpf_tristate) \{/m.test(types)) return [stub];
  return /\bmap->link\b/.test(readFileSync(`${prefix}.skel.h`, 'utf8')) ? [[], stub] : [[]];
}

/** Of each family the first that is installed. */
function oneOfEach(...families: readonly string[][]): string[] {
  return families.flatMap((names) => names.filter(exists).slice(0, 1));
}

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
  // What the includer has to define: the types of the variables, and no more, for those of the kernel clash with the host's.
  const roots = object.maps
    .flatMap(({ variables }) => variables)
    .filter(({ linkage }) => linkage !== 'static')
    .map(({ typeId }) => (object.btf!.type(typeId) as BtfVar).typeId);
  const types = object.btf === undefined ? [] : dumpC(object.btf, { roots });
  // What compilers think of the types themselves is not looked at; C++ has bool already.
  const header = [...types]
    .join('')
    .replace(/^typedef _Bool bool;$/m, '#ifndef __cplusplus\n$&\n#endif');
  writeFileSync(`${prefix}.types.h`, `#pragma GCC system_header\n${header}`);
  writeFileSync(`${prefix}.skel.h`, generateCSkeleton(object, options));
  writeFileSync(`${prefix}.subskel.h`, generateCSubskeleton(object, options));
  return { prefix, name };
}

function compile(compiler: string, args: readonly string[]): string {
  const { status, stderr, error } = spawnSync(compiler, args, { encoding: 'utf8' });
  if (error !== undefined) return error.message;
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
        for (const includes of libbpfs(prefix)) {
          const args = [...STRICT, '-O1', ...includes, '-c', source, '-o', '/dev/null'];
          assert.is(compile(compiler, args), '', `${compiler} ${kind}`);
        }
      }
    }
  });

  // libbpf 1.5, which is in bpftool 7.5, knows no jump tables.
  if (basename(file) === 'code-jump-table.bpf.o') continue;
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
      // Of sections with long names bpftool keeps the first letters, which are the same in this object.
      const isLong = basename(file) === 'data-same-name.bpf.o';
      const { bytes, object } = readObject(file);
      const btf = parseBtf(readElf(bytes).section('.BTF')!.data);
      const maps = object.maps
        .filter(hasVariables)
        .filter(isOnly)
        .filter((map) => !isLong || theirs.includes(`struct ${name}__${sectionOf(map)} {`));
      const checks = maps.flatMap((map) => offsets(map, name, btf));
      const program = (structs: string) =>
        `#include <stddef.h>\n#include <stdio.h>\n#include "${prefix}.types.h"\nstruct bpf_program;\n${structs}\nint main(void) {\n${checks.join('\n')}\nreturn 0;\n}\n`;
      const found = [ours, theirs].map((header, index) => {
        const source = join(folder, `${name}.offsets${index}.c`);
        writeFileSync(source, program(sectionStructs(header, name, new Set(maps.map(sectionOf)))));
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

/** To sections that differ only in what no identifier may hold bpftool gives one name; its header does not compile then. */
function isOnly({ identifier }: MapSpec, _: number, maps: readonly MapSpec[]): boolean {
  return maps.filter((one) => one.identifier === identifier).length === 1;
}

function sectionOf(map: MapSpec): string {
  return map.origin === 'user' ? 'arena' : map.identifier;
}

function hasVariables(map: MapSpec): boolean {
  return map.variables.some(({ linkage }) => linkage !== 'static');
}

/** Statements that print where each variable is, but for those that bpftool looks for in the wrong place. */
function offsets(map: MapSpec, name: string, btf: Btf): string[] {
  const section = `struct ${name}__${sectionOf(map)}`;
  return map.variables
    .filter(({ linkage }) => linkage !== 'static')
    .filter((variable) => !isMisplaced(btf, map.section, variable))
    .map(({ name: variable }) => {
      const member = variable.replace(/\W/g, '_');
      return `printf("${member} %zu %zu\\n", offsetof(${section}, ${member}), sizeof(((${section} *)0)->${member}));`;
    });
}

/**
 * Whether the section's entry in BTF is not where the symbol is: where a weak definition gives way to a strong one, bpftool's linker
 * moves the symbol, which the programs use, but not this. (A compiler leaves offsets and size to the loader.)
 */
function isMisplaced(btf: Btf, section: string, { name, offset }: VariableSpec): boolean {
  const id = btf.findByNameAndKind(section, BtfKind.DATASEC);
  const type = btf.type(id ?? 0);
  if (type.kind !== 'datasec' || type.size === 0) return false;
  return type.variables.some((one) => btf.nameOf(one.typeId) === name && one.offset !== offset);
}

/** The structs of data sections in a header, which may not compile as a whole. */
function sectionStructs(header: string, name: string, wanted: ReadonlySet<string>): string {
  const found = header.matchAll(
    new RegExp(`^\tstruct ${name}__(\\w+) \\{\n(?:\t\t.*\n)*\t\\} \\*\\1;$`, 'gm'),
  );
  return [...found]
    .filter(([, section]) => wanted.has(section!))
    .map(([struct]) => struct.replace(/\} \*\w+;$/, '};'))
    .join('\n');
}

// Those two have names that C++ keeps for itself, or a struct and a typedef of one name.
for (const file of files.filter((one) => !/(shapes|awkward)\.bpf\.o$/.test(one))) {
  testWith([[CXX.length > 0, 'C++ compiler']], `${basename(file)}: methods for C++`, () => {
    const { prefix, name } = headers(file);
    const source = `${prefix}.cc`;
    writeFileSync(
      source,
      `#include <stddef.h>\nextern "C" {\n#include "${prefix}.types.h"\n}\n#include "${prefix}.skel.h"\nint main() { size_t n; ${name} *s = ${name}::open(); if (!s) s = ${name}::open_and_load(); int e = ${name}::load(s) + ${name}::attach(s); ${name}::detach(s); ${name}::destroy(s); return e + (${name}::elf_bytes(&n) == nullptr); }\n`,
    );
    // C++ has no _Bool, which the types of BTF are printed with.
    const args = [...STRICT, '-Wno-unused-function', '-D_Bool=bool', '-std=c++17'];
    for (const compiler of CXX)
      for (const includes of libbpfs(prefix))
        assert.is(compile(compiler, [...args, ...includes, '-fsyntax-only', source]), '', compiler);
  });
}

const runqslower = files.find((file) => basename(file) === 'runqslower.bpf.o')!;
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

noteMissingObjects(test);
test.run();
