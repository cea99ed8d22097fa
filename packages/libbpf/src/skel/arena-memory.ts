/**
 * Global variables in an arena, `skel.arena.counter`: the map's initial value before load, its shared memory afterwards. Has the
 * methods of a section's memory that accessors use.
 */

import type { NumbersType } from '../data/section-memory.js';
import { BpfError } from '../errors.js';
import { arenaDataOffset } from '../load/arena.js';
import type { BpfObject } from '../object.js';
import type { MapSpec } from '../open/object-spec.js';

export class ArenaMemory {
  readonly #object: BpfObject;
  readonly #map: MapSpec;
  readonly #parts = new Map<number, object>();
  #mapped: DataView | undefined;

  constructor(object: BpfObject, map: MapSpec) {
    this.#object = object;
    this.#map = map;
  }

  get name(): string {
    return this.#map.name;
  }
  get size(): number {
    return this.#map.initialValue?.byteLength ?? 0;
  }
  get isLive(): boolean {
    return this.#object.phase === 'loaded';
  }
  get view(): DataView {
    const { phase } = this.#object;
    if (phase === 'closed') {
      throw new BpfError(
        'BPF_CLOSED',
        `BPF object "${this.#object.name}", arena "${this.#map.name}": the object is closed`,
        { object: this.#object.name, map: this.#map.name },
      );
    }
    if (phase === 'loaded') {
      this.#mapped ??= new DataView(
        this.#object.map(this.#map.name).memory(),
        arenaDataOffset(this.#map),
        this.size,
      );
      return this.#mapped;
    }
    const bytes = this.#map.initialValue ?? new Uint8Array(0);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get mut(): DataView {
    return this.view;
  }

  /** A window. */
  raw(offset: number, length: number): Uint8Array {
    const { buffer, byteOffset } = this.view;
    return new Uint8Array(buffer, byteOffset + offset, length);
  }

  /** A window where they are aligned, else a copy. */
  numbers<Numbers>(type: NumbersType<Numbers>, offset: number, length: number): Numbers {
    const { buffer, byteOffset } = this.view;
    if ((byteOffset + offset) % type.BYTES_PER_ELEMENT === 0)
      return new type(buffer as ArrayBuffer, byteOffset + offset, length);
    const bytes = this.read(offset, length * type.BYTES_PER_ELEMENT);
    return new type(bytes.buffer as ArrayBuffer, 0, length);
  }

  read(offset: number, length: number): Uint8Array {
    return this.raw(offset, length).slice();
  }
  write(offset: number, bytes: Uint8Array): void {
    this.raw(offset, bytes.byteLength).set(bytes);
  }

  part<Part extends object>(offset: number, make: () => Part): Part {
    let part = this.#parts.get(offset) as Part | undefined;
    if (part === undefined) {
      part = make();
      this.#parts.set(offset, part);
    }
    return part;
  }
}
