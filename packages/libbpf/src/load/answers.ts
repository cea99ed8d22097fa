/** What the running kernel answers to questions that a process asks once. */

const all: Map<unknown, unknown>[] = [];

/** Asks and remembers. */
export class Answers<Question, Answer> {
  readonly #known = new Map<Question, Answer>();
  readonly #ask: (question: Question) => Answer;

  constructor(ask: (question: Question) => Answer) {
    this.#ask = ask;
    all.push(this.#known);
  }

  get(question: Question): Answer {
    let answer = this.#known.get(question);
    if (answer === undefined) {
      answer = this.#ask(question);
      this.#known.set(question, answer);
    }
    return answer;
  }
}

/** Everything is asked anew from now on: what was learnt while calls failed on purpose is not what the kernel can do. */
export function forgetAnswers(): void {
  for (const known of all) known.clear();
}
