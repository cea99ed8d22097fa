/**
 * Init of a guest: sets the system up, runs the tests, reports over the second serial line, and powers off. Process 1, so an error that
 * got out of here would be a kernel panic: it is reported as a line instead.
 */

import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { mount } from '../mounts.js';
import { compiledTests } from '../paths.js';
import type { TestResult } from '../protocol.js';
import { runTestFiles } from '../runner.js';
import { syscall, syscallNumber } from '../syscalls.js';

/** What a guest is told to do, in /guest.json. */
export interface GuestOptions {
  readonly pattern?: string;
  /** Ids of tests that have a result from an earlier boot. */
  readonly skip: readonly string[];
  readonly timeScale: number;
  /** Variables for the tests. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the compiled test files. */
  readonly files: readonly string[];
}

/** A line on the serial line, as JSON. */
export type GuestEvent =
  | { readonly type: 'booted'; readonly release: string; readonly seconds: number }
  | { readonly type: 'started'; readonly file: string; readonly name: string }
  | ({ readonly type: 'result' } & TestResult)
  | { readonly type: 'error'; readonly message: string }
  /** The last line. */
  | { readonly type: 'done' };

const REPORT_LINE = '/dev/ttyS1';
let report = -1;

try {
  setUp();
  await runTests();
  send({ type: 'done' });
} catch (error) {
  console.error(error);
  if (report !== -1) send({ type: 'error', message: (error as Error).stack ?? String(error) });
}
powerOff();

function setUp(): void {
  for (const [type, target] of [
    ['proc', '/proc'],
    ['sysfs', '/sys'],
    ['devtmpfs', '/dev'],
    ['securityfs', '/sys/kernel/security'],
    ['debugfs', '/sys/kernel/debug'],
    ['tracefs', '/sys/kernel/tracing'],
    ['bpf', '/sys/fs/bpf'],
    ['cgroup2', '/sys/fs/cgroup'],
    ['tmpfs', '/tmp'],
  ] as const) {
    mount(type, target);
  }
  report = openSync(REPORT_LINE, 'w');
  process.env['HOME'] = '/root';
  process.env['NO_COLOR'] = '1';
  process.env['PATH'] = '/bin';
  bringUpLoopback();
  const { modules, environment } = options();
  Object.assign(process.env, environment);
  for (const name of modules) loadModule(join('/lib/modules', release(), name));
  send({
    type: 'booted',
    release: release(),
    seconds: Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]),
  });
}

function options(): GuestOptions & { readonly modules: readonly string[] } {
  return JSON.parse(readFileSync('/guest.json', 'utf8'));
}

async function runTests(): Promise<void> {
  const { pattern, skip, timeScale, files } = options();
  const present = readdirSync(compiledTests);
  for (const name of files) {
    if (!present.includes(name)) throw new Error(`${name}: not in the image`);
  }
  // Emulated, a process takes two seconds to start and is slow until its code is compiled: the test files share one. On the machine
  // itself each has its own, which shows what one leaves behind for the next.
  await runTestFiles(
    files.map((name) => join(compiledTests, name)),
    {
      ...(pattern === undefined ? {} : { pattern }),
      skip,
      timeScale,
      signal: new AbortController().signal,
      // An oops in the log has a place there, and what a panic loses of the events can be told from it.
      kernelLog: true,
      onStart: (test) => send({ type: 'started', ...test }),
      onResult: (result) => send({ type: 'result', ...result }),
    },
  );
}

function send(event: GuestEvent): void {
  const line = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(report, line, at);
}

/** ioctl(SIOCSIFFLAGS) on lo. linux/sockios.h, struct ifreq */
function bringUpLoopback(): void {
  const [AF_INET, SOCK_DGRAM, SIOCSIFFLAGS, IFF_UP] = [2, 2, 0x8914, 1];
  const socket = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
  const request = new ArrayBuffer(40);
  new Uint8Array(request).set(Buffer.from('lo'));
  new DataView(request).setInt16(16, IFF_UP, true);
  const result = syscall(syscallNumber('ioctl'), socket, SIOCSIFFLAGS, request);
  if (result < 0) throw new Error(`lo: could not be brought up: errno ${-result}`);
}

function loadModule(path: string): void {
  const fd = openSync(path, 'r');
  const noParameters = new ArrayBuffer(1);
  const result = syscall(syscallNumber('finit_module'), fd, noParameters, 0);
  if (result < 0) throw new Error(`module ${path}: could not be loaded: errno ${-result}`);
}

function powerOff(): void {
  const [MAGIC1, MAGIC2, POWER_OFF] = [0xfee1dead, 0x28121969, 0x4321fedc];
  syscall(syscallNumber('reboot'), MAGIC1, MAGIC2, POWER_OFF, 0);
}
