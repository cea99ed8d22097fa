/**
 * Everything this package throws about its input: one class, a literal `code`, and the facts as fields. Call sites give
 * facts; the sentences are written here and nowhere else.
 *
 * A wrong argument of the caller (a negative id, a name with a NUL) is a `TypeError` or `RangeError` instead.
 */

/** Which of the two formats the bytes were read as. */
export type BtfFormat = 'BTF' | 'BTF.ext';

/** What {@link BtfError} is made of; each code has its own facts. Offsets are bytes from the start of the input. */
export type BtfErrorFacts =
  | {
      /** The input ends before something that has to be there. */
      readonly code: 'BTF_TRUNCATED';
      readonly format: BtfFormat;
      readonly what: string;
      readonly offset: number;
      readonly needed: number;
      readonly available: number;
    }
  | {
      readonly code: 'BTF_BAD_MAGIC';
      readonly format: BtfFormat;
      readonly offset: number;
      readonly found: number;
    }
  | {
      readonly code: 'BTF_BAD_VERSION';
      readonly format: BtfFormat;
      readonly offset: number;
      readonly found: number;
    }
  | {
      /** A header field with a value that can't be. */
      readonly code: 'BTF_BAD_HEADER';
      readonly format: BtfFormat;
      readonly field: string;
      readonly offset: number;
      readonly found: number;
      readonly expected: string;
    }
  | {
      /** The string section does not start or end with a NUL byte. */
      readonly code: 'BTF_BAD_STRINGS';
      readonly offset: number;
      readonly found: number;
      readonly where: 'first' | 'last';
    }
  | {
      /** A kind of type that neither we nor the layout section know, or of which that tells too little for what was asked. */
      readonly code: 'BTF_BAD_KIND';
      readonly offset: number;
      readonly typeId: number;
      /** What can't be done with a kind of which only the size is known; reading it at all, if left out. */
      readonly doing?: string | undefined;
      readonly found: number;
    }
  | {
      /** A type record whose contents contradict its kind. */
      readonly code: 'BTF_BAD_TYPE';
      readonly offset: number;
      readonly typeId: number;
      readonly subject: string;
      readonly problem: string;
      readonly found: string;
      readonly expected: string;
    }
  | {
      /** A type id that no type has. */
      readonly code: 'BTF_BAD_TYPE_ID';
      readonly offset?: number | undefined;
      /** What refers to it; the caller of a look-up if left out. */
      readonly subject?: string | undefined;
      readonly typeId: number;
      /** Number of types, `void` included. */
      readonly typeCount: number;
    }
  | {
      /** A string offset outside the string section. */
      readonly code: 'BTF_BAD_STRING_OFFSET';
      readonly offset?: number | undefined;
      readonly subject?: string | undefined;
      readonly found: number;
      /** Bytes of strings, those of the base included. */
      readonly limit: number;
    }
  | {
      /** A chain of references longer than any real one: a cycle, as a rule. */
      readonly code: 'BTF_TOO_DEEP';
      readonly offset: number;
      readonly typeId: number;
      readonly subject: string;
      readonly doing: string;
      readonly limit: number;
    }
  | {
      /** A type that has no size or no alignment: void, functions, forward declarations. */
      readonly code: 'BTF_NO_SIZE';
      readonly offset: number;
      readonly typeId: number;
      readonly subject: string;
      readonly doing: string;
      readonly kind: string;
    }
  | {
      /** A size that does not fit 32 bits. */
      readonly code: 'BTF_TOO_LARGE';
      readonly offset: number;
      readonly typeId: number;
      readonly subject: string;
      readonly found: number;
    }
  | {
      /** A struct or union was needed. */
      readonly code: 'BTF_NOT_COMPOSITE';
      readonly offset: number;
      readonly typeId: number;
      readonly subject: string;
      readonly kind: string;
    }
  | {
      /** A part of BTF.ext whose record size or count can't be. */
      readonly code: 'BTF_BAD_RECORD';
      readonly offset: number;
      readonly subject: string;
      readonly problem: string;
      readonly found: number;
      readonly expected: string;
    }
  | {
      /** Bytes of a value that end before the value does. */
      readonly code: 'BTF_SHORT_DATA';
      readonly offset?: undefined;
      readonly typeId: number;
      readonly subject: string;
      readonly available: number;
      readonly needed: number;
    }
  | {
      /** A value that its type can't hold, `path` being where in it. */
      readonly code: 'BTF_BAD_VALUE';
      readonly offset?: undefined;
      readonly typeId: number;
      readonly subject: string;
      readonly path: string;
      readonly problem: string;
      readonly found: string;
      readonly expected: string;
    };

/** Every `code` that a {@link BtfError} can have. */
export type BtfErrorCode = BtfErrorFacts['code'];

