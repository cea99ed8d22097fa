/**
 * The tools of samples/ as processes, and the load that they are to find (progs/tool_load.exe.c), for tests.
 *
 * A test says what it waits for, never how long: a line of output. What a process wrote is part of every error.
 */

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TestContext } from './harness.js';
import { build, toolBundle, type tools } from './paths.js';

/** How a process ended, with all that it wrote. */
export interface Ending {
  /** `exit status 0`, `signal SIGKILL`. */
  readonly how: string;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** A process whose output is followed by line. */
export class FollowedProcess {
  readonly lines: string[] = [];
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  readonly #name: string;
  readonly #timeScale: number;
  readonly #watchers = new Set<() => void>();
  #ending: Ending | undefined;

  /** It ends with the test at the latest. */
  constructor(t: TestContext, command: readonly string[], options: SpawnOptions = {}) {
    const [program = '', ...args] = command;
    this.#name = [basename(program), ...args.map((arg) => basename(arg))].join(' ');
    this.#timeScale = t.timeScale;
    const child = spawn(program, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      this.lines.push(line);
      this.#tell();
    });
    (child.stderr as Readable).setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#tell();
    });
    // It may be gone when its input is closed.
    child.stdin?.on('error', () => {});
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => this.#end(`could not be started: ${error.message}`, resolve));
      child.on('close', (status, signal) =>
        this.#end(signal === null ? `exit status ${status}` : `signal ${signal}`, resolve),
      );
    });
    t.after(async () => {
      child.kill('SIGKILL');
      await this.ended;
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until a line is written that is like this one. */
  async line(like: RegExp | ((line: string) => boolean)): Promise<string> {
    const isLike = typeof like === 'function' ? like : (line: string) => like.test(line);
    let seen = 0;
    let found: string | undefined;
    await this.until(`a line like ${like}`, () => {
      while (seen < this.lines.length && found === undefined) {
        const line = this.lines[seen++] as string;
        if (isLike(line)) found = line;
      }
      return found !== undefined;
    });
    return found as unknown as string;
  }

  /** Waits until something holds for what was written; looked at again with each line. */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#watchers.delete(look);
      };
      const fail = (why: string) => {
        stop();
        reject(new Error(`${this.#name}: ${why}, before ${what}\n${this.#wrote()}`));
      };
      const look = () => {
        try {
          if (!holds()) {
            if (this.#ending !== undefined) fail(this.#ending.how);
            return;
          }
          resolve();
        } catch (error) {
          reject(error);
        }
        stop();
      };
      const timer = setTimeout(fail, 20_000 * this.#timeScale, '20 s went by');
      this.#watchers.add(look);
      look();
    });
  }

  /** Sends a signal, `SIGINT` as Ctrl-C does, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<Ending> {
    this.child.kill(signal);
    return await this.ended;
  }

  #end(how: string, resolve: (ending: Ending) => void): void {
    if (this.#ending !== undefined) return;
    this.#ending = { how, lines: this.lines, stderr: this.stderr };
    resolve(this.#ending);
    this.#tell();
  }

  #tell(): void {
    for (const look of [...this.#watchers]) look();
  }

  #wrote(): string {
    const shown = this.lines.slice(-20);
    const left = this.lines.length - shown.length;
    const more = left > 0 ? `(${left} lines)\n` : '';
    return `it wrote:\n${more}${shown.join('\n')}\nand to standard error:\n${this.stderr}`;
  }
}

/** Starts a tool. */
export function startTool(
  t: TestContext,
  name: (typeof tools)[number],
  args: readonly string[],
  options?: SpawnOptions,
): FollowedProcess {
  return new FollowedProcess(t, [process.execPath, toolBundle(name), ...args], options);
}

/** Path of the program that makes load. */
export const loadProgram: string = join(build, 'tool_load');

/** A thread of the load. */
export interface LoadThread {
  readonly comm: string;
  readonly pid: number;
  readonly tid: number;
}

/** Threads that all want the same CPU. */
export interface Load {
  readonly threads: readonly LoadThread[];
  /** The thread of this name. */
  thread(comm: string): LoadThread;
  stop(): Promise<void>;
}

/**
 * Starts load and waits for its threads.
 *
 * @param mode - `spin`: busy processes; `pingpong`: two threads that wake each other
 * @param names - `alpha,second`: the threads of one process
 */
export async function startLoad(
  t: TestContext,
  mode: 'spin' | 'pingpong',
  ...names: readonly string[]
): Promise<Load> {
  const load = new FollowedProcess(t, [loadProgram, mode, ...names]);
  const count = mode === 'pingpong' ? 2 : names.join().split(',').length;
  await load.until(`${count} threads`, () => load.lines.length === count);
  const threads = load.lines.map((line) => {
    const [, comm = '', pid, tid] = /^(.*) (\d+) (\d+)$/.exec(line) ?? [];
    return { comm, pid: Number(pid), tid: Number(tid) };
  });
  return {
    threads,
    thread(comm) {
      const found = threads.find((thread) => thread.comm === comm);
      if (found === undefined) throw new Error(`load has no thread ${comm}`);
      return found;
    },
    async stop() {
      load.child.stdin?.end();
      await load.ended;
    },
  };
}
