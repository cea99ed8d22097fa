import { readFileSync } from 'node:fs';
import { readElf, stripSections } from '@libbpf-ts/elf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseObject } from '../../src/open/parse-object.js';
import { fixture, messageOf, openFixture } from './open-fixture.js';

const test = suite('parse-object');

test('programs by section, with type, target and settings', () => {
  const { programs, license, littleEndian } = openFixture('section-question-mark');
  assert.is(license, 'GPL');
  assert.is(littleEndian, true);
  assert.equal(
    programs.map(({ name, section, type, autoload, attachTarget }) => ({
      name,
      section,
      type,
      autoload,
      attachTarget,
    })),
    [
      {
        name: 'broken',
        section: '?raw_tp/sys_enter',
        type: 17,
        autoload: false,
        attachTarget: undefined,
      },
      {
        name: 'missing',
        section: '?fentry/no_such_function_in_any_kernel',
        type: 26,
        autoload: false,
        attachTarget: 'no_such_function_in_any_kernel',
      },
      {
        name: 'fine',
        section: 'raw_tp/sys_enter',
        type: 17,
        autoload: true,
        attachTarget: undefined,
      },
    ],
  );
});

test('maps whose names would be the same in the kernel are told apart', () => {
  const { maps } = openFixture('data-same-name');
  assert.equal(
    maps.map(({ name, section, initialValue }) => [name, section, initialValue?.[0]]),
    [
      ['.data.a-b', '.data.a-b', 1],
      ['.data.a_b', '.data.a_b', 2],
      ['.data.very_long_name_1', '.data.very_long_name_1', 3],
      ['.data.very_long_name_2', '.data.very_long_name_2', 4],
      ['.bss.very_long_name_of_bss_1', '.bss.very_long_name_of_bss_1', 0],
      ['.bss.very_long_name_of_bss_2', '.bss.very_long_name_of_bss_2', 0],
    ],
  );
});

test('functions of .text are subprograms, even alone', () => {
  const { programs, subprograms } = openFixture('calls-static');
  assert.equal(
    programs.map(({ name }) => name),
    ['first', 'second'],
  );
  assert.equal(
    subprograms.map(({ name, isGlobal }) => [name, isGlobal]),
    [
      ['other', false],
      ['middle', false],
      ['leaf', false],
      ['never_called_by_first', false],
    ],
  );
  const alone = openFixture('section-text-only');
  assert.equal(alone.programs, []);
  assert.equal(
    alone.subprograms.map(({ name }) => name),
    ['lonely'],
  );
});

test('a section that nobody knows makes a program without type', () => {
  const [program] = openFixture('section-unknown').programs;
  assert.is(program?.type, 0);
  assert.is(program?.sectionDefinition, undefined);
});

test('attributes of maps', () => {
  const [mapped, onNode] = openFixture('maps-attributes').maps;
  assert.is(mapped?.name, 'mapped');
  assert.equal(
    [mapped?.type, mapped?.keySize, mapped?.valueSize, mapped?.maxEntries],
    [2, 4, 8, 64],
  );
  assert.is(mapped?.flags, 0x480);
  assert.is(mapped?.pinByName, false);
  assert.is(mapped?.numaNode, undefined);
  assert.equal([onNode?.type, onNode?.flags, onNode?.numaNode], [1, 5, 0]);
});

test('initial slots of maps of maps and of program arrays', () => {
  const maps = new Map(openFixture('maps-in-map').maps.map((map) => [map.name, map]));
  assert.equal(maps.get('outer_array')?.initialSlots, [
    { index: 0, name: 'first' },
    { index: 3, name: 'second' },
  ]);
  assert.equal(maps.get('outer_hash')?.initialSlots, [{ index: 1, name: 'second' }]);
  assert.is(maps.get('outer_hash')?.inner?.maxEntries, 1);
  assert.is(maps.get('outer_array')?.valueSize, 4);
  const [jumps] = openFixture('maps-prog-array').maps;
  assert.equal(jumps?.initialSlots, [
    { index: 0, name: 'tail_one' },
    { index: 2, name: 'tail_two' },
  ]);
});

