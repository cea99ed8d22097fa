/**
 * Cgroups of tests' own.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from './harness.js';

/** Where cgroup2 is mounted. */
export function cgroupRoot(): string {
  const line = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((one) => one.split(' ')[2] === 'cgroup2');
  assert.ok(line !== undefined, 'cgroup2 is mounted');
  return line.split(' ')[1]!;
}

/** A cgroup of its own with this process in it, for the time of the test. */
export function ownCgroup(t: TestContext): string {
  const path = join(cgroupRoot(), `selftest-${process.pid}`);
  const old = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(.*)$/m)?.[1] ?? '/';
  mkdirSync(path);
  writeFileSync(join(path, 'cgroup.procs'), String(process.pid));
  t.after(() => {
    writeFileSync(join(cgroupRoot(), old, 'cgroup.procs'), String(process.pid));
    rmdirSync(path);
  });
  return path;
}
