/**
 * Functions of executables and shared libraries, as places in the file: what a uprobe is attached to.
 *
 * Rule for several symbols of one name: those at the same place are one; a strong one beats weak ones; two strong ones at
 * different places are ambiguous, as when two source files each have a static function of that name.
 * Learned from libbpf's elf.c, elf_find_func_offset.
 */

import { STB_WEAK, STT_FUNC } from './constants.js';
import { ElfError, hex } from './errors.js';
import type { SymbolName } from './find-symbol.js';
import { findInTables, parseSymbolName, select } from './find-symbol.js';
import type { ElfFile } from './read-elf.js';
import { hasBytes } from './section.js';
import { addressToFileOffset } from './segment.js';
import type { ElfSymbol, SymbolTable } from './symbol-table.js';
import { isDefined } from './symbol-table.js';
import { readSymbolVersions } from './version.js';

/** A function and where it is. */
export interface ElfFunction {
  /** As in the file, so with a version in `.symtab`. */
  readonly name: string;
  /** Before any load bias. */
  readonly address: bigint;
  /** Byte offset in the file of its first instruction. */
  readonly fileOffset: number;
  readonly symbol: ElfSymbol;
}

/**
 * The function of a name; undefined if there is none.
 *
 * @param name - may end in `@VERSION` or `@@VERSION`
 * @throws {@link ElfError} `ELF_AMBIGUOUS_SYMBOL` if several functions have that name; others if a table is broken
 */
export function findFunction(elf: ElfFile, name: string): ElfFunction | undefined {
  for (const { table, symbols } of findInTables(elf, parseSymbolName(name), { type: STT_FUNC })) {
    const chosen = choose(elf, table, symbols, name);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/**
 * The functions of many names, each as {@link findFunction} would find it, in one pass over each symbol table.
 *
 * @returns in the order of `names`, undefined where there is none
 * @throws as {@link findFunction}
 */
export function findFunctions(
  elf: ElfFile,
  names: readonly string[],
): readonly (ElfFunction | undefined)[] {
  const found: (ElfFunction | undefined)[] = names.map(() => undefined);
  const parsed = names.map(parseSymbolName);
  for (const table of [elf.dynamicSymbolTable, elf.symbolTable]) {
    const open = parsed.map((_, index) => index).filter((index) => found[index] === undefined);
    if (table === undefined || open.length === 0) continue;
    const byBase = new Map<string, number[]>(open.map((index) => [parsed[index]!.base, []]));
    for (const index of functionIndexes(table))
      byBase.get(parseSymbolName(table.name(index)).base)?.push(index);
    const versions = table === elf.dynamicSymbolTable ? readSymbolVersions(elf) : undefined;
    for (const index of open) {
      const name: SymbolName = parsed[index]!;
      const symbols = select(table, byBase.get(name.base)!, name, {}, versions);
      found[index] = choose(elf, table, symbols, names[index]!);
    }
  }
  return found;
}

/**
 * All functions whose name a callback accepts, from `.symtab` or, if it has none of them, from `.dynsym`; one for each
 * place in the file, in symbol order.
 *
 * @param accepts - is given names without their version
 */
export function filterFunctions(
  elf: ElfFile,
  accepts: (name: string) => boolean,
): readonly ElfFunction[] {
  for (const table of [elf.symbolTable, elf.dynamicSymbolTable]) {
    if (table === undefined) continue;
    const functions = new Map<number, ElfFunction>();
    for (const index of functionIndexes(table)) {
      if (!accepts(parseSymbolName(table.name(index)).base)) continue;
      const place = locate(elf, table.at(index));
      if (place !== undefined && !functions.has(place.fileOffset)) {
        functions.set(place.fileOffset, place);
      }
    }
    if (functions.size > 0) return [...functions.values()];
  }
  return [];
}

function* functionIndexes(table: SymbolTable): Generator<number, void, undefined> {
  for (let index = 1; index < table.count; index++) {
    if ((table.info(index) & 0xf) === STT_FUNC) yield index;
  }
}

function choose(
  elf: ElfFile,
  table: SymbolTable,
  symbols: readonly ElfSymbol[],
  name: string,
): ElfFunction | undefined {
  let chosen: ElfFunction | undefined;
  for (const symbol of symbols) {
    const candidate = locate(elf, symbol);
    if (candidate === undefined || candidate.fileOffset === chosen?.fileOffset) continue;
    if (chosen !== undefined && symbol.binding === STB_WEAK) continue;
    if (chosen !== undefined && chosen.symbol.binding !== STB_WEAK) {
      throw new ElfError({
        code: 'ELF_AMBIGUOUS_SYMBOL',
        offset: table.offsetOf(symbol.index),
        subject: `function ${JSON.stringify(name)}`,
        found: `symbols ${chosen.symbol.index} and ${symbol.index}, at ${hex(chosen.fileOffset)} and ${hex(candidate.fileOffset)} in the file`,
        expected: 'one, or a name with its @VERSION',
      });
    }
    chosen = candidate;
  }
  return chosen;
}

/** Where a function is: by its section or, if it is not inside that, by the segments. */
function locate(elf: ElfFile, symbol: ElfSymbol): ElfFunction | undefined {
  if (!isDefined(symbol)) return undefined;
  const { address, name } = symbol;
  const section = elf.sections[symbol.sectionIndex]!;
  const inSection = address - section.sh_addr;
  const fileOffset =
    hasBytes(section) && inSection >= 0n && inSection < BigInt(section.sh_size)
      ? section.sh_offset + Number(inSection)
      : addressToFileOffset(elf, address);
  return fileOffset === undefined ? undefined : { name, address, fileOffset, symbol };
}
