// The error a call must end in, with its whole message.

import * as assert from 'uvu/assert';
import { ElfError, type ElfErrorCode } from '../src/index.js';

/** Checks code, message and offset, and that the message holds the offset. */
export function expectElfError(run: () => unknown, code: ElfErrorCode, message: string): void {
  try {
    run();
  } catch (error) {
    checkElfError(error, code, message);
    return;
  }
  assert.unreachable(`nothing was thrown, expected ${code}`);
}

/** The same for a promise. */
export async function expectRejection(
  promise: Promise<unknown>,
  code: ElfErrorCode,
  message: string,
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  checkElfError(error, code, message);
}

function checkElfError(error: unknown, code: ElfErrorCode, message: string): void {
  if (!(error instanceof ElfError)) throw error ?? new Error(`no error, expected ${code}`);
  assert.is(error.message, message);
  assert.is(error.code, code);
  assert.ok(message.includes(` at 0x${error.offset.toString(16)}:`), `offset ${error.offset}`);
}
