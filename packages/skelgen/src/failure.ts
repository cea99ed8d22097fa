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
