/**
 * Shadows of struct_ops maps: before load their numbers and programs can be changed, as in C by `skel->struct_ops.NAME->member`.
 */

import { BpfError } from '../errors.js';
import type { BpfObject } from '../object.js';
import type { MapSpec } from '../open/object-spec.js';

/** What may be put into a member that is a function pointer: a program of the object, its name, or nothing. */
export type ProgramReference = { readonly name: string } | string | undefined;

/** Numbers of the struct: the bytes of the map's initial value. */
class ShadowMemory {
  readonly #object: BpfObject;
  readonly #map: MapSpec;

  constructor(object: BpfObject, map: MapSpec) {
    this.#object = object;
    this.#map = map;
  }

  get view(): DataView {
    const bytes = this.#map.initialValue ?? new Uint8Array(0);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get mut(): DataView {
    needOpen(this.#object, this.#map);
    return this.view;
  }
}

function needOpen(object: BpfObject, map: MapSpec): void {
  if (object.phase === 'open') return;
  throw new BpfError(
    'BPF_PHASE',
    `struct_ops "${map.name}": its members can be set between open() and load() only`,
    { object: object.name, map: map.name },
  );
}

/** Base of generated shadows: one getter and one setter for each member that user space can see. */
export class StructOpsShadow {
  readonly $m: { readonly view: DataView; readonly mut: DataView };
  readonly #object: BpfObject;
  readonly #map: MapSpec;

  constructor(object: BpfObject, map: MapSpec) {
    this.#object = object;
    this.#map = map;
    this.$m = new ShadowMemory(object, map);
  }

  /** Name of the program in a member. */
  $get(member: string): string | undefined {
    return this.#map.structOps?.programs.get(member);
  }

  /** @throws BpfError `BPF_NO_SUCH_PROGRAM`, `BPF_PHASE` */
  $set(member: string, program: ProgramReference): void {
    needOpen(this.#object, this.#map);
    const programs = this.#map.structOps?.programs;
    if (program === undefined) programs?.delete(member);
    else {
      const { name } = typeof program === 'string' ? this.#object.program(program) : program;
      programs?.set(member, this.#object.program(name).name);
    }
  }
}
