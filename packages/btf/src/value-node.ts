/** What the parts of a value codec have in common: the node that a type compiles to, and how an encoder says no. */

import type { BtfType } from './types.js';

/**
 * One type, compiled. `read` and `write` trust their window: the codec has checked that the bytes are there, and the
 * compiler that every member lies inside its struct. `write` finds zeroes where it writes.
 */
export interface ValueNode {
  /** Bytes. */
  readonly size: number;
  /** Whether bytes survive reading and writing: a string ends at its first NUL, a `_Bool` becomes 0 or 1. */
  readonly exact: boolean;
  /** Set where the value is the bytes themselves. */
  readonly opaque?: boolean;
  /** Scalars that a read looks at, counting union members each. */
  readonly cost: number;
  read(view: DataView, at: number): unknown;
  write(view: DataView, at: number, value: unknown): void;
}

/** Compiles a part of the type at hand. */
export type CompilePart = (id: number) => ValueNode;

/** What an encoder found wrong with a value; each level on the way out adds where it was. */
export class BadValue extends Error {
  readonly problem: string;
  readonly found: string;
  readonly expected: string;
  path = '';

  constructor(problem: string, value: unknown, expected: string) {
    super(problem);
    this.problem = problem;
    this.found = show(value);
    this.expected = expected;
  }
}

/** Adds a step, `.name` or `[3]`, in front of the path of a {@link BadValue}; returns what to throw. */
export function inside(step: string, error: unknown): unknown {
  if (error instanceof BadValue) error.path = step + error.path;
  return error;
}

/** Bytes that stay bytes: a copy each way. For what the kernel keeps to itself, and for numbers JavaScript lacks. */
export function opaqueNode(size: number): ValueNode {
  const expected = `at most ${size} bytes as a Uint8Array`;
  return {
    size,
    exact: true,
    cost: 1,
    opaque: true,
    read: (view, at) => new Uint8Array(view.buffer, view.byteOffset + at, size).slice(),
    write(view, at, value) {
      if (!(value instanceof Uint8Array)) throw new BadValue('wrong type', value, expected);
      if (value.length > size) throw new BadValue('too long', `${value.length} bytes`, expected);
      new Uint8Array(view.buffer, view.byteOffset + at, size).set(value);
    },
  };
}

/** Whether the type is `char` itself, which makes an array of it a string. */
export function isChar(type: BtfType): boolean {
  return (
    type.kind === 'int' && type.size === 1 && !type.bool && (type.char || type.name === 'char')
  );
}

function show(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length > 64 ? `${JSON.stringify(value.slice(0, 64))}…` : JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : Object.prototype.toString.call(value).slice(8, -1);
    case 'function':
    case 'symbol':
      return typeof value;
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}
