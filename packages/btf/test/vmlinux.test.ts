/** The running kernel's own BTF, where it has one; against bpftool, where that is installed. */

import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import {
  BtfKind,
  btfBuilder,
  convertEndianness,
  dedupBtf,
  parseBtf,
  rawListing,
  validateBtf,
} from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { noVmlinux, VMLINUX, vmlinux } from './load-fixture.js';

const test = suite(noVmlinux === undefined ? 'vmlinux' : `vmlinux (skipped: ${noVmlinux})`);
const run = noVmlinux === undefined ? test : test.skip;

function bpftoolVersion(): string {
  try {
    return (
      /bpftool v(\d+\.\d+)/.exec(execFileSync('bpftool', ['version'], { encoding: 'utf8' }))?.[1] ??
      'unknown'
    );
  } catch {
    return 'none';
  }
}
const bpftool = noVmlinux === undefined ? bpftoolVersion() : 'none';
const compare = bpftool === '7.5' ? run : test.skip;

run('has task_struct, and everything in it is sound', () => {
  const btf = parseBtf(vmlinux());
  const id = btf.findByNameAndKind('task_struct', BtfKind.STRUCT)!;
  assert.ok(btf.sizeOf(id) > 1000);
  assert.ok([4, 8].includes(btf.pointerSize));
  validateBtf(btf);
});

run('is the same type by type after building it again', () => {
  const btf = parseBtf(vmlinux());
  const builder = btfBuilder({ littleEndian: !btf.littleEndian });
  for (const type of btf.types()) builder.add(type);
  const again = parseBtf(convertEndianness(builder.toBytes(), btf.littleEndian));
  assert.is(again.typeCount, btf.typeCount);
  const types = again.types();
  for (const type of btf.types()) {
    const other = types.next().value;
    if (!isDeepStrictEqual(type, other)) assert.equal(other, type);
  }
});

run('every name leads to the first type that has it', () => {
  const btf = parseBtf(vmlinux());
  const first = new Map<string, number>();
  for (let id = 1; id < btf.typeCount; id++) {
    const key = `${btf.kindOf(id)} ${btf.nameOf(id)}`;
    if (!first.has(key)) first.set(key, id);
  }
  let asked = 0;
  for (const [key, id] of first) {
    const [kind, name] = [Number(key.slice(0, key.indexOf(' '))), key.slice(key.indexOf(' ') + 1)];
    if (name === '' || asked++ % 7 !== 0) continue;
    if (btf.findByNameAndKind(name, kind as BtfKind) !== id)
      assert.is(btf.findByNameAndKind(name, kind as BtfKind), id, name);
  }
});

run('has nothing twice', () => {
  const btf = parseBtf(vmlinux());
  const { bytes } = dedupBtf(btf);
  // Kernels whose BTF was put together from parts may still have a few.
  assert.ok(parseBtf(bytes).typeCount > btf.typeCount * 0.99);
});

compare(
  bpftool === '7.5'
    ? 'is listed as bpftool lists it'
    : `is listed as bpftool lists it (bpftool 7.5 wanted, found ${bpftool})`,
  () => {
    const expected = execFileSync('bpftool', ['btf', 'dump', 'file', VMLINUX, 'format', 'raw'], {
      maxBuffer: 1 << 28,
    });
    let at = 0;
    for (const chunk of rawListing(parseBtf(vmlinux()))) {
      const bytes = Buffer.from(chunk);
      assert.is(
        Buffer.compare(bytes, expected.subarray(at, at + bytes.length)),
        0,
        `differs after byte ${at}`,
      );
      at += bytes.length;
    }
    assert.is(at, expected.length);
  },
);

test.run();
