/** The fuzz targets: their seeds, some mutations of them, and every input that once made trouble. */

import { readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { targets } from '../fuzz/targets.js';

const test = suite('fuzz targets');
const crashes = new URL('./fixtures/crash/', import.meta.url);

for (const { name, seeds, mutate, run } of targets) {
  test(`${name}: seeds and mutations of them are survived`, () => {
    let state = Number(process.env['TEST_SEED'] ?? Date.now());
    const random = (limit: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * limit);
    };
    const all = seeds();
    for (const seed of all) run(seed);
    for (let round = 0; round < 40; round++) run(mutate(all[round % all.length]!, random));
  });

  test(`${name}: what once made trouble is survived`, () => {
    const files = readdirSync(crashes).filter((one) => one.startsWith(`${name}-`));
    assert.ok(files.length > 0);
    for (const file of files) {
      const { user } = process.cpuUsage();
      run(new Uint8Array(readFileSync(new URL(file, crashes))));
      assert.ok(process.cpuUsage().user - user < 2_000_000, file);
    }
  });
}

test.run();
