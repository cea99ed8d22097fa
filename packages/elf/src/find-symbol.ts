/**
 * Symbols by name, without making an object of every symbol that is passed by.
 *
 * A name may ask for a version. `.dynsym` has plain names and their versions in tables of their own; the linker writes the
 * version into the names of `.symtab`, `fn@VERSION` or, for the default one, `fn@@VERSION`. So
 *
 *     fn              any of them, the default version before others
 *     fn@VERSION      that version, whether or not it is the default
 *     fn@@VERSION     that version, and only if it is the default
 *
 * `.dynsym` is searched first, as it is the smaller one and there in stripped files too. Learned from libbpf's elf.c,
 * elf_find_func_offset, which refuses where this prefers the default version.
 */

import type { ElfFile } from './read-elf.js';
import type { ElfSymbol, SymbolTable } from './symbol-table.js';
import { isDefined } from './symbol-table.js';
import type { ElfSymbolVersions } from './version.js';
import { readSymbolVersions } from './version.js';

/** Narrows {@link findSymbol}. */
export interface FindSymbolOptions {
  /** Only symbols of this type, STT_*; all by default. */
  readonly type?: number;
  /** Also symbols that the file only refers to; false by default. */
  readonly undefined?: boolean;
}

/**
 * The first symbol of a name, in `.dynsym` or else in `.symtab`.
 *
 * Takes time in proportion to the number of symbols, a few nanoseconds each.
 *
 * @param name - may end in `@VERSION` or `@@VERSION`
 * @throws {@link ElfError} if a table that is looked at is broken
 */
export function findSymbol(
  elf: ElfFile,
  name: string,
  options: FindSymbolOptions = {},
): ElfSymbol | undefined {
  for (const { symbols } of findInTables(elf, parseSymbolName(name), options)) {
    if (symbols[0] !== undefined) return symbols[0];
  }
  return undefined;
}

/** A name as a caller gives it. */
export interface SymbolName {
  readonly base: string;
  readonly version: string | undefined;
  /** Asked for with `@@`. */
  readonly onlyDefault: boolean;
}

/** Takes `fn@VERSION` and `fn@@VERSION` apart. */
export function parseSymbolName(name: string): SymbolName {
  const at = name.indexOf('@', 1);
  if (at < 0) return { base: name, version: undefined, onlyDefault: false };
  const onlyDefault = name[at + 1] === '@';
  return { base: name.slice(0, at), version: name.slice(at + (onlyDefault ? 2 : 1)), onlyDefault };
}

/** All symbols of a name in one table, the default version only if no version was asked for and there is one. */
export interface TableMatches {
  readonly table: SymbolTable;
  readonly symbols: readonly ElfSymbol[];
}

/** Looks into `.dynsym`, then into `.symtab`; the second only once it is asked for. */
export function* findInTables(
  elf: ElfFile,
  name: SymbolName,
  options: FindSymbolOptions,
): Generator<TableMatches, void, undefined> {
  const dynamic = elf.dynamicSymbolTable;
  if (dynamic !== undefined) {
    const indexes = scan(dynamic, name.base, options.type);
    const versions = indexes.length > 0 ? readSymbolVersions(elf) : undefined;
    yield { table: dynamic, symbols: select(dynamic, indexes, name, options, versions) };
  }
  const table = elf.symbolTable;
  if (table !== undefined) {
    const indexes = scan(table, name.base, options.type);
    yield { table, symbols: select(table, indexes, name, options, undefined) };
  }
}

/** Indexes of the symbols whose name is `base`, or `base` and something after an `@`. */
function scan(table: SymbolTable, base: string, type: number | undefined): number[] {
  // What has no name is not found by it.
  if (base === '') return [];
  const wanted = new TextEncoder().encode(base);
  const first = wanted[0]!;
  const { bytes } = table.strings;
  const { view, littleEndian } = table;
  const { size, info } = table.layout;
  const found: number[] = [];
  // Symbol 0 is the null symbol. Everything the loop needs is in a local: it is as fast as libelf's in C.
  for (let at = size; at < view.byteLength; at += size) {
    if (type !== undefined && (view.getUint8(at + info) & 0xf) !== type) continue;
    const name = view.getUint32(at, littleEndian);
    // A name outside its table is no match; asking for it would slow down every other access.
    if (name >= bytes.length || bytes[name] !== first) continue;
    if (matchesAt(bytes, name, wanted)) found.push(at / size);
  }
  return found;
}

function matchesAt(bytes: Uint8Array, at: number, wanted: Uint8Array): boolean {
  const end = at + wanted.length;
  if (end >= bytes.length) return false;
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  const after = bytes[end];
  return after === 0 || after === 0x40;
}

/** Narrows symbols of the right base name to those of the right version. */
export function select(
  table: SymbolTable,
  indexes: readonly number[],
  name: SymbolName,
  options: FindSymbolOptions,
  versions: ElfSymbolVersions | undefined,
): ElfSymbol[] {
  const candidates: { readonly symbol: ElfSymbol; readonly hidden: boolean }[] = [];
  for (const index of indexes) {
    const symbol = table.at(index);
    if (options.undefined !== true && !isDefined(symbol)) continue;
    const version = versions?.of(index) ?? versionInName(symbol.name);
    const hidden = version?.hidden ?? false;
    if (name.version !== undefined && version?.name !== name.version) continue;
    if (name.onlyDefault && hidden) continue;
    candidates.push({ symbol, hidden });
  }
  const visible = candidates.filter(({ hidden }) => !hidden);
  const chosen = visible.length > 0 ? visible : candidates;
  return chosen.map(({ symbol }) => symbol);
}

function versionInName(name: string): { name: string; hidden: boolean } | undefined {
  const { version, onlyDefault } = parseSymbolName(name);
  return version === undefined ? undefined : { name: version, hidden: !onlyDefault };
}
