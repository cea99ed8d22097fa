/** What a test process tells the runner, one JSON object a line; a guest sends the same over its serial line. */

/** Why a test did not run. */
export interface SkipReason {
  /** What the test said. */
  readonly reason: string;
  /** The kernel feature that it needs. */
  readonly feature: string;
  /** The kernel version that brought it. */
  readonly since: string;
  /** For a kernel that is new enough: why this one lacks the feature all the same. */
  readonly gap?: string;
}

export interface TestResult {
  readonly file: string;
  readonly name: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  readonly milliseconds: number;
  /** For a failed test: the message with its stack. */
  readonly error?: string;
  readonly skip?: SkipReason;
  /** What the test logged or printed. */
  readonly log?: string;
}

/** Events of one test process. Each file gives `importing` and `registered`; each of its tests then `started` and `result`. */
export type ChildEvent =
  | { readonly type: 'importing'; readonly path: string }
  | { readonly type: 'registered'; readonly tests: readonly RegisteredTest[] }
  | { readonly type: 'started'; readonly name: string; readonly timeoutMs: number }
  | ({ readonly type: 'result' } & Omit<TestResult, 'file'>)
  | { readonly type: 'lingers'; readonly resources: readonly string[] }
  | { readonly type: 'returned'; readonly value: unknown }
  | { readonly type: 'threw'; readonly error: ThrownError };

/** An error that crossed from one process to another. */
export interface ThrownError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

export interface RegisteredTest {
  readonly name: string;
  /** Runs in a process of its own. */
  readonly alone: boolean;
}

/** Which tests of which files a test process runs, its argument as JSON. */
export interface Selection {
  /** Compiled test files, one after another. */
  readonly paths: readonly string[];
  /** Regular expression on {@link testId}; absent: all. */
  readonly pattern?: string;
  /** Ids ({@link testId}) of tests that have a result already. */
  readonly skip?: readonly string[];
  /** Name of the one test to run, which may be an `alone` one; otherwise those that are not alone. */
  readonly only?: string;
  /** How much longer than usual everything may take. */
  readonly timeScale?: number;
  /** The process has a mount namespace of its own. */
  readonly ownMounts?: boolean;
  /** Each test's id goes into the kernel's log before it begins. */
  readonly kernelLog?: boolean;
  /** Registers, runs nothing. */
  readonly list?: boolean;
  /** Runs no test but this part of one (subprocess.ts). */
  readonly part?: { readonly name: string; readonly argument: unknown; readonly limits: Limits };
}

/** What a part of a test runs without. */
export interface Limits {
  /** `nobody` gives up root; by default the process stays root. */
  readonly user?: 'nobody';
  /** Capabilities to keep; by default none as nobody, all as root. */
  readonly capabilities?: readonly Capability[];
  /** Folders that are empty for it, `/sys/kernel/btf`. */
  readonly hide?: readonly string[];
}

/** By their numbers in linux/capability.h. */
export const capabilities = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;
export type Capability = keyof typeof capabilities;

/** `build/js/tests/ringbuf.test.js` → `ringbuf`. */
export function testFileName(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.test\.m?[jt]s$/, '');
}

/** What identifies a test in patterns, output and tables. */
export function testId(test: { readonly file: string; readonly name: string }): string {
  return `${test.file}: ${test.name}`;
}

const ANNOUNCED = 'selftest: ';

/** What the kernel's log says of a test that begins. */
export function announcement(test: { readonly file: string; readonly name: string }): string {
  return `${ANNOUNCED}${testId(test)}`;
}

/** The last test that a kernel's log announces. */
export function lastAnnounced(log: string): { file: string; name: string } | undefined {
  const at = log.lastIndexOf(ANNOUNCED);
  const found = /^(.+?): (.+)$/m.exec(at === -1 ? '' : log.slice(at + ANNOUNCED.length));
  return found === null ? undefined : { file: found[1]!, name: found[2]! };
}

/**
 * The files that a pattern can be meant for: those whose name it matches, with what it has before `: ` where it has that. If there is
 * none it is meant for names of tests, in any file.
 */
export function filesFor(pattern: string, paths: readonly string[]): readonly string[] {
  const forms = [pattern, pattern.split(': ')[0] ?? '']
    .filter(isRegExp)
    .map((form) => new RegExp(form));
  const named = paths.filter((path) => forms.some((form) => form.test(`${testFileName(path)}: `)));
  return named.length > 0 ? named : paths;
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
