/**
 * What is printed compiles, and means the same: each header goes through clang with a variable for each of its types, and the
 * BTF that comes out has to lay them out like the BTF that went in. Needs clang and llvm-objcopy.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Btf, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCDumper, dumpC } from '../src/index.js';
import { layoutDifferences } from './support/layout.js';
import { findTool, run } from './support/tools.js';

const test = suite('printed C compiles');
const fixtures = new URL('fixtures/', import.meta.url);
const clang = findTool('clang-16', 'clang');
const objcopy = findTool('llvm-objcopy-16', 'llvm-objcopy');
const VMLINUX = '/sys/kernel/btf/vmlinux';

/**
 * What C as bpftool prints it cannot say: a union is never `packed` and has no alignment of its own, an enum has one, four or
 * eight bytes, and -2**63 is no literal.
 */
const NOT_EXPRESSED: readonly RegExp[] = [
  /union "u_short_array"\): 8 bytes, not 6/,
  /typedef "aligned_union"\): 4 bytes, not 16/,
  /typedef "holds_union"\)/,
  /enum "packed_enum"\): 4 bytes, not 2/,
  /struct "all"\): .*"name":"af"/,
  /enum64 "wide_signed"\): WS_LOW=9223372036854775808/,
];

/** Prints a BTF, compiles it, and compares layouts. Returns how many types were compared. */
function roundTrip(btf: Btf): number {
  const folder = mkdtempSync(join(tmpdir(), 'btf-dump-compile-'));
  try {
    const header = [...dumpC(btf, { keepFirst: true })].join('');
    const declared = declaredTypes(btf);
    // A variable each, because clang describes only what is used. (With functions its time would grow with their square.)
    const uses = [...declared].map(([, text], i) => `${text}*keep_${i};\n`);
    writeFileSync(join(folder, 'header.h'), header);
    writeFileSync(join(folder, 'uses.c'), `#include "header.h"\n${uses.join('')}`);
    const object = join(folder, 'uses.o');
    const flags = ['-target', 'bpf', '-g', '-O1', '-w', '-Werror=incompatible-pointer-types'];
    run(clang!, [...flags, '-c', join(folder, 'uses.c'), '-o', object]);
    const out = join(folder, 'out.btf');
    run(objcopy!, [`--dump-section=.BTF=${out}`, object, join(folder, 'rest.o')]);
    return compare(btf, declared, parseBtf(readFileSync(out)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every type that the header gives a name, with that name. */
function declaredTypes(btf: Btf): Map<number, string> {
  const dumper = createCDumper(btf);
  for (let id = 1; id < btf.typeCount; id++) dumper.dumpType(id);
  const declared = new Map<number, string>();
  for (let id = 1; id < btf.typeCount; id++) {
    const type = btf.type(id);
    const target = btf.type(btf.resolve(id));
    const isData = ['struct', 'union', 'enum', 'enum64'].includes(target.kind);
    if (type.name === '' || !isData) continue;
    if (type.kind === target.kind || (type.kind === 'typedef' && target.name === '')) {
      declared.set(id, dumper.emitTypeDeclaration(id, { fieldName: ' ' }).trimEnd().concat(' '));
    }
  }
  return declared;
}

function compare(before: Btf, declared: ReadonlyMap<number, string>, after: Btf): number {
  const variables = new Map<string, number>();
  for (const type of after.types()) if (type.kind === 'var') variables.set(type.name, type.typeId);
  const differences: string[] = [];
  let index = 0;
  for (const id of declared.keys()) {
    const name = `keep_${index++}`;
    const pointer = after.type(variables.get(name)!);
    if (pointer.kind !== 'ptr') throw new Error(`${name} is no pointer`);
    differences.push(...layoutDifferences(before, id, after, pointer.typeId));
  }
  const unexpected = differences.filter((one) => !NOT_EXPRESSED.some((known) => known.test(one)));
  assert.equal(unexpected.slice(0, 20), []);
  return declared.size;
}

const missing = clang === undefined ? 'no clang' : objcopy === undefined ? 'no llvm-objcopy' : '';
for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.btf'))) {
  // Made by hand, with what no compiler would write.
  if (!existsSync(new URL(file.replace(/btf$/, 'c'), fixtures))) continue;
  const check = missing === '' ? test : test.skip;
  check(`${file}${missing === '' ? '' : ` (skipped: ${missing})`}`, () => {
    const btf = parseBtf(readFileSync(new URL(file, fixtures)));
    assert.ok(roundTrip(btf) > 0);
  });
}

/** A minute of clang: only where it is asked for, as in CI. */
const large = process.env['BTF_DUMP_LARGE'] === undefined ? 'BTF_DUMP_LARGE is not set' : missing;
const kernels = [VMLINUX, ...cachedKernels()].filter((file) => existsSync(file));
for (const file of kernels) {
  const check = large === '' ? test : test.skip;
  check(`${file}${large === '' ? '' : ` (skipped: ${large})`}`, () => {
    assert.ok(roundTrip(parseBtf(readFileSync(file))) > 5000);
  });
}

/** BTF of other kernels, as the selftests' VM runner keeps it. */
function cachedKernels(): string[] {
  const folder = new URL('../../../.cache/btf/', import.meta.url);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => new URL(name, folder).pathname);
}

test.run();
