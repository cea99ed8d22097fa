/**
 * The CPUs of this machine, as the kernel lists them.
 *
 * Per-CPU maps hold one value for each *possible* CPU, including those that are offline or not plugged in; their ids may have
 * gaps (`0-3,8-11`).
 */

import { readFileSync } from 'node:fs';
import { BpfError } from '../errors.js';

const FOLDER = '/sys/devices/system/cpu';
let possible: readonly number[] | undefined;

/**
 * Ids of the CPUs that this kernel could ever use, ascending. The value at index `i` of a per-CPU array belongs to the CPU
 * whose id is `possibleCpus()[i]`.
 *
 * @throws BpfError `BPF_NO_CPU_LIST` where sysfs does not say
 */
export function possibleCpus(): readonly number[] {
  possible ??= Object.freeze(readCpuList('possible'));
  return possible;
}

/** Ids of the CPUs that run now, ascending; read anew each time. */
export function onlineCpus(): number[] {
  return readCpuList('online');
}

function readCpuList(name: string): number[] {
  const path = `${FOLDER}/${name}`;
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (cause) {
    throw new BpfError(
      'BPF_NO_CPU_LIST',
      `the list of ${name} CPUs cannot be read from ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
  return parseCpuList(text);
}

/** `0-2,5\n` → `[0, 1, 2, 5]`. */
export function parseCpuList(text: string): number[] {
  const cpus: number[] = [];
  for (const part of text.trim().split(',')) {
    if (part === '') continue;
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last > 1 << 20) {
      throw new BpfError(
        'BPF_NO_CPU_LIST',
        `the list of CPUs is not of the form "0-3,8": found "${text.trim()}"`,
      );
    }
    for (let cpu = first; cpu <= last; cpu++) cpus.push(cpu);
  }
  return cpus;
}
