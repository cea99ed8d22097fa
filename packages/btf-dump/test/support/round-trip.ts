/**
 * BTF → C → clang → BTF: each header goes through clang with a variable for each of its types, and the BTF that comes out has
 * to lay them out like the BTF that went in.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Btf, parseBtf } from '@libbpf-ts/btf';
import { readElf } from '@libbpf-ts/elf';
import * as assert from 'uvu/assert';
import { createCState, dumpType } from '../../src/c-dumper.js';
import { firstInOrder, lastInOrder } from '../../src/c-sort.js';
import { createCDumper, dumpC } from '../../src/index.js';
import { layoutDifferences } from './layout.js';
import { findTool, run } from './tools.js';

/** The compiler, or `undefined`. */
export const clang: string | undefined = findTool('clang-19', 'clang', 'clang-16');

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
  // Of kernels: a member of the machine's own `va_list`, enums without values, a union with a size and no members.
  /struct "warn_args"\): (16 bytes, not 32|\{"name":"args","bit":64,"width":0,"size":8\})/,
  /enum "(nf_nat_manip_type|x86_intercept_stage)"\): 0 bytes, not 4/,
  /typedef "(release_pages_arg|aes_encrypt_arg)"\): 0 bytes, not 8/,
];

/** Prints a BTF, compiles it, and compares layouts. Returns how many types were compared. */
export function roundTrip(btf: Btf): number {
  const folder = mkdtempSync(join(tmpdir(), 'btf-dump-compile-'));
  try {
    const header = [...dumpC(btf, { keepFirst: true })].join('');
    const declared = declaredTypes(btf);
    // A variable each, because clang describes only what is used. (With functions its time would grow with their square.)
    const uses = [...declared].map(([, text], i) => `${text}*keep_${i};\n`);
    writeFileSync(join(folder, 'header.h'), header);
    writeFileSync(join(folder, 'uses.c'), `#include "header.h"\n${uses.join('')}`);
    const object = join(folder, 'uses.o');
    // Kernels embed tagged structs without a name (`struct aes_enckey;`), which only this option takes for members.
    const dialect = ['-fms-extensions', '-Werror=incompatible-pointer-types'];
    const flags = ['-target', 'bpf', '-g', '-O1', '-w', ...dialect];
    run(clang!, [...flags, '-c', join(folder, 'uses.c'), '-o', object]);
    const section = readElf(readFileSync(object)).sections.find(({ name }) => name === '.BTF');
    // Nothing declared, nothing described.
    if (section === undefined && declared.size === 0) return 0;
    return compare(btf, declared, parseBtf(section!.data));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every type that the header gives a name, with that name. */
function declaredTypes(btf: Btf): Map<number, string> {
  const dumper = createCDumper(btf);
  // Which of two types of one name gets the suffix depends on the order.
  for (const id of inPrintedOrder(btf)) dumper.dumpType(id);
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

/** The types as the header asks for them. */
function inPrintedOrder(btf: Btf): number[] {
  const state = createCState(btf, {});
  const first = firstInOrder(state.types);
  for (const id of first) {
    dumpType(state, id);
    state.take();
  }
  return [...first, ...lastInOrder(state)];
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
