/**
 * `pnpm demo`: what a skeleton is, and, as root, runqslower on the running kernel while this makes its own scheduling load.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { formatEvent, header, trace } from './runqslower.js';
import { RunqslowerBpf } from './runqslower.skel.js';

const SECONDS = 4;
const MIN_US = 2000;
const LINES_SHOWN = 15;

showContents();
const missing = whatIsMissing();
if (missing !== undefined) console.log(`\nNot run: ${missing}`);
else await runUnderLoad();

/** Everything that opening the object tells, without any privilege. */
function showContents(): void {
  using open = RunqslowerBpf.open();
  console.log(`runqslower.bpf.o, opened (${RunqslowerBpf.elfBytes().length} bytes):`);
  console.log(
    `  programs   ${Object.values(open.progs)
      .map((program) => program.section)
      .join(', ')}`,
  );
  console.log(
    `  maps       ${Object.values(open.maps)
      .map((map) => map.name)
      .join(', ')}`,
  );
  console.log(
    `  .rodata    min_us ${open.rodata.min_us}, targ_pid ${open.rodata.targ_pid}, targ_tgid ${open.rodata.targ_tgid}`,
  );
}

function whatIsMissing(): string | undefined {
  if (process.platform !== 'linux')
    return `loading needs Linux, this is ${process.platform}; run it on a Linux machine as root`;
  if (process.geteuid?.() !== 0) return 'loading needs root; run: sudo npx pnpm@10 demo';
  if (!existsSync('/sys/kernel/btf/vmlinux'))
    return 'the kernel has no BTF; boot one with CONFIG_DEBUG_INFO_BTF=y (Debian and Ubuntu kernels have it)';
  return undefined;
}

async function runUnderLoad(): Promise<void> {
  const stop = new AbortController();
  let load: ChildProcess[] = [];
  let seen = 0;
  let own = 0;
  const finish = () => stop.abort();
  process.once('SIGINT', finish);
  try {
    await trace(
      { minUs: MIN_US, signal: stop.signal },
      {
        onReady() {
          console.log(
            `\nWaits for a CPU longer than ${MIN_US} us, for ${SECONDS} s:\n${header(true)}`,
          );
          load = makeLoad();
          setTimeout(finish, SECONDS * 1000);
        },
        onEvent(event) {
          seen++;
          const isOwn = load.some(({ pid }) => pid === event.pid);
          if (isOwn) own++;
          if (seen <= LINES_SHOWN)
            console.log(`${formatEvent(event, true)}${isOwn ? '  <- ours' : ''}`);
          else if (seen === LINES_SHOWN + 1) console.log('... (counting on)');
        },
        onLost: (count, cpu) => console.log(`Lost ${count} events on CPU #${cpu}!`),
      },
    );
  } finally {
    for (const child of load) child.kill();
  }
  console.log(
    `\n${seen} events, ${own} of them of the load that this demo made (${load.length} busy processes on ${availableParallelism()} CPUs)`,
  );
}

/** Three busy processes for each CPU: two of them always wait. */
function makeLoad(): ChildProcess[] {
  const busy = `const end = Date.now() + ${SECONDS * 1000}; while (Date.now() < end);`;
  return Array.from({ length: 3 * availableParallelism() }, () =>
    spawn(process.execPath, ['-e', busy], { stdio: 'ignore' }),
  );
}
