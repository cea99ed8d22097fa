import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { disassemble, instructionText } from '../../src/load/disassemble.js';
import { Code } from '../../src/load/instruction.js';
import { replaceInstructions } from '../../src/open/replace-instructions.js';
import { messageOf, openFixture } from '../open/open-fixture.js';

const test = suite('disassemble');

test('a program with its source lines and what it calls', () => {
  const object = openFixture('calls-static');
  assert.is(
    disassemble(object, object.programs[0]!),
    `; calls-static.bpf.c:27: return other(1) + middle(2) + leaf(3);
    0: w1 = 1
    1: call pc-1  <other>
    2: w6 = w0
    3: w1 = 2
    4: call pc+7  <middle>
    5: w7 = w0
    6: w7 += w6
    7: w1 = 3
    8: call pc+10  <leaf>
    9: w7 += w0
   10: w0 = w7
   11: exit
`,
  );
});

const forms: readonly (readonly [bytes: string, text: string])[] = [
  ['b701000005000000', 'r1 = 5'],
  ['bf21000000000000', 'r1 = r2'],
  ['bf21080000000000', 'r1 = (s8)r2'],
  ['bc21000000000000', 'w1 = w2'],
  ['8701000000000000', 'r1 = -r1'],
  ['c701000004000000', 'r1 s>>= 4'],
  ['37010000ffffffff', 'r1 /= -1'],
  ['3701010003000000', 'r1 s/= 3'],
  ['dc01000010000000', 'r1 = be16 r1'],
  ['d701000040000000', 'r1 = bswap64 r1'],
  ['6121080000000000', 'r1 = *(u32 *)(r2 +8)'],
  ['9121f8ff00000000', 'r1 = *(s8 *)(r2 -8)'],
  ['7a0af8ff07000000', '*(u64 *)(r10 -8) = 7'],
  ['7b1af8ff00000000', '*(u64 *)(r10 -8) = r1'],
  ['db210000 00000000'.replace(' ', ''), 'lock *(u64 *)(r1 +0) += r2'],
  ['db21000001000000', 'lock *(u64 *)(r1 +0) += r2 (fetch)'],
  ['db210000e1000000', 'r2 = xchg(*(u64 *)(r1 +0), r2)'],
  ['db210000f1000000', 'r0 = cmpxchg(*(u64 *)(r1 +0), r0, r2)'],
  ['0500030000000000', 'goto pc+3'],
  ['06000000fdffffff', 'goto pc-3'],
  ['0d03000000000000', 'gotox r3'],
  ['1501020000000000', 'if r1 == 0 goto pc+2'],
  ['cd21fdff00000000', 'if r1 s< r2 goto pc-3'],
  ['5601020001000000', 'if w1 != 1 goto pc+2'],
  ['8500000005000000', 'call helper#5'],
  ['8520000005000000', 'call kernel-function#5'],
  ['9500000000000000', 'exit'],
  ['2000000004000000', 'r0 = *(u32 *)skb[4]'],
  ['ff00000000000000', 'unknown opcode 0xff'],
];
for (const [bytes, text] of forms) {
  test(text, () => {
    assert.is(instructionText(new Code(new Uint8Array(Buffer.from(bytes, 'hex')), true), 0), text);
  });
}

test('64-bit constants', () => {
  const bytes = Buffer.from('1801000078563412000000 0001000000'.replace(' ', ''), 'hex');
  assert.is(instructionText(new Code(new Uint8Array(bytes), true), 0), 'r1 = 0x112345678 ll');
});

test('replaced instructions keep references where they are the same', () => {
  const object = openFixture('calls-static');
  const program = object.programs[0]!;
  const code = program.instructions.slice();
  code.set(Buffer.from('b700000007000000', 'hex'), 4 * 8);
  replaceInstructions(program, code);
  assert.equal(
    program.relocations.map(({ offset }) => offset),
    [1 * 8, 8 * 8],
  );
  replaceInstructions(program, Buffer.from('b7000000000000009500000000000000', 'hex'));
  assert.equal(program.relocations, []);
  assert.is(
    messageOf(() => replaceInstructions(program, new Uint8Array(9))),
    'program "first": 9 bytes are no instructions, expected a multiple of 8 and at least 8',
  );
});

test.run();
