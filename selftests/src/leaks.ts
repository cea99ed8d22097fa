/**
 * What a test must give back: file descriptors, mappings, memory, BPF objects in the kernel, probes in tracefs, pins in bpffs.
 *
 * A snapshot is taken before and after. The kernel frees programs, maps and links only after an RCU grace period, and JavaScript
 * unmaps memory when the collector gets to it, so the check collects garbage and looks again for two seconds before it speaks of a
 * leak.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeObject, heldByOthers, listObjects, type ObjectKey } from './bpf-objects.js';

/** How long what the kernel frees may take to go away, and what the collector frees. */
const PATIENCE_MS = 10_000;
const OWN_PATIENCE_MS = 500;
/** Growth of private memory that is more than compiled code and heap that is reused. */
const MEMORY_LIMIT = 24 << 20;
/** Growth of memory in ArrayBuffers that the harness itself does not explain. */
const BUFFER_LIMIT = 4 << 20;

/** Something left behind. */
export interface Leak {
  readonly text: string;
  /**
   * What lies in this process may be kept on purpose until it ends, such as the one epoll instance or the parsed BTF of the kernel. It
   * is a leak if it grows each time; child.ts runs the test again to know.
   */
  readonly inProcess: boolean;
}

export interface Snapshot {
  /** Descriptor and what it is open on. */
  readonly descriptors: ReadonlyMap<string, string>;
  /** Name of a mapping that is not V8's own, and how many have it. */
  readonly mappings: ReadonlyMap<string, number>;
  readonly objects: ReadonlySet<ObjectKey>;
  /** Lines of kprobe_events and uprobe_events. */
  readonly probes: ReadonlySet<string>;
  readonly pins: ReadonlySet<string>;
  readonly memory: { readonly private: number; readonly buffers: number };
}

/** Looks at everything that a test could leave behind. */
export function takeSnapshot(): Snapshot {
  collectGarbage();
  return look();
}

function look(): Snapshot {
  return {
    descriptors: listDescriptors(),
    mappings: countMappings(),
    objects: listObjects(),
    probes: listProbes(),
    pins: new Set(listPins('/sys/fs/bpf')),
    memory: { private: privateMemory(), buffers: process.memoryUsage().arrayBuffers },
  };
}

/**
 * Waits until nothing is left over, or until there is no hope.
 *
 * @param timeScale - factor on the wait, for slow machines
 * @returns each thing left behind, none as a rule, and how things are now
 */
export async function findLeaks(
  before: Snapshot,
  timeScale = 1,
): Promise<{ leaks: Leak[]; after: Snapshot }> {
  const start = performance.now();
  // As a rule nothing is left even without a collection, which takes longer than all the rest.
  const uncollected = look();
  if (compare(before, uncollected).length === 0)
    return { leaks: [], after: { ...uncollected, memory: before.memory } };
  let pause = 1;
  for (;;) {
    // A collected object's finalizer runs as a task of its own, after the collection.
    await sleep(pause);
    const after = takeSnapshot();
    const leaks = compare(before, after);
    if (leaks.length === 0) return { leaks, after };
    const patience = leaks.every((leak) => leak.inProcess) ? OWN_PATIENCE_MS : PATIENCE_MS;
    if (performance.now() >= start + patience * timeScale) return { leaks, after };
    pause = Math.min(pause * 2, 200);
  }
}

function compare(before: Snapshot, after: Snapshot): Leak[] {
  const inProcess = [
    ...newDescriptors(before, after),
    ...newMappings(before, after),
    ...grownMemory(before, after),
  ];
  const inKernel = [
    ...newObjects(before, after),
    ...[...after.probes]
      .filter((line) => !before.probes.has(line))
      .map((line) => `tracefs probe: ${line}`),
    ...[...after.pins]
      .filter((path) => !before.pins.has(path))
      .map((path) => `pinned object: ${path}`),
  ];
  return [
    ...inProcess.map((text) => ({ text, inProcess: true })),
    ...inKernel.map((text) => ({ text, inProcess: false })),
  ];
}

function newDescriptors(before: Snapshot, after: Snapshot): string[] {
  const found: string[] = [];
  for (const [fd, target] of after.descriptors) {
    if (before.descriptors.get(fd) !== target)
      found.push(`file descriptor ${fd}: ${target}${fdDetail(fd)}`);
  }
  return found;
}

function fdDetail(fd: string): string {
  try {
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
    const ids = [...info.matchAll(/^(prog|map|btf|link)_id:\s*(\d+)$/gm)].map(
      ([, kind, id]) => `${kind} ${id}`,
    );
    return ids.length > 0 ? ` (${ids.join(', ')})` : '';
  } catch {
    return '';
  }
}

function newMappings(before: Snapshot, after: Snapshot): string[] {
  const found: string[] = [];
  for (const [name, count] of after.mappings) {
    const known = before.mappings.get(name) ?? 0;
    if (count > known) found.push(`memory mapping: ${count - known} more of ${name}`);
  }
  return found;
}

function newObjects(before: Snapshot, after: Snapshot): string[] {
  const fresh = [...after.objects].filter((key) => !before.objects.has(key));
  if (fresh.length === 0) return [];
  const others = heldByOthers();
  const found: string[] = [];
  for (const key of fresh) {
    if (others.has(key)) continue;
    const facts = describeObject(key);
    if (facts === undefined || facts.ofKernel) continue;
    found.push(`kernel object: ${key}${facts.name === '' ? '' : ` (${facts.name})`}`);
  }
  return found;
}

function grownMemory(before: Snapshot, after: Snapshot): string[] {
  const found: string[] = [];
  const buffers = after.memory.buffers - before.memory.buffers;
  if (buffers > BUFFER_LIMIT)
    found.push(
      `memory: ArrayBuffers grew by ${megabytes(buffers)}, limit ${megabytes(BUFFER_LIMIT)}`,
    );
  const grown = after.memory.private - before.memory.private;
  if (grown > MEMORY_LIMIT)
    found.push(
      `memory: private memory grew by ${megabytes(grown)}, limit ${megabytes(MEMORY_LIMIT)}`,
    );
  return found;
}

function megabytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}

function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

function listDescriptors(): Map<string, string> {
  const found = new Map<string, string>();
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      found.set(fd, readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // The descriptor that readdir itself had open.
    }
  }
  return found;
}

/** Shared anonymous memory (`/dev/zero (deleted)`), BPF maps, rings and perf buffers; V8's own mappings have no name. */
function countMappings(): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
    const name = /(?:anon_inode:|\/dev\/zero|\/memfd:|.*\bbpf\b).*$/.exec(
      line.split(/\s+/).slice(5).join(' '),
    )?.[0];
    if (name !== undefined) found.set(name, (found.get(name) ?? 0) + 1);
  }
  return found;
}

function listProbes(): Set<string> {
  const found = new Set<string>();
  for (const folder of ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']) {
    for (const file of ['kprobe_events', 'uprobe_events']) {
      for (const line of readIfThere(join(folder, file)).split('\n')) {
        if (line !== '') found.add(line);
      }
    }
  }
  return found;
}

function listPins(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return [path, ...(statSync(path).isDirectory() ? listPins(path) : [])];
    });
  } catch {
    return [];
  }
}

function privateMemory(): number {
  const match = /^RssAnon:\s+(\d+) kB$/m.exec(readIfThere('/proc/self/status'));
  return Number(match?.[1] ?? 0) * 1024;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
