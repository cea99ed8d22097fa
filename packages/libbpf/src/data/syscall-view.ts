/**
 * The methods of a DataView over a section that cannot be mapped: a read is a look-up, a write is a look-up and an update.
 *
 * A write carries the neighbours along as they were a moment before: what a program writes to them in between is lost. There
 * is no way around that without mapped memory.
 */

import { mapLookupElem, mapUpdateElem } from '../sys/bpf.js';

/** As a DataView, but for the memory itself. */
export class SyscallView {
  readonly #fd: number;
  readonly #key = new Uint8Array(new ArrayBuffer(4));
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #refuse: () => Error;
  readonly byteOffset = 0;

  /** @param refuse - the error for those who want the memory */
  constructor(fd: number, size: number, refuse: () => Error) {
    this.#fd = fd;
    this.#bytes = new Uint8Array(new ArrayBuffer(size));
    this.#view = new DataView(this.#bytes.buffer);
    this.#refuse = refuse;
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }
  get buffer(): never {
    throw this.#refuse();
  }

  /** A copy of everything. */
  bytes(): Uint8Array {
    this.#fetch();
    return this.#bytes.slice();
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#fetch();
    this.#bytes.set(bytes, offset);
    this.#store();
  }

  getInt8(offset: number): number {
    return this.#fetch().getInt8(offset);
  }
  getUint8(offset: number): number {
    return this.#fetch().getUint8(offset);
  }
  getInt16(offset: number, little?: boolean): number {
    return this.#fetch().getInt16(offset, little);
  }
  getUint16(offset: number, little?: boolean): number {
    return this.#fetch().getUint16(offset, little);
  }
  getInt32(offset: number, little?: boolean): number {
    return this.#fetch().getInt32(offset, little);
  }
  getUint32(offset: number, little?: boolean): number {
    return this.#fetch().getUint32(offset, little);
  }
  getFloat32(offset: number, little?: boolean): number {
    return this.#fetch().getFloat32(offset, little);
  }
  getFloat64(offset: number, little?: boolean): number {
    return this.#fetch().getFloat64(offset, little);
  }
  getBigInt64(offset: number, little?: boolean): bigint {
    return this.#fetch().getBigInt64(offset, little);
  }
  getBigUint64(offset: number, little?: boolean): bigint {
    return this.#fetch().getBigUint64(offset, little);
  }

  setInt8(offset: number, value: number): void {
    this.#change((view) => view.setInt8(offset, value));
  }
  setUint8(offset: number, value: number): void {
    this.#change((view) => view.setUint8(offset, value));
  }
  setInt16(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setInt16(offset, value, little));
  }
  setUint16(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setUint16(offset, value, little));
  }
  setInt32(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setInt32(offset, value, little));
  }
  setUint32(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setUint32(offset, value, little));
  }
  setFloat32(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setFloat32(offset, value, little));
  }
  setFloat64(offset: number, value: number, little?: boolean): void {
    this.#change((view) => view.setFloat64(offset, value, little));
  }
  setBigInt64(offset: number, value: bigint, little?: boolean): void {
    this.#change((view) => view.setBigInt64(offset, value, little));
  }
  setBigUint64(offset: number, value: bigint, little?: boolean): void {
    this.#change((view) => view.setBigUint64(offset, value, little));
  }

  #fetch(): DataView {
    mapLookupElem(this.#fd, this.#key, this.#bytes);
    return this.#view;
  }

  #change(write: (view: DataView) => void): void {
    write(this.#fetch());
    this.#store();
  }

  #store(): void {
    mapUpdateElem(this.#fd, this.#key, this.#bytes);
  }
}
