// Events at 100,000 a second for as long as one likes: memory must not grow, no record may be lost or come twice.
//
//   node soak-ring.mjs [MINUTES]     10 by default; exit status 1 if a record was lost or repeated, or memory grew
//
// The producer is C (c/ring.c) in a process of its own: 100 records a run, a run each millisecond. The reader is "for await".

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openMapById, openObject } from '@libbpf-ts/libbpf';
import { compileObject, skipWithoutBpf } from './bpf-object.mjs';
import { recordCodec } from './ring-record.mjs';

const minutes = Number(process.argv[2] ?? 10);
const PER_RUN = 100;
const MEMORY_LIMIT = 16 << 20;

const reason = skipWithoutBpf();
if (reason !== undefined) {
  console.log(reason);
  process.exit(0);
}
const here = dirname(fileURLToPath(import.meta.url));
const build = join(here, 'build');
mkdirSync(build, { recursive: true });
const trigger = join(build, 'ring');
const compiled = spawnSync(
  'cc',
  ['-O2', '-o', trigger, join(here, 'c/ring.c'), '-lbpf', '-lelf', '-lz'],
  { stdio: 'inherit' },
);
if (compiled.status !== 0) process.exit(1);

const { path, bytes } = compileObject('ring', build);
const object = openObject(bytes, { name: 'ring' }).load();
const bss = object.sections.get('ring.bss');
bss.mut.setUint32(0, PER_RUN, true);
const map = openMapById(object.map('records').id, { recordCodec });
const pinned = `/sys/fs/bpf/soak-ring-${process.pid}`;
object.program('produce').pin(pinned);

const start = performance.now();
const child = spawn(trigger, [path, 'steady', String(Math.round(minutes * 60 * 1000)), pinned], {
  stdio: 'inherit',
});
let expected = 0n;
let wrong = 0;
let memory = 0;
let growth = 0;
let reportedAt = 0;
child.once('exit', () => setTimeout(() => map.close(), 100));
for await (const { sequence } of map) {
  if (sequence !== expected) wrong++;
  expected = sequence + 1n;
  if ((sequence & 0xffffn) !== 0n) continue;
  const seconds = (performance.now() - start) / 1000;
  // The first seconds are for warming up.
  if (memory === 0 && seconds > Math.min(20, minutes * 20)) memory = process.memoryUsage().rss;
  if (memory > 0) growth = process.memoryUsage().rss - memory;
  if (seconds - reportedAt < 30) continue;
  reportedAt = seconds;
  console.log(
    `${Math.round(seconds)} s: ${expected} records, ${(growth / 1024).toFixed(0)} KiB grown, ${wrong} out of order`,
  );
}
const dropped = bss.view.getBigUint64(16, true);
const produced = bss.view.getBigUint64(8, true);
const seconds = (performance.now() - start) / 1000;
rmSync(pinned, { force: true });
object.close();
console.log(
  `${produced} records in ${seconds.toFixed(0)} s (${Math.round(Number(produced) / seconds)} a second): ${expected} read, ` +
    `${dropped} dropped, ${wrong} out of order, ${(growth / 1024).toFixed(0)} KiB grown`,
);
process.exitCode =
  wrong > 0 || dropped > 0n || expected !== produced || growth > MEMORY_LIMIT ? 1 : 0;
