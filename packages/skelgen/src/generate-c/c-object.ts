/**
 * An object as a C skeleton sees it: its maps, programs and sections under the names of C.
 */

import { type Btf, parseBtf } from '@libbpf-ts/btf';
import type { MapSpec, ObjectSpec } from '@libbpf-ts/libbpf/open';
import { Names } from '../generate/identifiers.js';
import { CMembers, type CStruct } from './c-members.js';
import { cIdentifier } from './c-names.js';

export interface CMap {
  readonly map: MapSpec;
  readonly member: string;
  /** What libbpf calls it: sections of one's own keep their whole name. */
  readonly name: string;
  /** The member that shows its data, if it has any. */
  readonly section: string | undefined;
}

export interface CProgram {
  readonly member: string;
  readonly name: string;
}

export class CObject {
  /** Prefix of everything: an identifier. */
  readonly name: string;
  readonly btf: Btf;
  readonly maps: readonly CMap[];
  readonly programs: readonly CProgram[];
  readonly members: CMembers;

  constructor(object: ObjectSpec, name: string) {
    this.name = cIdentifier(name);
    this.btf = object.btf ?? parseBtf(EMPTY_BTF);
    this.members = new CMembers(this.btf);
    const maps = new Names();
    const sections = new Names([
      'skeleton',
      'obj',
      'subskel',
      'maps',
      'struct_ops',
      'progs',
      'links',
    ]);
    this.maps = object.maps.map((map) => {
      const member = maps.take(cIdentifier(map.identifier));
      const hasData = map.variables.some(({ linkage }) => linkage !== 'static');
      const wanted = map.origin === 'user' ? 'arena' : cIdentifier(map.identifier);
      const section = hasData ? sections.take(wanted) : undefined;
      return { map, member, name: libbpfName(map), section };
    });
    const programs = new Names();
    this.programs = object.programs.map(({ name: program }) => ({
      member: programs.take(cIdentifier(program)),
      name: program,
    }));
  }

  get structOps(): readonly (CMap & { readonly typeId: number })[] {
    return this.maps.flatMap((one) =>
      one.map.structOps === undefined ? [] : [{ ...one, typeId: one.map.structOps.typeId }],
    );
  }

  /** Sections with variables, in the order of the maps. */
  sections(
    kind: 'values' | 'pointers',
  ): (CStruct & { readonly member: string; readonly map: CMap })[] {
    return this.maps.flatMap((one) => {
      if (one.section === undefined) return [];
      const struct =
        kind === 'values' ? this.members.section(one.map) : this.members.pointers(one.map);
      return [{ ...struct, member: one.section, map: one }];
    });
  }
}

function libbpfName(map: MapSpec): string {
  const isCustom = map.origin !== 'user' && map.section.indexOf('.', 1) !== -1;
  return isCustom && map.origin !== 'struct_ops' ? map.section : map.name;
}

// Header (magic, version 1, 24 bytes long), no types, one empty name: for objects that have none.
const EMPTY_BTF = new Uint8Array([
  0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
]);
