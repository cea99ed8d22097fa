import { readFileSync } from 'node:fs';
import { isBpfError } from '@libbpf-ts/libbpf';
import { parseObject } from '@libbpf-ts/libbpf/open';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const bytes = readFileSync(
  new URL('../../../samples/runqslower/runqslower.bpf.o', import.meta.url),
);
const test = suite('truncated objects');

test('cut at any byte, an object gives a typed error', () => {
  for (let length = 0; length < bytes.length; length++) {
    try {
      parseObject(bytes.subarray(0, length), { name: 'cut' });
    } catch (error) {
      assert.ok(isBpfError(error, 'BPF_BAD_OBJECT'), `${length}: ${(error as Error).stack}`);
      continue;
    }
    assert.unreachable(`${length} of ${bytes.length} bytes were taken for an object`);
  }
});

test.run();
