// Prints an ELF file as `llvm-readelf-16 -W -S -s --dyn-syms -r -n` does, so that the reader can be held against it: the same
// text for sections, relocations, both symbol tables and notes. Only the legend of section flags is left out.

import {
  type ElfFile,
  type ElfSection,
  type ElfSymbol,
  type ElfSymbolVersions,
  EM_386,
  EM_BPF,
  EM_S390,
  EM_X86_64,
  readNotes,
  readRelocations,
  readSymbolVersions,
  SHT_DYNSYM,
  SHT_NOTE,
  SHT_REL,
  SHT_RELA,
  SHT_SYMTAB,
  type SymbolTable,
} from '../src/index.js';

const EM_PPC = 20;

const SECTION_TYPES: Record<number, string> = {
  0: 'NULL',
  1: 'PROGBITS',
  2: 'SYMTAB',
  3: 'STRTAB',
  4: 'RELA',
  5: 'HASH',
  6: 'DYNAMIC',
  7: 'NOTE',
  8: 'NOBITS',
  9: 'REL',
  11: 'DYNSYM',
  14: 'INIT_ARRAY',
  15: 'FINI_ARRAY',
  16: 'PREINIT_ARRAY',
  17: 'GROUP',
  18: 'SYMTAB SECTION INDICES',
  19: 'RELR',
  1610612737: 'ANDROID_REL',
  1879002115: 'LLVM_ADDRSIG',
  1879048181: 'GNU_ATTRIBUTES',
  1879048182: 'GNU_HASH',
  1879048189: 'VERDEF',
  1879048190: 'VERNEED',
  1879048191: 'VERSYM',
  1879048193: 'X86_64_UNWIND',
};
const SECTION_FLAGS: readonly (readonly [number, string])[] = [
  [0x1, 'W'],
  [0x2, 'A'],
  [0x4, 'X'],
  [0x10, 'M'],
  [0x20, 'S'],
  [0x40, 'I'],
  [0x80, 'L'],
  [0x100, 'O'],
  [0x200, 'G'],
  [0x400, 'T'],
  [0x800, 'C'],
  [0x200000, 'R'],
  [0x80000000, 'E'],
];
const SYMBOL_TYPES: Record<number, string> = {
  0: 'NOTYPE',
  1: 'OBJECT',
  2: 'FUNC',
  3: 'SECTION',
  4: 'FILE',
  5: 'COMMON',
  6: 'TLS',
  10: 'IFUNC',
};
const BINDINGS: Record<number, string> = { 0: 'LOCAL', 1: 'GLOBAL', 2: 'WEAK', 10: 'UNIQUE' };
const VISIBILITIES = ['DEFAULT', 'INTERNAL', 'HIDDEN', 'PROTECTED'];
const RELOCATION_TYPES: Record<number, Record<number, string>> = {
  [EM_BPF]: {
    0: 'R_BPF_NONE',
    1: 'R_BPF_64_64',
    2: 'R_BPF_64_ABS64',
    3: 'R_BPF_64_ABS32',
    4: 'R_BPF_64_NODYLD32',
    10: 'R_BPF_64_32',
  },
  [EM_X86_64]: {
    0: 'R_X86_64_NONE',
    1: 'R_X86_64_64',
    2: 'R_X86_64_PC32',
    4: 'R_X86_64_PLT32',
    5: 'R_X86_64_COPY',
    6: 'R_X86_64_GLOB_DAT',
    7: 'R_X86_64_JUMP_SLOT',
    8: 'R_X86_64_RELATIVE',
    10: 'R_X86_64_32',
    16: 'R_X86_64_DTPMOD64',
    17: 'R_X86_64_DTPOFF64',
    18: 'R_X86_64_TPOFF64',
    37: 'R_X86_64_IRELATIVE',
    41: 'R_X86_64_GOTPCRELX',
    42: 'R_X86_64_REX_GOTPCRELX',
  },
  [EM_386]: { 1: 'R_386_32', 4: 'R_386_PLT32', 9: 'R_386_GOTOFF', 10: 'R_386_GOTPC' },
  [EM_PPC]: { 1: 'R_PPC_ADDR32', 18: 'R_PPC_PLTREL24', 26: 'R_PPC_REL32' },
  [EM_S390]: { 19: 'R_390_PC32DBL', 20: 'R_390_PLT32DBL', 22: 'R_390_64' },
};

