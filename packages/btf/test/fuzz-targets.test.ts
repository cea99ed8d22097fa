/** The fuzz targets: their seeds, some mutations of them, and every input that once made trouble. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { targets } from '../fuzz/targets.js';
import { seeded } from './arbitrary-types.js';
import { cpuTime } from './cpu-time.js';

const test = suite('fuzz targets');
const crashes = new URL('./fixtures/crash/', import.meta.url);

for (const { name, seeds, mutate, run } of targets) {
  test(`${name}: seeds and mutations of them are survived`, () => {
    let state = Number(seeded(0).seed);
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const all = seeds();
    for (const seed of all) run(seed);
    for (let round = 0; round < 40; round++) run(mutate(all[round % all.length]!, random));
  });

  test(`${name}: what once made trouble is survived`, () => {
    const files = existsSync(crashes) ? readdirSync(crashes) : [];
    for (const file of files.filter((one) => one.startsWith(`${name}-`))) {
      const start = cpuTime();
      run(new Uint8Array(readFileSync(new URL(file, crashes))));
      assert.ok(cpuTime() - start < 2000, file);
    }
  });
}

test.run();
