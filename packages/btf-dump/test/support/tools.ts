/** Programs that some tests need and not every machine has. */

import { spawnSync } from 'node:child_process';

/** The first of these commands that runs, or `undefined`. */
export function findTool(...names: string[]): string | undefined {
  return names.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0);
}

/** bpftool 7.5, or why there is none. */
export function findBpftool(): { readonly command?: string; readonly missing?: string } {
  for (const command of ['bpftool', '/usr/sbin/bpftool']) {
    const { status, stdout } = spawnSync(command, ['version'], { encoding: 'utf8' });
    if (status !== 0) continue;
    const [version] = stdout.split('\n');
    if (version!.includes('v7.5.')) return { command };
    return { missing: `${version}, expected v7.5: its output is what is compared` };
  }
  return { missing: 'no bpftool' };
}

/** The output of a command. */
export function run(command: string, args: readonly string[]): Buffer {
  const { status, stdout, stderr, error } = spawnSync(command, args, { maxBuffer: 1 << 29 });
  if (error !== undefined) throw error;
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${stderr.toString().slice(0, 2000)}`);
  return stdout;
}
