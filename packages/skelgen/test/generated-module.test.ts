/** Modules generated for every object: they compile, the formatter leaves them, and they say what the source says. */

import { basename, join } from 'node:path';
import { compileCodec } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generateSubskeleton } from '../src/generate/generate-subskeleton.js';
import {
  fixtures,
  generate,
  ModuleFolder,
  noteMissingObjects,
  type OpenModule,
  objectFiles,
  readObject,
} from './modules.js';

const test = suite('generated modules');
let folder: ModuleFolder;
let files: string[];
/** Names that mean something to JavaScript. */
const TRAPS = new Set(['__proto__', 'constructor', 'toString']);
const moduleOf = (file: string) => basename(file).replace(/\.o$/, '.skel.ts');

test.before(() => {
  folder = new ModuleFolder();
  files = objectFiles();
  for (const file of files) folder.write(moduleOf(file), generate(file));
});
test.after(() => folder.remove());

test('the same input gives the same bytes', () => {
  for (const file of files) assert.is(generate(file), generate(file), file);
});

test('they pass the strictest type check', () => {
  assert.is(folder.typecheck(files.map(moduleOf)), '');
});

test('a wrong module does not pass it', () => {
  const source = generate(join(fixtures, 'shapes.bpf.o'));
  folder.write('wrong.skel.ts', source.replace('get answer(): number', 'get answer(): string'));
  assert.match(folder.typecheck(['wrong.skel.ts']), /wrong\.skel\.ts/);
});

test('the formatter changes nothing', () => {
  assert.is(folder.format(files.map(moduleOf)), '');
});

test('every global has the value that the bytes of its section have', async () => {
  let seen = 0;
  for (const file of files) {
    const module = await folder.import(moduleOf(file));
    const { object } = readObject(file);
    const open = openModule(module);
    const sections = new Map<string, number>();
    for (const map of object.maps) {
      const identifier = map.origin === 'user' ? 'arena' : map.identifier;
      if (map.variables.every(({ linkage }) => linkage === 'static')) continue;
      // Of sections that differ only in what no identifier may hold, the second gets a number.
      const nth = (sections.get(identifier) ?? 0) + 1;
      sections.set(identifier, nth);
      const property = nth === 1 ? identifier : `${identifier}_${nth}`;
      if (
        map.initialValue === undefined ||
        map.origin === 'kconfig' ||
        open[property] === undefined
      )
        continue;
      for (const { name, typeId, offset, linkage } of map.variables) {
        if (linkage === 'static') continue;
        const expected = compileCodec(object.btf!, typeId).decode(map.initialValue!, offset);
        const safe = name.replace(/\W/g, '_');
        const found = open[property]![TRAPS.has(name) ? `${safe}_` : safe];
        assert.equal(plain(found), plain(expected), `${basename(file)} ${property}.${name}`);
        seen++;
      }
    }
    open[Symbol.dispose]();
  }
  assert.ok(seen > 50, `only ${seen} variables`);
});

/** The skeleton in a module, opened. */
function openModule(module: Record<string, { open?: () => OpenModule }>): OpenModule {
  const skeleton = Object.values(module).find((one) => typeof one?.open === 'function');
  return skeleton!.open!();
}

/** Views and typed arrays as plain values. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON());
  if (ArrayBuffer.isView(value) || Array.isArray(value) || Symbol.iterator in value)
    return Array.from(value as unknown as Iterable<unknown>, plain);
  const members = Object.entries(value).map(([name, part]) => [memberName(name), plain(part)]);
  return Object.fromEntries(members);
}

/** Views have members of their own that a C name must not hide. */
function memberName(name: string): string {
  return TRAPS.has(name) ? `${name}_` : name;
}

