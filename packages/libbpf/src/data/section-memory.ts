/**
 * The memory of a section of global variables, from the object file to the kernel and beyond.
 *
 * Before load it is the section's bytes, which become the initial values. After load the very same memory is the kernel's:
 * sections that programs may write are mapped, so that reading and writing a variable costs no system call. What programs may
 * only read is frozen by then and served from a private copy. On kernels without mappable arrays (before 5.5), and for
 * sections whose variables are all static, each access goes through a system call.
 *
 * The memory is looked at through {@link SectionMemory.view} and changed through {@link SectionMemory.mut}, both DataViews or,
 * where there is nothing to look at, stand-ins that say why.
 */

import { BpfError, SyscallError } from '../errors.js';
import { mapLookupElem } from '../sys/bpf.js';
import { warning } from '../sys/fd.js';
import { Mapping } from '../sys/memory.js';
import { refusingView } from './refusing-view.js';
import { SyscallView } from './syscall-view.js';

/** What a section is made from. */
export interface SectionInit {
  /** Name of the object, for messages. */
  readonly object: string;
  /** `.rodata`, `.data.custom`. */
  readonly section: string;
  /** Initial values; not changed. */
  readonly bytes: Uint8Array;
  /** Programs only read it: it cannot be written after load. */
  readonly readOnly: boolean;
  /** Its map is made with BPF_F_MMAPABLE. */
  readonly mmapable: boolean;
  /** Its values are known only after load (`.kconfig`). */
  readonly lateBound?: boolean | undefined;
  /** For messages that name the variable. */
  readonly variables?:
    | readonly { readonly name: string; readonly offset: number; readonly size: number }[]
    | undefined;
}

/** How a section's bytes are reached at the moment. */
export type SectionState = 'open' | 'unknown' | 'mapped' | 'frozen' | 'syscalls' | 'closed';

/** `Int32Array` and its like. */
export interface NumbersType<Numbers> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): Numbers;
}

/** The memory of one section. */
export class SectionMemory {
  readonly #init: SectionInit;
  #size: number;
  #state: SectionState = 'open';
  #bytes: Uint8Array;
  #mapping: Mapping | undefined;
  #fd = -1;
  #view: DataView | undefined;
  #mut: DataView | undefined;
  #windowed = false;
  readonly #parts = new Map<number, object>();

  constructor(init: SectionInit) {
    this.#init = init;
    this.#bytes = init.bytes;
    this.#size = init.bytes.byteLength;
    if (init.lateBound) this.#refuse('unknown');
  }

  /** `.bss`. */
  get name(): string {
    return this.#init.section;
  }
  /** Bytes. */
  get size(): number {
    return this.#size;
  }
  get state(): SectionState {
    return this.#state;
  }

  /** To read from: live where the section is mapped. */
  get view(): DataView {
    return this.#view ?? this.#materialise();
  }

