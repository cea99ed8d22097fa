export type { Decompress, ElfCompression } from './compression.js';
export { decompressSection, inflateSection, readCompression } from './compression.js';
export {
  ELFCLASS32,
  ELFCLASS64,
  ELFCOMPRESS_ZLIB,
  ELFCOMPRESS_ZSTD,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EM_386,
  EM_AARCH64,
  EM_ARM,
  EM_BPF,
  EM_LOONGARCH,
  EM_MIPS,
  EM_NONE,
  EM_PPC64,
  EM_RISCV,
  EM_S390,
  EM_X86_64,
  ET_CORE,
  ET_DYN,
  ET_EXEC,
  ET_NONE,
  ET_REL,
  EV_CURRENT,
  NT_GNU_BUILD_ID,
  NT_STAPSDT,
  PF_R,
  PF_W,
  PF_X,
  PN_XNUM,
  PT_DYNAMIC,
  PT_INTERP,
  PT_LOAD,
  PT_NOTE,
  PT_NULL,
  PT_PHDR,
  PT_TLS,
  R_BPF_64_32,
  R_BPF_64_64,
  R_BPF_64_ABS32,
  R_BPF_64_ABS64,
  R_BPF_64_NODYLD32,
  R_BPF_NONE,
  SHF_ALLOC,
  SHF_COMPRESSED,
  SHF_EXECINSTR,
  SHF_GROUP,
  SHF_INFO_LINK,
  SHF_LINK_ORDER,
  SHF_MERGE,
  SHF_STRINGS,
  SHF_TLS,
  SHF_WRITE,
  SHN_ABS,
  SHN_COMMON,
  SHN_LORESERVE,
  SHN_UNDEF,
  SHN_XINDEX,
  SHT_DYNAMIC,
  SHT_DYNSYM,
  SHT_FINI_ARRAY,
  SHT_GNU_HASH,
  SHT_GNU_VERDEF,
  SHT_GNU_VERNEED,
  SHT_GNU_VERSYM,
  SHT_GROUP,
  SHT_HASH,
  SHT_INIT_ARRAY,
  SHT_LLVM_ADDRSIG,
  SHT_NOBITS,
  SHT_NOTE,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  STB_GLOBAL,
  STB_GNU_UNIQUE,
  STB_LOCAL,
  STB_WEAK,
  STT_COMMON,
  STT_FILE,
  STT_FUNC,
  STT_GNU_IFUNC,
  STT_NOTYPE,
  STT_OBJECT,
  STT_SECTION,
  STT_TLS,
  STV_DEFAULT,
  STV_HIDDEN,
  STV_INTERNAL,
  STV_PROTECTED,
} from './constants.js';
export type { ElfEncoding } from './cursor.js';
export type { ElfErrorCode, ElfErrorFacts } from './errors.js';
export { ElfError, isElfError } from './errors.js';
export type { ElfFunction } from './find-function.js';
export { filterFunctions, findFunction, findFunctions } from './find-function.js';
export type { FindSymbolOptions } from './find-symbol.js';
export { findSymbol } from './find-symbol.js';
export type { ElfHeader } from './header.js';
export type { ElfSource } from './image.js';
export type { ElfNote } from './note.js';
export { readBuildId, readNotes } from './note.js';
export type { ElfFile } from './read-elf.js';
export { readElf } from './read-elf.js';
export type { ElfRelocation } from './relocation.js';
export { readRelocations } from './relocation.js';
export type { ElfSection } from './section.js';
export type { ElfSegment } from './segment.js';
export { addressToFileOffset, findLoadSegment } from './segment.js';
export type { StringOwner, StringTable } from './string-table.js';
export type { StripOptions } from './strip.js';
export { isDebugSection, stripDebug, stripSections } from './strip.js';
export type { ElfSymbol, ElfSymbolLayout, SymbolTable } from './symbol-table.js';
export { isDefined } from './symbol-table.js';
export type { ElfUsdtProbe } from './usdt.js';
export { readUsdtProbes } from './usdt.js';
export type { ElfSymbolVersion, ElfSymbolVersions } from './version.js';
export { readSymbolVersions } from './version.js';