test('a map for each data section, named as libbpf does', () => {
  const { maps } = openFixture('data-custom', { name: 'a_long_object_name' });
  assert.equal(
    maps.map(({ name, section, origin, flags }) => [name, section, origin, flags]).sort(),
    [
      ['.bss.four', '.bss.four', 'bss', 0x400],
      ['.data.odd_name', '.data.odd-name', 'data', 0x400],
      ['.data.one', '.data.one', 'data', 0x400],
      ['.data.with_a_ve', '.data.with_a_very_long_name_indeed', 'data', 0x400],
      ['.rodata.three', '.rodata.three', 'rodata', 0x480],
    ],
  );
  const plain = openFixture('data-function-static', { name: 'a_long_object_name' });
  assert.equal(plain.maps.map(({ name }) => name).sort(), [
    'a_long_o.bss',
    'a_long_o.data',
    'a_long_o.rodata',
  ]);
});

test('hidden and function-static variables are nobody else’s', () => {
  const { maps } = openFixture('data-function-static');
  const data = maps.find(({ section }) => section === '.data');
  const linkages = Object.fromEntries(
    data!.variables.map(({ name, linkage, weak }) => [name, [linkage, weak]]),
  );
  assert.equal(linkages['hidden_one'], ['static', false]);
  assert.equal(linkages['weak_one'], ['global', true]);
  assert.equal(linkages['first.calls'], ['static', false]);
});

test('externs: kernel configuration has a map of its own, by alignment', () => {
  const { externs, maps } = openFixture('kconfig-values');
  const kconfig = maps.find(({ origin }) => origin === 'kconfig');
  assert.is(kconfig?.name, 'corpus.kconfig');
  assert.equal(
    externs.map(({ name, offset, size, weak }) => [name, offset, size, weak]),
    [
      ['CONFIG_HZ', 0, 4, true],
      ['CONFIG_NET', 4, 4, true],
      ['CONFIG_BPF_SYSCALL', 8, 1, false],
      ['CONFIG_NOT_A_CONFIG_AT_ALL', 9, 1, true],
      ['CONFIG_DEFAULT_HOSTNAME', 10, 8, true],
    ],
  );
  assert.is(kconfig?.valueSize, 18);
});

test('externs: functions of the kernel', () => {
  const { externs, programs } = openFixture('kfunc-address');
  assert.equal(
    externs.map(({ name, kind, isFunction, weak }) => [name, kind, isFunction, weak]).sort(),
    [
      ['bpf_kfunc_of_the_future', 'ksym', true, true],
      ['bpf_rcu_read_lock', 'ksym', true, true],
      ['bpf_rcu_read_unlock', 'ksym', true, true],
    ],
  );
  const kinds = new Set(programs[0]!.relocations.map(({ kind }) => kind));
  assert.equal([...kinds].sort(), ['extern-call', 'extern-load']);
});

test('struct_ops: a map with the programs in it', () => {
  const map = openFixture('struct-ops-local').maps.find(({ name }) => name === 'local_cong');
  assert.is(map?.origin, 'struct_ops');
  assert.equal(
    [...map!.structOps!.programs],
    [
      ['ssthresh', 'ssthresh'],
      ['undo_cwnd', 'undo'],
      ['cong_avoid', 'avoid'],
    ],
  );
  assert.is(Buffer.from(map!.initialValue!).toString('latin1').replace(/\0+/g, ''), 'bpf_local');
});

