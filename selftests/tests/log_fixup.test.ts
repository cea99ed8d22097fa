// Programs that fail for what the verifier cannot know: the message says what was meant.

import { VerifierError } from '@libbpf-ts/libbpf';
import { assert, test } from '#harness';
import { LogFixupBpf } from '../build/log_fixup.skel.js';

type Program = 'bad_relo' | 'bad_relo_subprog' | 'use_missing_map' | 'use_missing_kfunc';

function failureOf(name: Program): VerifierError {
  using open = LogFixupBpf.open();
  open.progs[name].autoload = true;
  open.maps.missing_map.autocreate = false;
  assert.equal(open.maps.existing_map.autocreate, true);
  try {
    open.load();
  } catch (error) {
    assert.ok(error instanceof VerifierError, String(error));
    assert.doesNotMatch(error.message, /unknown#/);
    assert.match(error.log, /unknown#\d+/);
    return error;
  }
  throw new assert.AssertionError({ message: `${name} loaded` });
}

test('a CO-RE relocation without match: the access, and why each candidate did not fit', () => {
  const { message } = failureOf('bad_relo');
  assert.match(
    message,
    /^program "bad_relo" .*: CO-RE relocation \(field_byte_size\) of struct task_struct___bad\.fake_field \(0:1 @ offset 4\) found no match:\n {4}task_struct \[\d+\] in vmlinux: .* has no member "fake_field"/,
  );
});

test('the same in a subprogram', () => {
  const { message } = failureOf('bad_relo_subprog');
  assert.match(
    message,
    /\(field_byte_offset\) of struct task_struct___bad\.fake_field_subprog \(0:2 @ offset 8\)/,
  );
  assert.match(message, /log_fixup\.bpf\.c:\d+/);
});

test('a map that was not created', () => {
  assert.match(
    failureOf('use_missing_map').message,
    /map "missing_map" is used, but was not created/,
  );
});

test('a kernel function that is not there', () => {
  assert.match(
    failureOf('use_missing_kfunc').message,
    /kernel function "bpf_nonexistent_kfunc" is called, but the running kernel has none/,
  );
});