/** The text, without the legend of section flags. */
export function printReadelf(elf: ElfFile): string {
  return [
    ...printSections(elf),
    ...printAllRelocations(elf),
    ...printSymbols(elf, elf.dynamicSymbolTable),
    ...printSymbols(elf, elf.symbolTable),
    ...printNotes(elf),
  ]
    .join('\n')
    .replace(/ +$/gm, '')
    .trimEnd();
}

/** What readelf printed, without the legend of section flags and blanks at the ends of lines. */
export function withoutLegend(text: string): string {
  return text
    .replace(/^Key to Flags:\n(?: {2}.*\n)+/gm, '')
    .replace(/ +$/gm, '')
    .trimEnd();
}

function printSections(elf: ElfFile): string[] {
  const address = elf.is64 ? 16 : 8;
  const columns = [
    7,
    25,
    41,
    address + 42,
    address + 49,
    address + 56,
    address + 59,
    address + 63,
    address + 66,
    address + 70,
  ];
  const lines = [
    `There are ${elf.sections.length} section headers, starting at offset 0x${elf.header.e_shoff.toString(16)}:`,
    '',
    'Section Headers:',
    elf.is64
      ? '  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al'
      : '  [Nr] Name              Type            Address  Off    Size   ES Flg Lk Inf Al',
  ];
  for (const section of elf.sections) {
    const cells = [
      section.name,
      SECTION_TYPES[section.sh_type] ?? `?${section.sh_type.toString(16)}`,
      digits(section.sh_addr, address),
      digits(section.sh_offset, 6),
      digits(section.sh_size, 6),
      digits(section.sh_entsize, 2),
      flagsOf(section).padStart(3),
      `${section.sh_link}`.padStart(2),
      `${section.sh_info}`.padStart(3),
      `${section.sh_addralign}`.padStart(2),
    ];
    lines.push(atColumns(`  [${`${section.index}`.padStart(2)}]`, columns, cells));
  }
  return lines;
}

/** Each cell at its column, or a blank behind the one before if that is wider than its place. */
function atColumns(start: string, columns: readonly number[], cells: readonly string[]): string {
  let line = start;
  for (const [index, cell] of cells.entries()) {
    line = `${line.padEnd(Math.max(columns[index]!, line.length + 1))}${cell}`;
  }
  return line;
}

function flagsOf(section: ElfSection): string {
  return SECTION_FLAGS.map(([bit, letter]) =>
    Math.floor(section.sh_flags / bit) % 2 ? letter : '',
  ).join('');
}

function printAllRelocations(elf: ElfFile): string[] {
  const sections = elf.sections.filter(
    ({ sh_type }) => sh_type === SHT_REL || sh_type === SHT_RELA,
  );
  if (sections.length === 0) return ['', 'There are no relocations in this file.'];
  return sections.flatMap((section) => ['', ...printRelocations(elf, section)]);
}

function printRelocations(elf: ElfFile, section: ElfSection): string[] {
  const relocations = readRelocations(elf, section);
  const rela = section.sh_type === SHT_RELA;
  const address = elf.is64 ? 16 : 8;
  const heading = elf.is64
    ? "    Offset             Info             Type               Symbol's Value  Symbol's Name"
    : " Offset     Info    Type                Sym. Value  Symbol's Name";
  const lines = [
    `Relocation section '${section.name}' at offset 0x${section.sh_offset.toString(16)} contains ${relocations.length} entries:`,
    heading + (rela ? ' + Addend' : ''),
  ];
  const dynamic = elf.sections[section.sh_link]?.sh_type === SHT_DYNSYM;
  const table = dynamic ? elf.dynamicSymbolTable : elf.symbolTable;
  for (const { offset, type, symbolIndex, addend } of relocations) {
    const info = elf.is64
      ? (BigInt(symbolIndex) << 32n) | BigInt(type)
      : BigInt(symbolIndex) * 256n + BigInt(type);
    const typeName = RELOCATION_TYPES[elf.header.e_machine]?.[type] ?? 'Unknown';
    let line = `${digits(offset, address)}  ${digits(info, address)} ${typeName}`;
    if (symbolIndex !== 0) {
      const symbol = table!.at(symbolIndex);
      line = `${line.padEnd(elf.is64 ? 58 : 42)}${digits(symbol.address, address)}${elf.is64 ? ' ' : '   '}${nameOf(elf, symbol, table!)}`;
    }
    if (rela) {
      const shown = Math.abs(addend).toString(16);
      if (symbolIndex !== 0) line += ` ${addend < 0 ? '-' : '+'} ${shown}`;
      else line = `${line.padEnd(elf.is64 ? 69 : 53)}${addend < 0 ? '-' : ''}${shown}`;
    }
    lines.push(line);
  }
  return lines;
}

