/**
 * Pinning a whole object: each map and program under its own name in one folder.
 */

import { unlinkSync } from 'node:fs';
import { BpfError } from '../errors.js';
import { pinAt } from './pin-at.js';

/** Something with a descriptor and a name. */
export interface Pinnable {
  readonly name: string;
  readonly fd: number;
}

/** Pins all or none. @throws BpfError `BPF_PIN` */
export function pinAll(object: string, folder: string, things: Iterable<Pinnable>): void {
  const done: string[] = [];
  try {
    for (const thing of things) {
      const path = pinnedPath(folder, thing);
      pinAt(thing.fd, path, (problem, cause) => new Error(`"${thing.name}" ${problem}`, { cause }));
      done.push(path);
    }
  } catch (cause) {
    for (const path of done.reverse()) unlinkSync(path);
    throw new BpfError(
      'BPF_PIN',
      `BPF object "${object}" could not be pinned: ${(cause as Error).message}`,
      { object, cause },
    );
  }
}

/** Takes the pins away that {@link pinAll} made; those that are gone already do not matter. */
export function unpinAll(folder: string, things: Iterable<Pick<Pinnable, 'name'>>): void {
  for (const thing of things) {
    try {
      unlinkSync(pinnedPath(folder, thing));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** Names in a BPF file system hold no dot. */
function pinnedPath(folder: string, { name }: Pick<Pinnable, 'name'>): string {
  return `${folder}/${name.replaceAll('.', '_')}`;
}
