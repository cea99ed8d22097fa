/**
 * A compiled BPF object → {@link ObjectSpec}. Pure: no system call, no privilege, the same answer on every machine.
 */

import { type Btf, BtfKind, isBtfError, parseBtfExt } from '@libbpf-ts/btf';
import { readRelocations, SHT_REL, SHT_RELA, STT_SECTION } from '@libbpf-ts/elf';
import { BpfError } from '../errors.js';
import { mapType } from './constants.js';
import { arenaData, readDataMaps, readVariables } from './data-maps.js';
import { type ElfObject, readElfObject, symbolTitle } from './elf-object.js';
import { readExterns } from './externs.js';
import { readObjectBtf } from './fix-datasec.js';
import { readFunctions } from './functions.js';
import { codeRelocations } from './instruction-relocations.js';
import { type DefinedMap, readMapDefinitions } from './map-definitions.js';
import { badObject } from './object-error.js';
import type { MapSpec, ObjectSpec, ProgramSpec } from './object-spec.js';
import { readStructOps } from './struct-ops.js';

export interface ParseOptions {
  /** Name of the object: internal maps are called after its first 8 characters. Default: `object`. */
  readonly name?: string;
  /** Ignore fields of map definitions that this version does not know. Default: refuse them. */
  readonly relaxedMaps?: boolean;
}

/**
 * Reads an object file.
 *
 * @param bytes - the whole file; kept, not copied
 * @throws BpfError `BPF_BAD_OBJECT`, whose cause may be an ElfError or a BtfError
 */
export function parseObject(bytes: Uint8Array, options: ParseOptions = {}): ObjectSpec {
  const name = options.name ?? 'object';
  try {
    // A Buffer's slice() is no copy: from here on only plain arrays.
    return readObject(
      new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength),
      name,
      options,
    );
  } catch (cause) {
    if (cause instanceof BpfError) throw cause;
    if (cause instanceof Error && /^(Elf|Btf)Error$/.test(cause.name)) {
      throw badObject(name, cause.message, { cause });
    }
    throw cause;
  }
}

function readObject(bytes: Uint8Array, name: string, options: ParseOptions): ObjectSpec {
  const object = readElfObject(bytes, name);
  const { elf } = object;
  const btfSection = elf.section('.BTF');
  const btf =
    btfSection && unlessDamaged(object, '.BTF', () => readObjectBtf(btfSection.data, elf, name));
  const extSection = elf.section('.BTF.ext');
  const btfExt =
    btf && extSection && unlessDamaged(object, '.BTF.ext', () => parseBtfExt(extSection.data, btf));

  if (object.maps !== undefined && object.maps.sh_size > 0 && btf === undefined) {
    throw badObject(
      name,
      'it has maps in ".maps" but no BTF, which says what they are; compile with -g and do not strip section .BTF',
      { section: '.maps' },
    );
  }
  const defined =
    object.maps === undefined || btf === undefined || object.maps.sh_size === 0
      ? []
      : readMapDefinitions(btf, name, { relaxed: options.relaxedMaps ?? false });
  const data = readDataMaps(object, btf);
  const externs = readExterns(elf, btf, name);
  const maps: MapSpec[] = [...defined.map(({ spec }) => spec), ...data.map(({ spec }) => spec)];
  if (externs.kconfig !== undefined) maps.push(externs.kconfig);

  const arena = placeArena(object, btf, maps);
  const mapAt = new Map(defined.map(({ offset }, index) => [offset, index]));
  const mapOfSection = new Map(
    data.map(({ sectionIndex }, index) => [sectionIndex, defined.length + index]),
  );
  if (arena !== undefined) mapOfSection.set(arena.sectionIndex, arena.map);
  const externNames = new Set(externs.externs.map((one) => one.name));

  const relocations = codeRelocations(object, {
    definedAt: (offset) => mapAt.get(offset),
    ofSection: (index) => mapOfSection.get(index),
    isExtern: (one) => externNames.has(one),
  });
  const functions = readFunctions(object, btf, btfExt, relocations);
  maps.push(...readStructOps(object, btf, functions.programs));
  if (btf !== undefined) nameRecords(btf, maps);
  placeInitialSlots(object, defined, functions.programs);
  nameApart(maps);

  return {
    name,
    license: object.license,
    kernelVersion: object.kernelVersion,
    littleEndian: elf.littleEndian,
    btf,
    btfExt,
    maps,
    programs: functions.programs,
    subprograms: functions.subprograms,
    externs: externs.externs,
    warnings: object.warnings,
  };
}

/** BTF that cannot be read is no BTF to objects without maps and struct_ops, which nothing else describes. */
function unlessDamaged<T>(object: ElfObject, section: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const isNeeded = object.maps !== undefined || object.structOps.length > 0;
    if (isNeeded || !isBtfError(error)) throw error;
    object.warnings.push(`section "${section}" is damaged and left out: ${error.message}`);
    return undefined;
  }
}

/**
 * Maps are told apart by their names, and the kernel's names for those of custom sections are only 15 characters of a few kinds:
 * `.data.a-b` and `.data.a_b` would both be `.data.a_b`. Such maps are called by their whole sections.
 */
