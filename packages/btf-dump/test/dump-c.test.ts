/** Whole headers against what bpftool 7.5 printed, and the options of a dump. */

import { readdirSync, readFileSync } from 'node:fs';
import { btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dumpC, dumpCBytes } from '../src/index.js';

const test = suite('dump C');
const fixtures = new URL('fixtures/', import.meta.url);

function read(name: string): Buffer {
  return readFileSync(new URL(name, fixtures));
}

for (const file of readdirSync(fixtures).filter((name) => name.endsWith('.btf'))) {
  const name = file.slice(0, -'.btf'.length);
  if (name.endsWith('.base')) continue;
  const hasBase = readdirSync(fixtures).includes(`${name}.base.btf`);
  const base = hasBase ? parseBtf(read(`${name}.base.btf`)) : undefined;
  const btf = parseBtf(read(file), { base });
  test(`${name}: as bpftool prints it`, () => {
    assert.fixture([...dumpC(btf)].join(''), read(`${name}.h`).toString());
  });
  test(`${name}: as bpftool prints it unsorted`, () => {
    const unsorted = [...dumpC(btf, { sorted: false })].join('');
    assert.fixture(unsorted, read(`${name}.unsorted.h`).toString());
  });
  test(`${name}: bytes are the same`, () => {
    assert.ok(Buffer.concat([...dumpCBytes(btf)]).equals(read(`${name}.h`)));
    const copies = Array.from(dumpCBytes(btf, { reuseChunks: true }), (chunk) => chunk.slice());
    assert.ok(Buffer.concat(copies).equals(read(`${name}.h`)));
  });
}

test('chunks are kept or overwritten', () => {
  const builder = btfBuilder();
  const long = 'x'.repeat(1000);
  const values = Array.from({ length: 100 }, (_, value) => ({ name: `${long}${value}`, value }));
  for (let i = 0; i < 8; i++) {
    const own = values.map(({ name, value }) => ({ name: `e${i}_${name}`, value }));
    builder.enum(`e${i}`, { values: own });
  }
  const btf = parseBtf(builder.toBytes());
  const kept = [...dumpCBytes(btf)];
  assert.is(new Set(kept.map(({ buffer }) => buffer)).size, kept.length);
  assert.ok(kept.length > 2);
  const buffers = new Set<ArrayBufferLike>();
  const copies: Uint8Array[] = [];
  for (const chunk of dumpCBytes(btf, { reuseChunks: true })) {
    buffers.add(chunk.buffer);
    copies.push(chunk.slice());
  }
  assert.is(buffers.size, 1);
  assert.ok(Buffer.concat(copies).equals(Buffer.concat(kept)));
});

test.run();
