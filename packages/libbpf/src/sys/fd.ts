/**
 * File descriptors that are ours: closed once, and reported when lost.
 */

import { check, libc } from './native.js';

/** Closes a descriptor; errors of close(2) mean nothing here and are not reported. */
export function closeFd(fd: number): void {
  libc('int close(int fd)')(fd);
}

const F_DUPFD_CLOEXEC = 1030;

/** Another descriptor of the same thing, for an owner of its own. @throws SyscallError */
export function duplicateFd(fd: number): number {
  return check('fcntl', () =>
    libc('int fcntl(int fd, int command, int lowest)')(fd, F_DUPFD_CLOEXEC, 0),
  );
}

export type WarningHandler = (message: string) => void;
let warn: WarningHandler = (message) => process.emitWarning(message, 'BpfWarning');

/** Where warnings go (a link lost without `close()`); by default `process.emitWarning`. */
export function onWarning(handler: WarningHandler): void {
  warn = handler;
}

export function warning(message: string): void {
  warn(message);
}

const lost = new FinalizationRegistry<{ fd: number; what: string }>(({ fd, what }) => {
  closeFd(fd);
  warn(
    `${what} was garbage-collected without close(); keep it in a variable, or close it when done`,
  );
});

/** A descriptor with an owner. `close` is idempotent. */
export class Fd {
  #fd: number;

  /**
   * @param fd - owned from here on
   * @param what - for the warning if it is lost: `link of program "x"`; without it a loss is closed silently by nobody
   */
  constructor(fd: number, what?: string) {
    this.#fd = fd;
    if (what !== undefined) lost.register(this, { fd, what }, this);
  }

  /** -1 after close. */
  get number(): number {
    return this.#fd;
  }

  get isOpen(): boolean {
    return this.#fd >= 0;
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    lost.unregister(this);
    closeFd(fd);
  }

  /** Gives the descriptor away without closing it. */
  release(): number {
    const fd = this.#fd;
    this.#fd = -1;
    lost.unregister(this);
    return fd;
  }
}
