/**
 * One consumer for a ring, whichever thread or process it is in.
 *
 * The kernel reads only the first 8 bytes of the page that the reading side may write (the consumer's page of a ring buffer,
 * the producer's of a user ring buffer). The reader leaves its thread id and the time that thread started in the middle of it,
 * by compare-and-exchange; a thread that is gone has no claim any more.
 */

import { readFileSync } from 'node:fs';
import { BpfError } from '../errors.js';
import { libc } from '../sys/native.js';

/** Words from the start of the page: a mark, the thread, when it started. */
const MARK = 512;
const THREAD = 513;
const STARTED = 514;
const CLAIMED = 0x62706674;

/** A claim on a ring; {@link release} it when done. */
export interface RingClaim {
  release(): void;
}

/**
 * Claims a ring for this thread.
 *
 * @param page - the shared page, writable
 * @throws BpfError `BPF_BUSY` naming the thread that has it
 */
export function claimRing(page: ArrayBuffer, what: string): RingClaim {
  const words = new Int32Array(page);
  const self = currentThread();
  for (let attempt = 0; attempt < 100; attempt++) {
    if (Atomics.compareExchange(words, MARK, 0, CLAIMED) === 0) {
      Atomics.store(words, STARTED, startTime(self) ?? 0);
      Atomics.store(words, THREAD, self);
      return onceReleased(words, self);
    }
    const owner = Atomics.load(words, THREAD);
    const started = Atomics.load(words, STARTED);
    // An owner of 0 is just being written, or died while it was: the latter ends the attempts.
    if (owner !== 0 && startTime(owner) === started) throw busy(what, owner, self);
    if (owner !== 0 || attempt === 98) release(words, owner);
  }
  throw busy(what, Atomics.load(words, THREAD), self);
}

function onceReleased(words: Int32Array, self: number): RingClaim {
  let held = true;
  return {
    release() {
      if (held) release(words, self);
      held = false;
    },
  };
}

function release(words: Int32Array, owner: number): void {
  if (Atomics.compareExchange(words, THREAD, owner, 0) === owner) Atomics.store(words, MARK, 0);
}

function busy(what: string, owner: number, self: number): BpfError {
  const who = owner === self ? 'this thread' : `thread ${owner}`;
  return new BpfError(
    'BPF_BUSY',
    `${what}: ${who} uses it already, and a ring has one user; share the stream, or close it first`,
  );
}

function currentThread(): number {
  return libc('int gettid()')();
}

/** When a thread started, cut to 32 bits; `undefined` if there is no such thread. Field 22 of proc(5)'s stat. */
function startTime(thread: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${thread}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(BigInt.asIntN(32, BigInt(fields[19]!)));
  } catch {
    return undefined;
  }
}
