// Kernel configuration as constants of a program: every type, texts of the user's own, values that do not fit.

import { release, version } from 'node:os';
import { assert, features, kernelConfig, nanosleep, test } from '#harness';
import { CoreExternBpf } from '../build/core_extern.skel.js';

/** Every CONFIG_* of the program but MISSING, so that the kernel's own configuration decides nothing else. */
const BASE = [
  'CONFIG_BPF_SYSCALL=n',
  'CONFIG_TRISTATE=m',
  'CONFIG_BOOL=y',
  'CONFIG_CHAR=100',
  'CONFIG_USHORT=30000',
  'CONFIG_INT=123456',
  'CONFIG_ULONG=0xDEADBEEFC0DE',
  'CONFIG_STR="abracad"',
  'CONFIG_MISSING=0',
].join('\n');

type Name = 'tristate' | 'bool' | 'char' | 'ushort' | 'int' | 'ulong' | 'str';

function valuesWith(kconfig: string | undefined) {
  using skel = CoreExternBpf.open(kconfig === undefined ? {} : { kconfig }).load();
  skel.attach();
  nanosleep();
  const { kern_ver, unkn_virt_val, bpf_syscall, missing_val } = skel.data;
  const { tristate_val, bool_val, char_val, ushort_val, int_val, ulong_val, str_val } = skel.data;
  return {
    ...{ kern_ver, unkn_virt_val, bpf_syscall, missing: missing_val },
    ...{ tristate: tristate_val, bool: bool_val, char: char_val, ushort: ushort_val },
    ...{ int: int_val, ulong: ulong_val, str: str_val },
  };
}

function versionCode(): bigint {
  const match =
    /Debian (\d+)\.(\d+)\.(\d+)/.exec(version()) ?? /^(\d+)\.(\d+)\.(\d+)/.exec(release());
  const [major, minor, patch] = match!.slice(1).map(Number) as [number, number, number];
  return BigInt((major << 16) + (minor << 8) + Math.min(patch, 255));
}

function text(value: string): bigint {
  return Buffer.from(value.padEnd(8, '\0'), 'latin1').readBigUInt64LE();
}

test('a text of the user’s own decides every value', () => {
  assert.deepEqual(valuesWith(BASE), {
    kern_ver: versionCode(),
    unkn_virt_val: 0n,
    bpf_syscall: 0n,
    missing: 0xdeadc0den,
    tristate: 2n,
    bool: 1n,
    char: 100n,
    ushort: 30000n,
    int: 123456n,
    ulong: 0xdeadbeefc0den,
    str: text('abracad'),
  });
});

const accepted: readonly (readonly [Name, string, bigint])[] = [
  ['tristate', 'y', 1n],
  ['tristate', 'n', 0n],
  ['bool', 'n', 0n],
  ['char', 'm', 109n],
  ['char', 'y', 121n],
  ['str', '""', 0n],
  ['str', '"abra\\c"', text('abra\\c')],
  ['str', '"abracadabra"', text('abracad')],
  ['int', '0xA', 10n],
  ['int', '0462', 306n],
  ['int', '-100', BigInt.asUintN(64, -100n)],
  ['int', '2147483647', 2147483647n],
  ['int', '-2147483648', BigInt.asUintN(64, -2147483648n)],
  ['ushort', '0', 0n],
  ['ushort', '65535', 65535n],
  ['ulong', '+1000000000000', 1000000000000n],
  ['ulong', '0xFFFFFFFFFFFFFFFF', 0xffffffffffffffffn],
];
test('values that fit', () => {
  for (const [name, value, expected] of accepted) {
    const found = valuesWith(replaced(name, value));
    assert.equal(found[name], expected, `${name}=${value}`);
  }
});

const refused: readonly (readonly [Name, string])[] = [
  ['tristate', '1'],
  ['tristate', 'M'],
  ['bool', 'm'],
  ['bool', '1'],
  ['char', 'q'],
  ['char', ''],
  ['char', '"q"'],
  ['str', 'abc'],
  ['str', ''],
  ['int', 'abc'],
  ['int', '"abc"'],
  ['int', '123abc'],
  ['int', '2147483648'],
  ['int', '-2147483649'],
  ['ushort', '65536'],
  ['ushort', '-1'],
  ['ulong', '0x10000000000000000'],
];
test('values that do not fit are refused before anything is loaded', () => {
  for (const [name, value] of refused) {
    using open = CoreExternBpf.open({ kconfig: replaced(name, value) });
    assert.throws(() => open.load(), { code: 'BPF_KCONFIG' }, `${name}=${value}`);
  }
});

function replaced(name: Name, value: string): string {
  const key = `CONFIG_${name.toUpperCase()}=`;
  return BASE.split('\n')
    .map((line) => (line.startsWith(key) ? key + value : line))
    .join('\n');
}

test(
  'without a text, the running kernel’s configuration decides',
  () => {
    assert.ok(kernelConfig() !== undefined);
    const { bpf_syscall, kern_ver, missing, tristate } = valuesWith(undefined);
    assert.deepEqual(
      [bpf_syscall, kern_ver, missing, tristate],
      [1n, versionCode(), 0xdeadc0den, 0n],
    );
  },
  { needs: [features.kernelConfig] },
);
