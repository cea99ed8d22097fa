/**
 * Results that are there as a whole: to standard output, or to a file that appears whole or not at all.
 */

import { openSink } from './sink.js';

/** Writes to standard output; waits for pipes, and is quiet where nobody reads any more. */
export async function writeStdout(data: string | Uint8Array): Promise<void> {
  writeAll(undefined, data);
}

/** Writes a file under another name first, then moves it to its place. Devices and pipes are written to as they are. */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  writeAll(path === '-' ? './-' : path, data);
}

/** To `-` or nothing: standard output; else the file. */
export async function writeResult(output: string | undefined, data: string): Promise<void> {
  writeAll(output, data);
}

function writeAll(output: string | undefined, data: string | Uint8Array): void {
  const sink = openSink(output);
  try {
    sink.write(data);
    sink.close();
  } catch (error) {
    sink.abandon();
    throw error;
  }
}