test('damaged BTF is left out of objects that need none', () => {
  const damaged = (name: string, section: string) => {
    const bytes = new Uint8Array(fixture(name));
    bytes[readElf(bytes).section(section)!.sh_offset] = 0;
    return bytes;
  };
  const { btf, programs, warnings } = parseObject(damaged('section-question-mark', '.BTF'));
  assert.is(btf, undefined);
  assert.is(programs.length, 3);
  assert.equal(warnings, [
    'section ".BTF" is damaged and left out: BTF header, offset 0x0: bad magic, found 0xeb00, expected 0xeb9f in either byte order',
  ]);
  const second = parseObject(damaged('section-question-mark', '.BTF.ext'));
  assert.ok(second.btf !== undefined && second.btfExt === undefined);
  assert.is(
    messageOf(() => parseObject(damaged('maps-attributes', '.BTF'), { name: 'corpus' })),
    'BPF object "corpus": BTF header, offset 0x0: bad magic, found 0xeb00, expected 0xeb9f in either byte order',
  );
});

test('jump tables: where each leads, in the section of its function', () => {
  const { programs, subprograms, warnings } = openFixture('code-jump-table');
  const jump = programs.find(({ name }) => name === 'jump')!;
  const add = subprograms.find(({ name }) => name === 'add')!;
  const tables = (one: typeof add) =>
    one.relocations.flatMap((relocation) =>
      relocation.kind === 'jump-table' ? [[relocation.offset, [...relocation.targets]]] : [],
    );
  // The program begins at byte 16 of its section.
  assert.equal(tables(jump), [[24, [88, 104]]]);
  assert.equal(tables(add), [[0, [56, 72, 88]]]);
  assert.equal(warnings, []);
});

test('jump tables: one that is not whole, and one that leads nowhere', () => {
  const good = new Uint8Array(fixture('code-jump-table'));
  const elf = readElf(good);
  const symbol = elf.symbols.find(({ name }) => name === 'jump_table')!;
  const symbolTable = elf.section('.symtab')!;
  const cut = good.slice();
  // st_size is the last of a symbol's 24 bytes.
  cut[symbolTable.sh_offset + 24 * elf.symbols.indexOf(symbol) + 16] = 12;
  assert.is(
    messageOf(() => parseObject(cut, { name: 'corpus' })),
    'BPF object "corpus": section "raw_tp/sys_enter", instruction 5: jumps by table "jump_table" at 0 of ".jumptables", 12 bytes; expected whole 8-byte places inside the section\'s 40 bytes',
  );
  const odd = good.slice();
  odd[elf.section('.jumptables')!.sh_offset] = 3;
  assert.is(
    messageOf(() => parseObject(odd, { name: 'corpus' })),
    'BPF object "corpus": section "raw_tp/sys_enter", instruction 5: jumps by table "jump_table" to 3, which is no instruction',
  );
});

test('CO-RE relocations belong to their functions', () => {
  const [program] = openFixture('core-guarded').programs;
  assert.is(program!.coreRelocations.length > 5, true);
  assert.ok(
    program!.coreRelocations.every(
      ({ insnOffset }) => insnOffset % 8 === 0 && insnOffset < program!.instructions.length,
    ),
  );
});

