/**
 * Notes to standard error about work that takes longer than a second.
 */

const PATIENCE = 1000;

/** What is being done, said once it has taken a second. */
export class Progress {
  readonly #quiet: boolean;
  readonly #start = performance.now();
  #said: string | undefined;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
  }

  /** The next step of work that cannot be interrupted. */
  step(text: string): void {
    if (performance.now() - this.#start > PATIENCE) this.#say(text);
  }

  /** Runs work that waits for something. */
  async during<T>(text: string, work: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#say(text), PATIENCE);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  #say(text: string): void {
    if (this.#quiet || this.#said === text) return;
    this.#said = text;
    process.stderr.write(`skelgen: ${text} ...\n`);
  }
}
