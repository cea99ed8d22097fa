/**
 * BTF as clang writes it leaves the sizes of DATASECs and the offsets of global variables zero: the ELF knows them. Here they
 * are filled in, on a copy of the bytes, and the variables of each DATASEC are put in the order of their offsets.
 *
 * Hidden variables are made static: nobody outside the object may see them. Rules as in libbpf's btf_fixup_datasec.
 */

import { type Btf, BtfKind, parseBtf } from '@libbpf-ts/btf';
import { type ElfFile, SHN_UNDEF, STB_LOCAL, STV_HIDDEN, STV_INTERNAL } from '@libbpf-ts/elf';
import { badObject } from './object-error.js';

const LINKAGE_STATIC = 0;
const LINKAGE_EXTERN = 2;

/** @returns a BTF whose DATASECs tell sizes and offsets; ids are those of the file */
export function readObjectBtf(bytes: Uint8Array, elf: ElfFile, object: string): Btf {
  const fixed = bytes.slice();
  const btf = parseBtf(fixed);
  const view = new DataView(fixed.buffer);
  const little = btf.littleEndian;
  const variables = variableSymbols(elf);

  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.DATASEC) continue;
    const at = btf.recordOffset(id);
    const name = btf.nameOf(id);
    if (name === '.ksyms' || name === '.kconfig') continue;
    const section = elf.section(name);
    if (btf.sizeOrType(id) === 0) {
      if (section === undefined || section.sh_size === 0) {
        throw badObject(
          object,
          `${variablesOf(btf, id)} in section "${name}", which the file does not have or which is empty; define what is only declared (extern), and leave out what has no size`,
          { section: name },
        );
      }
      view.setUint32(at + 8, section.sh_size, little);
    }

    const entries: { type: number; offset: number; size: number }[] = [];
    for (let index = 0; index < btf.vlen(id); index++) {
      const entry = at + 12 + 12 * index;
      const type = view.getUint32(entry, little);
      const size = view.getUint32(entry + 8, little);
      let offset = view.getUint32(entry + 4, little);
      if (btf.kindOf(type) !== BtfKind.VAR) {
        throw badObject(
          object,
          `BTF DATASEC "${name}" (type ${id}) lists type ${type}, which is no variable`,
          { section: name },
        );
      }
      const linkageAt = btf.recordOffset(type) + 12;
      const linkage = view.getUint32(linkageAt, little);
      if (linkage !== LINKAGE_STATIC && linkage !== LINKAGE_EXTERN && section !== undefined) {
        const variable = btf.nameOf(type);
        const symbol = variables.get(`${section.index}:${variable}`);
        if (symbol === undefined) {
          throw badObject(
            object,
            `variable "${variable}" is in BTF section "${name}" but not in the symbol table; was the object stripped of symbols?`,
            { section: name },
          );
        }
        offset = symbol.value;
        if (symbol.hidden) view.setUint32(linkageAt, LINKAGE_STATIC, little);
      }
      entries.push({ type, offset, size });
    }
    entries.sort((a, b) => a.offset - b.offset);
    for (const [index, { type, offset, size }] of entries.entries()) {
      const entry = at + 12 + 12 * index;
      view.setUint32(entry, type, little);
      view.setUint32(entry + 4, offset, little);
      view.setUint32(entry + 8, size, little);
    }
  }
  // Decoded types are cached: start afresh from the fixed bytes.
  return parseBtf(fixed);
}

function variablesOf(btf: Btf, datasec: number): string {
  const section = btf.type(datasec);
  const names =
    section.kind === 'datasec' ? section.variables.map(({ typeId }) => btf.nameOf(typeId)) : [];
  return names.length === 1
    ? `variable "${names[0]}" is`
    : `variables ${names.map((name) => `"${name}"`).join(', ')} are`;
}

function variableSymbols(elf: ElfFile): Map<string, { value: number; hidden: boolean }> {
  const found = new Map<string, { value: number; hidden: boolean }>();
  for (const symbol of elf.symbols) {
    if (symbol.sectionIndex === SHN_UNDEF || symbol.binding === STB_LOCAL || symbol.name === '')
      continue;
    const hidden = symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL;
    found.set(`${symbol.sectionIndex}:${symbol.name}`, { value: symbol.value, hidden });
  }
  return found;
}
