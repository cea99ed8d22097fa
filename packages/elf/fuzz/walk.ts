// Reads everything that can be read of a file, and checks what must hold of any file that can be read.

import {
  decompressSection,
  type ElfFile,
  type ElfSymbol,
  filterFunctions,
  findFunction,
  findFunctions,
  findSymbol,
  isDebugSection,
  isElfError,
  readBuildId,
  readElf,
  readNotes,
  readRelocations,
  readSymbolVersions,
  readUsdtProbes,
  SHT_REL,
  SHT_RELA,
  stripDebug,
  stripSections,
} from '../src/index.js';

/** How often a step of {@link walkElf} came to its end, and how often it ended in an ElfError. */
export interface WalkResult {
  readonly passed: string[];
  /** Step → code. */
  readonly failed: Map<string, string>;
}

/**
 * Runs every reader and the writer over a file.
 *
 * @throws whatever is not an ElfError with an offset inside the file, and an Error where something does not hold
 */
export function walkElf(bytes: Uint8Array): WalkResult {
  const result: WalkResult = { passed: [], failed: new Map() };
  const elf = step(result, bytes, 'readElf', () => readElf(bytes));
  if (elf !== undefined) for (const [name, run] of steps(elf)) step(result, bytes, name, run);
  return result;
}

function step<Value>(
  result: WalkResult,
  bytes: Uint8Array,
  name: string,
  run: () => Value,
): Value | undefined {
  try {
    const value = run();
    result.passed.push(name);
    return value;
  } catch (error) {
    if (!isElfError(error)) throw error;
    const { offset, message } = error;
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > bytes.length) {
      throw new Error(`${name}: offset ${offset} is not in the file: ${message}`, { cause: error });
    }
    result.failed.set(name, error.code);
    return undefined;
  }
}

function steps(elf: ElfFile): [string, () => unknown][] {
  const list: [string, () => unknown][] = [
    [
      'sections',
      () => elf.sections.map(({ name, data }) => elf.section(name)!.index + data.length),
    ],
    ['symbols', () => elf.symbols.map(readAll)],
    ['dynamic symbols', () => elf.dynamicSymbols.map(readAll)],
    ['versions', () => elf.dynamicSymbols.map(({ index }) => readSymbolVersions(elf)?.of(index))],
    ['notes', () => readNotes(elf).length],
    ['build id', () => readBuildId(elf)],
    ['USDT probes', () => readUsdtProbes(elf).length],
    ['find', () => findSymbol(elf, 'answer@LIB_1.0', { undefined: true })],
    ['find function', () => findFunction(elf, 'use_twin')],
    ['find functions', () => findFunctions(elf, ['answer@@LIB_2.0', 'first', 'work', 'nothing'])],
    ['filter functions', () => filterFunctions(elf, (name) => name.length > 3).length],
    [
      'decompress',
      () => elf.sections.map((section) => decompressSection(elf, section, () => new Uint8Array(8))),
    ],
    ['strip', () => checkStripped(stripDebug(elf))],
    ['strip symbols', () => checkStripped(stripSections(elf, isDebugSection, { dropSymbol }))],
    [
      'strip BTF',
      () => checkStripped(stripSections(elf, ({ name }) => /^\.BTF|addrsig/.test(name))),
    ],
    ['strip some', () => checkStripped(stripSections(elf, ({ index }) => index % 5 === 4))],
    ['strip nothing', () => checkStripped(stripSections(elf, () => false))],
  ];
  for (const section of elf.sections) {
    if (section.sh_type !== SHT_REL && section.sh_type !== SHT_RELA) continue;
    list.push([`relocations ${section.index}`, () => readRelocations(elf, section).length]);
  }
  return list;
}

function dropSymbol({ index }: ElfSymbol): boolean {
  return index % 3 === 1;
}

function readAll(symbol: ElfSymbol): string {
  return `${symbol.name} ${symbol.value} ${symbol.size} ${symbol.sectionIndex} ${symbol.address}`;
}

/** A stripped object is an object, and has nothing left to strip. */
function checkStripped(bytes: Uint8Array): void {
  const again = stripSections(reread(bytes), () => false);
  if (again.length !== bytes.length || again.some((byte, index) => byte !== bytes[index])) {
    throw new Error('writing a written object changed it');
  }
}

function reread(bytes: Uint8Array): ElfFile {
  try {
    return readElf(bytes);
  } catch (error) {
    throw new Error('a written object cannot be read', { cause: error });
  }
}
