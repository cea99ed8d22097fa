/** A process that runs test files (child.ts), as the one who started it sees it. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { findProgram } from './command.js';
import type { ChildEvent, Selection } from './protocol.js';

/** A running child.js. */
export class TestProcess {
  /** What it printed so far. */
  output = '';
  /** How it ended: `exit status 1`, `signal SIGSEGV`. */
  readonly ended: Promise<string>;
  readonly #pid: number | undefined;
  /** -1 to kill the process group, 1 the process. */
  readonly #group: 1 | -1;
  readonly #eventStream: Readable;

  /** @param options - `part`: belongs to the test that starts it: same process group, same mount namespace */
  constructor(selection: Selection, options: { signal?: AbortSignal; part?: boolean } = {}) {
    const { signal, part = false } = options;
    const script = join(import.meta.dirname, 'child.js');
    const flags = ['--expose-gc', '--enable-source-maps'];
    const unshare = selection.list === true || part ? undefined : findProgram('unshare');
    const told = JSON.stringify({ ...selection, ownMounts: unshare !== undefined });
    const command = [process.execPath, ...flags, script, told];
    // child.ts mounts a bpffs, and tracefs if it is missing; a namespace of its own keeps that from the machine.
    const [program = '', ...args] =
      unshare === undefined ? command : [unshare, '--mount', '--', ...command];
    const child = spawn(program, args, {
      detached: !part,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    this.#group = part ? 1 : -1;
    this.#pid = child.pid;
    this.#eventStream = child.stdio[3] as Readable;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    const kill = () => this.kill();
    signal?.addEventListener('abort', kill, { once: true });
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(`could not start: ${error.message}`));
      // What the tests started and forgot may hold the pipes open, so it goes when the process does.
      if (!part) child.on('exit', kill);
      child.on('close', (status, name) => {
        signal?.removeEventListener('abort', kill);
        resolve(name === null ? exitText(status) : `signal ${name}`);
      });
    });
    if (signal?.aborted) kill();
  }

  async *events(): AsyncGenerator<ChildEvent> {
    for await (const line of createInterface({ input: this.#eventStream })) {
      if (line.endsWith('}')) yield JSON.parse(line) as ChildEvent; // a killed process can leave half a line
    }
  }

  /** Ends the process and all that it started. */
  kill(): void {
    if (this.#pid === undefined) return;
    try {
      process.kill(this.#group * this.#pid, 'SIGKILL');
    } catch {
      // All gone already.
    }
  }
}

function exitText(status: number | null): string {
  // Node ends with 13 when the event loop runs dry under an await.
  return status === 13
    ? 'exit status 13: waits for a promise that nothing will settle'
    : `exit status ${status}`;
}
