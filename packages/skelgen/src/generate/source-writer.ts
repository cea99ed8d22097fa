/**
 * Collects the lines of a TypeScript module, and the names it imports.
 */

import { assignment, type Expression, lines, type TypeText, typed, WIDTH } from './layout.js';

/** Names that a module takes from the runtime. */
export class Imports {
  readonly #values = new Set<string>();
  readonly #types = new Set<string>();

  /** Notes that the module needs this value of the runtime; returns its name. */
  value(name: string): string {
    this.#values.add(name);
    return name;
  }

  /** Notes that the module needs this type of the runtime; returns its name. */
  type(name: string): string {
    this.#types.add(name);
    return name;
  }

  /** The names in use, sorted without regard to case as the formatter sorts them. */
  list(): readonly string[] {
    const types = [...this.#types].filter((name) => !this.#values.has(name));
    const entries = [
      ...[...this.#values].map((name) => ({ name, text: name })),
      ...types.map((name) => ({ name, text: `type ${name}` })),
    ];
    return entries.sort((a, b) => compareNames(a.name, b.name)).map(({ text }) => text);
  }
}

/** Lines with indentation by two spaces. */
export class SourceWriter {
  readonly #lines: string[] = [];
  #depth = 0;

  /** A line at the present depth; an empty one without any. */
  line(text = ''): void {
    this.#lines.push(text === '' ? '' : '  '.repeat(this.#depth) + text);
  }

  /** `head expression tail`, broken where it must be. */
  expression(head: string, expression: Expression, tail: string): void {
    this.#lines.push(...lines(this.#depth, head, expression, tail));
  }

  /** `left expression tail`, where `left` ends in `:` or `=`. */
  assign(left: string, expression: Expression, tail: string): void {
    this.#lines.push(...assignment(this.#depth, left, expression, tail));
  }

  /** `head type tail`, where `head` ends in `:`. */
  typed(head: string, type: TypeText, tail = ';'): void {
    this.#lines.push(...typed(this.#depth, head, type, tail));
  }

  /** `open`, then what `body` writes one step deeper, then `close`. */
  block(open: string, body: () => void, close = '}'): void {
    this.line(open);
    this.indent(body);
    this.line(close);
  }

  /** `left open`, the body, `close`; `open` moves to a line of its own if the first line is too long. */
  assignedBlock(left: string, open: string, body: () => void, close: string): void {
    if (2 * this.#depth + left.length + 1 + open.length <= WIDTH) {
      this.block(`${left} ${open}`, body, close);
      return;
    }
    this.line(left);
    this.indent(() => this.block(open, body, close));
  }

  /** `export const name: kind<open, name> = define({ … });`, broken as the formatter breaks it. */
  definition(name: string, kind: string, open: string, define: string, body: () => void): void {
    const left = `export const ${name}: ${kind}<${open}, ${name}> =`;
    if (`${left} ${define}({`.length <= WIDTH) {
      this.block(`${left} ${define}({`, body, '});');
    } else if (`${left} ${define}(`.length <= WIDTH) {
      this.block(`${left} ${define}(`, () => this.block('{', body, '},'), ');');
    } else if (left.length <= WIDTH) {
      this.line(left);
      this.indent(() => this.block(`${define}({`, body, '});'));
    } else {
      this.block(`export const ${name}: ${kind}<`, () => {
        this.line(`${open},`);
        this.line(name);
      }, `> = ${define}({`); // biome-ignore format: shorter
      this.indent(body);
      this.line('});');
    }
  }

  /** Whether a line of this text is short enough at the present depth. */
  fits(text: string): boolean {
    return 2 * this.#depth + text.length <= WIDTH;
  }

  /** What `body` writes, one step deeper. */
  indent(body: () => void): void {
    this.#depth++;
    body();
    this.#depth--;
  }

  /** Everything that `other` holds. */
  append(other: SourceWriter): void {
    for (const line of other.#lines) this.#lines.push(line);
  }

  /** A doc comment of one or more lines. */
  doc(...texts: readonly string[]): void {
    const safe = texts.map(commentText);
    if (safe.length === 1) {
      this.line(`/** ${safe[0]} */`);
      return;
    }
    this.line('/**');
    for (const text of safe) this.line(` * ${text}`.trimEnd());
    this.line(' */');
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }
}

function compareNames(a: string, b: string): number {
  const left = a.toLowerCase();
  const right = b.toLowerCase();
  return left < right ? -1 : left > right ? 1 : a < b ? -1 : 1;
}

/** Longest text of the object's that is repeated in a comment. */
const MAX_COMMENT = 240;

/** Text of the object's that is safe inside a comment: no end of it, no control characters, no tags. */
export function commentText(text: string): string {
  const short = text.length > MAX_COMMENT ? `${text.slice(0, MAX_COMMENT)}…` : text;
  return short
    .replace(
      /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
      ' ',
    )
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(/\*\//g, '*\\/')
    .trimEnd();
}

/** A string literal that holds exactly `text`, in the quotes that the formatter prefers. All of it is ASCII. */
export function stringLiteral(text: string): string {
  const singles = text.split("'").length;
  const quote = singles > text.split('"').length ? '"' : "'";
  const escaped = text.replace(/[\\'"]|[^ -~]/g, (character) => {
    if (character === '\\') return '\\\\';
    if (character === '"' || character === "'")
      return character === quote ? `\\${character}` : character;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `${quote}${escaped}${quote}`;
}
