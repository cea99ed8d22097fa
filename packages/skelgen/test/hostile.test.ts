/** Objects whose names are made to break out of what is generated from them: it parses, means the same, and runs nothing. */

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BtfBuilder, btfBuilder } from '@libbpf-ts/btf';
import { newMapSpec } from '@libbpf-ts/libbpf/internal';
import type { MapSpec, ObjectSpec } from '@libbpf-ts/libbpf/open';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateSkeleton } from '../src/generate/generate-skeleton.js';
import { generateSubskeleton } from '../src/generate/generate-subskeleton.js';
import { generateCSkeleton } from '../src/generate-c/generate-c-skeleton.js';
import { generateCSubskeleton } from '../src/generate-c/generate-c-subskeleton.js';
import { ModuleFolder } from './modules.js';

const RUNS = Number(process.env['TEST_RUNS'] ?? 30);
const test = suite('hostile names');
let folder: ModuleFolder;
test.before(() => {
  folder = new ModuleFolder();
});
test.after(() => folder.remove());

/** Sets what a generated module must never set. */
const ATTACK = 'globalThis.hacked=1';
const EVIL = [
  `';${ATTACK};'`,
  `";${ATTACK};"`,
  `\`;${ATTACK};\``,
  `*/${ATTACK}/*`,
  `\${${ATTACK}}`,
  `\n${ATTACK}\n`,
  `\u2028${ATTACK}\u2029`,
  `]:0});${ATTACK};({`,
  '\\',
  "\\'",
  '__proto__',
  'constructor',
  'toString',
  'then',
  'default',
  'x'.repeat(65536),
  '\ufffd\ufffd',
  '\ud800',
  'a-b',
  'a.b',
  '1st',
  '',
  'int',
  'class',
  'DataSection',
  'Uint8Array',
  '*/ #error broken\n/*',
  '"; } int system(const char *); int x = system("touch hacked"); struct { int y',
  '#define if while',
  '??/',
];
const evilName = fc.oneof(fc.constantFrom(...EVIL), fc.string({ unit: 'binary', maxLength: 40 }));

interface Names {
  readonly struct: string;
  readonly member: string;
  readonly other: string;
  readonly enumeration: string;
  readonly value: string;
  readonly typedef: string;
  readonly variable: string;
  readonly section: string;
  readonly map: string;
  readonly program: string;
}
const names: fc.Arbitrary<Names> = fc.record({
  struct: evilName,
  member: evilName,
  other: evilName,
  enumeration: evilName,
  value: evilName,
  typedef: evilName,
  variable: evilName,
  section: evilName,
  map: evilName,
  program: evilName,
});

/** BTF holds no NUL inside a name. */
function btfName(name: string): string {
  return Buffer.from(name.replaceAll('\0', ''), 'utf8').toString('utf8');
}

/** An object with a variable of every type that has a name, a map and a program. */
function hostileObject(evil: Names): ObjectSpec {
  const builder: BtfBuilder = btfBuilder();
  const named = (name: string) => btfName(name);
  const int = builder.int('int', { size: 4, signed: true });
  const enumeration = builder.enum(named(evil.enumeration), {
    size: 4,
    values: [{ name: named(evil.value), value: 1 }],
  });
  const struct = builder.struct(named(evil.struct), {
    size: 12,
    members: [
      { name: named(evil.member), typeId: int, bitOffset: 0 },
      { name: named(evil.other), typeId: enumeration, bitOffset: 32 },
      { name: named(evil.value), typeId: int, bitOffset: 64, bitSize: 3 },
    ],
  });
  const typedef = builder.typedef(named(evil.typedef), struct);
  const variable = builder.var(named(evil.variable), { typeId: int, linkage: 'global' });
  const other = builder.var(named(evil.other), { typeId: typedef, linkage: 'global' });
  const btf = builder.build();
  const map = (fields: Partial<MapSpec>): MapSpec =>
    newMapSpec({
      name: evil.map,
      section: '.maps',
      origin: 'user',
      identifier: evil.map.replace(/\W/g, '_'),
      type: 1,
      keySize: 4,
      valueSize: 12,
      maxEntries: 1,
      ...fields,
    });
  const section = `.data.${evil.section}`;
  const common = { weak: false, hidden: false, linkage: 'global' as const };
  return {
    name: 'hostile',
    license: 'GPL',
    kernelVersion: 0,
    littleEndian: true,
    btf,
    btfExt: undefined,
    maps: [
      map({ btfKeyTypeId: enumeration, btfValueTypeId: typedef }),
      map({
        name: section,
        section,
        origin: 'data',
        identifier: section.slice(1).replace(/\W/g, '_'),
        initialValue: new Uint8Array(16).fill(1),
        variables: [
          { ...common, name: btf.nameOf(variable), offset: 0, size: 4, typeId: variable },
          { ...common, name: btf.nameOf(other), offset: 4, size: 12, typeId: other },
        ],
      }),
    ],
    programs: [{ name: evil.program } as ObjectSpec['programs'][number]],
    subprograms: [],
    externs: [],
    warnings: [],
  };
}

const seed =
  process.env['TEST_SEED'] === undefined ? {} : { seed: Number(process.env['TEST_SEED']) };

