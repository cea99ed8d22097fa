/**
 * The ELF side of a BPF object: which section plays which part.
 */

import {
  type ElfFile,
  type ElfSection,
  type ElfSymbol,
  EM_BPF,
  ET_REL,
  readElf,
  SHF_EXECINSTR,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_SYMTAB,
} from '@libbpf-ts/elf';
import { badObject } from './object-error.js';

/** The parts a section can play. */
export type DataKind = 'data' | 'rodata' | 'bss' | 'arena';

export interface ElfObject {
  readonly elf: ElfFile;
  readonly name: string;
  /** Sections with code, `.text` among them, that are not empty. */
  readonly code: readonly ElfSection[];
  /** Global data, in file order, that is not empty. */
  readonly data: readonly { readonly section: ElfSection; readonly kind: DataKind }[];
  readonly maps: ElfSection | undefined;
  readonly structOps: readonly ElfSection[];
  /** Places that indirect jumps go to. */
  readonly jumpTables: ElfSection | undefined;
  readonly license: string;
  readonly kernelVersion: number;
  readonly warnings: string[];
}

/** @throws BpfError `BPF_BAD_OBJECT`; ElfError for what is no sound ELF */
export function readElfObject(bytes: Uint8Array, name: string): ElfObject {
  const elf = readElf(bytes);
  const { e_machine, e_type } = elf.header;
  if (e_machine !== EM_BPF && e_machine !== 0) {
    throw badObject(
      name,
      `not a BPF object: the ELF is for machine ${machineName(e_machine)}, expected ${EM_BPF} (BPF); compile with clang -target bpf`,
    );
  }
  if (e_type !== ET_REL) {
    throw badObject(
      name,
      `ELF type ${e_type}, expected ${ET_REL} (relocatable, what clang -c writes)`,
    );
  }
  const tables = elf.sections.filter(({ sh_type }) => sh_type === SHT_SYMTAB).length;
  if (tables !== 1) {
    throw badObject(
      name,
      tables === 0
        ? 'it has no symbol table, without which programs and maps cannot be told apart; strip debug information only (llvm-strip -g)'
        : `it has ${tables} symbol tables, expected one`,
    );
  }
  const warnings: string[] = [];
  const code: ElfSection[] = [];
  const data: { section: ElfSection; kind: DataKind }[] = [];
  const structOps: ElfSection[] = [];
  let maps: ElfSection | undefined;
  let jumpTables: ElfSection | undefined;
  let license = '';
  let kernelVersion = 0;
  for (const section of elf.sections) {
    const { name: title, sh_type } = section;
    if (title === 'license') license = text(section.data);
    else if (title === 'version') kernelVersion = version(section, name, elf.littleEndian);
    else if (title === 'maps') {
      throw badObject(
        name,
        'section "maps" holds map definitions of the old form, which is not supported; define each map as a struct with __uint(type, …), __type(key, …) in SEC(".maps")',
        { section: 'maps' },
      );
    } else if (title === '.maps') maps = section;
    else if (title.startsWith('.debug_')) continue;
    else if (sh_type === SHT_PROGBITS && section.sh_size > 0) {
      const kind = dataKind(title);
      if (section.sh_flags & SHF_EXECINSTR) code.push(section);
      else if (kind !== undefined) data.push({ section, kind });
      else if (title === '.jumptables') jumpTables = section;
      else if (/^\??\.struct_ops(\.link)?$/.test(title)) structOps.push(section);
      else if (!isKnownSection(title))
        warnings.push(
          `section "${title}" is no section that BPF objects have; its data is skipped`,
        );
    } else if (sh_type === SHT_NOBITS && section.sh_size > 0 && /^\.bss(\.|$)/.test(title)) {
      data.push({ section, kind: 'bss' });
    }
  }
  return { elf, name, code, data, maps, structOps, jumpTables, license, kernelVersion, warnings };
}

function dataKind(name: string): DataKind | undefined {
  if (/^\.data(\.|$)/.test(name)) return 'data';
  if (/^\.rodata(\.|$)/.test(name)) return 'rodata';
  if (name === '.addr_space.1') return 'arena';
  return undefined;
}

function isKnownSection(name: string): boolean {
  return /^\.(BTF|eh_frame|note|llvm|records$|strtab|symtab|shstrtab|ksyms|kconfig|comment|rel)/.test(
    name,
  );
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function version(section: ElfSection, object: string, littleEndian: boolean): number {
  if (section.data.byteLength !== 4) {
    throw badObject(
      object,
      `section "version" holds ${section.data.byteLength} bytes, expected 4`,
      { section: 'version' },
    );
  }
  return new DataView(section.data.buffer, section.data.byteOffset, 4).getUint32(0, littleEndian);
}

function machineName(machine: number): string {
  const known: Record<number, string> = {
    3: '3 (x86)',
    40: '40 (ARM)',
    62: '62 (x86-64)',
    183: '183 (AArch64)',
    243: '243 (RISC-V)',
    22: '22 (S/390)',
    21: '21 (PowerPC64)',
  };
  return known[machine] ?? String(machine);
}

/** The symbol's name, or that of the section it stands for. */
export function symbolTitle(elf: ElfFile, symbol: ElfSymbol): string {
  return symbol.name !== '' ? symbol.name : (elf.sections[symbol.sectionIndex]?.name ?? '');
}
