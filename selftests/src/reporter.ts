/** Prints results: a line for each test, what failed in full, and the closing counts. */

import { type TestResult, testId } from './protocol.js';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The line that ends every run, for people and for `.ci/run`. */
export function countsLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Of what a failed test said, at the end of the output. */
const REPEATED_LINES = 12;

export class Reporter {
  readonly counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  readonly results: TestResult[] = [];
  readonly #json: boolean;
  /** What the kernel is called in the output. */
  readonly kernel: string;
  readonly #showKernel: boolean;
  readonly #colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

  /** @param options - `showKernel` puts the kernel before each line, for several at the same time */
  constructor(options: { kernel: string; json: boolean; showKernel: boolean }) {
    this.#json = options.json;
    this.kernel = options.kernel;
    this.#showKernel = options.showKernel;
  }

  add(result: TestResult): void {
    this.results.push(result);
    this.counts[result.status]++;
    if (this.#json) {
      console.log(JSON.stringify({ kernel: this.kernel, ...result }));
      return;
    }
    this.#print(
      `${this.#paint(result.status)} ${testId(result)}${skipText(result)} ${timeText(result)}`,
    );
    if (result.status === 'failed') {
      this.#detail(result.error ?? '');
      if (result.log !== undefined) this.#detail(`printed:\n${result.log}`);
    }
  }

  /** Says once more what failed: above, it stands between hundreds of lines. */
  repeatFailures(): void {
    for (const result of this.results) {
      if (result.status !== 'failed') continue;
      this.#print(`${this.#paint('failed')} ${testId(result)}`);
      this.#detail((result.error ?? '').split('\n').slice(0, REPEATED_LINES).join('\n'));
    }
  }

  /** A line that is no result: what is being done, or what went wrong with a guest. Goes to standard error with `--json`. */
  note(text: string): void {
    if (this.#json) console.error(`${this.#prefix()}${text}`);
    else this.#print(text);
  }

  #print(text: string): void {
    console.log(this.#prefix() + text);
  }

  #prefix(): string {
    return this.#showKernel ? `${this.kernel.padEnd(5)} ` : '';
  }

  #detail(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#print(`    ${line}`);
  }

  #paint(status: TestResult['status']): string {
    const word = status.padEnd(7);
    if (!this.#colour) return word;
    const code = { passed: 32, failed: 31, skipped: 33 }[status];
    return `\u001b[${code}m${word}\u001b[0m`;
  }
}

function skipText({ skip }: TestResult): string {
  if (skip === undefined) return '';
  const cause = skip.gap ?? `needs Linux ${skip.since}`;
  const reason = skip.reason === `needs ${skip.feature}` ? '' : `${skip.reason}: `;
  return ` (${reason}${skip.feature}; ${cause})`;
}

function timeText({ milliseconds, status }: TestResult): string {
  return status === 'skipped' ? '' : `[${milliseconds} ms]`;
}

/** Sums of several runs. */
export function addCounts(all: readonly Counts[]): Counts {
  const sum: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const counts of all) {
    sum.passed += counts.passed;
    sum.failed += counts.failed;
    sum.skipped += counts.skipped;
  }
  return sum;
}
