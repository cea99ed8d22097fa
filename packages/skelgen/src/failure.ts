/**
 * An error as one line for people; what is no error of ours is a bug and keeps its stack.
 */

const OURS =
  /^(BpfError|ElfError|BtfError|BtfDumpError|VerifierError|FeatureError|SkelgenError|SyscallError)$/;

/** A command that cannot do what was asked. */
export class SkelgenError extends Error {
  override readonly name = 'SkelgenError';
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (OURS.test(error.name)) return error.message;
  const { code, path } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && typeof path === 'string') return `${path}: ${fileProblem(code)}`;
  return `unexpected failure, please report it: ${error.stack ?? error.message}`;
}

/** What an errno about a file means. */
export function fileProblem(code: string): string {
  const known: Record<string, string> = {
    ENOENT: 'no such file',
    EACCES: 'permission denied',
    EISDIR: 'is a folder, expected a file',
    ENOTDIR: 'a part of the path is no folder',
    EROFS: 'the file system is read-only',
    ENOSPC: 'no space left on the device',
  };
  return known[code] ?? code;
}

/** `; did you mean "x"?` for the name that `wanted` was probably meant to be, or nothing. */
export function nearestName(wanted: string, names: Iterable<string>): string {
  let best: string | undefined;
  let limit = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    if (name === '' || Math.abs(name.length - wanted.length) >= limit) continue;
    const found = distance(wanted, name);
    if (found < limit) {
      best = name;
      limit = found;
    }
  }
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

/** Insertions, deletions and replacements between two names. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(row[j - 1]! + 1, previous[j]! + 1, replaced));
    }
    previous = row;
  }
  return previous[b.length]!;
}
