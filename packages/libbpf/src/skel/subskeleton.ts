/**
 * Subskeletons: a library's view of its own maps, programs and variables inside an object that was linked from several, and
 * that somebody else opens and loads. Found by name, as the linker moves variables.
 */

import { StructView } from '../data/data-section.js';
import { BpfError } from '../errors.js';
import type { BpfObject, LoadedObject, OpenObject } from '../object.js';
import type { MapSpec } from '../open/object-spec.js';
import { checkFormat } from './skeleton.js';

/** What every subskeleton of an opened object has, besides its own maps, programs and data. */
export interface OpenSubskeleton {
  readonly object: OpenObject;
}
/** What every subskeleton of a loaded object has. */
export interface LoadedSubskeleton {
  readonly object: LoadedObject;
}

/** A subskeleton's entry. What it gives lives as long as the object; there is nothing to close. */
export interface Subskeleton<Open, Loaded> {
  /** @throws BpfError `BPF_NO_SUCH_VARIABLE`, `BPF_NO_SUCH_MAP`, `BPF_NO_SUCH_PROGRAM` if the object lacks a part of it */
  open(object: OpenObject): Open;
  /** As `open`, of an object that is loaded. */
  loaded(object: LoadedObject): Loaded;
}

interface VariableName {
  readonly name: string;
  readonly size: number;
}

/** What a generated module says. */
export interface SubskeletonDefinition {
  readonly name: string;
  readonly format: number;
  readonly generator: string;
  readonly maps: readonly { readonly property: string; readonly name: string }[];
  readonly programs: readonly { readonly property: string; readonly name: string }[];
  readonly sections: readonly {
    readonly property: string;
    readonly view: new (places: readonly StructView[]) => LinkedSection;
    readonly variables: readonly VariableName[];
  }[];
}

/** Variables that may be anywhere. */
export class LinkedSection {
  readonly #places: readonly StructView[];

  constructor(places: readonly StructView[]) {
    this.#places = places;
  }

  /** Where the variable of that number is. */
  $p(index: number): StructView {
    return this.#places[index]!;
  }
}

/** Names and sizes in turn. */
export function variables(...list: readonly (string | number)[]): VariableName[] {
  return Array.from({ length: list.length / 2 }, (_, index) => ({
    name: String(list[2 * index]),
    size: Number(list[2 * index + 1]),
  }));
}

/** Makes a subskeleton's entry from its definition; for generated modules. */
export function defineSubskeleton<Open, Loaded>(
  definition: SubskeletonDefinition,
): Subskeleton<Open, Loaded> {
  checkFormat(definition);
  return {
    open: (object) => view(definition, object as BpfObject) as Open,
    loaded: (object) => view(definition, object as BpfObject) as Loaded,
  };
}

function view(definition: SubskeletonDefinition, object: BpfObject): unknown {
  const skeleton: Record<string, unknown> = { object };
  const byProperty = (pairs: readonly (readonly [string, unknown])[]) =>
    Object.assign(Object.create(null), Object.fromEntries(pairs));
  skeleton['maps'] = byProperty(
    definition.maps.map(({ property, name }) => [property, object.map(mapName(object, name))]),
  );
  skeleton['progs'] = byProperty(
    definition.programs.map(({ property, name }) => [property, object.program(name)]),
  );
  for (const { property, view: Section, variables: names } of definition.sections) {
    const places = names.map((one) => place(definition.name, object, one));
    Object.defineProperty(skeleton, property, { value: new Section(places), enumerable: true });
  }
  return skeleton;
}

/** Maps of sections are called after the object; here they are meant by their section. */
function mapName(object: BpfObject, name: string): string {
  if (!name.startsWith('.')) return name;
  return object.spec.maps.find(({ section }) => section === name)?.name ?? name;
}

function place(skeleton: string, object: BpfObject, { name, size }: VariableName): StructView {
  for (const map of object.spec.maps) {
    const variable = found(map, name);
    const memory = variable === undefined ? undefined : object.sections.get(map.name);
    if (variable === undefined || memory === undefined) continue;
    if (variable.size !== size) {
      throw new BpfError(
        'BPF_BAD_SKELETON',
        `subskeleton "${skeleton}": variable "${name}" has ${variable.size} bytes in object "${object.name}", expected ${size}; generate it again`,
        { object: object.name, section: map.section },
      );
    }
    return new StructView(memory, variable.offset);
  }
  throw new BpfError(
    'BPF_NO_SUCH_VARIABLE',
    `subskeleton "${skeleton}": object "${object.name}" has no variable "${name}"; link the library into it`,
    { object: object.name },
  );
}

function found(map: MapSpec, name: string) {
  return map.variables.find((one) => one.name === name && one.linkage !== 'static');
}
