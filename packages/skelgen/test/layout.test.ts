/** What generated codecs write is what a C program with the same structs writes, over random values. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixtures, generate, ModuleFolder } from './modules.js';

const RUNS = Number(process.env['TEST_RUNS'] ?? 20);
const test = suite('layout');
const compiler = ['gcc', 'clang-19', 'clang-16', 'clang'].find(
  (one) => spawnSync(one, ['--version']).status === 0,
);
const missing =
  compiler === undefined
    ? 'no C compiler'
    : endianness() === 'LE'
      ? undefined
      : 'a big-endian host';

/** Structs and unions of shapes.h, and what the module calls them. */
const TYPES: readonly [c: string, exported: string][] = [
  ['struct point', 'Point'],
  ['struct packed', 'Packed'],
  ['struct bits', 'Bits'],
  ['union number', 'Number_2'],
  ['anonymous_t', 'AnonymousT'],
  ['struct everything', 'Everything'],
  ['struct key', 'Key'],
  ['struct record', 'Record_2'],
];

const check = async () => {
  const folder = new ModuleFolder();
  const scratch = mkdtempSync(join(tmpdir(), 'skelgen-layout-'));
  try {
    folder.write('shapes.skel.ts', generate(join(fixtures, 'shapes.bpf.o')));
    const module = await folder.import('shapes.skel.ts');
    const statements: string[] = [];
    const expected: string[] = [];
    const seed =
      process.env['TEST_SEED'] === undefined ? {} : { seed: Number(process.env['TEST_SEED']) };
    for (const [c, exported] of TYPES) {
      const codec = module[exported];
      const { size } = codec;
      const bytes = fc.uint8Array({ minLength: size, maxLength: size });
      for (const source of fc.sample(bytes, { numRuns: RUNS, ...seed })) {
        const value = plainValue(codec.decode(new DataView(source.buffer), 0));
        const written = new Uint8Array(size).fill(0xff);
        codec.encode(new DataView(written.buffer), 0, value);
        expected.push(Buffer.from(written).toString('hex'));
        statements.push(
          `{ ${c} v; memset(&v, 0, sizeof(v));`,
          ...assignments('v', value),
          'show(&v, sizeof(v)); }',
        );
      }
    }
    writeFileSync(
      join(scratch, 'layout.c'),
      `#include <stdio.h>\n#include <string.h>\n#include "${fixtures}/shapes.h"\nstatic void show(const void *p, size_t n) { for (size_t i = 0; i < n; i++) printf("%02x", ((const unsigned char *)p)[i]); puts(""); }\nint main(void) {\n${statements.join('\n')}\nreturn 0; }\n`,
    );
    const program = join(scratch, 'layout');
    execFileSync(compiler!, ['-w', '-O0', join(scratch, 'layout.c'), '-o', program], {
      stdio: 'pipe',
    });
    const found = execFileSync(program, { encoding: 'utf8', maxBuffer: 1 << 26 })
      .trimEnd()
      .split('\n');
    assert.is(found.length, expected.length);
    for (const [index, line] of found.entries())
      assert.is(expected[index], line, TYPES[Math.floor(index / RUNS)]![0]);
  } finally {
    folder.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
};
if (missing === undefined) test('bytes as C writes them', check);
else test.skip(`bytes as C writes them (${missing})`, check);

/** Text as ASCII, finite floats, of members that share bytes the first. */
function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/[^ -~]/g, '').slice(0, 3);
  if (typeof value === 'number') return Number.isFinite(value) ? value : 1.5;
  if (value instanceof Float64Array) return value.map((one) => (Number.isFinite(one) ? one : 2.5));
  if (ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== 'object' || value === null) return value;
  const skipped =
    'word' in value
      ? ['real', 'text', 'low', 'high']
      : 'wide' in value && 'bytes' in value
        ? ['bytes']
        : [];
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !skipped.includes(name))
      .map(([name, part]) => [name, plainValue(part)]),
  );
}

/** C statements that give `target` the value. */
function assignments(target: string, value: unknown): string[] {
  switch (typeof value) {
    case 'boolean':
      return [`${target} = ${Number(value)};`];
    case 'number':
      return [
        `${target} = ${Number.isSafeInteger(value) && !Object.is(value, -0) ? `${value}LL` : value.toExponential(20)};`,
      ];
    case 'bigint': {
      const low = BigInt.asUintN(64, value);
      const high = BigInt.asUintN(64, value >> 64n);
      const wide =
        high === 0n || BigInt.asIntN(64, value) === value
          ? `${low}ULL`
          : `((unsigned __int128)${high}ULL << 64 | ${low}ULL)`;
      const signed = value < 0n && wide.endsWith('ULL') ? `(long long)${wide}` : wide;
      return [`${target} = ${/\.pointers?(\[|$)/.test(target) ? `(void *)${wide}` : signed};`];
    }
    case 'string':
      return [
        `memcpy(${target}, "${[...value].map((one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`).join('')}", ${value.length});`,
      ];
  }
  if (target.endsWith('.lock'))
    return [
      `memcpy(&${target}, "${[...(value as Uint8Array)].map((one) => `\\${one.toString(8).padStart(3, '0')}`).join('')}", 4);`,
    ];
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>).flatMap((one, index) =>
      assignments(`${target}[${index}]`, one),
    );
  return Object.entries(value as object).flatMap(([name, part]) =>
    assignments(`${target}.${name}`, part),
  );
}

test.run();
