/**
 * What is to be taken back when a load fails, last made first.
 */

import { closeFd } from '../sys/fd.js';

export class Undo {
  readonly #steps: (() => void)[] = [];

  add(step: () => void): void {
    this.#steps.push(step);
  }

  /** @returns `fd`, which is closed when the load fails */
  fd(fd: number): number {
    this.add(() => closeFd(fd));
    return fd;
  }

  run(): void {
    for (const step of this.#steps.splice(0).reverse()) step();
  }
}