/**
 * Malformed BTF or BTF.ext, or a question that a type has no answer to.
 *
 * `code` is stable, `offset` counts bytes from the start of the input where the trouble is, the message is for people.
 */
export class BtfError extends Error {
  override readonly name = 'BtfError';
  readonly code: BtfErrorCode;
  /** Byte offset in the input that holds the trouble; `undefined` where the caller's own argument is out of range. */
  readonly offset: number | undefined;
  /** The type concerned, where there is one. */
  readonly typeId: number | undefined;
  /** All that was known, by name. */
  readonly facts: BtfErrorFacts;

  constructor(facts: BtfErrorFacts) {
    super(sentence(facts));
    this.code = facts.code;
    this.offset = facts.offset;
    this.typeId = 'typeId' in facts ? facts.typeId : undefined;
    this.facts = facts;
  }
}

/** Whether `value` is an error of this package; two copies of the package may be loaded, so `instanceof` is not asked. */
export function isBtfError(value: unknown, code?: BtfErrorCode): value is BtfError {
  return (
    value instanceof Error &&
    value.name === 'BtfError' &&
    typeof (value as BtfError).code === 'string' &&
    (code === undefined || (value as BtfError).code === code)
  );
}

function sentence(facts: BtfErrorFacts): string {
  switch (facts.code) {
    case 'BTF_TRUNCATED':
      return `${facts.format} ${facts.what}${at(facts)}: truncated, found ${bytes(facts.available)}, expected ${bytes(facts.needed)}`;
    case 'BTF_BAD_MAGIC':
      return `${facts.format} header${at(facts)}: bad magic, found ${hex(facts.found)}, expected 0xeb9f in either byte order`;
    case 'BTF_BAD_VERSION':
      return `${facts.format} header${at(facts)}: unsupported version, found ${facts.found}, expected 1`;
    case 'BTF_BAD_HEADER':
      return `${facts.format} header${at(facts)}: bad ${facts.field}, found ${hex(facts.found)}, expected ${facts.expected}`;
    case 'BTF_BAD_STRINGS':
      return `BTF strings${at(facts)}: bad ${facts.where} byte, found ${hex(facts.found)}, expected NUL`;
    case 'BTF_BAD_KIND':
      return facts.doing === undefined
        ? `BTF type ${facts.typeId}${at(facts)}: unknown kind, found ${facts.found}, expected 1..19 or one that a layout section describes`
        : `BTF type ${facts.typeId}${at(facts)}: ${facts.doing}: unknown kind, found ${facts.found}, expected 1..19`;
    case 'BTF_BAD_TYPE':
      return `${facts.subject}${at(facts)}: ${facts.problem}, found ${facts.found}, expected ${facts.expected}`;
    case 'BTF_BAD_TYPE_ID':
      return `${facts.subject ?? 'BTF look-up'}${at(facts)}: type id ${facts.typeId} out of range, expected 0..${facts.typeCount - 1}`;
    case 'BTF_BAD_STRING_OFFSET':
      return `${facts.subject ?? 'BTF look-up'}${at(facts)}: string offset ${hex(facts.found)} out of range, expected less than ${hex(facts.limit)}`;
    case 'BTF_TOO_DEEP':
      return `${facts.subject}${at(facts)}: ${facts.doing}: more than ${facts.limit} types in a chain, expected an end (is it a cycle?)`;
    case 'BTF_NO_SIZE':
      return `${facts.subject}${at(facts)}: ${facts.doing}: a ${facts.kind} has none, expected a type of data`;
    case 'BTF_TOO_LARGE':
      return `${facts.subject}${at(facts)}: size does not fit 32 bits, found ${facts.found} bytes, expected at most 4294967295`;
    case 'BTF_NOT_COMPOSITE':
      return `${facts.subject}${at(facts)}: no members, found ${facts.kind}, expected struct or union`;
    case 'BTF_SHORT_DATA':
      return `${facts.subject}: data ends early, ${bytes(facts.needed - facts.available)} missing, found ${facts.available}, expected ${facts.needed}`;
    case 'BTF_BAD_VALUE':
      return `${facts.subject}${facts.path === '' ? '' : `, ${facts.path}`}: ${facts.problem}, found ${facts.found}, expected ${facts.expected}`;
    case 'BTF_BAD_RECORD':
      return `${facts.subject}${at(facts)}: ${facts.problem}, found ${facts.found}, expected ${facts.expected}`;
  }
}

function at(facts: { readonly offset?: number | undefined }): string {
  return facts.offset === undefined ? '' : `, offset ${hex(facts.offset)}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function bytes(count: number): string {
  return count === 1 ? '1 byte' : `${count} bytes`;
}
