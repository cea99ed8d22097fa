/**
 * Maps from `.maps`: each variable there is a struct whose members say by their types what the map is like.
 *
 * `__uint(max_entries, 4)` is a pointer to an array of 4 ints, `__type(key, T)` a pointer to T, `__array(values, T)` a flexible
 * array of pointers to T (tools/lib/bpf/bpf_helpers.h). Rules as in libbpf's parse_btf_map_def.
 */

import type { Btf, BtfStruct, BtfType } from '@libbpf-ts/btf';
import { mapType } from './constants.js';
import { sanitizeIdentifier } from './names.js';
import { badObject } from './object-error.js';
import type { MapSpec } from './object-spec.js';

/** A map and where its definition lies in `.maps`, for the relocations that refer to it. */
export interface DefinedMap {
  readonly spec: MapSpec;
  /** Bytes from the start of `.maps`. */
  readonly offset: number;
  /** Bytes from the start of the definition to `values`, if it has them. */
  readonly valuesOffset: number | undefined;
  readonly valuesAre: 'maps' | 'programs' | undefined;
}

export function newMapSpec(
  fields: Partial<MapSpec> & Pick<MapSpec, 'name' | 'section' | 'origin' | 'identifier'>,
): MapSpec {
  return {
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    numaNode: undefined,
    mapExtra: 0n,
    ifindex: 0,
    btfKeyTypeId: 0,
    btfValueTypeId: 0,
    recordTypeId: 0,
    pinByName: false,
    pinPath: undefined,
    autocreate: true,
    inner: undefined,
    initialSlots: [],
    initialValue: undefined,
    dataSectionTypeId: 0,
    variables: [],
    ...fields,
  };
}

/** @throws BpfError `BPF_BAD_OBJECT` */
export function readMapDefinitions(
  btf: Btf,
  object: string,
  options: { relaxed: boolean },
): DefinedMap[] {
  const dataSection = btf.findByNameAndKind('.maps', 15);
  if (dataSection === undefined) {
    throw badObject(
      object,
      'section ".maps" has no BTF, which says what the maps are; compile with -g',
      { section: '.maps' },
    );
  }
  const section = btf.type(dataSection);
  if (section.kind !== 'datasec')
    throw badObject(object, 'BTF of ".maps" is no section', { section: '.maps' });
  return section.variables.map(({ typeId, offset }) => {
    const variable = btf.type(typeId);
    const definition = btf.type(btf.resolve(variable.kind === 'var' ? variable.typeId : 0));
    if (variable.kind !== 'var' || definition.kind !== 'struct') {
      throw badObject(
        object,
        `map "${variable.name}": BTF ${definition.kind === 'void' ? 'does not describe its definition' : `describes its definition as a ${definition.kind}`}, expected a struct: one variable for each map, no array, pointer or union`,
        { section: '.maps', map: variable.name },
      );
    }
    if (variable.linkage === 'static') {
      throw badObject(
        object,
        `map "${variable.name}" is static or hidden; maps are global, remove "static" or __hidden`,
        {
          section: '.maps',
          map: variable.name,
        },
      );
    }
    if (variable.linkage === 'extern') {
      throw badObject(
        object,
        `map "${variable.name}" is only declared here (extern); link the object that defines it first`,
        { map: variable.name },
      );
    }
    return { ...readDefinition(btf, object, variable.name, definition, options, false), offset };
  });
}

type Definition = Omit<DefinedMap, 'offset'>;

