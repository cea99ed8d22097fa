// runqslower under heavy load for as long as one likes: its memory must not grow, and what it shows and what the kernel says it lost
// must make up what happened.
//
//   node soak-runqslower.mjs [MINUTES]     10 by default; exit status 1 if memory grew or events are missing
//
// The load, in C (selftests/progs/tool_load.exe.c), is pairs of threads that wake each other as fast as they can. With the threshold 0
// every time that one of them gets the CPU is an event; how often that was, the kernel counts too (/proc/PID/status).

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { skipWithoutBpf } from './bpf-object.mjs';

const minutes = Number(process.argv[2] ?? 10);
const PAIRS = 2;
const WARM_UP_MS = Math.min(30_000, minutes * 15_000);
const REPORT_MS = 30_000;
const MEMORY_LIMIT = 16 << 10; // KiB
const MISSING_LIMIT = 0.001;

const reason = skipWithoutBpf();
if (reason !== undefined) {
  console.log(reason);
  process.exit(0);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const scratch = mkdtempSync(join(tmpdir(), 'soak-runqslower-'));
const program = join(scratch, 'tool_load');
const source = join(root, 'selftests/progs/tool_load.exe.c');
const flags = ['-O2', '-pthread', '-D_GNU_SOURCE', source, '-o', program];
if (spawnSync('cc', flags, { stdio: 'inherit' }).status !== 0) process.exit(1);

const tool = spawn(
  process.execPath,
  [join(root, 'samples/runqslower/dist/main.js'), '-c', 'soak', '0'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let seen = 0;
let lost = 0;
let partial = '';
const ready = new Promise((resolve) => tool.stdout.once('data', resolve));
tool.stdout.setEncoding('latin1').on('data', (text) => {
  const lines = (partial + text).split('\n');
  partial = lines.pop();
  for (const line of lines) {
    if (line.includes(' soak ')) seen++;
    else if (line.startsWith('Lost ')) lost += Number(line.split(' ')[1]);
  }
});
await ready;

const loads = Array.from({ length: PAIRS }, () => {
  const child = spawn(program, ['pingpong', 'soak'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const threads = [];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    for (const [, pid, tid] of text.matchAll(/^soak (\d+) (\d+)$/gm)) threads.push({ pid, tid });
  });
  return { child, threads };
});

/** A field of /proc/PID/status, in its unit. */
function status(path, name) {
  const match = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(path, 'utf8'));
  return Number(match[1]);
}

function turns() {
  let sum = 0;
  for (const { pid, tid } of loads.flatMap(({ threads }) => threads)) {
    const path = `/proc/${pid}/task/${tid}/status`;
    sum += status(path, 'voluntary_ctxt_switches') + status(path, 'nonvoluntary_ctxt_switches');
  }
  return sum;
}

const memory = () => status(`/proc/${tool.pid}/status`, 'VmRSS');
const start = performance.now();
await sleep(WARM_UP_MS);
const first = memory();
let highest = first;
while (performance.now() - start < minutes * 60_000) {
  await sleep(Math.min(REPORT_MS, Math.max(1000, minutes * 60_000 - (performance.now() - start))));
  const now = memory();
  highest = Math.max(highest, now);
  const seconds = Math.round((performance.now() - start) / 1000);
  console.log(
    `${seconds} s: ${seen} events, ${lost} lost, ${now} KiB (${now - first} more than at first)`,
  );
}
for (const { child } of loads) child.kill('SIGSTOP');
await sleep(1000);
const happened = turns();
const seconds = (performance.now() - start) / 1000;
// The kernel says how many it lost with the next event that there is room for.
for (const { child } of loads) child.kill('SIGCONT');
await sleep(200);
for (const { child } of loads) child.kill('SIGSTOP');
await sleep(1000);
const later = turns() - happened;
for (const { child } of loads) child.kill('SIGKILL');
const ended = new Promise((resolve) => tool.once('close', (code) => resolve(code)));
tool.kill('SIGINT');
const code = await ended;
rmSync(scratch, { recursive: true, force: true });

const total = happened + later;
const missing = total - seen - lost;
console.log(
  `${total} turns in ${seconds.toFixed(0)} s (${Math.round(happened / seconds)} a second): ${seen} shown, ${lost} lost by the kernel's ` +
    `count, ${missing} unaccounted for; ${first} KiB at first, ${highest} KiB at most; exit status ${code}`,
);
const isFlat = highest - first <= MEMORY_LIMIT;
process.exitCode = isFlat && Math.abs(missing) <= total * MISSING_LIMIT && code === 0 ? 0 : 1;
