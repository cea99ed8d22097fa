/**
 * Maps from `.struct_ops` and `.struct_ops.link`: each variable there is a struct of function pointers that the kernel calls.
 *
 * What is known at open is the struct as the object declares it and which programs are in it; the kernel's own type is looked up
 * at load. Rules as in libbpf's init_struct_ops_maps and bpf_object__collect_st_ops_relos.
 */

import { type Btf, BtfKind, type BtfStruct } from '@libbpf-ts/btf';
import { type ElfSection, readRelocations, SHT_REL, SHT_RELA } from '@libbpf-ts/elf';
import { BPF_F_LINK, mapType, progType } from './constants.js';
import type { ElfObject } from './elf-object.js';
import { newMapSpec } from './map-definitions.js';
import { sanitizeIdentifier } from './names.js';
import { badObject } from './object-error.js';
import type { MapSpec, ProgramSpec } from './object-spec.js';

/** @throws BpfError `BPF_BAD_OBJECT` */
export function readStructOps(
  object: ElfObject,
  btf: Btf | undefined,
  programs: readonly ProgramSpec[],
): MapSpec[] {
  return object.structOps.flatMap((section) => {
    const dataSection = btf?.findByNameAndKind(section.name, BtfKind.DATASEC);
    if (btf === undefined || dataSection === undefined) {
      throw badObject(
        object.name,
        `section "${section.name}" has no BTF, which says what its structs are; compile with -g`,
        { section: section.name },
      );
    }
    return readSection(object, btf, section, dataSection, programs);
  });
}

interface Placed {
  readonly spec: MapSpec;
  readonly struct: BtfStruct;
  readonly offset: number;
}

function readSection(
  object: ElfObject,
  btf: Btf,
  section: ElfSection,
  dataSection: number,
  programs: readonly ProgramSpec[],
): MapSpec[] {
  const variables = btf.type(dataSection);
  if (variables.kind !== 'datasec') return [];
  const placed = variables.variables.map(({ typeId, offset }): Placed => {
    const variable = btf.type(typeId);
    const structId = btf.resolve(variable.kind === 'var' ? variable.typeId : 0);
    const struct = btf.type(structId);
    const facts = { section: section.name, map: variable.name };
    if (struct.kind !== 'struct' || struct.name === '') {
      throw badObject(
        object.name,
        `struct_ops "${variable.name}" is a ${struct.kind} without a name of its own, expected a struct that the kernel has too`,
        facts,
      );
    }
    if (offset + struct.size > section.sh_size) {
      throw badObject(
        object.name,
        `struct_ops "${variable.name}" ends at byte ${offset + struct.size} of section "${section.name}", which has ${section.sh_size}`,
        facts,
      );
    }
    const spec = newMapSpec({
      name: variable.name,
      section: section.name,
      origin: 'struct_ops',
      identifier: sanitizeIdentifier(variable.name),
      type: mapType('STRUCT_OPS'),
      keySize: 4,
      valueSize: struct.size,
      maxEntries: 1,
      flags: section.name.endsWith('.link') ? BPF_F_LINK : 0,
      autocreate: !section.name.startsWith('?'),
      btfValueTypeId: structId,
      initialValue: section.data.slice(offset, offset + struct.size),
      structOps: { typeId: structId, programs: new Map() },
    });
    return { spec, struct, offset };
  });
  placePrograms(object, section, placed, programs);
  return placed.map(({ spec }) => spec);
}

/** Relocations of the section say which programs the function pointers are. */
function placePrograms(
  object: ElfObject,
  section: ElfSection,
  placed: readonly Placed[],
  programs: readonly ProgramSpec[],
): void {
  const { elf } = object;
  const tables = elf.sections.filter(
    ({ sh_type, sh_info }) =>
      (sh_type === SHT_REL || sh_type === SHT_RELA) && sh_info === section.index,
  );
  for (const { offset, symbolIndex } of tables.flatMap((table) => readRelocations(elf, table))) {
    const symbol = elf.symbols[symbolIndex];
    const owner = placed.find(
      (one) => offset >= one.offset && offset < one.offset + one.struct.size,
    );
    const member = owner?.struct.members.find(
      ({ bitOffset }) => bitOffset === (offset - owner.offset) * 8,
    );
    const fail = (problem: string) =>
      badObject(object.name, `section "${section.name}", byte ${offset}: ${problem}`, {
        section: section.name,
      });
    if (owner === undefined || member === undefined || symbol === undefined)
      throw fail('a relocation that is at no member of a struct');
    const program = programs.find(
      (one) => one.sectionIndex === symbol.sectionIndex && one.sectionOffset === symbol.value,
    );
    const subject = `member "${member.name}" of "${owner.spec.name}"`;
    if (program === undefined) throw fail(`${subject} is no program`);
    if (program.type !== progType('STRUCT_OPS'))
      throw fail(
        `${subject} is program "${program.name}" of section "${program.section}", expected SEC("struct_ops")`,
      );
    owner.spec.structOps!.programs.set(member.name, program.name);
  }
}
