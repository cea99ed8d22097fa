// Waiting: wake-ups, timeouts, aborts, and that a process ends as it should whatever waits.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Waiter } from '../../src/stream/waiter.js';
import { closeFd } from '../../src/sys/fd.js';
import { libc } from '../../src/sys/native.js';

const test = suite('waiter');

const EFD_CLOEXEC = 0x80000;
const EFD_NONBLOCK = 0x800;

/** Something to wait for. */
function eventFd(): { fd: number; raise(): void; lower(): void } {
  const fd = libc('int eventfd(uint count, int flags)')(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const one = new Uint8Array(new ArrayBuffer(8));
  one[0] = 1;
  const out = new Uint8Array(new ArrayBuffer(8));
  return {
    fd,
    raise: () => void libc('intptr_t write(int fd, void *bytes, size_t count)')(fd, one, 8),
    lower: () => void libc('intptr_t read(int fd, void *bytes, size_t count)')(fd, out, 8),
  };
}

/** Waits until the event is really there: a wake-up may be for nothing. */
async function until(waiter: Waiter, timeoutMs: number): Promise<number> {
  let wakeUps = 0;
  while (await waiter.wait(timeoutMs)) wakeUps++;
  return wakeUps;
}

test('wakes up when the descriptor is readable', async () => {
  const event = eventFd();
  const waiter = new Waiter(event.fd, 'test');
  setTimeout(event.raise, 20);
  const start = performance.now();
  while (performance.now() - start < 15) assert.ok(await waiter.wait(5000));
  assert.ok(performance.now() - start < 2000);
  waiter.close();
  closeFd(event.fd);
});

test('times out, and can wait again', async () => {
  const event = eventFd();
  const waiter = new Waiter(event.fd, 'test');
  const start = performance.now();
  const wakeUps = await until(waiter, 30);
  assert.ok(performance.now() - start >= 29);
  assert.ok(wakeUps <= 2, `${wakeUps} wake-ups for nothing`);
  event.raise();
  assert.ok(await waiter.wait(5000));
  waiter.close();
  closeFd(event.fd);
});

test('stops listening while nobody waits', async () => {
  const event = eventFd();
  const waiter = new Waiter(event.fd, 'test');
  event.raise();
  assert.ok(await waiter.wait(1000));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const { user } = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const spent = process.cpuUsage().user - user;
  assert.ok(spent < 100_000, `spent ${spent} us of 200 ms`);
  assert.ok(await waiter.wait(1000));
  waiter.close();
  closeFd(event.fd);
});

test('has one waiter at a time', async () => {
  const event = eventFd();
  const waiter = new Waiter(event.fd, 'ring buffer "r"');
  const first = waiter.wait(1000);
  assert.throws(
    () => waiter.wait(0),
    /^ring buffer "r": somebody waits for it already; a stream has one reader at a time$/,
  );
  waiter.cancel();
  assert.is(await first, false);
  waiter.close();
  assert.is(await waiter.wait(1000), false);
  waiter.close();
  closeFd(event.fd);
});

test('an abort ends a wait with its reason', async () => {
  const event = eventFd();
  const waiter = new Waiter(event.fd, 'test');
  const controller = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => controller.abort(reason), 10);
  let caught: unknown;
  try {
    while (await waiter.wait(-1, controller.signal));
  } catch (error) {
    caught = error;
  }
  assert.is(caught, reason);
  assert.is(waiter.isWaiting, false);
  await assertRejects(waiter.wait(-1, controller.signal), reason);
  waiter.close();
  closeFd(event.fd);
});

async function assertRejects(promise: Promise<unknown>, reason: unknown): Promise<void> {
  let caught: unknown;
  await promise.catch((error) => {
    caught = error;
  });
  assert.is(caught, reason);
}

const ENDINGS: readonly [what: string, code: string, status: number][] = [
  ['process.exit() during a wait', 'void forever(); setTimeout(() => process.exit(7), 20);', 7],
  [
    'an uncaught error during a wait',
    'void forever(); setTimeout(() => { throw new Error("on purpose"); }, 20);',
    1,
  ],
  [
    'process.exit() while there is something to read',
    'event.raise(); await waiter.wait(-1); void waiter.wait(-1); process.exit(7);',
    7,
  ],
  ['the end while there is something to read', 'while (await waiter.wait(30)); event.raise();', 0],
  [
    'an exit handler that waits',
    'process.on("exit", () => void forever()); event.raise(); await waiter.wait(-1);',
    0,
  ],
  [
    'a rejected promise during a wait',
    'void forever(); setTimeout(() => void Promise.reject(new Error("on purpose")), 20);',
    1,
  ],
  [
    'an error in what a wake-up continues',
    'event.raise(); void waiter.wait(-1).then(() => { throw new Error("on purpose"); });',
    1,
  ],
  ['nobody waiting any more', 'event.raise(); await waiter.wait(1000); event.lower();', 0],
  ['a wait that timed out', 'while (await waiter.wait(30));', 0],
  ['a closed waiter', 'setTimeout(() => waiter.close(), 20); await forever();', 0],
  [
    'a waiter that is forgotten',
    'event.raise(); await waiter.wait(1000); event.lower(); globalThis.gc?.();',
    0,
  ],
];

for (const [what, code, status] of ENDINGS) {
  test(`a process ends right: ${what}`, async () => {
    const source = (path: string): string =>
      JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
    const script = `
      import { libc } from ${source('../../src/sys/native.ts')};
      import { Waiter } from ${source('../../src/stream/waiter.ts')};
      const fd = libc('int eventfd(uint count, int flags)')(0, ${EFD_CLOEXEC | EFD_NONBLOCK});
      const bytes = new Uint8Array(new ArrayBuffer(8)).fill(1, 0, 1);
      const event = {
        raise: () => libc('intptr_t write(int fd, void *bytes, size_t count)')(fd, bytes, 8),
        lower: () => libc('intptr_t read(int fd, void *bytes, size_t count)')(fd, new Uint8Array(new ArrayBuffer(8)), 8),
      };
      const waiter = new Waiter(fd, 'test');
      const forever = async () => { while (await waiter.wait(-1)); };
      ${code}`;
    const args = [...process.execArgv, '--input-type=module', '--eval', script];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    const [found, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('close', (...ending) => resolve(ending as [number | null, string | null]));
    });
    clearTimeout(timer);
    assert.is(signal, null, `ended by ${signal}: ${errors}`);
    assert.is(found, status, errors);
    if (status === 1) assert.match(errors, 'on purpose');
  });
}

test.run();
