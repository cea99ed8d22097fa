/**
 * What can be wrong with an ELF file, as one error class with a literal code.
 *
 * The sentence is made here, once: *subject at offset: problem, found, expected*.
 */

/** Code → what an error message says of it. */
export const PROBLEMS = {
  ELF_NOT_ELF: 'not an ELF file',
  ELF_BAD_CLASS: 'unknown class',
  ELF_BAD_DATA: 'unknown byte order',
  ELF_BAD_VERSION: 'unknown ELF version',
  ELF_TRUNCATED: 'past the end of the file',
  ELF_BAD_HEADER: 'contradictory header',
  ELF_UNSAFE_INTEGER: 'number too large',
  ELF_BAD_ENTRY_SIZE: 'wrong entry size',
  ELF_BAD_SIZE: 'size is not a whole number of entries',
  ELF_BAD_ALIGNMENT: 'alignment is not a power of two',
  ELF_BAD_SECTION_INDEX: 'no such section',
  ELF_BAD_SECTION_TYPE: 'section of the wrong type',
  ELF_SECTION_OUT_OF_RANGE: 'contents past the end of the file',
  ELF_SECTION_OVERLAP: 'bytes belong to two owners',
  ELF_DUPLICATE_SYMBOL_TABLE: 'a second symbol table',
  ELF_BAD_SYMBOL_INDEX: 'no such symbol',
  ELF_BAD_STRING: 'string outside its table',
  ELF_NAME_TOO_LONG: 'name too long',
  ELF_BAD_VERSION_TABLE: 'broken symbol versions',
  ELF_BAD_NOTE: 'broken note',
  ELF_BAD_COMPRESSION: 'broken compressed section',
  ELF_AMBIGUOUS_SYMBOL: 'several functions of this name',
  ELF_NOT_RELOCATABLE: 'not a relocatable object',
  ELF_SECTION_IN_USE: 'dropped, but used by what is kept',
} as const;

/** What an {@link ElfError} is about; the table in README.md says when each is thrown. */
export type ElfErrorCode = keyof typeof PROBLEMS;

/** The facts an {@link ElfError} is made of. */
export interface ElfErrorFacts {
  readonly code: ElfErrorCode;
  /** Byte offset in the file of the structure or field that is wrong. */
  readonly offset: number;
  /** What is wrong: `section 3 (".text") sh_size`. */
  readonly subject: string;
  readonly found?: string | number;
  readonly expected?: string | number;
}

/** An ELF file that is malformed, or not what the call needs. */
export class ElfError extends Error {
  override readonly name = 'ElfError';
  /** What kind of problem this is. */
  readonly code: ElfErrorCode;
  /** Byte offset in the file of the structure or field that is wrong. */
  readonly offset: number;
  /** What is wrong, in words. */
  readonly subject: string;
  readonly found: string | number | undefined;
  readonly expected: string | number | undefined;

  constructor(facts: ElfErrorFacts) {
    super(describe(facts));
    this.code = facts.code;
    this.offset = facts.offset;
    this.subject = facts.subject;
    this.found = facts.found;
    this.expected = facts.expected;
  }
}

/** Whether `value` is an {@link ElfError}, also one of another copy of this package. */
export function isElfError(value: unknown): value is ElfError {
  return value instanceof Error && value.name === 'ElfError' && 'code' in value;
}

function describe({ code, offset, subject, found, expected }: ElfErrorFacts): string {
  const parts = [`${subject} at ${hex(offset)}: ${PROBLEMS[code]}`];
  if (found !== undefined) parts.push(`found ${found}`);
  if (expected !== undefined) parts.push(`expected ${expected}`);
  return parts.join(', ');
}

/** `0x1f`: how messages write offsets, addresses and flags. */
export function hex(value: number | bigint): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
