/**
 * What a generated skeleton does: open, load, attach, detach, close. The generated module only says what there is.
 */

import { readFileSync } from 'node:fs';
import type { DataSection } from '../data/data-section.js';
import type { SectionMemory } from '../data/section-memory.js';
import { BpfError } from '../errors.js';
import { attachBySection } from '../link/auto-attach.js';
import type { BpfLink } from '../link/bpf-link.js';
import type { LoadOptions } from '../load/load-object.js';
import { BpfObject, type MapCodecs, type OpenOptions } from '../object.js';
import type { MapSpec } from '../open/object-spec.js';
import { parseObject } from '../open/parse-object.js';
import { ArenaMemory } from './arena-memory.js';
import type { StructOpsShadow } from './struct-ops.js';

/** What every opened skeleton has, besides its own maps, programs and data. */
export interface OpenSkeleton<Loaded> extends Disposable {
  /** The object behind it, for what has no field: maps and programs by name. */
  readonly object: BpfObject;
  /** Creates the maps, relocates, and loads the programs: all or nothing. Returns the same skeleton, in its next phase. */
  load(options?: LoadOptions): Loaded;
  close(): void;
}

/** What every loaded skeleton has. */
export interface LoadedSkeleton extends Disposable {
  readonly object: BpfObject;
  /**
   * Attaches every loaded program whose section name says where to, then every struct_ops map, but for those with `autoattach` off
   * and those whose link is set already. If one fails, those attached by this call are detached again.
   */
  attach(): void;
  /** Closes all links; {@link attach} works again afterwards. */
  detach(): void;
  /** Detaches, closes maps and programs, drops the data. Idempotent. */
  close(): void;
}

/** A skeleton's entry: what `RunqslowerBpf` is as a value. */
export interface Skeleton<Open, Loaded> {
  /** Needs no privilege. */
  open(options?: OpenOptions): Open;
  openAndLoad(options?: OpenOptions): Loaded;
  /** The object file that the skeleton embeds, stripped of DWARF; a copy. */
  elfBytes(): Uint8Array;
}

/** Formats of {@link SkeletonDefinition} that this runtime understands. */
const FORMATS = [1];

/** What a generated module says about its object. */
export interface SkeletonDefinition {
  readonly name: string;
  /** Which contract the module was written for. */
  readonly format: number;
  /** Version of skelgen that wrote it. */
  readonly generator: string;
  readonly object: () => Uint8Array;
  readonly maps: readonly ({ readonly property: string; readonly name: string } & {
    // biome-ignore lint/suspicious/noExplicitAny: each codec has its own type
    readonly [K in keyof MapCodecs]: any;
  })[];
  readonly programs: readonly { readonly property: string; readonly name: string }[];
  readonly sections: readonly {
    readonly property: string;
    readonly map: string;
    readonly view: new (memory: SectionMemory) => DataSection;
  }[];
  readonly structOps?: readonly {
    readonly property: string;
    readonly map: string;
    readonly view: new (object: BpfObject, map: MapSpec) => StructOpsShadow;
  }[];
}

/** Makes a skeleton's entry from its definition; for generated modules. */
export function defineSkeleton<Open, Loaded>(
  definition: SkeletonDefinition,
): Skeleton<Open, Loaded> {
  checkFormat(definition);
  const open = (options: OpenOptions = {}) => new LiveSkeleton(definition, options);
  return {
    open: (options) => open(options) as unknown as Open,
    openAndLoad(options) {
      const opened = open(options);
      try {
        return opened.load() as unknown as Loaded;
      } catch (error) {
        opened.close();
        throw error;
      }
    },
    elfBytes: () => definition.object().slice(),
  };
}

/** @throws BpfError `BPF_SKELETON_VERSION` for a module written for a runtime of another time */
export function checkFormat({
  name,
  format,
  generator,
}: Pick<SkeletonDefinition, 'name' | 'format' | 'generator'>): void {
  if (FORMATS.includes(format)) return;
  const newest = FORMATS.at(-1)!;
  const fix =
    format > newest
      ? 'update @libbpf-ts/libbpf, or generate the skeleton with an older skelgen'
      : 'generate the skeleton again';
  throw new BpfError(
    'BPF_SKELETON_VERSION',
    `skeleton "${name}": written by skelgen ${generator} in format ${format}, this @libbpf-ts/libbpf understands ${FORMATS.join(', ')}; ${fix}`,
    { object: name },
  );
}

