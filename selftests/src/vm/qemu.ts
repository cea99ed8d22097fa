/**
 * Boots one guest in QEMU and follows it: kernel console to a file, events (guest.ts) over the second serial line.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { findProgram, output } from '../command.js';
import type { GuestEvent } from './guest.js';
import type { Kernel } from './kernels.js';

export interface GuestRun {
  /** `done`: it said so itself and powered off. */
  readonly outcome: 'done' | 'died' | 'timeout' | 'interrupted';
  /** How QEMU ended. */
  readonly ending: string;
  /** The kernel's console. */
  readonly console: string;
}

export interface BootOptions {
  readonly initramfs: string;
  /** Where the kernel's console goes. */
  readonly log: string;
  readonly accel: 'tcg' | 'kvm';
  readonly timeLimitMs: number;
  readonly onEvent: (event: GuestEvent) => void;
  readonly signal: AbortSignal;
}

const MEMORY = '1536M';
const CPUS = '2';
/** QEMU 7.2 crashed one 6.12 guest in five under emulation; 10.0 none in 25. */
const OLDEST_QEMU = 10;

/** Path of the QEMU to use. @throws Error saying what to install; an old version is only a warning */
export async function findQemu(warn: (text: string) => void): Promise<string> {
  const hint =
    'Debian 12: apt-get install -t bookworm-backports qemu-system-x86; Debian 13: apt-get install qemu-system-x86';
  const path = findProgram(process.env['QEMU'] ?? 'qemu-system-x86_64');
  if (path === undefined) throw new Error(`qemu-system-x86_64: not found (${hint})`);
  const text = (await output(path, ['--version'])).toString('utf8');
  const version = /version (\d+)\.(\d+)/.exec(text);
  if (Number(version?.[1] ?? 0) < OLDEST_QEMU) {
    warn(
      `QEMU ${version?.[1]}.${version?.[2]}: guests crash at random with versions before ${OLDEST_QEMU} (${hint})`,
    );
  }
  return path;
}

/** Runs a guest until it powers off, dies, or its time is over. */
export function bootGuest(qemu: string, kernel: Kernel, options: BootOptions): Promise<GuestRun> {
  const { log } = options;
  const child = spawn(
    qemu,
    [
      ...machine(options.accel),
      ...boot(kernel, options.initramfs),
      '-serial',
      `file:${log}`,
      '-serial',
      'stdio',
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let outcome: GuestRun['outcome'] = 'died';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseEvent(line);
    if (event === undefined) return;
    if (event.type === 'done') outcome = 'done';
    options.onEvent(event);
  });
  const end = (how: GuestRun['outcome']) => () => {
    outcome = how;
    child.kill('SIGKILL');
  };
  const timer = setTimeout(end('timeout'), options.timeLimitMs);
  const interrupt = end('interrupted');
  options.signal.addEventListener('abort', interrupt, { once: true });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', interrupt);
      const ending = `${signal ?? `exit status ${status}`}${errors === '' ? '' : `: ${errors.trim()}`}`;
      resolve({
        outcome,
        ending,
        console: existsSync(log) ? readFileSync(log, 'latin1').replaceAll('\r', '') : '',
      });
    });
  });
}

/**
 * A processor without AVX and its registers to save takes a sixth less time to emulate than one with everything. Tests know by its
 * name that they are in a guest.
 */
const EMULATED_CPU = 'Nehalem,model-id=QEMU Nehalem';

function machine(accel: 'tcg' | 'kvm'): string[] {
  const cpu =
    accel === 'kvm'
      ? ['-accel', 'kvm', '-cpu', 'host']
      : ['-accel', 'tcg,thread=multi', '-cpu', EMULATED_CPU];
  // No network card, screen or disk: less to emulate, and less for a kernel to probe.
  return [
    ...cpu,
    '-smp',
    CPUS,
    '-m',
    MEMORY,
    '-nodefaults',
    '-nic',
    'none',
    '-vga',
    'none',
    '-display',
    'none',
    '-monitor',
    'none',
    '-no-reboot',
  ];
}

function boot(kernel: Kernel, initramfs: string): string[] {
  const parameters = [
    'console=ttyS0,115200',
    'loglevel=5',
    // An oops ends the guest at once, and -no-reboot ends QEMU.
    'oops=panic',
    'panic=-1',
    // An emulated CPU that waits for the host is not stuck.
    'nosoftlockup',
    'nmi_watchdog=0',
    'rcupdate.rcu_cpu_stall_suppress=1',
    'mitigations=off',
    // BPF LSM programs are called only if bpf is in the list; 5.10's own list lacks it. Unknown names are ignored.
    'lsm=landlock,lockdown,yama,integrity,apparmor,bpf',
  ];
  return ['-kernel', kernel.image, '-initrd', initramfs, '-append', parameters.join(' ')];
}

/** Firmware and a dying guest may put other text on the line. */
function parseEvent(line: string): GuestEvent | undefined {
  const text = line.replace(/^[^{]*/, '').trimEnd();
  try {
    return text === '' ? undefined : (JSON.parse(text) as GuestEvent);
  } catch {
    return undefined;
  }
}

const FAULT =
  /Oops|\bBUG:|Kernel panic|general protection fault|double fault|stack-protector|WARNING: CPU|refcount_t:/;

/** True if the kernel's log tells of a fault in the kernel. */
export function hasKernelFault(log: string): boolean {
  return FAULT.test(log);
}

/** The part of a kernel's log that a message shows: from shortly before its first fault, or else its end. */
export function excerpt(log: string, count = 50): string {
  const lines = log.trimEnd().split('\n');
  const fault = lines.findIndex((line) => FAULT.test(line));
  const start = fault === -1 ? lines.length - count : fault - 10;
  return lines.slice(Math.max(0, start)).slice(0, count).join('\n');
}
