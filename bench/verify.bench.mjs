// `skelgen verify` of 3,000 programs in 700 files, in one call: time beside libbpf doing the same, and memory beside twice as much.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { skipWithoutBpf } from './bpf-object.mjs';
import { manyObjects } from './many-objects.mjs';

const FILES = 700;
const PROGRAMS = 3000;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const skelgen = join(root, 'packages/skelgen/bin/skelgen.js');

/** Runs the command in a process that tells its largest resident set, in bytes, at its end. */
function peakMemory(script, paths) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, 'verify', '--json', ...paths],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  const lines = stdout.trim().split('\n').length;
  if (status !== 0)
    throw new Error(`skelgen verify: status ${status}: ${stdout.slice(-500)}${stderr.slice(-500)}`);
  return { bytes: Number(stderr.trim().split('\n').at(-1)) * 1024, lines };
}

export const cases = [
  {
    name: 'verify/3000-programs/process',
    skip: skipWithoutBpf,
    pairs: 1,
    setup: ({ build }) => manyObjects(build, FILES, PROGRAMS),
    command: (paths) => [process.execPath, skelgen, 'verify', '--json', ...paths],
    c: { source: 'verify.c', args: (paths) => [String(PROGRAMS), ...paths] },
  },
  {
    name: 'verify/memory/6000-programs-of-3000',
    skip: skipWithoutBpf,
    pairs: 1,
    async setup({ build }) {
      const paths = await manyObjects(build, FILES, PROGRAMS);
      const script = join(build, 'verify-memory.mjs');
      writeFileSync(
        script,
        `process.on('exit', () => process.stderr.write(\`\${process.resourceUsage().maxRSS}\\n\`));
await import(${JSON.stringify(pathToFileURL(skelgen).href)});
`,
      );
      return { script, paths };
    },
    ratio({ script, paths }) {
      const once = peakMemory(script, paths);
      if (once.lines !== PROGRAMS) throw new Error(`${once.lines} lines, expected ${PROGRAMS}`);
      return peakMemory(script, [...paths, ...paths]).bytes / once.bytes;
    },
  },
];
