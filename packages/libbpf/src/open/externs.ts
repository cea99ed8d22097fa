/**
 * What the object expects from outside: kernel configuration (`__kconfig`) and kernel symbols (`__ksym`).
 *
 * `.kconfig` gets a map of its own; its layout is ours to choose and is libbpf's: by alignment descending, then size, then
 * name (cmp_externs in libbpf.c).
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { type ElfFile, SHN_UNDEF, STB_GLOBAL, STB_WEAK, STT_NOTYPE } from '@libbpf-ts/elf';
import { BPF_F_RDONLY_PROG, mapType } from './constants.js';
import { kconfigType } from './kconfig-type.js';
import { newMapSpec } from './map-definitions.js';
import { internalMapName } from './names.js';
import { badObject } from './object-error.js';
import type { ExternSpec, MapSpec, VariableSpec } from './object-spec.js';

/** More than all the options of a kernel take together: what is larger was forged, and would be allocated. */
const LARGEST_KCONFIG = 1 << 20;

export interface Externs {
  readonly externs: ExternSpec[];
  /** The map for `.kconfig`, if the object has kconfig externs. */
  readonly kconfig: MapSpec | undefined;
}

export function readExterns(elf: ElfFile, btf: Btf | undefined, object: string): Externs {
  const undefinedSymbols = elf.symbols.filter(
    (symbol) =>
      symbol.sectionIndex === SHN_UNDEF &&
      symbol.name !== '' &&
      symbol.type === STT_NOTYPE &&
      (symbol.binding === STB_GLOBAL || symbol.binding === STB_WEAK),
  );
  if (undefinedSymbols.length === 0) return { externs: [], kconfig: undefined };
  if (btf === undefined) {
    throw badObject(
      object,
      `extern "${undefinedSymbols[0]!.name}": the object has no BTF, which says what it is; compile with -g`,
    );
  }
  const declared = declaredExterns(btf);
  const kconfig: (ExternSpec & { align: number })[] = [];
  const externs: ExternSpec[] = [];
  for (const symbol of undefinedSymbols) {
    const found = declared.get(symbol.name);
    if (found === undefined) {
      throw badObject(
        object,
        `extern "${symbol.name}" has no declaration in BTF; declare it with __kconfig or __ksym, or link the object that defines it`,
      );
    }
    const weak = symbol.binding === STB_WEAK;
    const one = {
      name: symbol.name,
      weak,
      offset: 0,
      size: 0,
      isFunction: found.isFunction,
      typeId: found.typeId,
    };
    if (found.section === '.kconfig') {
      if (found.isFunction)
        throw badObject(
          object,
          `extern function "${symbol.name}" is in .kconfig, where only variables can be`,
        );
      if (kconfigType(btf, found.typeId) === undefined) {
        throw badObject(
          object,
          `extern "${symbol.name}" in .kconfig is declared as ${btf.describe(found.typeId)}; expected bool, enum libbpf_tristate, char, an integer or an array of char`,
          { section: '.kconfig' },
        );
      }
      kconfig.push({
        ...one,
        kind: 'kconfig',
        size: btf.sizeOf(found.typeId),
        align: btf.alignOf(found.typeId),
      });
    } else if (found.section === '.ksyms') {
      externs.push({ ...one, kind: 'ksym' });
    } else {
      throw badObject(
        object,
        `extern "${symbol.name}" is in section "${found.section}", expected .kconfig or .ksyms (__kconfig, __ksym)`,
        { section: found.section },
      );
    }
  }
  if (kconfig.length === 0) return { externs, kconfig: undefined };

  kconfig.sort((a, b) => b.align - a.align || a.size - b.size || (a.name < b.name ? -1 : 1));
  let end = 0;
  const laidOut = kconfig.map(({ align, ...one }) => {
    const offset = Math.ceil(end / align) * align;
    end = offset + one.size;
    return { ...one, offset };
  });
  if (end > LARGEST_KCONFIG) {
    const largest = laidOut.reduce((a, b) => (b.size > a.size ? b : a));
    throw badObject(
      object,
      `.kconfig takes ${end} bytes, ${largest.size} of them extern "${largest.name}", expected at most ${LARGEST_KCONFIG}`,
      { section: '.kconfig' },
    );
  }
  const variables: VariableSpec[] = laidOut.map(({ name, offset, size, weak }) => ({
    name,
    offset,
    size,
    weak,
    typeId: declared.get(name)!.variableId,
    linkage: 'extern',
    hidden: false,
  }));
  return {
    externs: [...laidOut, ...externs],
    kconfig: newMapSpec({
      name: internalMapName(object, '.kconfig'),
      section: '.kconfig',
      origin: 'kconfig',
      identifier: 'kconfig',
      type: mapType('ARRAY'),
      keySize: 4,
      valueSize: end,
      maxEntries: 1,
      flags: BPF_F_RDONLY_PROG,
      initialValue: new Uint8Array(end),
      dataSectionTypeId: btf.findByNameAndKind('.kconfig', BtfKind.DATASEC) ?? 0,
      variables,
    }),
  };
}

interface Declared {
  readonly section: string;
  readonly isFunction: boolean;
  /** Of the variable's type, or of the FUNC. */
  readonly typeId: number;
  readonly variableId: number;
}

function declaredExterns(btf: Btf): Map<string, Declared> {
  const found = new Map<string, Declared>();
  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.DATASEC) continue;
    const section = btf.type(id);
    if (section.kind !== 'datasec') continue;
    for (const { typeId } of section.variables) {
      const type = btf.type(typeId);
      if ((type.kind !== 'var' && type.kind !== 'func') || type.linkage !== 'extern') continue;
      found.set(type.name, {
        section: section.name,
        isFunction: type.kind === 'func',
        typeId: type.kind === 'func' ? typeId : type.typeId,
        variableId: typeId,
      });
    }
  }
  return found;
}