function readDefinition(
  btf: Btf,
  object: string,
  name: string,
  definition: BtfStruct,
  options: { relaxed: boolean },
  isInner: boolean,
): Definition {
  const spec = newMapSpec({
    name,
    section: '.maps',
    origin: 'user',
    identifier: sanitizeIdentifier(name),
  });
  const fail = (field: string, problem: string) =>
    badObject(object, `map "${name}", field "${field}": ${problem}`, {
      section: '.maps',
      map: name,
    });
  let valuesOffset: number | undefined;
  let valuesAre: 'maps' | 'programs' | undefined;

  const number = (field: string, typeId: number): bigint => {
    const type = btf.type(btf.resolve(typeId));
    // __ulong: a 64-bit number as an enumerator's value.
    if ((type.kind === 'enum' || type.kind === 'enum64') && type.values.length === 1)
      return BigInt(type.values[0]!.value);
    const array = type.kind === 'ptr' ? btf.type(btf.resolve(type.typeId)) : undefined;
    if (array?.kind !== 'array')
      throw fail(field, `expected __uint(${field}, N), found ${describe(type)}`);
    return BigInt(array.length);
  };
  const pointee = (field: string, typeId: number): number => {
    const type = btf.type(btf.resolve(typeId));
    if (type.kind !== 'ptr')
      throw fail(field, `expected __type(${field}, T), found ${describe(type)}`);
    return type.typeId;
  };
  const size = (field: 'keySize' | 'valueSize', label: string, bytes: number) => {
    if (spec[field] !== 0 && spec[field] !== bytes) {
      throw fail(label, `says ${bytes} bytes, but another field says ${spec[field]}`);
    }
    spec[field] = bytes;
  };

  const sizeOf = (field: string, typeId: number): number => {
    try {
      return btf.sizeOf(typeId);
    } catch {
      throw fail(
        field,
        `${describe(btf.type(typeId))} has no size; expected a type that is defined in full`,
      );
    }
  };

  for (const [index, member] of definition.members.entries()) {
    const field = member.name;
    switch (field) {
      case 'type':
        spec.type = Number(number(field, member.typeId));
        break;
      case 'max_entries':
        spec.maxEntries = Number(number(field, member.typeId));
        break;
      case 'map_flags':
        spec.flags = Number(number(field, member.typeId));
        break;
      case 'numa_node':
        spec.numaNode = Number(number(field, member.typeId));
        break;
      case 'map_extra':
        spec.mapExtra = number(field, member.typeId);
        break;
      case 'key_size':
        size('keySize', field, Number(number(field, member.typeId)));
        break;
      case 'value_size':
        size('valueSize', field, Number(number(field, member.typeId)));
        break;
      case 'key':
        spec.btfKeyTypeId = pointee(field, member.typeId);
        size('keySize', field, sizeOf(field, spec.btfKeyTypeId));
        break;
      case 'value':
        spec.btfValueTypeId = pointee(field, member.typeId);
        size('valueSize', field, sizeOf(field, spec.btfValueTypeId));
        break;
      case 'pinning': {
        if (isInner) throw fail(field, 'an inner map cannot be pinned');
        const mode = number(field, member.typeId);
        if (mode !== 0n && mode !== 1n)
          throw fail(field, `mode ${mode}, expected 0 (none) or 1 (LIBBPF_PIN_BY_NAME)`);
        spec.pinByName = mode === 1n;
        break;
      }
      case 'values': {
        if (isInner) throw fail(field, 'maps can be nested two levels deep, not three');
        const array = btf.type(member.typeId);
        const element =
          array.kind === 'array' ? btf.type(btf.resolve(array.elementTypeId)) : undefined;
        if (array.kind !== 'array' || element?.kind !== 'ptr')
          throw fail(field, `expected __array(values, T), found ${describe(array)}`);
        if (array.length !== 0)
          throw fail(
            field,
            `has ${array.length} slots, expected __array(values, T), whose slots are counted by max_entries`,
          );
        if (index !== definition.members.length - 1)
          throw fail(field, 'comes before other fields, expected it last');
        const target = btf.type(btf.resolve(element.typeId));
        valuesOffset = member.bitOffset / 8;
        if (spec.type === mapType('PROG_ARRAY')) {
          if (target.kind !== 'func_proto')
            throw fail(field, `slots of a program array are functions, found ${describe(target)}`);
          valuesAre = 'programs';
          size('valueSize', field, 4);
        } else if (
          spec.type === mapType('ARRAY_OF_MAPS') ||
          spec.type === mapType('HASH_OF_MAPS')
        ) {
          if (target.kind !== 'struct')
            throw fail(
              field,
              `slots of a map of maps are map definitions, found ${describe(target)}`,
            );
          valuesAre = 'maps';
          size('valueSize', field, 4);
          spec.inner = readDefinition(btf, object, `${name}.inner`, target, options, true).spec;
        } else {
          throw fail(
            field,
            'only maps of maps and program arrays have initial values (type comes first in the definition)',
          );
        }
        break;
      }
      case '':
        throw fail(
          '(without a name)',
          'fields of a struct or union inside the definition are not looked for; write them into the definition itself',
        );
      default:
        if (!options.relaxed)
          throw fail(
            field,
            'unknown; open with relaxedMaps to ignore fields that this version does not know',
          );
    }
  }
  if (spec.type === 0)
    throw fail('type', 'missing; a map needs at least __uint(type, BPF_MAP_TYPE_…)');
  return { spec, valuesOffset, valuesAre };
}

function describe(type: BtfType): string {
  return type.name === '' ? `a ${type.kind}` : `${type.kind} "${type.name}"`;
}