function nameApart(maps: MapSpec[]): void {
  const counts = new Map<string, number>();
  for (const { name } of maps) counts.set(name, (counts.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  for (const [index, map] of maps.entries()) {
    const wanted = counts.get(map.name) === 1 ? map.name : map.section;
    let name = wanted;
    for (let count = 2; taken.has(name); count++) name = `${wanted}#${count}`;
    taken.add(name);
    if (name !== map.name) maps[index] = { ...map, name };
  }
}

/** Gives the object's arena map the initial data of its globals. */
function placeArena(
  object: ElfObject,
  btf: Btf | undefined,
  maps: MapSpec[],
): { sectionIndex: number; map: number } | undefined {
  const arenas = maps.filter(({ type }) => type === mapType('ARENA'));
  if (arenas.length > 1) {
    throw badObject(
      object.name,
      `maps ${arenas.map(({ name }) => `"${name}"`).join(' and ')} are both arenas; a program can use one only, and so can an object`,
      { section: '.maps' },
    );
  }
  const data = arenaData(object);
  if (data === undefined) return undefined;
  const map = maps.findIndex(({ type }) => type === mapType('ARENA'));
  if (map === -1) {
    // Without any maps nothing can refer to them either, or says so itself.
    if (object.maps === undefined) return undefined;
    throw badObject(
      object.name,
      'it has global variables in an arena (section ".addr_space.1") but no map of type BPF_MAP_TYPE_ARENA',
      { section: '.addr_space.1' },
    );
  }
  const dataSectionTypeId = btf?.findByNameAndKind('.addr_space.1', BtfKind.DATASEC) ?? 0;
  maps[map] = {
    ...maps[map]!,
    initialValue: data.bytes,
    dataSectionTypeId,
    variables: readVariables(object, btf, dataSectionTypeId),
  };
  return { sectionIndex: data.sectionIndex, map };
}

/**
 * `struct event *events__record SEC(".records")` says that the records in the ring buffer or perf event array `events` are
 * of type `struct event`. Nothing in a map definition could say it: loaders refuse fields they don't know.
 */
function nameRecords(btf: Btf, maps: readonly MapSpec[]): void {
  const id = btf.findByNameAndKind('.records', BtfKind.DATASEC);
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== 'datasec') return;
  for (const { typeId } of section.variables) {
    const variable = btf.type(typeId);
    if (variable.kind !== 'var' || !variable.name.endsWith('__record')) continue;
    const pointer = btf.type(btf.resolve(variable.typeId));
    const map = maps.find(({ name }) => name === variable.name.slice(0, -'__record'.length));
    if (map !== undefined && pointer.kind === 'ptr') map.recordTypeId = pointer.typeId;
  }
}

/** Relocations of `.maps` itself: the initial slots of maps of maps and of program arrays. */
function placeInitialSlots(
  object: ElfObject,
  defined: readonly DefinedMap[],
  programs: readonly ProgramSpec[],
): void {
  const { elf, maps } = object;
  if (maps === undefined) return;
  const pointerSize = elf.is64 ? 8 : 4;
  const tables = elf.sections.filter(
    ({ sh_type, sh_info }) =>
      (sh_type === SHT_REL || sh_type === SHT_RELA) && sh_info === maps.index,
  );
  for (const table of tables) {
    for (const { offset, symbolIndex } of readRelocations(elf, table)) {
      const symbol = elf.symbols[symbolIndex];
      const owner = defined.findLast((one) => one.offset <= offset);
      if (symbol === undefined || owner === undefined || owner.valuesOffset === undefined) {
        throw badObject(
          object.name,
          `section "${table.name}": the value at offset ${offset} of ".maps" belongs to no map with initial values`,
          { section: table.name },
        );
      }
      const index = (offset - owner.offset - owner.valuesOffset) / pointerSize;
      const target =
        owner.valuesAre === 'maps' && (symbol.type === STT_SECTION || symbol.name === '')
          ? defined.find((one) => one.offset === symbol.value)?.spec.name
          : symbol.name;
      if (!Number.isInteger(index) || index < 0 || target === undefined) {
        throw badObject(
          object.name,
          `map "${owner.spec.name}": its initial value at offset ${offset} of ".maps" is no slot`,
          { map: owner.spec.name },
        );
      }
      const isThere =
        owner.valuesAre === 'programs'
          ? programs.some(
              ({ name, sectionIndex, sectionOffset }) =>
                name === target &&
                sectionIndex === symbol.sectionIndex &&
                sectionOffset === symbol.value,
            )
          : defined.some(({ spec }) => spec.name === target);
      if (!isThere) {
        throw badObject(
          object.name,
          `map "${owner.spec.name}", slot ${index}: "${symbolTitle(elf, symbol)}" is ${owner.valuesAre === 'programs' ? 'no program of this object, that is a global function with SEC()' : 'no map of section ".maps"'}`,
          { map: owner.spec.name },
        );
      }
      owner.spec.initialSlots.push({ index, name: target });
    }
  }
}
