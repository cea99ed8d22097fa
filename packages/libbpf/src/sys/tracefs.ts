/**
 * tracefs: ids of tracepoints, functions that can be traced, and probes that are made by writing a line.
 *
 * See the kernel's Documentation/trace/kprobetrace.rst and uprobetracer.rst for the lines.
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BpfError } from '../errors.js';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Where tracefs is mounted. @throws BpfError `BPF_NO_TRACEFS` */
export function tracefs(): string {
  const found = PLACES.find((place) => existsSync(join(place, 'events')));
  if (found !== undefined) return found;
  throw new BpfError(
    'BPF_NO_TRACEFS',
    `tracefs is mounted neither at ${PLACES.join(' nor at ')}, or this user may not look into it; as root: mount -t tracefs tracefs ${PLACES[0]}`,
  );
}

/**
 * A file of tracefs, or `undefined` if there is none of that name.
 *
 * @throws BpfError `BPF_PERMISSION` if it may not be read (not root, or the kernel is locked down)
 */
export function readTracefs(name: string): string | undefined {
  const path = join(tracefs(), name);
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    throw new BpfError('BPF_PERMISSION', `${path} cannot be read: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The number of a tracepoint, which perf events know it by; `undefined` if there is none. */
export function tracepointId(category: string, name: string): number | undefined {
  if (category.includes('/') || name.includes('/') || name === '') return undefined;
  const text = readTracefs(`events/${category}/${name}/id`);
  return text === undefined ? undefined : Number(text);
}

/** Whether probes can be made by writing lines. */
export function hasProbeFile(kind: 'kprobe' | 'uprobe'): boolean {
  return existsSync(join(tracefs(), `${kind}_events`));
}

/** Makes a probe, or removes one (`-:group/name`). @throws Node's own errors: ENOENT, EINVAL, EADDRNOTAVAIL, … */
export function writeProbe(kind: 'kprobe' | 'uprobe', line: string): void {
  appendFileSync(join(tracefs(), `${kind}_events`), `${line}\n`);
}
