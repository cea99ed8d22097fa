/**
 * ELF relocations of code → what each instruction refers to.
 *
 * Two instruction forms are relocated: calls, and `ld_imm64` with a map, a variable, an extern or the address of a function.
 * Rules as in libbpf's bpf_program__record_reloc.
 */

import {
  type ElfSection,
  type ElfSymbol,
  readRelocations,
  SHF_EXECINSTR,
  SHN_UNDEF,
  SHT_REL,
  SHT_RELA,
  STT_SECTION,
} from '@libbpf-ts/elf';
import type { BpfError } from '../errors.js';
import { type ElfObject, symbolTitle } from './elf-object.js';
import { badObject } from './object-error.js';
import type { InstructionRelocation } from './object-spec.js';

const CALL = 0x85;
const LD_IMM64 = 0x18;
const PSEUDO_CALL = 1;

/** Where maps are, so that a relocation against their section finds them. */
export interface MapLocations {
  /** Index of the map defined at this offset of `.maps`. */
  definedAt(offset: number): number | undefined;
  /** Index of the map made for this section. */
  ofSection(sectionIndex: number): number | undefined;
  isExtern(name: string): boolean;
}

/** @returns for each code section a function that lists its relocations, offsets from the section's start */
export function codeRelocations(
  object: ElfObject,
  maps: MapLocations,
): (section: ElfSection) => readonly InstructionRelocation[] {
  const { elf } = object;
  return (code) => {
    const tables = elf.sections.filter(
      ({ sh_type, sh_info }) =>
        (sh_type === SHT_REL || sh_type === SHT_RELA) && sh_info === code.index,
    );
    const view = new DataView(code.data.buffer, code.data.byteOffset, code.data.byteLength);
    return tables.flatMap((table) =>
      readRelocations(elf, table).map(({ offset, symbolIndex }) => {
        const symbol = elf.symbols[symbolIndex];
        if (symbol === undefined || offset % 8 !== 0 || offset + 8 > code.data.byteLength) {
          throw badObject(
            object.name,
            `section "${table.name}": relocation at ${offset} against symbol ${symbolIndex} is outside "${code.name}"`,
            { section: table.name },
          );
        }
        return relocation(object, maps, code, view, offset, symbol);
      }),
    );
  };
}

function relocation(
  object: ElfObject,
  maps: MapLocations,
  code: ElfSection,
  view: DataView,
  offset: number,
  symbol: ElfSymbol,
): InstructionRelocation {
  const { elf } = object;
  const title = symbolTitle(elf, symbol);
  const opcode = view.getUint8(offset);
  const immediate = view.getInt32(offset + 4, elf.littleEndian);
  const target = elf.sections[symbol.sectionIndex];
  const fail = (problem: string) =>
    badObject(object.name, `section "${code.name}", instruction ${offset / 8}: ${problem}`, {
      section: code.name,
    });

  if (opcode === CALL) {
    if (symbol.sectionIndex === SHN_UNDEF) {
      if (!maps.isExtern(symbol.name)) throw fail(`calls "${title}", which is defined nowhere`);
      return { kind: 'extern-call', offset, extern: symbol.name };
    }
    if (sourceRegister(view, offset, elf.littleEndian) !== PSEUDO_CALL)
      throw fail(`a call relocated against "${title}" is no call of a function`);
    if (target === undefined || target.name !== '.text')
      throw fail(
        `calls "${title}" in section "${target?.name ?? symbol.sectionIndex}"; ${onlyInText(target, 'called')}`,
      );
    return {
      kind: 'call',
      offset,
      sectionIndex: target.index,
      target: symbol.value + (immediate + 1) * 8,
    };
  }
  if (opcode !== LD_IMM64)
    throw fail(
      `relocated against "${title}", but its opcode 0x${opcode.toString(16)} is neither call nor ld_imm64`,
    );
  if (symbol.sectionIndex === SHN_UNDEF) {
    if (!maps.isExtern(symbol.name)) throw fail(`refers to "${title}", which is defined nowhere`);
    return { kind: 'extern-load', offset, extern: symbol.name };
  }
  if (target === undefined)
    throw fail(`refers to "${title}", whose section ${symbol.sectionIndex} does not exist`);
  if (target.sh_flags & SHF_EXECINSTR) {
    if (target.name !== '.text')
      throw fail(
        `takes the address of "${title}" in section "${target.name}"; ${onlyInText(target, 'pointed to')}`,
      );
    return {
      kind: 'function-address',
      offset,
      sectionIndex: target.index,
      target: symbol.value + immediate,
    };
  }
  if (target === object.maps) {
    const at = symbol.type === STT_SECTION ? symbol.value + immediate : symbol.value;
    const map = maps.definedAt(at);
    if (map === undefined) throw fail(`refers to offset ${at} of ".maps", where no map begins`);
    return { kind: 'map', offset, map };
  }
  if (target === object.jumpTables)
    return {
      kind: 'jump-table',
      offset,
      targets: jumpTargets(target, symbol, elf.littleEndian, fail),
    };
  const map = maps.ofSection(target.index);
  if (map === undefined)
    throw fail(
      `refers to "${title}" in section "${target.name}", which holds no data that programs can reach`,
    );
  return { kind: 'data', offset, map, valueOffset: symbol.value };
}

function onlyInText(section: ElfSection | undefined, done: string): string {
  return section?.name.startsWith('.text.')
    ? `functions that are ${done} are in ".text"; compile without -ffunction-sections, and in C++ without inline functions and templates`
    : `only functions without SEC() can be ${done}`;
}

/** LLVM writes 64-bit numbers; its symbol says which of the section's are one table. */
function jumpTargets(
  { data }: ElfSection,
  { name, value, size }: ElfSymbol,
  littleEndian: boolean,
  fail: (problem: string) => BpfError,
): number[] {
  if (size === 0 || size % 8 !== 0 || value % 8 !== 0 || value + size > data.byteLength) {
    throw fail(
      `jumps by table "${name}" at ${value} of ".jumptables", ${size} bytes; expected whole 8-byte places inside the section's ${data.byteLength} bytes`,
    );
  }
  const view = new DataView(data.buffer, data.byteOffset + value, size);
  return Array.from({ length: size / 8 }, (_, index) => {
    const target = view.getBigUint64(8 * index, littleEndian);
    if (target % 8n !== 0n || target > 0xffff_ffffn)
      throw fail(`jumps by table "${name}" to ${target}, which is no instruction`);
    return Number(target);
  });
}

function sourceRegister(view: DataView, offset: number, littleEndian: boolean): number {
  const registers = view.getUint8(offset + 1);
  return littleEndian ? registers >> 4 : registers & 0xf;
}
