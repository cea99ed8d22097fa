/** Writes cpio archives in the kernel's `newc` form. Documentation/driver-api/early-userspace/buffer-format.rst */

import { closeSync, lstatSync, openSync, readFileSync, readlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const S_IFCHR = 0o020000;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/** An archive that is being written to a file. Folders come into being with what is put in them. */
export class CpioWriter {
  readonly #fd: number;
  readonly #folders = new Set(['/', '.']);
  #inode = 1;
  #size = 0;

  constructor(path: string) {
    this.#fd = openSync(path, 'w');
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  file(name: string, bytes: Uint8Array | string, mode = 0o644): void {
    this.folder(dirname(name));
    this.#entry(name, S_IFREG | mode, typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  }

  folder(name: string): void {
    if (this.#folders.has(name)) return;
    this.#folders.add(name);
    this.folder(dirname(name));
    this.#entry(name, S_IFDIR | 0o755);
  }

  link(name: string, target: string): void {
    this.folder(dirname(name));
    this.#entry(name, S_IFLNK | 0o777, Buffer.from(target));
  }

  device(name: string, major: number, minor: number): void {
    this.folder(dirname(name));
    this.#entry(name, S_IFCHR | 0o600, Buffer.alloc(0), [major, minor]);
  }

  /** Puts a file or link of this machine at `name`. */
  copy(source: string, name: string): void {
    const { mode } = lstatSync(source);
    if ((mode & 0o170000) === S_IFLNK) this.link(name, readlinkSync(source));
    else this.file(name, readFileSync(source), mode & 0o777);
  }

  close(): void {
    this.#entry('TRAILER!!!', 0);
    closeSync(this.#fd);
  }

  #entry(name: string, mode: number, data: Uint8Array = Buffer.alloc(0), device = [0, 0]): void {
    const path = Buffer.from(`${name.replace(/^\//, '')}\0`);
    const links = (mode & 0o170000) === S_IFDIR ? 2 : 1;
    // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
    const fields = [
      this.#inode++,
      mode,
      0,
      0,
      links,
      0,
      data.length,
      0,
      0,
      ...device,
      path.length,
      0,
    ];
    this.#write(
      Buffer.from(`070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`),
    );
    this.#write(path);
    this.#pad();
    this.#write(data);
    this.#pad();
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at);
    this.#size += bytes.length;
  }

  #pad(): void {
    this.#write(Buffer.alloc(-this.#size & 3));
  }
}
