/** TypeScript declarations: the text, that it compiles, and that it tells the truth about what codecs read. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Btf, BtfKind, btfBuilder, compileCodec, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createTypeScriptNames,
  dumpTypeScript,
  pascalCase,
  safeIdentifier,
  typescriptType,
} from '../src/index.js';

const test = suite('dump TypeScript');
const fixtures = new URL('fixtures/', import.meta.url);

function open(name: string): Btf {
  return parseBtf(readFileSync(new URL(name, fixtures)));
}

function composites(btf: Btf): number[] {
  const kinds: readonly number[] = [BtfKind.STRUCT, BtfKind.UNION, BtfKind.ENUM, BtfKind.ENUM64];
  const ids: number[] = [];
  for (let id = 1; id < btf.typeCount; id++) if (kinds.includes(btf.kindOf(id))) ids.push(id);
  return ids;
}

const FIXTURES = readdirSync(fixtures).filter(
  (name) => name.endsWith('.btf') && !name.includes('split'),
);

test('values.btf: the declarations', () => {
  const btf = open('values.btf');
  const names = ['nested', 'bits', 'arrays', 'all', 'functions', 'unsigned_state', 'wide', 'deep'];
  const ids = names.map((name) => btf.findByName(name)!);
  const text = [...dumpTypeScript(btf, ids)].join('');
  assert.fixture(text, readFileSync(new URL('values.ts', fixtures), 'utf8'));
});

test('everything in the corpus compiles under --strict', () => {
  const folder = mkdtempSync(join(tmpdir(), 'btf-dump-ts-'));
  try {
    const files = FIXTURES.map((name) => {
      const btf = open(name);
      const file = join(folder, `${name}.ts`);
      writeFileSync(file, `${[...dumpTypeScript(btf, composites(btf))].join('')}export {};\n`);
      return file;
    });
    const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
    const options = ['--noEmit', '--strict', '--target', 'ES2022', '--types', '', '--ignoreConfig'];
    const { status, stdout } = spawnSync(tsc, [...options, ...files], { encoding: 'utf8' });
    assert.is(status, 0, stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Checks a decoded value against the TypeScript text of its type. */
function conforms(btf: Btf, value: unknown, id: number, path: string): void {
  const declared = typescriptType(btf, id, () => 'Declared');
  const { text, declares } = declared;
  if (text.endsWith('[]')) {
    assert.ok(Array.isArray(value), `${path}: ${text}`);
    const type = btf.type(btf.resolve(id));
    if (type.kind !== 'array') throw new Error(`${path}: ${text} of a ${type.kind}`);
    for (const element of value) conforms(btf, element, type.elementTypeId, `${path}[]`);
    return;
  }
  if (text !== 'Declared') {
    const found = typeof value === 'object' ? value!.constructor.name : typeof value;
    assert.is(found, text, path);
    return;
  }
  const type = btf.type(declares!);
  if (type.kind === 'enum' || type.kind === 'enum64') {
    assert.is(typeof value, type.size > 4 ? 'bigint' : 'number', path);
    return;
  }
  const members = new Map<string, number>();
  const collect = (of: number): void => {
    const composite = btf.type(btf.resolve(of));
    if (composite.kind !== 'struct' && composite.kind !== 'union') return;
    for (const member of composite.members) {
      if (member.name === '') collect(member.typeId);
      else if (!members.has(member.name)) members.set(member.name, member.typeId);
    }
  };
  collect(declares!);
  assert.equal(Object.keys(value as object), [...members.keys()], path);
  for (const [name, member] of members) {
    conforms(btf, (value as Record<string, unknown>)[name], member, `${path}.${name}`);
  }
}

for (const name of FIXTURES) {
  test(`${name}: values are what the declarations say`, () => {
    const btf = open(name);
    for (const id of composites(btf)) {
      if (btf.sizeOf(id) > 1 << 20) continue;
      const codec = compileCodec(btf, id);
      conforms(btf, codec.decode(new Uint8Array(codec.size)), id, btf.describe(id));
    }
  });
}

test('names: PascalCase, reserved words, strange characters, repeats', () => {
  assert.is(pascalCase('task_struct'), 'TaskStruct');
  assert.is(pascalCase('__be32'), 'Be32');
  assert.is(pascalCase('date'), 'Date_');
  assert.is(pascalCase('9p'), '_9p');
  assert.is(pascalCase('a.b-c'), 'ABC');
  assert.is(safeIdentifier('class'), 'class_');
  assert.is(safeIdentifier(''), '_');
  const builder = btfBuilder();
  const first = builder.struct('a_b', { size: 0 });
  const second = builder.struct('aB', { size: 0 });
  const anonymous = builder.struct('', { size: 0 });
  const named = builder.struct('', { size: 0 });
  builder.typedef('named_t', builder.const(named));
  const names = createTypeScriptNames(builder.build(), ['Taken']);
  assert.is(names.nameOf(second), 'AB');
  assert.is(names.nameOf(first), 'AB_2');
  assert.is(names.nameOf(second), 'AB');
  assert.is(names.nameOf(anonymous, 'Outer_member'), 'Outer_member');
  assert.is(names.nameOf(named, 'Outer_member'), 'NamedT');
  assert.is(names.take('Taken'), 'Taken_2');
});

test('names of the BTF cannot break out of the source', () => {
  const builder = btfBuilder();
  const int = builder.int('int', { size: 4 });
  const evil = '*/ } ; evil(); /*`\n"';
  const pointer = builder.ptr(builder.struct(evil, { size: 0 }));
  const members = [
    { name: evil, typeId: int, bitOffset: 0 },
    { name: '__proto__', typeId: int, bitOffset: 32 },
    { name: 'p', typeId: pointer, bitOffset: 64 },
  ];
  const id = builder.struct(evil, { size: 16, members });
  const text = [...dumpTypeScript(builder.build(), [id])].join('');
  for (const line of text.split('\n').filter((one) => one.includes('evil'))) {
    if (line.trim().startsWith('/**')) assert.is(line.indexOf('*/'), line.length - 2, line);
    else assert.is(line.trim(), '"*/ } ; evil(); /*`\\n\\"": number;');
  }
  assert.match(text, /\["__proto__"\]: number;/);
});

test.run();
