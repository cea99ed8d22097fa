/** Errors of this package: one class, a literal `code`, the facts as fields. */

/** What went wrong; each code has one sentence, written in {@link BtfDumpError}. */
export type BtfDumpErrorCode =
  | 'BTF_DUMP_CYCLE'
  | 'BTF_DUMP_TOO_DEEP'
  | 'BTF_DUMP_TOO_LARGE'
  | 'BTF_DUMP_NOT_AN_EXTENSION'
  | 'BTF_DUMP_TRUNCATED'
  | 'BTF_DUMP_UNSUPPORTED';

/** The facts of one failure; which are set depends on the code. */
export interface BtfDumpErrorFacts {
  readonly typeId?: number;
  /** `struct task_struct`, as {@link BtfDumpError} quotes it. */
  readonly typeName?: string;
  /** A limit that was passed: levels, steps or bytes. */
  readonly limit?: number;
  /** Bytes that are there. */
  readonly available?: number;
  /** Bytes that are not there but belong to the value. */
  readonly missing?: number;
  /** What was being read: a member path such as `.in.e`. */
  readonly path?: string;
  /** What was found instead. */
  readonly found?: string;
}

/**
 * Thrown by everything in this package that refuses to print or read a type.
 *
 * `BTF_DUMP_CYCLE`: a struct contains itself without a pointer between. `BTF_DUMP_TOO_DEEP`: types nest deeper than the
 * printer follows. `BTF_DUMP_TOO_LARGE`: the output or the work passes its limit, as only hostile BTF makes it.
 * `BTF_DUMP_NOT_AN_EXTENSION`: {@link CDumper.extend} was given a BTF that has fewer types. `BTF_DUMP_TRUNCATED`: the
 * bytes end before the value does. `BTF_DUMP_UNSUPPORTED`: the type has no value (a function, a forward declaration).
 */
export class BtfDumpError extends Error {
  override readonly name = 'BtfDumpError';
  readonly code: BtfDumpErrorCode;
  readonly facts: BtfDumpErrorFacts;

  constructor(code: BtfDumpErrorCode, facts: BtfDumpErrorFacts) {
    super(sentence(code, facts));
    this.code = code;
    this.facts = facts;
  }
}

/** Whether `value` is a {@link BtfDumpError}, of this copy of the package or another. */
export function isBtfDumpError(value: unknown): value is BtfDumpError {
  return (
    value instanceof Error &&
    value.name === 'BtfDumpError' &&
    String((value as { code?: unknown }).code).startsWith('BTF_DUMP_')
  );
}

function sentence(code: BtfDumpErrorCode, facts: BtfDumpErrorFacts): string {
  const type =
    facts.typeId === undefined
      ? 'BTF'
      : `BTF type ${facts.typeId}${facts.typeName ? ` (${facts.typeName})` : ''}`;
  switch (code) {
    case 'BTF_DUMP_CYCLE':
      return `${type}: contains itself with no pointer between, which C cannot express`;
    case 'BTF_DUMP_TOO_DEEP':
      return `${type}: types nest more than ${facts.limit} levels deep`;
    case 'BTF_DUMP_TOO_LARGE':
      return `${type}: more than ${facts.limit} ${facts.found} to print its types`;
    case 'BTF_DUMP_NOT_AN_EXTENSION':
      return `BTF to continue with: found ${facts.found}, expected at least the ${facts.available} types already known`;
    case 'BTF_DUMP_TRUNCATED':
      return (
        `${type}${facts.path ? `, ${facts.path}` : ''}: data ends early, ` +
        `${facts.missing} byte${facts.missing === 1 ? '' : 's'} missing, found ${facts.available}`
      );
    case 'BTF_DUMP_UNSUPPORTED':
      return `${type}${facts.path ? `, ${facts.path}` : ''}: no value to print, found kind ${facts.found}`;
  }
}