  /** To write to. @throws BpfError `BPF_FROZEN` from each setter once programs rely on the values */
  get mut(): DataView {
    if (this.#mut === undefined) this.#materialise();
    return this.#mut!;
  }

  /** Whether typed arrays over {@link buffer} show and change the variables themselves. */
  get isLive(): boolean {
    return this.#state === 'mapped' || (this.#state === 'open' && !this.#init.readOnly);
  }

  /**
   * The bytes themselves, for windows: live where {@link isLive}, else a copy that is made for this call.
   *
   * @throws BpfError `BPF_CLOSED`, `BPF_PHASE`, `BPF_NOT_MAPPED` where each access is a system call
   */
  get buffer(): ArrayBuffer {
    const view = this.view;
    if (this.#state === 'frozen') return this.#bytes.slice().buffer as ArrayBuffer;
    const buffer = view.buffer as ArrayBuffer;
    this.#windowed = true;
    return buffer;
  }

  /** Bytes as an array: a window where {@link isLive}, else a copy. */
  raw(offset: number, length: number): Uint8Array {
    if (this.#state === 'syscalls') return this.read(offset, length);
    return new Uint8Array(this.buffer, offset, length);
  }

  /** Numbers as a typed array: a window where {@link isLive} and they are aligned, else a copy. */
  numbers<Numbers>(type: NumbersType<Numbers>, offset: number, length: number): Numbers {
    if (this.#state === 'syscalls' || offset % type.BYTES_PER_ELEMENT !== 0) {
      return new type(
        this.read(offset, length * type.BYTES_PER_ELEMENT).buffer as ArrayBuffer,
        0,
        length,
      );
    }
    if (!this.isLive) return new type(this.buffer, offset, length);
    return this.part(offset, () => new type(this.buffer, offset, length) as Numbers & object);
  }

  /** A copy of what is in it now. */
  bytes(): Uint8Array {
    if (this.#state === 'unknown') return this.#bytes.slice();
    if (this.#view === undefined && this.#state === 'open') return this.#bytes.slice();
    if (this.#state === 'syscalls') return (this.#view as unknown as SyscallView).bytes();
    // Of a closed section even this throws.
    const { buffer, byteOffset } = this.view;
    return new Uint8Array(buffer, byteOffset, this.#size).slice();
  }

  /** New initial values, before load: of the same size in place, else in new memory. */
  replace(bytes: Uint8Array): void {
    if (this.#state === 'unknown') {
      this.#bytes = bytes.slice();
      this.#size = bytes.byteLength;
      return;
    }
    if (this.#state !== 'open')
      throw this.#error(
        'BPF_PHASE',
        'its initial values cannot be set any more; set them between open() and load()',
      );
    if (this.#view !== undefined && bytes.byteLength === this.#size) {
      new Uint8Array(this.#view.buffer, this.#view.byteOffset, this.#size).set(bytes);
      return;
    }
    this.#mapping?.release();
    this.#mapping = undefined;
    this.#bytes = bytes.slice();
    this.#size = bytes.byteLength;
    this.#view = undefined;
    this.#mut = undefined;
    this.#parts.clear();
  }

  /**
   * The section's map exists and holds the initial values: from here on this is its memory.
   *
   * @param fd - the map's; kept open by the caller until {@link close}
   */
  attach(fd: number): void {
    this.#fd = fd;
    if (this.#init.lateBound) {
      const bytes = new Uint8Array(new ArrayBuffer(this.#size));
      try {
        mapLookupElem(fd, new Uint8Array(new ArrayBuffer(4)), bytes);
      } catch (cause) {
        const problem = `its values could not be read: ${(cause as Error).message}`;
        throw this.#error('BPF_DATA_READ', problem, cause);
      }
      this.#freeze(bytes);
    } else if (this.#init.readOnly) {
      this.#freeze(this.bytes());
    } else if (!this.#init.mmapable) {
      this.#useSyscalls();
    } else if (this.#mapping !== undefined) {
      this.#map(this.#mapping, fd);
    } else {
      // Mapped when somebody looks.
      this.#view = undefined;
      this.#mut = undefined;
      this.#state = 'mapped';
    }
  }

  /** Variables cannot be reached any more; windows that were handed out show zeros. */
  close(): void {
    if (this.#state === 'closed') return;
    this.#refuse('closed');
    this.#mapping?.release();
    this.#mapping = undefined;
    this.#parts.clear();
  }

  /** @internal A window onto a part, made once for each offset. */
  part<Part extends object>(offset: number, make: () => Part): Part {
    let part = this.#parts.get(offset) as Part | undefined;
    if (part === undefined) {
      part = make();
      this.#parts.set(offset, part);
    }
    return part;
  }

  /** @internal Writes bytes that were put together elsewhere. */
  write(offset: number, bytes: Uint8Array): void {
    const mut = this.mut;
    if (this.#state === 'syscalls') (mut as unknown as SyscallView).write(offset, bytes);
    else if (this.isLive || this.#state === 'open')
      new Uint8Array(mut.buffer, mut.byteOffset + offset, bytes.byteLength).set(bytes);
    else mut.setUint8(offset, 0);
  }

  /** @internal A copy of bytes. */
  read(offset: number, length: number): Uint8Array {
    const view = this.view;
    if (this.#state === 'syscalls')
      return (view as unknown as SyscallView).bytes().slice(offset, offset + length);
    return new Uint8Array(view.buffer, view.byteOffset + offset, length).slice();
  }

  #materialise(): DataView {
    if (this.#state === 'mapped') return this.#mapNow();
    const memory = this.#init.mmapable && !this.#init.readOnly ? this.#anonymous() : undefined;
    this.#mapping = memory;
    const buffer = memory?.buffer ?? new ArrayBuffer(this.#size);
    new Uint8Array(buffer, 0, this.#size).set(this.#bytes);
    return this.#show(buffer);
  }

  /** Memory that the kernel's can be put in the place of; none where there is no way to ask for it. */
  #anonymous(): Mapping | undefined {
    if (this.#size === 0 || process.platform !== 'linux') return undefined;
    try {
      return this.#reserve();
    } catch (error) {
      if (error instanceof BpfError && error.code === 'BPF_NO_NATIVE') return undefined;
      throw error;
    }
  }

  #reserve(): Mapping {
    try {
      return Mapping.anonymous(this.#size);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      throw this.#error(
        'BPF_DATA_MEMORY',
        `its ${this.#size} bytes of memory could not be had: ${cause.message}`,
        cause,
      );
    }
  }

  #mapNow(): DataView {
    const mapping = this.#reserve();
    this.#map(mapping, this.#fd);
    return this.#view!;
  }

  /** Puts the map's memory into the place of `mapping`'s. */
  #map(mapping: Mapping, fd: number): void {
    try {
      mapping.replaceBy(fd);
    } catch {
      // Before Linux 5.5; then the flag was left out when the map was made.
      mapping.release();
      this.#mapping = undefined;
      this.#useSyscalls();
      return;
    }
    this.#mapping = mapping;
    this.#show(mapping.buffer);
    this.#state = 'mapped';
  }

  #useSyscalls(): void {
    if (this.#windowed) {
      warning(
        `${this.#subject()}: arrays that were taken from it before load() are not live; this kernel cannot map it, so take them anew and assign whole arrays`,
      );
    }
    const view = new SyscallView(this.#fd, this.#size, () =>
      this.#error(
        'BPF_NOT_MAPPED',
        'it is not mapped, so there is no window onto its memory; read and assign whole variables',
      ),
    );
    this.#state = 'syscalls';
    this.#view = view as unknown as DataView;
    this.#mut = this.#view;
    this.#parts.clear();
  }

  #freeze(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#state = 'frozen';
    this.#mut = refusingView((offset) => this.#error('BPF_FROZEN', this.#frozenProblem(offset)));
    this.#parts.clear();
  }

  #frozenProblem(offset: number): string {
    const what = this.#variableAt(offset);
    if (this.#init.lateBound)
      return `${what} cannot be set; its value comes from the kernel's configuration`;
    return `${what} cannot be set after load(), the kernel has frozen it; set it between open() and load()`;
  }

  #show(buffer: ArrayBuffer): DataView {
    this.#view = new DataView(buffer, 0, this.#size);
    this.#mut = this.#view;
    return this.#view;
  }

  #refuse(state: 'unknown' | 'closed'): void {
    this.#state = state;
    const code = state === 'closed' ? 'BPF_CLOSED' : 'BPF_PHASE';
    const problem =
      state === 'closed'
        ? 'the object is closed'
        : 'its values are known after load(); call load() first';
    this.#view = refusingView((offset) =>
      this.#error(code, `${this.#variableAt(offset)}: ${problem}`),
    );
    this.#mut = this.#view;
  }

  #variableAt(offset: number): string {
    const found = this.#init.variables?.find(
      (one) => offset >= one.offset && offset < one.offset + one.size,
    );
    return found === undefined ? `the byte at 0x${offset.toString(16)}` : `"${found.name}"`;
  }

  #error(code: string, problem: string, cause?: unknown): BpfError {
    const { object, section } = this.#init;
    return new BpfError(code, `${this.#subject()}: ${problem}`, { object, section, cause });
  }

  #subject(): string {
    return `BPF object "${this.#init.object}", section "${this.#init.section}"`;
  }
}