test('TypeScript: modules compile, keep the names, and run nothing', async () => {
  const samples = fc.sample(names, { numRuns: RUNS, ...seed });
  const each = EVIL.map((name) => {
    const keys = 'struct member other enumeration value typedef variable section map program'.split(
      ' ',
    );
    return Object.fromEntries(keys.map((key) => [key, name])) as unknown as Names;
  });
  const files: string[] = [];
  for (const [index, evil] of [...each, ...samples].entries()) {
    const options = {
      name: `evil_${index}`,
      sourceName: evil.map,
      version: evil.value,
      bytes: new Uint8Array(3),
    };
    const object = hostileObject(evil);
    const file = `evil-${index}.skel.ts`;
    folder.write(file, generateSkeleton(object, options));
    folder.write(`sub-${file}`, generateSubskeleton(object, options));
    files.push(file, `sub-${file}`);
    const stated = await definitionIn(file);
    assert.is(stated.maps[0].name, evil.map);
    assert.is(stated.programs[0].name, evil.program);
  }
  assert.is(folder.typecheck(files), '');
  assert.is(folder.format(files), '');
  assert.is((globalThis as { hacked?: unknown }).hacked, undefined);
  assert.is(Object.getPrototypeOf({}).hacked, undefined);
});

/** What a module says of its object: the literal it hands to the runtime, evaluated alone. */
// biome-ignore lint/suspicious/noExplicitAny: a literal
async function definitionIn(file: string): Promise<any> {
  const module = await folder.import(file);
  const { readFileSync } = await import('node:fs');
  const source = readFileSync(join(folder.path, file), 'utf8');
  const [, maps] = /^ {2}maps: (\[.*?^ {2}\]|\[.*\]),$/ms.exec(source)!;
  const [, programs] = /^ {2}programs: (\[.*?^ {2}\]|\[.*\]),$/ms.exec(source)!;
  const helpers = 'const uint32 = () => 0, int32 = uint32, clear = uint32;';
  const exported = Object.keys(module).join(', ');
  const literal = `${helpers} ${exported === '' ? '' : `const [${exported}] = [];`} return { maps: ${maps}, programs: ${programs} }`;
  return new Function(literal.replace(/\b\w+<\w+>\(/g, 'uint32('))();
}

const gcc = ['gcc', 'clang-19', 'clang-16', 'clang'].find(exists);
const testC = gcc === undefined ? test.skip : test;
testC(
  `C: headers compile and declare nothing else${gcc === undefined ? ' (no compiler)' : ''}`,
  () => {
    const { path } = folder;
    execFileSync('mkdir', ['-p', join(path, 'bpf')]);
    const stub = new URL('c/libbpf-stub.h', import.meta.url).pathname;
    execFileSync('cp', [stub, join(path, 'bpf/libbpf.h')]);
    const includes: string[] = [];
    const samples = fc.sample(names, { numRuns: RUNS, ...seed });
    for (const [index, evil] of samples.entries()) {
      const options = {
        name: `evil_${index}`,
        sourceName: evil.map,
        version: evil.value,
        bytes: Buffer.from('??/"\\\n'),
      };
      // Types are for the includer to define; here only those that no C name can be.
      const object = hostileObject({
        ...evil,
        struct: `-${evil.struct}`,
        typedef: `-${evil.typedef}`,
        enumeration: `-${evil.enumeration}`,
      });
      writeFileSync(join(path, `e${index}.h`), generateCSkeleton(object, options));
      writeFileSync(
        join(path, `s${index}.h`),
        generateCSubskeleton(object, { ...options, name: `sub_${index}` }),
      );
      includes.push(`#include "e${index}.h"`, `#include "s${index}.h"`);
    }
    writeFileSync(join(path, 'all.c'), `#include <stddef.h>\n${includes.join('\n')}\n`);
    const flags = [
      '-Wall',
      '-Wextra',
      '-Werror',
      '-trigraphs',
      '-Wno-overlength-strings',
      '-I',
      path,
      '-c',
    ];
    execFileSync(gcc!, [...flags, join(path, 'all.c'), '-o', join(path, 'all.o')], {
      stdio: 'pipe',
    });
    const symbols = execFileSync('nm', ['-u', join(path, 'all.o')], { encoding: 'utf8' });
    assert.not.match(symbols, 'system');
  },
);

function exists(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

test('structs that contain themselves or nest without end give an error', () => {
  const builder = btfBuilder();
  const self = builder.nextId;
  builder.struct('self', { size: 4, members: [{ name: 'self', typeId: self, bitOffset: 0 }] });
  assert.throws(() => generateOf(builder, self), /struct "self"\): contains itself/);

  const anonymous = btfBuilder();
  const first = anonymous.nextId;
  for (let depth = 0; depth < 40; depth++) {
    const inner = { typeId: first + depth + 1, bitOffset: 0 };
    anonymous.struct(depth === 0 ? 'bomb' : '', { size: 4, members: [inner, inner] });
  }
  anonymous.int('int', { size: 4, signed: true });
  assert.throws(() => generateOf(anonymous, first), /more than 65536 members/);
});

function generateOf(builder: BtfBuilder, typeId: number): string {
  const object = hostileObject({
    struct: 's',
    member: 'a',
    other: 'b',
    enumeration: 'e',
    value: 'c',
    typedef: 't',
    variable: 'v',
    section: 'x',
    map: 'm',
    program: 'p',
  });
  const [map] = object.maps;
  const own = {
    ...object,
    btf: builder.build(),
    maps: [{ ...map!, btfKeyTypeId: 0, btfValueTypeId: typeId }],
  };
  return generateSkeleton(own, {
    name: 'x',
    sourceName: 'x',
    version: '1',
    bytes: new Uint8Array(0),
  });
}

test.run();
