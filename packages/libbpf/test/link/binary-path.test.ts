/** Programs and libraries by name, as the shell and the dynamic loader find them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findBinary } from '../../src/link/binary-path.js';

const test = suite('findBinary');

test('a path is itself', () => {
  assert.is(findBinary(process.execPath), process.execPath);
});

test('a library is looked for in LD_LIBRARY_PATH first', () => {
  const folder = mkdtempSync(join(tmpdir(), 'binary-path-'));
  const before = process.env['LD_LIBRARY_PATH'];
  try {
    writeFileSync(join(folder, 'libzz-test.so.3'), '');
    process.env['LD_LIBRARY_PATH'] = `/nowhere:${folder}`;
    assert.is(findBinary('libzz-test.so.3'), join(folder, 'libzz-test.so.3'));
  } finally {
    if (before === undefined) delete process.env['LD_LIBRARY_PATH'];
    else process.env['LD_LIBRARY_PATH'] = before;
    rmSync(folder, { recursive: true });
  }
});

test('a program is looked for in PATH', () => {
  assert.match(findBinary('sh'), /\/sh$/);
});

for (const [name, message] of [
  ['/no/such/file', /there is no file "\/no\/such\/file"/],
  ['/tmp', /"\/tmp" is not a file/],
  ['libzz-no-such.so.1', /there is no library "libzz-no-such\.so\.1" in LD_LIBRARY_PATH/],
  ['zz-no-such-program', /there is no program "zz-no-such-program" in PATH/],
] as const) {
  test(`${name} is not found`, () => {
    assert.throws(
      () => findBinary(name),
      (error: { code: string; message: string }) =>
        error.code === 'BPF_NO_SUCH_FILE' && message.test(error.message),
    );
  });
}

test.run();
