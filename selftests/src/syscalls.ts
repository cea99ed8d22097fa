/**
 * The few system calls that the harness makes by itself, through koffi. The harness does not use the library for them: what checks
 * for leaks must not depend on what it checks.
 */

import koffi from 'koffi';

const libc = koffi.load(null);
const syscall6 = libc.func(
  'long syscall(long, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)',
);

/** An argument: a number, an address, or bytes whose address is passed (keep them referenced until the call returned). */
export type SyscallArgument = number | bigint | ArrayBuffer;

/**
 * Issues system call `number` directly on this thread, as tests need it whose probe sits on one system call: libuv and glibc choose
 * others (`clock_nanosleep` for `nanosleep`).
 *
 * @returns what the kernel returned, or the negated errno
 */
export function syscall(number: number, ...values: SyscallArgument[]): number {
  const words = values.map((value) =>
    value instanceof ArrayBuffer ? koffi.address(value) : value,
  );
  while (words.length < 6) words.push(0);
  const result = Number(syscall6(number, ...words));
  return result === -1 ? -koffi.errno() : result;
}

/** System call numbers, which differ between machines. */
const numbers = {
  x64: {
    bpf: 321,
    nanosleep: 35,
    getpgid: 121,
    finit_module: 313,
    mount: 165,
    mmap: 9,
    munmap: 11,
    unlink: 87,
    ioctl: 16,
    reboot: 169,
    socket: 41,
    connect: 42,
    sendto: 44,
    recvfrom: 45,
    bind: 49,
    listen: 50,
    getsockname: 51,
    getpeername: 52,
    setsockopt: 54,
    getsockopt: 55,
    setgroups: 116,
    setresuid: 117,
    setresgid: 119,
    capset: 126,
    prctl: 157,
    unshare: 272,
  },
} as const;
export type SyscallName = keyof (typeof numbers)['x64'];

/** The number of a system call on this machine. */
export function syscallNumber(name: SyscallName): number {
  if (process.arch !== 'x64')
    throw new Error(`system call ${name}: its number on ${process.arch} is not known here`);
  return numbers[process.arch][name];
}

/** nanosleep(2) itself, as the probes of many tests expect it. */
export function nanosleep(nanoseconds = 1000): void {
  const time = new ArrayBuffer(16);
  const fields = new BigInt64Array(time);
  fields[0] = BigInt(Math.floor(nanoseconds / 1e9));
  fields[1] = BigInt(nanoseconds % 1e9);
  const result = syscall(syscallNumber('nanosleep'), time, 0);
  if (result < 0) throw new Error(`nanosleep: errno ${-result}`);
}

/** getpgid(2): harmless, and made by nothing in Node. */
export function getpgid(pid = 0): number {
  return syscall(syscallNumber('getpgid'), pid);
}

/** bpf(2). @returns the result or the negated errno */
export function bpf(command: number, attribute: ArrayBuffer): number {
  return syscall(syscallNumber('bpf'), command, attribute, attribute.byteLength);
}

/** The address of bytes, for a pointer inside a {@link bpf} attribute. */
export function addressOf(bytes: ArrayBuffer): bigint {
  return BigInt(koffi.address(bytes));
}

/** A NUL-terminated string for a system call. */
export function cString(text: string): ArrayBuffer {
  return new TextEncoder().encode(`${text}\0`).slice().buffer;
}
