/**
 * Collects the lines of a TypeScript module, and the names it imports.
 */

/** Lines with indentation by two spaces. */
export class SourceWriter {
  readonly #lines: string[] = [];
  readonly #values = new Set<string>();
  readonly #types = new Set<string>();
  #depth = 0;

  /** A line at the present depth; an empty one without any. */
  line(text = ''): void {
    this.#lines.push(text === '' ? '' : '  '.repeat(this.#depth) + text);
  }

  /** `open`, then what `body` writes one step deeper, then `close`. */
  block(open: string, body: () => void, close = '}'): void {
    this.line(open);
    this.#depth++;
    body();
    this.#depth--;
    this.line(close);
  }

  /** A doc comment of one or more lines. */
  doc(...lines: readonly string[]): void {
    const safe = lines.map(commentText);
    if (safe.length === 1) this.line(`/** ${safe[0]} */`);
    else
      this.line(
        `/**\n${safe.map((line) => `${'  '.repeat(this.#depth)} * ${line}`).join('\n')}\n${'  '.repeat(this.#depth)} */`,
      );
  }

  /** Notes that the module needs this value of the runtime; returns its name. */
  runtime(name: string): string {
    this.#values.add(name);
    return name;
  }

  /** Notes that the module needs this type of the runtime; returns its name. */
  runtimeType(name: string): string {
    this.#types.add(name);
    return name;
  }

  /** The runtime's names in use, values and types, sorted without regard to case as the formatter sorts them. */
  imports(): readonly string[] {
    const types = [...this.#types].filter((name) => !this.#values.has(name));
    const entries = [
      ...[...this.#values].map((name) => ({ name, text: name })),
      ...types.map((name) => ({ name, text: `type ${name}` })),
    ];
    return entries.sort((a, b) => compareNatural(a.name, b.name)).map(({ text }) => text);
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function compareNatural(a: string, b: string): number {
  const left = a.toLowerCase();
  const right = b.toLowerCase();
  return left < right ? -1 : left > right ? 1 : a < b ? -1 : 1;
}

/** Text of the object's that is safe inside a comment: no end of it, no control characters. */
export function commentText(text: string): string {
  return text
    .replace(/\*\//g, '*\\/')
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, ' ')
    .trimEnd();
}

/** A string literal in single quotes that holds exactly `text`. */
export function stringLiteral(text: string): string {
  const escaped = text.replace(
    /[\\'\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff\ud800-\udfff]/g,
    (character) =>
      character === '\\' || character === "'"
        ? `\\${character}`
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `'${escaped}'`;
}
