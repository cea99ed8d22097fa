/** Patterns of function names. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isGlob, matchesGlob } from '../../src/link/glob.js';

const test = suite('glob');

for (const [pattern, name, expected] of [
  ['*', '', true],
  ['*', 'anything', true],
  ['?', '', false],
  ['?', 'a', true],
  ['?', 'ab', false],
  ['bpf_fentry_tes??', 'bpf_fentry_test1', true],
  ['bpf_fentry_tes??', 'bpf_fentry_test10', false],
  ['bpf_*_test*', 'bpf_fentry_test1', true],
  ['*_test', 'a_test_test', true],
  ['*_test', 'a_test_tes', false],
  ['a*b*c', 'aXbXbXc', true],
  ['a*b*c', 'aXbXbX', false],
  ['a.b', 'aXb', false],
  ['[ab]', 'a', false],
  ['', '', true],
  ['', 'a', false],
] as const) {
  test(`"${pattern}" ${expected ? 'matches' : 'does not match'} "${name}"`, () => {
    assert.is(matchesGlob(name, pattern), expected);
  });
}

test('many stars on a long name take no time', () => {
  const start = performance.now();
  assert.is(matchesGlob('a'.repeat(20_000), `${'*a'.repeat(20)}*b`), false);
  assert.ok(performance.now() - start < 1000);
});

test('what a pattern is', () => {
  assert.ok(isGlob('a*'));
  assert.ok(isGlob('a?'));
  assert.not(isGlob('do_unlinkat'));
});

test.run();
