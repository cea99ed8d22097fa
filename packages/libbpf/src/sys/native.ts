/**
 * The way into the C library: koffi, loaded the first time that something needs memory or the kernel.
 *
 * Nothing else imports koffi. Addresses are plain numbers: user space on Linux ends below 2^48, so they are exact. A
 * `long` comes back as number or, past 2^53, bigint; no call here returns such a value.
 */

import { createRequire } from 'node:module';
import { BpfError, SyscallError } from '../errors.js';

/** The part of koffi that is used. */
export interface Koffi {
  load(path: string | null): { func(definition: string): NativeFunction };
  address(buffer: ArrayBufferLike | ArrayBufferView): bigint;
  view(address: number | bigint, length: number): ArrayBuffer;
  errno(value?: number): number;
  node: { poll(fd: number, options: object, callback: (events: object) => void): PollHandle };
}
export type NativeFunction = (
  ...values: (number | bigint | string | null | ArrayBufferLike | ArrayBufferView)[]
) => number;
/** Watches a file descriptor from Node's own event loop. */
export interface PollHandle {
  start(options: object, callback: (events: object) => void): void;
  stop(): void;
  close(): void;
  ref(): void;
  unref(): void;
}

let loaded: Koffi | undefined;
let provided: (() => Koffi) | undefined;

/**
 * Says where koffi comes from, for programs that carry it in an unusual place (a single executable, a bundle).
 *
 * @param load - called once, when koffi is first needed
 */
export function provideKoffi(load: () => Koffi): void {
  provided = load;
}

/** koffi itself. @throws BpfError `BPF_NO_NATIVE` where it cannot be loaded or the platform is not Linux */
export function koffi(): Koffi {
  loaded ??= loadKoffi();
  return loaded;
}

function loadKoffi(): Koffi {
  if (process.platform !== 'linux') {
    throw new BpfError(
      'BPF_NO_NATIVE',
      `BPF needs Linux, this is ${process.platform}; opening and generating work here, loading does not`,
    );
  }
  try {
    return provided === undefined ? findKoffi() : provided();
  } catch (cause) {
    throw new BpfError(
      'BPF_NO_NATIVE',
      `koffi, which makes the system calls, could not be loaded for ${process.arch}: ${(cause as Error).message}`,
      { cause },
    );
  }
}

/**
 * Its binary has a package of its own, which takes 3 ms to load; koffi's own entry, which finds that and adds names of older
 * versions, takes 7.
 */
function findKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    const fromKoffi = createRequire(require.resolve('koffi'));
    return fromKoffi(`@koromix/koffi-linux-${process.arch}`) as Koffi;
  } catch {
    return require('koffi') as Koffi;
  }
}

const functions = new Map<string, NativeFunction>();

/** A function of the C library by its C prototype, `int close(int fd)`; looked up once. */
export function libc(prototype: string): NativeFunction {
  let found = functions.get(prototype);
  if (found === undefined) {
    found = koffi().load(null).func(prototype);
    functions.set(prototype, found);
  }
  return found;
}

/** Decides which calls fail, for tests: return an errno to fail the call with, or 0 to let it happen. */
export type FaultInjector = (syscall: string, command: string | undefined) => number;
let injector: FaultInjector | undefined;

/** Makes kernel calls fail on purpose; `undefined` ends it. For tests of what a failure leaves behind. */
export function injectFaults(next: FaultInjector | undefined): void {
  injector = next;
}

/** The errno to fail this call with, 0 for none. */
export function faultFor(syscall: string, command?: string): number {
  return injector === undefined ? 0 : injector(syscall, command);
}

/**
 * Calls `call` and turns -1 into a {@link SyscallError}.
 *
 * @param syscall - its name, for the error
 * @param call - returns what the C function returned
 */
export function check(syscall: string, call: () => number): number {
  const fault = faultFor(syscall);
  if (fault !== 0) throw new SyscallError(syscall, fault);
  const result = call();
  if (result === -1) throw new SyscallError(syscall, koffi().errno());
  return result;
}

/** Where the bytes of `buffer` are. The caller keeps `buffer` alive, and off the moving heap: see {@link offHeap}. */
export function addressOf(buffer: ArrayBufferLike | ArrayBufferView): number {
  return Number(koffi().address(buffer));
}

/**
 * The same array, its bytes now in memory that V8 never moves. Typed arrays of up to 64 bytes are born on the moving heap and
 * leave it when their `buffer` is asked for.
 */
export function offHeap<Bytes extends ArrayBufferView>(bytes: Bytes): Bytes {
  void bytes.buffer;
  return bytes;
}

const encoder = new TextEncoder();

/** A NUL-terminated string in memory that V8 never moves. */
export function cString(text: string): Uint8Array {
  return offHeap(encoder.encode(`${text}\0`));
}
