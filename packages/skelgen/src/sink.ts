/**
 * Results that are written as they are made: to standard output, or to a file that appears whole or not at all.
 */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { onInterrupt } from './interrupt.js';

/** Takes a result in chunks. */
export interface Sink {
  write(chunk: string | Uint8Array): void;
  /** The result is complete. */
  close(): void;
  /** There will be no result: leaves no file behind. */
  abandon(): void;
}

const STDOUT = 1;

/** To `-` or nothing: standard output; else the file. */
export function openSink(output: string | undefined): Sink {
  if (output === undefined || output === '-') return new StdoutSink();
  const known = statSync(output, { throwIfNoEntry: false });
  // Devices and pipes are written to as they are.
  if (known !== undefined && !known.isFile()) return new FileSink(output, output, undefined);
  const temporary = join(dirname(output), `.${basename(output)}.${process.pid}.tmp`);
  return new FileSink(output, temporary, known?.mode);
}

/** Writes to the descriptor itself: the stream would queue what is made faster than it is taken. */
class StdoutSink implements Sink {
  #isBroken = false;

  write(chunk: string | Uint8Array): void {
    if (this.#isBroken) return;
    try {
      writeAll(STDOUT, chunk, 'standard output');
    } catch (error) {
      // Nobody reads any more, as behind `| head`.
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
      this.#isBroken = true;
    }
  }

  close(): void {}
  abandon(): void {}
}

class FileSink implements Sink {
  readonly #path: string;
  readonly #temporary: string;
  readonly #fd: number;
  readonly #release: () => void;
  #isOpen = true;

  constructor(path: string, temporary: string, mode: number | undefined) {
    this.#path = path;
    this.#temporary = temporary;
    try {
      this.#fd = openSync(temporary, 'w', mode ?? 0o666);
    } catch (error) {
      throw Object.assign(error as Error, { path });
    }
    this.#release = onInterrupt(() => this.abandon());
  }

  write(chunk: string | Uint8Array): void {
    writeAll(this.#fd, chunk, this.#path);
  }

  close(): void {
    // On the disk before it takes the other's place: a machine that loses power keeps one of them.
    if (this.#temporary !== this.#path) fsyncSync(this.#fd);
    this.#end();
    if (this.#temporary !== this.#path) renameSync(this.#temporary, this.#path);
  }

  abandon(): void {
    this.#end();
    if (this.#temporary !== this.#path) rmSync(this.#temporary, { force: true });
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#release();
    closeSync(this.#fd);
  }
}

/** Errors name the place. */
function writeAll(fd: number, chunk: string | Uint8Array, path: string): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A pipe that somebody else made non-blocking, and that is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN')
        throw Object.assign(error as Error, { path });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
