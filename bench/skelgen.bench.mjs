// skelgen: what generating a skeleton costs beside starting Node, and how it grows with the object; what importing a generated
// module costs.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const command = join(root, 'packages/skelgen/bin/skelgen.js');
const object = join(root, 'samples/runqslower/runqslower.bpf.o');
const clang = ['clang-19', 'clang-16', 'clang'].find(
  (one) => spawnSync(one, ['--version']).status === 0,
);

/** Nanoseconds that generating from a file takes, start of the process included. */
function generate(file) {
  const start = process.hrtime.bigint();
  const { status, stderr } = spawnSync(process.execPath, [command, 'skeleton', '-q', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(String(stderr));
  return Number(process.hrtime.bigint() - start);
}

/** An object whose .data has so many MiB. */
function largeObject(build, size) {
  const source = join(build, `large-${size}.bpf.c`);
  const output = join(build, `large-${size}.bpf.o`);
  writeFileSync(
    source,
    `char large[${size} << 20] = { 1 };\n__attribute__((section("socket"), used)) int program(void *context) { return large[5]; }\n`,
  );
  const flags = ['-target', 'bpf', '-O2', '-g', '-c', source, '-o', output];
  const { status, stderr } = spawnSync(clang, flags, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return output;
}

export const cases = [
  {
    name: 'skelgen/skeleton/process',
    skip: () => (existsSync(object) ? undefined : 'no runqslower.bpf.o'),
    js: () => generate(object),
    c: { command: [process.execPath, '-e', '0'] },
  },
  {
    name: 'skelgen/growth/50MB',
    skip: () => (clang === undefined ? 'no clang' : undefined),
    setup: ({ build }) => ({ small: largeObject(build, 10), large: largeObject(build, 50) }),
    // Without what starting up takes; 1 is linear.
    ratio({ small, large }) {
      const base = generate(object);
      return (generate(large) - base) / 5 / Math.max(1, generate(small) - base);
    },
  },
  {
    name: 'skelgen/import/base64',
    skip: () => (existsSync(object) ? undefined : 'no runqslower.bpf.o'),
    setup({ build }) {
      // What the literal of 50 kB costs an import: the same module without one.
      const text = readFileSync(object).toString('base64');
      const [withObject, without] = ['embedded.mjs', 'bare.mjs'].map((name) => join(build, name));
      writeFileSync(withObject, `export const object = '${text}';\n`);
      writeFileSync(without, "export const object = '';\n");
      return { withObject, without };
    },
    ratio: ({ withObject, without }) => start(withObject) / start(without),
  },
];

function start(file) {
  const begin = process.hrtime.bigint();
  spawnSync(process.execPath, [file]);
  return Number(process.hrtime.bigint() - begin);
}