for (const name of ['shapes.bpf', 'shapes.eb.bpf']) {
  test(`${name}: values as the source has them`, async () => {
    const module = await folder.import(`${name}.skel.ts`);
    using open = openModule(module);
    const { data, bss, rodata } = open as Record<string, Record<string, unknown>>;
    const expected = {
      answer: 42,
      minus: -3,
      big: -0x123456789abcdef0n,
      huge: 0xfedcba9876543210n,
      very_huge: (0x1122334455667788n << 64n) | 0x99aabbccddeeff00n,
      half: 0.5,
      third: Math.fround(1 / 3),
      truth: true,
      color: -1,
      wide: 0x1234567890abcdf0n,
      anonymous: 2,
      constructor_: 1,
      __proto___: 2,
      class: 3,
      await: 4,
      toString_: 5,
      view: 7,
    };
    for (const [key, value] of Object.entries(expected)) assert.is(data![key], value, key);
    assert.is(String(data!['text']), 'skeleton \u00e9');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a trap for generated template strings
    assert.is(String(data!['quoted']), '*/ \' " ` ${x} \\');
    assert.equal(plain(data!['origin']), { x: 3, y: -4 });
    assert.equal(plain(data!['packed']), { tag: 112, value: 0x0102030405060708n, tail: -2 });
    assert.equal(plain(data!['bits']), {
      a: 5,
      b: -3,
      c: true,
      d: 5,
      e: 0x1234567890n,
      f: -5n,
      g: 200,
      h: 300,
    });
    assert.equal(
      plain(data!['path']),
      [1, 3, 5].map((x) => ({ x, y: x + 1 })),
    );
    assert.is((data!['number'] as { real: number }).real, 1);
    assert.equal(plain(data!['grid']), [[1, 2, 3], [4, 5, 6]]); // biome-ignore format: a table
    assert.equal(plain(data!['ports']), [80, 443, 8080, 65535]);
    assert.equal(data!['switches'], [true, false, true]);
    assert.equal(data!['words'], ['one', 'two']);
    assert.is((data!['unnamed'] as { wide: bigint }).wide, 3n);
    assert.is((data!['everything'] as { s8: number }).s8, -1);
    assert.is(bss!['counter'], 0n);
    assert.is(rodata!['limit'], 100);
    assert.is(rodata!['enabled'], true);
    assert.is(String(rodata!['banner']), 'hello');
    assert.is(open['data_my_sec']!['custom'], 11);
    assert.is(open['rodata_fixed']!['fixed'], 12);
    assert.not.ok('data_hidden' in open);
    assert.not.ok('handler_calls' in data!);
  });
}

test('setters write what getters read, and refuse what does not fit', async () => {
  const module = await folder.import('shapes.bpf.skel.ts');
  using open = openModule(module);
  // biome-ignore lint/suspicious/noExplicitAny: the types are checked elsewhere
  const data = open['data'] as any;
  data.answer = -7;
  data.very_huge = 1n;
  data.text = 'new';
  data.color = 0;
  data.origin = { x: 1, y: 2 };
  data.origin.y = 9;
  data.path = [{ x: 7, y: 8 }];
  data.path.at(1).x = 5;
  data.grid = [[1], [2, 3]];
  data.ports = [1, 2];
  data.switches = [false, true];
  data.bits.e = 1n;
  data.bits.c = false;
  data.number = { low: 1, high: 2 };
  assert.is(data.answer, -7);
  assert.is(data.very_huge, 1n);
  assert.is(data.text.text, 'new');
  assert.is(data.color, 0);
  assert.equal(plain(data.origin), { x: 1, y: 9 });
  assert.equal(plain(data.path), [{ x: 7, y: 8 }, { x: 5, y: 0 }, { x: 0, y: 0 }]); // biome-ignore format: a table
  assert.equal(plain(data.grid), [[1, 0, 0], [2, 3, 0]]); // biome-ignore format: a table
  assert.equal(plain(data.ports), [1, 2, 0, 0]);
  assert.equal(data.switches, [false, true, false]);
  assert.equal(plain(data.bits), { a: 5, b: -3, c: false, d: 5, e: 1n, f: -5n, g: 200, h: 300 });
  assert.is(data.number.word, 0x20001);
  data.ports[3] = 5;
  assert.is(data.ports[3], 5, 'arrays of numbers are live');

  const refused: [() => void, string][] = [
    [() => (data.answer = 2 ** 31), 'field "answer": 2147483648 does not fit, expected an integer from -2147483648 to 2147483647'],
    [() => (data.answer = 1.5), 'field "answer": 1.5 does not fit, expected an integer from -2147483648 to 2147483647'],
    [() => (data.answer = undefined), 'field "answer": undefined is a undefined, expected a value'],
    [() => (data.huge = -1n), 'field "huge": -1n does not fit, expected a bigint from 0 to 18446744073709551615'],
    [() => (data.truth = 'yes'), 'field "truth": yes is a string, expected true or false'],
    [() => (data.text = 'more than sixteen bytes'), 'field "text": 23 bytes does not fit, expected at most 16 bytes of UTF-8'],
    [() => (data.ports = [1, 2, 3, 4, 5]), 'field "ports": 5 elements does not fit, expected at most 4 elements'],
    [() => (data.ports = [65536]), 'field "ports[0]": 65536 does not fit, expected an integer from 0 to 65535'],
    [() => (data.origin = { x: 2 ** 40, y: 0 }), 'field "point.x": 1099511627776 does not fit, expected an integer from -2147483648 to 2147483647'],
    [() => (data.origin = 5), 'field "origin": 5 is a number, expected an object'],
    [() => (data.bits.a = 8), 'field "bits.a": 8 does not fit, expected an integer from 0 to 7'],
    [() => (data.half = '1'), 'field "half": 1 is a string, expected a number'],
  ]; // biome-ignore format: a table
  for (const [write, message] of refused) {
    try {
      write();
    } catch (error) {
      assert.is((error as Error).message, message);
      continue;
    }
    assert.unreachable(message);
  }
});

