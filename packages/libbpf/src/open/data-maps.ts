/**
 * One map for each section of global data.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { SHT_NOBITS, STB_WEAK } from '@libbpf-ts/elf';
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG, mapType } from './constants.js';
import type { DataKind, ElfObject } from './elf-object.js';
import { newMapSpec } from './map-definitions.js';
import { internalMapName, sectionIdentifier } from './names.js';
import { badObject } from './object-error.js';
import type { MapSpec, VariableSpec } from './object-spec.js';

/** Sections past this are refused: the kernel's limit is INT_MAX, and a forged `.bss` must not cost memory. */
const MAX_SECTION = 0x7fff_ffff;

export interface DataMap {
  readonly spec: MapSpec;
  readonly sectionIndex: number;
}

export function readDataMaps(object: ElfObject, btf: Btf | undefined): DataMap[] {
  return object.data
    .filter(({ kind }) => kind !== 'arena')
    .map(({ section, kind }) => {
      if (section.sh_size > MAX_SECTION) {
        throw badObject(
          object.name,
          `section "${section.name}" has ${section.sh_size} bytes; a map's value holds at most ${MAX_SECTION}`,
          { section: section.name },
        );
      }
      const dataSectionTypeId = btf?.findByNameAndKind(section.name, BtfKind.DATASEC) ?? 0;
      const variables = readVariables(object, btf, dataSectionTypeId);
      // Only what somebody outside may see is worth mapping; hidden and static variables are nobody's business.
      const mmapable = variables.some(({ linkage }) => linkage !== 'static');
      const spec = newMapSpec({
        name: internalMapName(object.name, section.name),
        section: section.name,
        origin: kind,
        identifier: sectionIdentifier(section.name),
        type: mapType('ARRAY'),
        keySize: 4,
        valueSize: section.sh_size,
        maxEntries: 1,
        flags: (kind === 'rodata' ? BPF_F_RDONLY_PROG : 0) | (mmapable ? BPF_F_MMAPABLE : 0),
        initialValue:
          section.sh_type === SHT_NOBITS ? new Uint8Array(section.sh_size) : section.data.slice(),
        dataSectionTypeId,
        btfValueTypeId: dataSectionTypeId,
        variables,
      });
      return { spec, sectionIndex: section.index };
    });
}

/** The map that arena globals live in is the object's own map of type ARENA; this is the initial data for it. */
export function arenaData(
  object: ElfObject,
): { readonly bytes: Uint8Array; readonly sectionIndex: number } | undefined {
  const arena = object.data.find(
    (one): one is { section: (typeof one)['section']; kind: DataKind } => one.kind === 'arena',
  );
  return arena === undefined
    ? undefined
    : { bytes: arena.section.data.slice(), sectionIndex: arena.section.index };
}

export function readVariables(
  object: ElfObject,
  btf: Btf | undefined,
  dataSectionTypeId: number,
): VariableSpec[] {
  if (btf === undefined || dataSectionTypeId === 0) return [];
  const section = btf.type(dataSectionTypeId);
  if (section.kind !== 'datasec') return [];
  const weak = new Set(
    object.elf.symbols.filter(({ binding }) => binding === STB_WEAK).map(({ name }) => name),
  );
  return section.variables.flatMap(({ typeId, offset, size }) => {
    const variable = btf.type(typeId);
    if (variable.kind !== 'var') return [];
    if (offset + size > section.size) {
      throw badObject(
        object.name,
        `variable "${variable.name}" ends at byte ${offset + size} of section "${section.name}", which has ${section.size}`,
        { section: section.name },
      );
    }
    return [
      {
        name: variable.name,
        offset,
        size,
        typeId,
        linkage: variable.linkage,
        weak: weak.has(variable.name),
        hidden: variable.linkage === 'static',
      },
    ];
  });
}
