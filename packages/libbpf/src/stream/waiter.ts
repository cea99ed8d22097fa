/**
 * Waiting for a descriptor without blocking the event loop: a libuv poll handle on an epoll instance.
 *
 * What is easy to get wrong:
 * - libuv's callback runs outside any JavaScript scope: an exception in it vanishes. So it only schedules an immediate, which
 *   runs in the same turn of the loop.
 * - Polling a perf event takes its readiness away, also when epoll polls it at registration, which libuv does when it next
 *   polls. So after that there is one wake-up for nothing, upon which the reader looks at its rings.
 * - The handle must not be touched after it was closed, and keeps the process alive only while somebody waits.
 * - Node runs the loop once more when it takes an environment down, and a callback into JavaScript is fatal then, for the whole
 *   process. So handles are stopped on `exit`. A worker thread can be terminated without any such notice: there, waiting is
 *   looking again every few milliseconds.
 */

import { isMainThread } from 'node:worker_threads';
import { BpfError } from '../errors.js';
import { koffi, type PollHandle } from '../sys/native.js';

/** What setTimeout can hold; whoever waits longer asks again. */
const LONGEST_TIMEOUT = 0x7fff_ffff;

/** How long a worker thread sleeps between two looks, in milliseconds. */
const SHORTEST_NAP = 1;
const LONGEST_NAP = 8;

/** Waiters whose handles are running; none is started once the process is on its way out. */
const running = new Set<Waiter>();
let exiting = false;
let listening = false;

/** Stops all handles when the process exits. */
function stopOnExit(): void {
  if (listening) return;
  listening = true;
  process.on('exit', () => {
    exiting = true;
    for (const waiter of running) waiter.halt();
  });
}

/** Somebody that waits. */
interface Waiting {
  readonly resolve: (ready: boolean) => void;
}

/** Lets one reader at a time wait for one descriptor. */
export class Waiter {
  readonly #fd: number;
  readonly #what: string;
  #handle: PollHandle | undefined;
  #running = false;
  #nap = SHORTEST_NAP;
  #napping: NodeJS.Timeout | undefined;
  #closed = false;
  #waiting: Waiting | undefined;
  readonly #onEvent = (): void => {
    setImmediate(this.#wake);
  };
  readonly #wake = (): void => {
    if (this.#waiting === undefined) this.#stop();
    else this.#finish(true);
  };

  /**
   * @param fd - stays open until this is closed
   * @param what - for messages: `ring buffer "events"`
   */
  constructor(fd: number, what: string) {
    this.#fd = fd;
    this.#what = what;
  }

  /** Whether somebody waits. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /**
   * Waits until the descriptor is readable, or might be.
   *
   * @param timeoutMs - negative to wait for ever
   * @returns false when the time was up or the waiter was closed
   * @throws BpfError `BPF_BUSY` if somebody waits already; the reason of `signal`
   */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (this.#closed) return Promise.resolve(false);
    if (this.#waiting !== undefined) {
      throw new BpfError(
        'BPF_BUSY',
        `${this.#what}: somebody waits for it already; a stream has one reader at a time`,
      );
    }
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const timer =
        timeoutMs < 0
          ? undefined
          : setTimeout(() => this.#finish(false), Math.min(timeoutMs, LONGEST_TIMEOUT));
      const abort = (): void => {
        done();
        this.#idle();
        reject(signal?.reason);
      };
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#waiting = undefined;
      };
      this.#waiting = {
        resolve: (ready) => {
          done();
          resolve(ready);
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#start();
    });
  }

  /** Ends a wait with `false`; the next one may come. */
  cancel(): void {
    this.#finish(false);
  }

  /** Ends a wait with `false`, for good. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#finish(false);
    this.halt();
  }

  /** Stops listening, for good, and leaves whoever waits as they are. */
  halt(): void {
    clearTimeout(this.#napping);
    this.#handle?.close();
    this.#handle = undefined;
    running.delete(this);
  }

  /** There was something: what comes next may come soon. */
  quicken(): void {
    this.#nap = SHORTEST_NAP;
  }

  #finish(ready: boolean): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    waiting.resolve(ready);
    this.#idle();
  }

  /** Keeps listening, since the reader mostly comes back at once, but holds nobody up. */
  #idle(): void {
    this.#handle?.unref();
    clearTimeout(this.#napping);
    this.#napping = undefined;
  }

  #start(): void {
    if (!isMainThread) {
      this.#lookLater();
      return;
    }
    this.#handle?.ref();
    if (this.#running || exiting) return;
    this.#running = true;
    running.add(this);
    stopOnExit();
    if (this.#handle === undefined) {
      this.#handle = koffi().node.poll(this.#fd, { readable: true }, this.#onEvent);
    } else {
      this.#handle.start({ readable: true }, this.#onEvent);
    }
    // The first immediate may run before libuv polls, the second does not.
    setImmediate(() => setImmediate(this.#wake));
  }

  #stop(): void {
    if (!this.#running) return;
    this.#running = false;
    running.delete(this);
    this.#handle?.stop();
  }

  /** In a worker thread: wakes whether there is something or not. Soon at first, then less and less often. */
  #lookLater(): void {
    this.#napping = setTimeout(this.#wake, this.#nap);
    this.#nap = Math.min(this.#nap * 2, LONGEST_NAP);
  }
}