const refusals: readonly (readonly [name: string, message: string])[] = [
  [
    'arena-two',
    'BPF object "corpus": maps "one" and "other" are both arenas; a program can use one only, and so can an object',
  ],
  [
    'calls-function-section',
    'BPF object "corpus": section "raw_tp/sys_enter", instruction 0: calls ".text.helper" in section ".text.helper"; functions that are called are in ".text"; compile without -ffunction-sections, and in C++ without inline functions and templates',
  ],
  [
    'kconfig-float',
    'BPF object "corpus": extern "CONFIG_HZ" in .kconfig is declared as BTF type 5 (float "float"); expected bool, enum libbpf_tristate, char, an integer or an array of char',
  ],
  [
    'maps-anonymous-member',
    'BPF object "corpus": map "nested", field "(without a name)": fields of a struct or union inside the definition are not looked for; write them into the definition itself',
  ],
  [
    'maps-array',
    'BPF object "corpus": map "several": BTF does not describe its definition, expected a struct: one variable for each map, no array, pointer or union',
  ],
  [
    'maps-in-map-sized',
    'BPF object "corpus": map "outer", field "values": has 2 slots, expected __array(values, T), whose slots are counted by max_entries',
  ],
  [
    'maps-in-map-values-first',
    'BPF object "corpus": map "outer", field "values": comes before other fields, expected it last',
  ],
  [
    'maps-prog-array-static',
    'BPF object "corpus": map "jumps", slot 1: ".text" is no program of this object, that is a global function with SEC()',
  ],
  [
    'maps-void-key',
    'BPF object "corpus": map "keyless", field "key": a void has no size; expected a type that is defined in full',
  ],
  [
    'maps-legacy',
    'BPF object "corpus": section "maps" holds map definitions of the old form, which is not supported; define each map as a struct with __uint(type, …), __type(key, …) in SEC(".maps")',
  ],
  [
    'maps-static',
    'BPF object "corpus": map "static_map" is static or hidden; maps are global, remove "static" or __hidden',
  ],
  [
    'maps-no-type',
    'BPF object "corpus": map "nothing", field "type": missing; a map needs at least __uint(type, BPF_MAP_TYPE_…)',
  ],
  [
    'maps-size-conflict',
    'BPF object "corpus": map "conflict", field "key_size": says 8 bytes, but another field says 4',
  ],
  [
    'maps-unknown-field',
    'BPF object "corpus": map "painted", field "colour": unknown; open with relaxedMaps to ignore fields that this version does not know',
  ],
  [
    'section-empty-data',
    'BPF object "corpus": variable "nothing" is in section ".data.empty", which the file does not have or which is empty; define what is only declared (extern), and leave out what has no size',
  ],
  [
    'section-static-program',
    'BPF object "corpus": program "hidden_away" in section "raw_tp/sys_enter" is static; programs are global functions, remove "static"',
  ],
  [
    'calls-undefined',
    'BPF object "corpus": extern "elsewhere" has no declaration in BTF; declare it with __kconfig or __ksym, or link the object that defines it',
  ],
  [
    'calls-same-section',
    'BPF object "corpus": section "tc", instruction 2: calls "callee" in section "tc"; only functions without SEC() can be called',
  ],
];
for (const [name, message] of refusals) {
  test(`${name} is refused`, () => {
    assert.is(
      messageOf(() => openFixture(name)),
      message,
    );
  });
}

test('unknown fields of maps are skipped on request', () => {
  assert.is(openFixture('maps-unknown-field', { relaxedMaps: true }).maps[0]?.name, 'painted');
});

test('what is no BPF object is refused', () => {
  assert.is(
    messageOf(() => parseObject(new TextEncoder().encode('hello, this is no ELF'), { name: 'x' })),
    'BPF object "x": ELF magic at 0x0: not an ELF file, found 68 65 6c 6c, expected 7f 45 4c 46',
  );
  const program = readFileSync(process.execPath).subarray(0, 1 << 20);
  assert.match(
    messageOf(() => parseObject(program, { name: 'node' })),
    /^BPF object "node": /,
  );
});

test('an object without its symbol table is refused', () => {
  const stripped = stripSections(
    fixture('calls-static'),
    ({ name }) => name === '.symtab' || name.startsWith('.rel') || name.startsWith('.llvm'),
  );
  assert.is(
    messageOf(() => parseObject(stripped, { name: 'corpus' })),
    'BPF object "corpus": it has no symbol table, without which programs and maps cannot be told apart; strip debug information only (llvm-strip -g)',
  );
});

test('objects of the other byte order open', () => {
  const url = new URL('../../../elf/test/fixtures/counter.eb.o', import.meta.url);
  const object = parseObject(readFileSync(url), { name: 'counter' });
  assert.is(object.littleEndian, false);
  assert.ok(object.programs.length > 0);
});

test('an object cut short at any place is refused with an error of ours, or opens', () => {
  const whole = fixture('maps-in-map');
  for (let length = 0; length < whole.length; length += 7) {
    try {
      parseObject(whole.subarray(0, length), { name: 'cut' });
    } catch (error) {
      assert.is((error as { code?: string }).code, 'BPF_BAD_OBJECT', (error as Error).stack);
    }
  }
});

test.run();
