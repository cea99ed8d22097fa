/**
 * Memory outside V8: mmap(2) and the ArrayBuffers over it.
 *
 * An ArrayBuffer that koffi makes over an address cannot be detached, so memory that was handed out is never unmapped under
 * it. {@link Mapping.release} puts anonymous memory in its place, which drops what was mapped, and the address range goes
 * back to the system when the buffer itself is collected.
 */

import { check, koffi, libc } from './native.js';

export const PROT_READ = 1;
export const PROT_WRITE = 2;
export const MAP_SHARED = 1;
export const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
/** Refused with EEXIST where something is mapped already. */
const MAP_FIXED_NOREPLACE = 0x100000;
const MAP_ANONYMOUS = 0x20;

const MMAP =
  'intptr_t mmap(intptr_t address, size_t length, int protection, int flags, int fd, intptr_t offset)';
const MUNMAP = 'int munmap(intptr_t address, size_t length)';

export function mmap(
  address: number,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset = 0,
): number {
  return check('mmap', () => libc(MMAP)(address, length, protection, flags, fd, offset));
}

export function munmap(address: number, length: number): void {
  check('munmap', () => libc(MUNMAP)(address, length));
}

/** Bytes of a page. */
export function pageSize(): number {
  cachedPageSize ??= libc('int getpagesize()')();
  return cachedPageSize;
}
let cachedPageSize: number | undefined;

export function roundUpToPage(length: number): number {
  const page = pageSize();
  return Math.ceil(length / page) * page;
}

const collected = new FinalizationRegistry<{ address: number; length: number }>(
  ({ address, length }) => {
    libc(MUNMAP)(address, length);
  },
);

/** A range of mapped memory and the one ArrayBuffer over it. */
export class Mapping {
  readonly address: number;
  /** Bytes, a multiple of the page size. */
  readonly length: number;
  readonly buffer: ArrayBuffer;
  #released = false;

  private constructor(address: number, length: number) {
    this.address = address;
    this.length = length;
    this.buffer = koffi().view(address, length);
    collected.register(this.buffer, { address, length });
  }

  /** Zeroed memory of at least `length` bytes. */
  static anonymous(length: number): Mapping {
    const bytes = roundUpToPage(Math.max(length, 1));
    return new Mapping(
      mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1),
      bytes,
    );
  }

  /** Memory of a descriptor. `length` is a multiple of the page size. A read-only one must never be written: that ends the process. */
  static ofFd(
    fd: number,
    length: number,
    options: { offset?: number; writable: boolean; address?: number },
  ): Mapping {
    const protection = options.writable ? PROT_READ | PROT_WRITE : PROT_READ;
    const address = options.address ?? 0;
    const flags = address === 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED_NOREPLACE;
    return new Mapping(mmap(address, length, protection, flags, fd, options.offset ?? 0), length);
  }

  /**
   * A file of `size` bytes as it is, for reading only: a store into its buffer ends the process, so it is never handed to users.
   *
   * @throws SyscallError where the file cannot be mapped
   */
  static ofFile(fd: number, size: number): Mapping {
    const length = roundUpToPage(size);
    return new Mapping(mmap(0, length, PROT_READ, MAP_PRIVATE, fd), length);
  }

  /** Replaces the memory by that of `fd`, writable, at the same address. The buffer shows it from then on. */
  replaceBy(fd: number): void {
    mmap(this.address, this.length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd);
  }

  /** Lets go of what is mapped; buffers that were handed out show zeros from then on and stay safe to use. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    libc(MMAP)(
      this.address,
      this.length,
      PROT_READ | PROT_WRITE,
      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
      -1,
      0,
    );
  }
}