test('types of maps, exported types, configuration before load', async () => {
  const source = generate(join(fixtures, 'shapes.bpf.o'), { types: ['timestamp_t', 'enum flags'] });
  assert.match(source, '    readonly by_key: HashMap<Key, Everything>;\n');
  assert.match(source, '    readonly colors: ArrayMap<Color>;\n');
  assert.match(source, '    readonly texts: PerCpuArrayMap<string[]>;\n');
  assert.match(source, '    readonly ring: RingBuf<Record_2>;\n');
  assert.match(source, '    readonly untyped: RingBuf<Uint8Array>;\n');
  assert.match(source, '    readonly outer: ArrayOfMaps<HashMap<bigint, Point>>;\n');
  assert.match(source, 'export interface Exported {');
  assert.match(source, 'export type TimestampT = bigint;');
  const records = new Map([['untyped', 'struct point']]);
  const typed = generate(join(fixtures, 'shapes.bpf.o'), { records });
  assert.match(typed, '    readonly untyped: RingBuf<Point>;\n');
  const module = await folder.import('shapes.bpf.skel.ts');
  using open = openModule(module);
  assert.throws(() => open['kconfig']!['LINUX_KERNEL_VERSION'], /call load\(\) first/);
  const { Exported } = module;
  assert.is(Exported.size, 12);
});

test('options that name nothing are refused', () => {
  const file = join(fixtures, 'shapes.bpf.o');
  const wrong: [Parameters<typeof generate>[1], RegExp][] = [
    [{ types: ['evrything'] }, /no type "evrything"; did you mean "everything"\?/],
    [{ types: ['union everything'] }, /no type "union everything"/],
    [{ records: new Map([['rnig', 'point']]) }, /no map "rnig"; did you mean "ring"\?/],
    [{ records: new Map([['by_key', 'point']]) }, /map "by_key" is a hash, which has no records/],
  ];
  for (const [options, message] of wrong) assert.throws(() => generate(file, options), message);
});

test('a module from another time is refused clearly', async () => {
  const source = generate(join(fixtures, 'bare.bpf.o')).replace('format: 1,', 'format: 9,');
  folder.write('future.skel.ts', source);
  const message =
    'skeleton "bare_bpf": written by skelgen 1.2.3 in format 9, this @libbpf-ts/libbpf understands 1; update @libbpf-ts/libbpf, or generate the skeleton with an older skelgen';
  try {
    await folder.import('future.skel.ts');
  } catch (error) {
    assert.is((error as Error).message, message);
    assert.is((error as { code: string }).code, 'BPF_SKELETON_VERSION');
    return;
  }
  assert.unreachable();
});

