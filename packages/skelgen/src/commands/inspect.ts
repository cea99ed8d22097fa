/**
 * `skelgen inspect FILE`: what is in a compiled object, as this library sees it. Needs no privilege.
 */

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Btf } from '@libbpf-ts/btf';
import { CoreKind, formatCoreSpec, parseCoreSpec } from '@libbpf-ts/btf';
import { type ElfSection, readElf } from '@libbpf-ts/elf';
import {
  ATTACH_TYPES,
  MAP_TYPES,
  type MapSpec,
  type ObjectSpec,
  PROG_TYPES,
  type ProgramSpec,
  progType,
} from '@libbpf-ts/libbpf/open';
import type { Command } from 'commander';
import { openObjectFile, skeletonName } from '../object-file.js';
import { writeStdout } from '../output.js';

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .description('sections, programs, maps, globals, externs and CO-RE relocations of an object')
    .argument('<file>', 'a compiled BPF object')
    .addHelpText(
      'after',
      `
Examples:
  $ skelgen inspect runqslower.bpf.o`,
    )
    .action(async (file: string) => {
      await writeStdout(inspectFile(file));
    });
}

/** What the command prints. */
export function inspectFile(file: string): string {
  const { object } = openObjectFile(file, skeletonName(basename(file)));
  const parts = [
    part('Object', objectLines(object)),
    part('Sections', readElf(readFileSync(file)).sections.filter(isShown).map(sectionLine)),
    part(
      'Programs',
      object.programs.flatMap((one) => programLines(object, one)),
    ),
    part(
      'Functions',
      object.subprograms.map(
        ({ name, isGlobal, compiledSize }) =>
          `${name}  ${isGlobal ? 'global' : 'static'}, ${compiledSize / 8} instructions`,
      ),
    ),
    part('Maps', object.maps.map(mapLine)),
    part(
      'Globals',
      object.maps.flatMap((map) => globalLines(object, map)),
    ),
    part(
      'Externs',
      object.externs.map((one) => externLine(object, one)),
    ),
    part('CO-RE relocations', coreLines(object)),
    part('Warnings', [...object.warnings]),
  ];
  return parts.filter((text) => text !== '').join('\n');
}

/** A heading and indented lines; nothing if there are none. */
function part(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}\n`).join('')}`;
}

function objectLines(object: ObjectSpec): string[] {
  const { name, license, littleEndian, btf } = object;
  return [
    `name "${name}", license ${license === '' ? 'none' : `"${license}"`}, ${littleEndian ? 'little' : 'big'}-endian, ${btf === undefined ? 'no BTF' : `${btf.typeCount - 1} BTF types`}`,
  ];
}

function isShown({ name, sh_type }: ElfSection): boolean {
  return sh_type !== 0 && !/^\.(debug_|rel|strtab|symtab|shstrtab|llvm)/.test(name);
}

function sectionLine({ name, sh_size }: ElfSection): string {
  return `${name}  ${sh_size} bytes`;
}

function programLines(object: ObjectSpec, program: ProgramSpec): string[] {
  const { type, expectedAttachType, flags, attachTarget, sectionDefinition } = program;
  const details = [
    PROG_TYPES[type] ?? `type ${type}`,
    ...(expectedAttachType === 0
      ? []
      : [ATTACH_TYPES[expectedAttachType] ?? String(expectedAttachType)]),
    ...(flags === 0 ? [] : [`flags 0x${flags.toString(16)}`]),
    ...(attachTarget === undefined ? [] : [`target ${attachTarget}`]),
    ...(program.autoload ? [] : ['not loaded by default']),
    ...(sectionDefinition?.attach === undefined && type !== progType('STRUCT_OPS')
      ? ['attached by hand']
      : []),
  ];
  const uses = mapsOf(object, program);
  const tables = program.relocations.filter(({ kind }) => kind === 'jump-table').length;
  if (tables > 0) uses.push(`${tables} jump table${tables === 1 ? '' : 's'}`);
  return [
    `${program.name}  SEC("${program.section}"), ${details.join(', ')}, ${program.compiledSize / 8} instructions${uses.length === 0 ? '' : `, uses ${uses.join(', ')}`}`,
  ];
}

/** Names of the maps that a program itself refers to. */
function mapsOf({ maps }: ObjectSpec, { relocations }: ProgramSpec): string[] {
  const names = relocations.flatMap((one) =>
    one.kind === 'map' || one.kind === 'data' ? (maps[one.map]?.name ?? []) : [],
  );
  return [...new Set(names)];
}

function mapLine(map: MapSpec): string {
  const details = [
    MAP_TYPES[map.type] ?? `type ${map.type}`,
    ...(map.origin === 'user' ? [] : [`for section ${map.section}`]),
    `key ${map.keySize}`,
    `value ${map.valueSize}`,
    `${map.maxEntries} entries`,
    ...(map.flags === 0 ? [] : [`flags 0x${map.flags.toString(16)}`]),
    ...(map.pinByName ? ['pinned by name'] : []),
    ...(map.autocreate ? [] : ['not created by default']),
    ...(map.inner === undefined ? [] : [`of ${MAP_TYPES[map.inner.type]}`]),
    ...map.initialSlots.map(({ index, name }) => `slot ${index} = ${name}`),
    ...[...(map.structOps?.programs ?? [])].map(([member, program]) => `.${member} = ${program}`),
  ];
  return `${map.name}  ${details.join(', ')}`;
}

function globalLines({ btf }: ObjectSpec, map: MapSpec): string[] {
  if (btf === undefined) return [];
  return map.variables.map(
    ({ name, offset, size, typeId, linkage, weak }) =>
      `${map.section}+${offset}  ${name}: ${typeText(btf, btf.sizeOrType(typeId))}, ${size} bytes, ${linkage}${weak ? ', weak' : ''}`,
  );
}

function typeText(btf: Btf, typeId: number): string {
  const type = btf.type(typeId);
  switch (type.kind) {
    case 'ptr':
      return `${typeText(btf, type.typeId)} *`;
    case 'array':
      return `${typeText(btf, type.elementTypeId)}[${type.length}]`;
    case 'const':
    case 'volatile':
      return `${type.kind} ${typeText(btf, type.typeId)}`;
    case 'struct':
    case 'union':
      return `${type.kind} ${type.name || '{…}'}`;
    case 'enum':
    case 'enum64':
      return `enum ${type.name || '{…}'}`;
    default:
      return type.name || type.kind;
  }
}

function externLine(
  { btf }: ObjectSpec,
  { name, kind, weak, isFunction, typeId }: ObjectSpec['externs'][number],
): string {
  const type = isFunction || btf === undefined ? '' : `: ${typeText(btf, typeId)}`;
  return `${name}${type}  ${kind}${isFunction ? ' function' : ''}${weak ? ', weak' : ''}`;
}

const KIND_NAMES = new Map(
  Object.entries(CoreKind).map(([name, value]) => [value, name.toLowerCase()]),
);

function coreLines({ btf, programs, subprograms }: ObjectSpec): string[] {
  if (btf === undefined) return [];
  return [...programs, ...subprograms].flatMap(({ name, coreRelocations }) =>
    coreRelocations.map((relocation) => {
      const spec = parseCoreSpec(btf, relocation);
      const access = typeof spec === 'string' ? spec : formatCoreSpec(spec);
      const kind = KIND_NAMES.get(relocation.kind) ?? relocation.kind;
      return `${name}, instruction ${relocation.insnOffset / 8}: ${kind} of ${access}`;
    }),
  );
}
