// One package's tests in one process, for tools/test.mjs: imports every test file, runs the uvu suites they queued, and
// writes the counts. uvu exits 0 when nothing ran, so a file without a suite is counted as a failure here.

import { readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [directory, pattern, report] = process.argv.slice(2);
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const matches = new RegExp(pattern);
const files = readdirSync(join(directory, 'test'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((file) => matches.test(relative(root, file)))
  .sort();

// uvu keeps its queue on globalThis; UVU_DEFER stops it from running by itself.
globalThis.UVU_DEFER = 1;
globalThis.UVU_QUEUE = [];
const queue = globalThis.UVU_QUEUE;
const { exec } = createRequire(join(directory, 'package.json'))('uvu');

let empty = 0;
for (const [index, file] of files.entries()) {
  globalThis.UVU_INDEX = index;
  const name = relative(directory, file);
  queue.push([name]);
  await import(pathToFileURL(file).href);
  if (queue[index].length === 1) {
    console.error(`${name}: no suite ran; does the file end with suite.run()?`);
    empty++;
  }
}

// Which files had to leave something out: a suite's result is its errors, and how many tests passed, were skipped, were there.
const incomplete = new Set();
for (const [index, [, ...suites]] of queue.entries()) {
  suites.forEach((run, place) => {
    queue[index][place + 1] = async (...args) => {
      const result = await run(...args);
      if (result[2] > 0) incomplete.add(relative(root, files[index]));
      return result;
    };
  });
}

let printed = '';
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (chunk, ...rest) => {
  printed += chunk;
  return write(chunk, ...rest);
};
if (files.length > 0) await exec(false);
process.stdout.write = write;

const count = (label) => Number(new RegExp(`${label}:\\s+(\\d+)`).exec(printed)?.[1] ?? 0);
const [all, passed, skipped] = [count('Total'), count('Passed'), count('Skipped')];
const failed = all - passed + empty;
writeFileSync(report, JSON.stringify({ passed, skipped, failed, incomplete: [...incomplete] }));