test('a subskeleton finds its parts in the object it is given', async () => {
  for (const name of ['shapes', 'awkward', 'bare']) {
    const { object } = readObject(join(fixtures, `${name}.bpf.o`));
    const options = { name: 'library', sourceName: `${name}.bpf.o`, version: '1.2.3' };
    folder.write(`${name}.subskel.ts`, generateSubskeleton(object, options));
  }
  const names = ['shapes.subskel.ts', 'awkward.subskel.ts', 'bare.subskel.ts'];
  assert.is(folder.typecheck(names), '');
  assert.is(folder.format(names), '');

  const { Library } = await folder.import('shapes.subskel.ts');
  const { ShapesBpf } = await folder.import('shapes.bpf.skel.ts');
  const { BareBpf } = await folder.import('bare.bpf.skel.ts');
  using open = ShapesBpf.open();
  const library = Library.open(open.object);
  library.data.answer = 43;
  library.data.origin.x = 12;
  library.data.ports[0] = 1;
  library.bss.buffer = 'text';
  assert.is(open.data.answer, 43);
  assert.is(open.data.origin.x, 12);
  assert.is(open.data.ports[0], 1);
  assert.is(open.bss.buffer.text, 'text');
  assert.is(library.rodata.limit, 100);
  assert.is(library.maps.by_key, open.maps.by_key);
  assert.is(library.maps.bss, open.maps.bss);
  assert.is(library.progs.handler, open.progs.handler);
  using bare = BareBpf.open();
  assert.throws(() => Library.open(bare.object), /BPF object "bare_bpf" has no map "inner_1"/);
});

test('shadows of struct_ops: numbers and programs, before load', async () => {
  const module = await folder.import('operations.bpf.skel.ts');
  using open = openModule(module);
  // biome-ignore lint/suspicious/noExplicitAny: the types are checked elsewhere
  const { congestion, second } = open['structOps'] as any;
  assert.ok('congestion' in open['links']!, 'its link stands beside those of programs');
  assert.is(congestion.flags, 5);
  assert.is(congestion.ssthresh, 'ssthresh');
  assert.is(congestion.release, undefined);
  assert.is(second.flags, 0);
  assert.not.ok('name' in congestion, 'only scalars and programs show');
  congestion.flags = 7;
  congestion.enabled = true;
  congestion.undo_cwnd = open['progs']!['other_undo'];
  second.release = 'undo_cwnd';
  second.ssthresh = undefined;
  const maps = (open.object as unknown as { spec: ReturnType<typeof readObject>['object'] }).spec
    .maps;
  const [first, other] = maps;
  assert.is(congestion.flags, 7);
  assert.is(congestion.enabled, true);
  assert.equal([...first!.structOps!.programs], [['ssthresh', 'ssthresh'], ['undo_cwnd', 'other_undo']]); // biome-ignore format: a table
  assert.equal([...other!.structOps!.programs], [['release', 'undo_cwnd']]);
  assert.throws(() => (second.release = 'undo'), /has no program "undo"/);
  assert.throws(() => (second.flags = -1), /field "tcp_congestion_ops.flags": -1 does not fit/);
});

test('the object can stay a file beside the module', async () => {
  const source = generate(join(fixtures, 'bare.bpf.o'), { objectFile: 'bare.bpf.o' });
  assert.match(source, "object: fileBeside(new URL('./bare.bpf.o', import.meta.url)),");
  const { bytes } = readObject(join(fixtures, 'bare.bpf.o'));
  folder.write('beside.skel.ts', source);
  const { BareBpf } = await folder.import('beside.skel.ts');
  assert.throws(() => BareBpf.open(), /bare\.bpf\.o/);
  const { writeFileSync } = await import('node:fs');
  writeFileSync(join(folder.path, 'bare.bpf.o'), bytes);
  assert.is(Buffer.compare(BareBpf.elfBytes(), bytes), 0);
  assert.is(folder.format(['beside.skel.ts']), '');
});

noteMissingObjects(test);
test.run();
