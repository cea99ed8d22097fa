/**
 * The file systems that BPF needs. Test processes mount what is missing in a mount namespace of their own (runner.ts), so that the
 * machine's mounts stay as they are; a guest mounts everything (vm/guest.ts).
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cString, syscall, syscallNumber } from './syscalls.js';

/** Mounts a file system without flags. @throws Error with the errno */
export function mount(type: string, target: string, options = ''): void {
  if (!existsSync(target)) mkdirSync(target);
  const [typeBytes, targetBytes, optionBytes] = [cString(type), cString(target), cString(options)];
  const result = syscall(syscallNumber('mount'), typeBytes, targetBytes, typeBytes, 0, optionBytes);
  if (result < 0) throw new Error(`mount ${type} on ${target}: errno ${-result}`);
}

/** Where the first file system of a type is mounted. */
export function mountPoint(type: string): string | undefined {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, target, found] = line.split(' ');
    if (found === type) return target;
  }
  return undefined;
}

/** Mounts tracefs and bpffs at their usual places if nothing is there. What the kernel lacks is left out: gaps.ts speaks of it. */
export function mountMissing(): void {
  const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/);
  const wanted = [
    ['bpf', '/sys/fs/bpf'],
    ['tracefs', '/sys/kernel/tracing'],
  ] as const;
  for (const [type, target] of wanted) {
    if (known.includes(type) && mountPoint(type) === undefined && existsSync(target))
      mount(type, target);
  }
}
