// Open, load and attach of runqslower: again and again in one process, and once in a fresh one.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openObject } from '@libbpf-ts/libbpf';
import { skipWithoutBpf } from './bpf-object.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const object = join(here, '../samples/runqslower/runqslower.bpf.o');
const ROUNDS = 20;

/** Detaching and closing is left out on both sides: the kernel takes milliseconds for it, whoever asks. */
function once(bytes) {
  const start = process.hrtime.bigint();
  const loaded = openObject(bytes, { name: 'runqslower' }).load();
  const links = [...loaded.programs.values()].map((program) => program.attach());
  const end = process.hrtime.bigint();
  for (const link of links.reverse()) link.close();
  loaded.close();
  return Number(end - start);
}

/**
 * The first load of a process, from the built packages. Prints two times: with finding, reading and compiling this library, which C
 * has done before it starts, and without. Starting Node is in neither: it is what a program has done that loads nothing, too.
 */
const COLD = `const begin = process.hrtime.bigint();
const { readFileSync } = process.getBuiltinModule('fs');
const { openObject } = await import('@libbpf-ts/libbpf');
const bytes = readFileSync(process.argv[2]);
const start = process.hrtime.bigint();
const loaded = openObject(bytes, { name: 'runqslower' }).load();
const links = [...loaded.programs.values()].map((program) => program.attach());
const end = process.hrtime.bigint();
console.log(JSON.stringify({ whole: String(end - begin), first: String(end - start) }));
for (const link of links) link.close();
loaded.close();
`;

function runCold(script) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, object], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`first load: ${stderr.trim().slice(0, 500)}`);
  return JSON.parse(stdout);
}

function coldCase(name, part) {
  return {
    name,
    skip: skipWithoutBpf,
    setup({ build }) {
      const script = join(build, 'load-cold.mjs');
      writeFileSync(script, COLD);
      return script;
    },
    js: (script) => Number(runCold(script)[part]),
    c: { source: 'load.c', args: [object, '1'] },
  };
}

export const cases = [
  {
    name: 'load/warm/runqslower',
    skip: skipWithoutBpf,
    setup() {
      const bytes = new Uint8Array(readFileSync(object));
      for (let round = 0; round < 10; round++) once(bytes);
      return bytes;
    },
    js(bytes) {
      let sum = 0;
      for (let round = 0; round < ROUNDS; round++) sum += once(bytes);
      return sum / ROUNDS;
    },
    c: { source: 'load.c', args: [object, String(ROUNDS)] },
  },
  coldCase('load/cold/runqslower', 'first'),
  coldCase('load/cold-with-import/runqslower', 'whole'),
];
