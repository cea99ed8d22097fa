/**
 * Where results go: standard output, or a file that appears whole or not at all.
 */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Writes to standard output; waits for pipes, and is quiet where nobody reads any more. */
export function writeStdout(data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' ? resolve() : reject(error);
    process.stdout.once('error', onError);
    process.stdout.write(data, (error) => {
      if (error === null || error === undefined) {
        process.stdout.off('error', onError);
        resolve();
      } else onError(error);
    });
  });
}

/** Writes a file under another name first, then moves it to its place. Devices and pipes are written to as they are. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  const known = statSync(path, { throwIfNoEntry: false });
  if (known !== undefined && !known.isFile()) {
    writeAll(openSync(path, 'w'), bytes, false);
    return;
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    writeAll(openNew(temporary, path, known?.mode), bytes, true);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Errors name the file that was asked for. */
function openNew(temporary: string, path: string, mode: number | undefined): number {
  try {
    return openSync(temporary, 'w', mode ?? 0o666);
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

function writeAll(fd: number, bytes: Uint8Array, isFile: boolean): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
    if (isFile) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** To `-` or nothing: standard output; else the file. */
export async function writeResult(output: string | undefined, data: string): Promise<void> {
  if (output === undefined || output === '-') await writeStdout(data);
  else writeFileAtomic(output, data);
}
