/** Runs other programs. */

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program to its end; a status other than 0 is for the caller to judge. @throws Error if it cannot be started */
export function run(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({
        status: status ?? 128,
        stdout: Buffer.concat(stdout),
        stderr: signal === null ? stderr : `${stderr}${signal}`,
      });
    });
  });
}

/** Runs a program that must succeed. @returns its standard output @throws Error with what it wrote to standard error */
export async function output(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Buffer> {
  const { status, stdout, stderr } = await run(program, args, options);
  if (status !== 0) {
    throw new Error(`${program} ${args.join(' ')}: exit status ${status}\n${stderr.trimEnd()}`);
  }
  return stdout;
}

/** The first of `names` that is installed, as a path; /usr/sbin counts even where it is not in PATH. */
export function findProgram(...names: string[]): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const name of names) {
    for (const folder of name.includes('/') ? [''] : folders) {
      const path = folder === '' ? name : join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Calls `work` for every item, at most `jobs` at a time. */
export async function inParallel<Item>(
  jobs: number,
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}
