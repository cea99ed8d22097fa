/**
 * Where lines break: the few forms that a skeleton is written in, laid out as the repository's formatter would.
 *
 * A call that does not fit has its arguments one per line. After `key:` and `name =` a call breaks so as long as its opening
 * parenthesis fits; anything else moves to a line of its own.
 */

/** Characters of a line. */
export const WIDTH = 100;

/** After a key of at most 4 characters and its colon a line is not broken: it would gain too little. */
const SHORT_KEY = 5;

/** Code without a place to break, or a call. */
export type Expression = string | Call;

export interface Call {
  /** `writeUint32`, `Event.decode`, `new EventView`. */
  readonly callee: string;
  readonly args: readonly Expression[];
  /** `as Kind`, if the result needs it. */
  readonly as?: string | undefined;
}

export function call(callee: string, ...args: readonly Expression[]): Call {
  return { callee, args };
}

/** `expression as type`. */
export function cast(expression: Call, type: string): Call {
  return { ...expression, as: type };
}

/** On one line. */
export function flat(expression: Expression): string {
  if (typeof expression === 'string') return expression;
  const { callee, args, as } = expression;
  return `${callee}(${args.map(flat).join(', ')})${as === undefined ? '' : ` as ${as}`}`;
}

/** Lines of `head expression tail`, indented by `depth` steps. */
export function lines(depth: number, head: string, expression: Expression, tail: string): string[] {
  const indent = '  '.repeat(depth);
  const line = `${indent}${head}${flat(expression)}${tail}`;
  if (line.length <= WIDTH || typeof expression === 'string') return [line];
  const { callee, args, as } = expression;
  return [
    `${indent}${head}${callee}(`,
    ...args.flatMap((arg) => lines(depth + 1, '', arg, ',')),
    `${indent})${as === undefined ? '' : ` as ${as}`}${tail}`,
  ];
}

/** Lines of `left expression tail`, where `left` ends in `:` or `=`. */
export function assignment(
  depth: number,
  left: string,
  expression: Expression,
  tail: string,
): string[] {
  const indent = '  '.repeat(depth);
  const line = `${indent}${left} ${flat(expression)}${tail}`;
  if (line.length <= WIDTH || (typeof expression === 'string' && left.length <= SHORT_KEY))
    return [line];
  if (typeof expression !== 'string') {
    const start = `${indent}${left} ${expression.callee}(`;
    if (start.length <= WIDTH) return lines(depth, `${left} `, expression, tail);
  }
  return [`${indent}${left}`, ...lines(depth + 1, '', expression, tail)];
}

/** A type with arguments, or a union, broken where it must be. */
export type TypeText =
  | string
  | { readonly name: string; readonly args: readonly TypeText[] }
  | { readonly union: readonly string[] };

export function flatType(type: TypeText): string {
  if (typeof type === 'string') return type;
  if ('union' in type) return type.union.join(' | ');
  return type.args.length === 0 ? type.name : `${type.name}<${type.args.map(flatType).join(', ')}>`;
}

/** Lines of `head: type tail`. */
export function typed(depth: number, head: string, type: TypeText, tail: string): string[] {
  const indent = '  '.repeat(depth);
  const line = `${indent}${head} ${flatType(type)}${tail}`;
  if (line.length <= WIDTH || typeof type === 'string') return [line];
  if ('union' in type) {
    const parts = type.union.map((part) => `${indent}  | ${part}`);
    return [`${indent}${head}`, ...parts.slice(0, -1), `${parts.at(-1)}${tail}`];
  }
  return brokenType(depth, `${head} `, type, tail);
}

function brokenType(
  depth: number,
  head: string,
  type: { readonly name: string; readonly args: readonly TypeText[] },
  tail: string,
): string[] {
  const indent = '  '.repeat(depth);
  const [only] = type.args;
  if (type.args.length === 0 || (type.args.length === 1 && typeof only === 'string'))
    return [`${indent}${head}${flatType(type)}${tail}`];
  const inner = type.args.flatMap((arg, index) => {
    const comma = index === type.args.length - 1 ? '' : ',';
    const line = `${indent}  ${flatType(arg)}${comma}`;
    if (line.length <= WIDTH || typeof arg === 'string' || 'union' in arg) return [line];
    return brokenType(depth + 1, '', arg, comma);
  });
  return [`${indent}${head}${type.name}<`, ...inner, `${indent}>${tail}`];
}
