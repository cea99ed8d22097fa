import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fillKconfig } from '../../src/load/kconfig.js';
import { versionCode } from '../../src/load/kernel-version.js';
import { messageOf, openFixture } from '../open/open-fixture.js';

const test = suite('kconfig');

/** Every extern of the fixture, so that nothing is looked up on this machine. */
const REST = 'CONFIG_NOT_A_CONFIG_AT_ALL=n\n';

function fill(text: string): Uint8Array {
  const object = openFixture('kconfig-values');
  const map = object.maps.find(({ origin }) => origin === 'kconfig')!;
  fillKconfig(object, map, text + REST);
  return map.initialValue!;
}

const ALL = 'CONFIG_HZ=250\nCONFIG_NET=m\nCONFIG_BPF_SYSCALL=y\nCONFIG_DEFAULT_HOSTNAME="(none)"\n';

test('values of every type, at their places', () => {
  const bytes = Buffer.from(fill(ALL));
  assert.is(bytes.readInt32LE(0), 250);
  assert.is(bytes.readInt32LE(4), 2);
  assert.is(bytes[8], 1);
  assert.is(bytes[9], 0);
  assert.is(bytes.toString('latin1', 10, 18), '(none)\0\0');
});

test('numbers in C’s notation', () => {
  for (const [text, value] of [
    ['0xA', 10],
    ['0462', 306],
    ['-100', -100],
    ['+7', 7],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
  ] as const)
    assert.is(Buffer.from(fill(ALL.replace('250', text))).readInt32LE(0), value);
});

test('strings are cut to fit with their NUL, or padded', () => {
  const text = (value: string) =>
    Buffer.from(fill(ALL.replace('(none)', value))).toString('latin1', 10, 18);
  assert.is(text(''), '\0\0\0\0\0\0\0\0');
  assert.is(text('0123456789'), '0123456\0');
});

test('the first line for a name wins, other lines do not matter', () => {
  const bytes = Buffer.from(
    fill(`# CONFIG_HZ is not set\n\n${ALL}CONFIG_HZ=1000\nCONFIG_OTHER="x`),
  );
  assert.is(bytes.readInt32LE(0), 250);
});

const refusals: readonly (readonly [from: string, to: string, problem: string])[] = [
  [
    'SYSCALL=y',
    'SYSCALL=m',
    '"CONFIG_BPF_SYSCALL=m" (option kconfig) does not fit its declaration, expected y or n',
  ],
  [
    'SYSCALL=y',
    'SYSCALL=1',
    '"CONFIG_BPF_SYSCALL=1" (option kconfig) does not fit its declaration, expected y or n',
  ],
  [
    'NET=m',
    'NET=1',
    '"CONFIG_NET=1" (option kconfig) does not fit its declaration, expected y, n or m',
  ],
  [
    'NET=m',
    'NET=M',
    '"CONFIG_NET=M" (option kconfig) is neither y, n or m nor a number nor a quoted string',
  ],
  [
    '250',
    '2147483648',
    '"CONFIG_HZ=2147483648" (option kconfig) does not fit a signed integer of 4 bytes',
  ],
  [
    '250',
    '-2147483649',
    '"CONFIG_HZ=-2147483649" (option kconfig) does not fit a signed integer of 4 bytes',
  ],
  [
    '250',
    '123abc',
    '"CONFIG_HZ=123abc" (option kconfig) is neither y, n or m nor a number nor a quoted string',
  ],
  [
    '250',
    '"250"',
    '"CONFIG_HZ="250"" (option kconfig) does not fit its declaration, expected a number',
  ],
  ['250', '', '"CONFIG_HZ=" (option kconfig) has no value'],
  [
    '"(none)"',
    'none',
    '"CONFIG_DEFAULT_HOSTNAME=none" (option kconfig) is neither y, n or m nor a number nor a quoted string',
  ],
  ['"(none)"', '"none', '"CONFIG_DEFAULT_HOSTNAME="none" (option kconfig) has no closing quote'],
];
for (const [from, to, problem] of refusals) {
  test(`"${to}" in place of "${from}" is refused`, () => {
    assert.is(
      messageOf(() => fill(ALL.replace(from, to))),
      `BPF object "corpus", kernel configuration: ${problem}`,
    );
  });
}

test('versions as Ubuntu, Debian and the rest tell them', () => {
  assert.is(
    versionCode(/^\S+ \S+ (\d+)\.(\d+)\.(\d+)/, 'Ubuntu 5.15.0-91.101-generic 5.15.131'),
    (5 << 16) + (15 << 8) + 131,
  );
  assert.is(
    versionCode(/Debian (\d+)\.(\d+)\.(\d+)/, '#1 SMP Debian 6.1.99-1 (2024-07-15)'),
    (6 << 16) + (1 << 8) + 99,
  );
  assert.is(versionCode(/^(\d+)\.(\d+)\.(\d+)/, '4.9.337-x'), (4 << 16) + (9 << 8) + 255);
  assert.is(versionCode(/^(\d+)\.(\d+)\.(\d+)/, 'unheard'), undefined);
});

test.run();
