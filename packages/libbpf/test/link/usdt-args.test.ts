/** Argument descriptions of USDT probes, as compilers write them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseUsdtArguments, type UsdtArgument } from '../../src/link/usdt-args.js';

const test = suite('USDT arguments');

const plain: UsdtArgument = {
  place: 'constant',
  value: 0n,
  registerOffset: 0,
  indexOffset: 0,
  scaleShift: 0,
  signed: false,
  size: 8,
};

// Offsets: struct pt_regs of x86-64, and struct user_pt_regs of arm64.
for (const [architecture, text, expected] of [
  ['x64', '8@$5', { value: 5n }],
  ['x64', '-4@$-9', { value: -9n, signed: true, size: 4 }],
  ['x64', '8@$0x123456789', { value: 0x123456789n }],
  ['x64', '8@%rax', { place: 'register', registerOffset: 80 }],
  ['x64', '-4@%edi', { place: 'register', registerOffset: 112, signed: true, size: 4 }],
  ['x64', '2@%ax', { place: 'register', registerOffset: 80, size: 2 }],
  ['x64', '1@%bl', { place: 'register', registerOffset: 40, size: 1 }],
  ['x64', '1@%sil', { place: 'register', registerOffset: 104, size: 1 }],
  ['x64', '-1@%r9b', { place: 'register', registerOffset: 64, signed: true, size: 1 }],
  ['x64', '4@%r15d', { place: 'register', registerOffset: 0, size: 4 }],
  ['x64', '2@%r8w', { place: 'register', registerOffset: 72, size: 2 }],
  ['x64', '8@(%rsp)', { place: 'memory', registerOffset: 152 }],
  [
    'x64',
    '-4@-20(%rbp)',
    { place: 'memory', value: -20n, registerOffset: 32, signed: true, size: 4 },
  ],
  ['x64', '8@0x10(%rip)', { place: 'memory', value: 16n, registerOffset: 128 }],
  [
    'x64',
    '-2@-5(%rax,%rcx,4)',
    {
      place: 'indexed memory',
      value: -5n,
      registerOffset: 80,
      indexOffset: 88,
      scaleShift: 2,
      signed: true,
      size: 2,
    },
  ],
  ['x64', '8@(%rdx,%rbx)', { place: 'indexed memory', registerOffset: 96, indexOffset: 40 }],
  [
    'x64',
    '8@8(%r10, %r11, 8)',
    { place: 'indexed memory', value: 8n, registerOffset: 56, indexOffset: 48, scaleShift: 3 },
  ],
  ['arm64', '-8@5', { value: 5n, signed: true }],
  ['arm64', '8@#7', { value: 7n }],
  ['arm64', '-4@-12', { value: -12n, signed: true, size: 4 }],
  ['arm64', '8@x3', { place: 'register', registerOffset: 24 }],
  ['arm64', '-4@w30', { place: 'register', registerOffset: 240, signed: true, size: 4 }],
  ['arm64', '8@sp', { place: 'register', registerOffset: 248 }],
  ['arm64', '8@[x0]', { place: 'memory', registerOffset: 0 }],
  [
    'arm64',
    '-4@[sp, 60]',
    { place: 'memory', value: 60n, registerOffset: 248, signed: true, size: 4 },
  ],
  ['arm64', '1@[x19,-1]', { place: 'memory', value: -1n, registerOffset: 152, size: 1 }],
] as ['x64' | 'arm64', string, Partial<UsdtArgument>][]) {
  test(`${architecture}: ${text}`, () => {
    assert.equal(parseUsdtArguments(text, architecture), [{ ...plain, ...expected }]);
  });
}

test('several, and none', () => {
  const all = parseUsdtArguments(' -4@%edi -8@8(%rsp,%rax,2)  8@$1 ', 'x64');
  assert.equal(
    all.map(({ place }) => place),
    ['register', 'indexed memory', 'constant'],
  );
  assert.equal(parseUsdtArguments('', 'x64'), []);
  const arm = parseUsdtArguments('-4@[sp, 12] 8@x1 4@3', 'arm64');
  assert.equal(
    arm.map(({ place }) => place),
    ['memory', 'register', 'constant'],
  );
});

for (const [architecture, text, message] of [
  ['x64', '4f@%xmm0', /argument 0 of "4f@%xmm0" is not understood: "4f@%xmm0"/],
  ['x64', '8@%rax 3@%rbx', /argument 1/],
  ['x64', '8@%rzx', /not understood/],
  ['x64', '8@symbol(%rip)', /not understood/],
  ['x64', '8@(%rax,%rbx,3)', /not understood/],
  ['x64', '8@', /not understood/],
  ['x64', '%rax', /not understood/],
  ['arm64', '8@x31', /not understood/],
  ['arm64', '8@[x1, x2]', /not understood/],
  ['x64', '8@$1 '.repeat(13), /found 13, expected at most 12/],
] as ['x64' | 'arm64', string, RegExp][]) {
  test(`${architecture}: refuses ${text.slice(0, 30)}`, () => {
    assert.throws(() => parseUsdtArguments(text, architecture), message);
  });
}

test.run();
