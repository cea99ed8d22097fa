/**
 * Attaching and closing many times, which must leave descriptors where they were; the harness looks for everything else that may be
 * left. `SELFTEST_CYCLES=1000` asks for a number of cycles, which may take minutes in a guest; without it, the time is limited.
 */

import { strict as assert } from 'node:assert';
import { readdirSync } from 'node:fs';
import type { TestContext } from './harness.js';

const asked = process.env['SELFTEST_CYCLES'];
const MOST = 1000;
const LEAST = 10;
const MILLISECONDS = 4_000;
const MILLISECONDS_EMULATED = 1_000;

/** Whether a number of cycles was asked for. */
export const isAskedFor: boolean = asked !== undefined;

/**
 * Makes something and closes it, over and over.
 *
 * @param few - only {@link LEAST} times, unless a number was asked for
 */
export function cycle(
  t: TestContext,
  once: () => { close(): void },
  { few = false }: { few?: boolean } = {},
): void {
  const most = asked === undefined ? (few ? LEAST : MOST) : Number(asked);
  const before = readdirSync('/proc/self/fd').length;
  const end = Date.now() + (t.timeScale > 1 ? MILLISECONDS_EMULATED : MILLISECONDS);
  let cycles = 0;
  while (cycles < most && (isAskedFor || cycles < LEAST || Date.now() < end)) {
    once().close();
    cycles++;
  }
  t.log(`${cycles} cycles`);
  assert.equal(readdirSync('/proc/self/fd').length, before);
}