function printSymbols(elf: ElfFile, table: SymbolTable | undefined): string[] {
  if (table === undefined) return [];
  const address = elf.is64 ? 16 : 8;
  const lines = [
    '',
    `Symbol table '${table.section.name}' contains ${table.count} entries:`,
    `   Num:    ${'Value'.padEnd(elf.is64 ? 15 : 7)}Size Type    Bind   Vis       Ndx Name`,
  ];
  const columns = [8, ...[9, 15, 23, 30, 40, 43].map((column) => address + column)];
  for (const symbol of table.symbols) {
    const cells = [
      digits(symbol.address, address),
      `${symbol.size}`.padStart(5),
      SYMBOL_TYPES[symbol.type] ?? `<${symbol.type}>`,
      BINDINGS[symbol.binding] ?? `<${symbol.binding}>`,
      VISIBILITIES[symbol.visibility]!,
      indexOf(symbol).padStart(3),
      nameOf(elf, symbol, table),
    ];
    lines.push(atColumns(`${symbol.index}:`.padStart(7), columns, cells));
  }
  return lines;
}

function indexOf(symbol: ElfSymbol): string {
  if (symbol.st_shndx === 0) return 'UND';
  if (symbol.st_shndx === 0xfff1) return 'ABS';
  if (symbol.st_shndx === 0xfff2) return 'COM';
  return `${symbol.sectionIndex}`;
}

function nameOf(elf: ElfFile, symbol: ElfSymbol, table: SymbolTable): string {
  if (symbol.name === '' && symbol.type === 3) return elf.sections[symbol.sectionIndex]!.name;
  if (table.section.sh_type === SHT_SYMTAB) return symbol.name;
  const version = versionsOf(elf)?.of(symbol.index);
  if (version === undefined) return symbol.name;
  // readelf has one @ for a version that another file defines.
  return `${symbol.name}${version.hidden || version.file !== undefined ? '@' : '@@'}${version.name}`;
}

const versions = new WeakMap<ElfFile, ElfSymbolVersions | undefined>();

function versionsOf(elf: ElfFile): ElfSymbolVersions | undefined {
  if (!versions.has(elf)) versions.set(elf, readSymbolVersions(elf));
  return versions.get(elf);
}

function printNotes(elf: ElfFile): string[] {
  const lines: string[] = [];
  for (const section of elf.sections.filter(({ sh_type }) => sh_type === SHT_NOTE)) {
    if (lines.length > 0) lines.push('');
    lines.push(
      `Displaying notes found in: ${section.name}`,
      '  Owner                Data size \tDescription',
    );
    for (const { name, type, descriptor } of readNotes(elf, section.name)) {
      const id = name === 'GNU' && type === 3;
      lines.push(
        `  ${name.padEnd(20)} 0x${digits(descriptor.length, 8)}\t${id ? 'NT_GNU_BUILD_ID (unique build ID bitstring)' : `Unknown note type: (0x${digits(type, 8)})`}`,
      );
      const bytes = Array.from(descriptor, (byte) => digits(byte, 2));
      lines.push(
        id ? `    Build ID: ${bytes.join('')}` : `   description data: ${bytes.join(' ')} `,
      );
    }
  }
  return lines;
}

function digits(value: number | bigint, width: number): string {
  return value.toString(16).padStart(width, '0');
}
