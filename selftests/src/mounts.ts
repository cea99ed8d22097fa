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

/**
 * Mounts bpffs and tracefs at their usual places. What the kernel lacks is left out: gaps.ts speaks of it.
 *
 * @param own - the process has a mount namespace of its own: it gets a new, empty bpffs, in which nobody else pins
 */
export function mountMissing(own: boolean): void {
  const known = readFileSync('/proc/filesystems', 'utf8').split(/\s+/);
  const wanted = [
    { type: 'bpf', target: '/sys/fs/bpf', anew: own },
    { type: 'tracefs', target: '/sys/kernel/tracing', anew: false },
  ];
  for (const { type, target, anew } of wanted) {
    const isMissing = anew || mountPoint(type) === undefined;
    if (known.includes(type) && isMissing && existsSync(target)) mount(type, target);
  }
}