/** Decodes an embedded object when it is first needed, and keeps it. */
export function base64(text: string): () => Uint8Array {
  let bytes: Uint8Array | undefined;
  return () => {
    bytes ??= new Uint8Array(Buffer.from(text, 'base64'));
    return bytes;
  };
}

/** Reads the object from a file when it is first needed, and keeps it. */
export function fileBeside(url: URL): () => Uint8Array {
  let bytes: Uint8Array | undefined;
  return () => {
    bytes ??= new Uint8Array(readFileSync(url));
    return bytes;
  };
}

/** Memory of an arena's variables: accessors need no more of a section than it has. */
function arenaOf(object: BpfObject, name: string): SectionMemory | undefined {
  const map = object.spec.maps.find((one) => one.name === name && one.variables.length > 0);
  return map === undefined ? undefined : (new ArenaMemory(object, map) as unknown as SectionMemory);
}

class LiveSkeleton implements OpenSkeleton<LiveSkeleton>, LoadedSkeleton {
  readonly object: BpfObject;
  readonly maps: Record<string, unknown> = Object.create(null);
  readonly progs: Record<string, unknown> = Object.create(null);
  readonly links: Record<string, BpfLink | undefined> = Object.create(null);
  readonly structOps: Record<string, StructOpsShadow> = Object.create(null);
  readonly #definition: SkeletonDefinition;

  constructor(definition: SkeletonDefinition, options: OpenOptions) {
    this.#definition = definition;
    const spec = parseObject(definition.object(), { name: definition.name, ...options });
    this.object = new BpfObject(
      spec,
      options,
      new Map(definition.maps.map((map) => [map.name, map])),
    );
    for (const { property, name } of definition.maps) this.maps[property] = this.object.map(name);
    for (const { property, name } of definition.programs) {
      this.progs[property] = this.object.program(name);
      this.links[property] = undefined;
    }
    for (const { property, map, view } of definition.structOps ?? []) {
      const found = spec.maps.find((one) => one.name === map && one.origin === 'struct_ops');
      if (found === undefined) continue;
      this.structOps[property] = new view(this.object, found);
      this.links[property] = undefined;
    }
    for (const { property, map, view } of definition.sections) {
      const memory = this.object.sections.get(map) ?? arenaOf(this.object, map);
      if (memory === undefined)
        throw new BpfError(
          'BPF_BAD_SKELETON',
          `skeleton "${definition.name}": its object has no data section "${map}"; generate it again`,
          { object: definition.name },
        );
      Object.defineProperty(this, property, { value: new view(memory), enumerable: true });
    }
  }

  load(options: LoadOptions = {}): this {
    this.object.load(options);
    return this;
  }

  attach(): void {
    this.#needLoaded('attach()');
    const made: string[] = [];
    try {
      for (const { property, name } of this.#definition.programs) {
        const program = this.object.program(name);
        if (!program.isLoaded || !program.autoattach || this.links[property]?.isOpen) continue;
        if (program.spec.sectionDefinition?.attach === undefined) continue;
        this.links[property] = attachBySection(program);
        made.push(property);
      }
      for (const { property, map: name } of this.#definition.structOps ?? []) {
        const map = this.object.map(name);
        if (!map.isLoaded || !map.autoattach || this.links[property]?.isOpen) continue;
        this.links[property] = map.attach();
        made.push(property);
      }
    } catch (error) {
      for (const property of made.reverse()) this.#drop(property);
      throw error;
    }
  }

  detach(): void {
    this.#needLoaded('detach()');
    this.#dropAll();
  }

  close(): void {
    this.#dropAll();
    this.object.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #dropAll(): void {
    const { programs, structOps = [] } = this.#definition;
    for (const { property } of [...programs, ...structOps].reverse()) this.#drop(property);
  }

  #drop(property: string): void {
    this.links[property]?.close();
    this.links[property] = undefined;
  }

  #needLoaded(call: string): void {
    const { phase, name } = this.object;
    if (phase === 'open')
      throw new BpfError(
        'BPF_PHASE',
        `skeleton "${name}": ${call} needs a loaded object; call load() first`,
        { object: name },
      );
    if (phase === 'closed')
      throw new BpfError(
        'BPF_CLOSED',
        `skeleton "${name}" is closed; open it again to use ${call}`,
        { object: name },
      );
  }
}
