/**
 * Errors of this package. Every one is a {@link BpfError} with a literal `code` and the facts as fields; what the kernel said
 * is its `cause`, a {@link SyscallError}. Constructors take facts; the sentence is put together here.
 */

/** What a failed system call said, in the shape of Node's own errors. */
export class SyscallError extends Error {
  override readonly name = 'SyscallError';
  /** `EPERM`, `E2BIG`, …; `ENOTSUPP` for 524, which has no name in user space. */
  readonly code: string;
  /** Negative, as in Node's own system errors. */
  readonly errno: number;
  readonly syscall: string;
  /** For `bpf(2)`: which command, `BPF_PROG_LOAD` for one. */
  readonly command: string | undefined;

  constructor(syscall: string, errno: number, command?: string) {
    const code = errnoName(errno);
    super(`${code}: ${command === undefined ? syscall : `${syscall} ${command}`}`);
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.command = command;
  }
}

// Linux's numbers from 1 on (asm-generic/errno-base.h and errno.h), which all architectures that Node runs on share.
const ERRNO_NAMES: readonly string[] = `
  EPERM ENOENT ESRCH EINTR EIO ENXIO E2BIG ENOEXEC EBADF ECHILD EAGAIN ENOMEM EACCES EFAULT ENOTBLK EBUSY EEXIST
  EXDEV ENODEV ENOTDIR EISDIR EINVAL ENFILE EMFILE ENOTTY ETXTBSY EFBIG ENOSPC ESPIPE EROFS EMLINK EPIPE EDOM ERANGE
  EDEADLK ENAMETOOLONG ENOLCK ENOSYS ENOTEMPTY ELOOP - ENOMSG EIDRM ECHRNG EL2NSYNC EL3HLT EL3RST ELNRNG EUNATCH
  ENOCSI EL2HLT EBADE EBADR EXFULL ENOANO EBADRQC EBADSLT - EBFONT ENOSTR ENODATA ETIME ENOSR ENONET ENOPKG EREMOTE
  ENOLINK EADV ESRMNT ECOMM EPROTO EMULTIHOP EDOTDOT EBADMSG EOVERFLOW ENOTUNIQ EBADFD EREMCHG ELIBACC ELIBBAD
  ELIBSCN ELIBMAX ELIBEXEC EILSEQ ERESTART ESTRPIPE EUSERS ENOTSOCK EDESTADDRREQ EMSGSIZE EPROTOTYPE ENOPROTOOPT
  EPROTONOSUPPORT ESOCKTNOSUPPORT EOPNOTSUPP EPFNOSUPPORT EAFNOSUPPORT EADDRINUSE EADDRNOTAVAIL ENETDOWN ENETUNREACH
  ENETRESET ECONNABORTED ECONNRESET ENOBUFS EISCONN ENOTCONN ESHUTDOWN ETOOMANYREFS ETIMEDOUT ECONNREFUSED EHOSTDOWN
  EHOSTUNREACH EALREADY EINPROGRESS ESTALE EUCLEAN ENOTNAM ENAVAIL EISNAM EREMOTEIO EDQUOT ENOMEDIUM EMEDIUMTYPE
  ECANCELED ENOKEY EKEYEXPIRED EKEYREVOKED EKEYREJECTED EOWNERDEAD ENOTRECOVERABLE ERFKILL
`
  .trim()
  .split(/\s+/);

/** `1` → `EPERM`. */
export function errnoName(errno: number): string {
  const name = errno === 524 ? 'ENOTSUPP' : ERRNO_NAMES[errno - 1];
  return name === undefined || name === '-' ? `errno ${errno}` : name;
}

/** Facts that any error of this package may carry. */
export interface BpfErrorFacts {
  readonly object?: string | undefined;
  readonly program?: string | undefined;
  readonly map?: string | undefined;
  readonly section?: string | undefined;
  readonly link?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Root of everything this package throws on purpose.
 *
 * `code` is stable; the message is for people: subject, problem, found, expected, what to do.
 */
export class BpfError extends Error {
  override readonly name: string = 'BpfError';
  readonly code: string;
  readonly object: string | undefined;
  readonly program: string | undefined;
  readonly map: string | undefined;
  readonly section: string | undefined;

  constructor(code: string, message: string, facts: BpfErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.object = facts.object;
    this.program = facts.program;
    this.map = facts.map;
    this.section = facts.section;
  }

  /** Name of the errno behind this error (`EPERM`), if a system call failed. */
  get errno(): string | undefined {
    for (let cause: unknown = this.cause; cause instanceof Error; cause = cause.cause) {
      if (cause instanceof SyscallError) return cause.code;
    }
    return undefined;
  }
}

/** Whether `value` is an error of this package; two copies of the package may be loaded, so `instanceof` is not asked. */
export function isBpfError(value: unknown, code?: string): value is BpfError {
  return (
    value instanceof Error &&
    typeof (value as BpfError).code === 'string' &&
    (value as BpfError).code.startsWith('BPF_') &&
    (code === undefined || (value as BpfError).code === code)
  );
}

/** The kernel is too old for something, or built without it. `since` is the release that brought it. */
export class FeatureError extends BpfError {
  override readonly name = 'FeatureError';
  readonly feature: string;
  readonly since: string | undefined;

  constructor(
    feature: string,
    since: string | undefined,
    facts: BpfErrorFacts & { subject?: string; hint?: string } = {},
  ) {
    const subject = facts.subject === undefined ? '' : `${facts.subject}: `;
    const when = since === undefined ? '' : ` (it came with Linux ${since})`;
    const hint = facts.hint === undefined ? '' : `; ${facts.hint}`;
    super('BPF_FEATURE', `${subject}the running kernel has no ${feature}${when}${hint}`, facts);
    this.feature = feature;
    this.since = since;
  }
}

/** The name in `names` that `wanted` was probably meant to be. */
export function nearest(wanted: string, names: Iterable<string>): string | undefined {
  if (wanted === '') return undefined;
  let best: string | undefined;
  // Of a short name most of it has to be right.
  let bestDistance = Math.min(Math.max(2, Math.floor(wanted.length / 3)), wanted.length - 1) + 1;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= bestDistance) continue;
    const distance = editDistance(wanted, name, bestDistance);
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "x"?` or nothing, to end a message with. */
export function didYouMean(wanted: string, names: Iterable<string>): string {
  const best = nearest(wanted, names);
  return best === undefined ? '' : `; did you mean "${best}"?`;
}

/** Levenshtein distance of two names, given up at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let lowest = i;
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + change);
      row.push(cost);
      lowest = Math.min(lowest, cost);
    }
    if (lowest >= limit) return limit;
    previous = row;
  }
  return previous[b.length]!;
}
