/**
 * Where a file is mapped in a process: /proc/PID/maps.
 */

import { readFileSync, statSync } from 'node:fs';

/** A mapping of executable code. */
export interface CodeMapping {
  readonly start: bigint;
  readonly end: bigint;
  /** Where in the file it starts. */
  readonly fileOffset: number;
}

/** The executable mappings of a file in a process; `undefined` if there is no such process. */
export function codeMappings(pid: number, path: string): CodeMapping[] | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    return undefined;
  }
  const { dev, ino } = statSync(path);
  const device = `${major(dev).toString(16).padStart(2, '0')}:${minor(dev).toString(16).padStart(2, '0')}`;
  return text
    .split('\n')
    .map((line) => /^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) (\S+) (\d+)/.exec(line))
    .filter((match) => match !== null && match[4] === device && Number(match[5]) === ino)
    .map((match) => ({
      start: BigInt(`0x${match![1]}`),
      end: BigInt(`0x${match![2]}`),
      fileOffset: Number.parseInt(match![3]!, 16),
    }));
}

/** As glibc packs device numbers. */
function major(device: number): number {
  return Number((BigInt(device) >> 8n) & 0xfffn);
}
function minor(device: number): number {
  const value = BigInt(device);
  return Number((value & 0xffn) | ((value >> 12n) & 0xfff00n));
}
