import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summarizeLog } from '../../src/load/verifier-error.js';

const test = suite('verifier-error');

test('the reason, its instruction and source line', () => {
  const summary = summarizeLog(`func#0 @0
0: R1=ctx() R10=fp0
; int *found = bpf_map_lookup_elem(&map, &key); @ prog.bpf.c:15
0: (b7) r1 = 1                        ; R1_w=1
5: (85) call bpf_map_lookup_elem#1    ; R0_w=map_value_or_null(id=1,map=map,ks=4,vs=4)
; return *found; @ prog.bpf.c:17
6: (61) r0 = *(u32 *)(r0 +0)
R0 invalid mem access 'map_value_or_null'
verification time 54 usec
stack depth 4
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`);
  assert.equal(summary, {
    lines: ['6: (61) r0 = *(u32 *)(r0 +0)', "R0 invalid mem access 'map_value_or_null'"],
    sourceLine: 'prog.bpf.c:17: return *found;',
    omitted: 9,
  });
});

test('logs of 5.10: other words for registers, source lines without file', () => {
  const { lines, sourceLine } = summarizeLog(`; return *found;
6: (61) r0 = *(u32 *)(r0 +0)
 R0_w=map_value_or_null(id=1,off=0,ks=4,vs=4,imm=0) R10=fp0 fp-8=mmmm????
R0 invalid mem access 'map_value_or_null'
processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`);
  assert.equal(lines, [
    '6: (61) r0 = *(u32 *)(r0 +0)',
    "R0 invalid mem access 'map_value_or_null'",
  ]);
  assert.is(sourceLine, 'return *found;');
});

test('states of registers and traces of precision are no reasons', () => {
  const { lines } = summarizeLog(`3: (56) if w2 != 0x0 goto pc-2        ; R2=0
infinite loop detected at insn 2
cur state: R1=ctx() R10=fp0
old state: R1=ctx() R10=fp0
mark_precise: frame0: last_idx 3 first_idx 0 subseq_idx -1
from 3 to 2: R1=ctx()
processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0`);
  assert.equal(lines, ['3: (56) if w2 != 0x0 goto pc-2', 'infinite loop detected at insn 2']);
});

test('reports of Linux 7.3: what failed, why, and what to do', () => {
  const { lines, omitted } = summarizeLog(`0: R1=ctx() R10=fp0
0: (95) exit
R0 !read_ok

Verification failed: Register Type Safety: Unreadable register

Reason:
  R0 has never been initialized on this path, so the verifier
  cannot use it as an input.

At:
  insn 0
        | ^-- error: R0 is not readable
  Instruction context:
  >>> 0 | (95) exit

Causal path:
  no retained diagnostic events on this path

Suggestion:
  Initialize R0 on every path before this instruction.

processed 1 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0
`);
  assert.equal(lines, [
    '0: (95) exit',
    'Register Type Safety: Unreadable register',
    'R0 has never been initialized on this path, so the verifier cannot use it as an input.',
    'Suggestion: Initialize R0 on every path before this instruction.',
  ]);
  assert.is(omitted, 13);
});

test('a log of nothing but statistics gives no lines', () => {
  assert.equal(summarizeLog('processed 0 insns (limit 1000000) max_states_per_insn 0\n').lines, []);
  assert.equal(summarizeLog('').lines, []);
});

test('120,000 lines are read in no time, and long lines cut', () => {
  const noise = Array.from({ length: 120_000 }, (_, at) => `${at}: (bf) r1 = r2`).join('\n');
  const start = performance.now();
  const { lines, omitted } = summarizeLog(
    `${noise}\nBPF program is too large. ${'x'.repeat(1000)}\n`,
  );
  assert.is(lines.length, 2);
  assert.is(lines[1]!.length, 301);
  assert.is(omitted, 119_999);
  assert.ok(performance.now() - start < 2000);
});

test.run();
