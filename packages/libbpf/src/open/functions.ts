/**
 * Cuts code sections into functions along their symbols, and tells programs from subprograms.
 *
 * A function in `.text` is a subprogram: it goes into the programs that call it. One in any other section is a program. As in libbpf
 * since 1.0, that holds even for an object whose only function lies in `.text`: it has no programs.
 */

import type { Btf, BtfExt, CoreRelocation } from '@libbpf-ts/btf';
import { BtfKind } from '@libbpf-ts/btf';
import {
  type ElfSection,
  type ElfSymbol,
  STB_LOCAL,
  STT_FUNC,
  STV_HIDDEN,
  STV_INTERNAL,
} from '@libbpf-ts/elf';
import { BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS } from './constants.js';
import type { ElfObject } from './elf-object.js';
import { badObject } from './object-error.js';
import type { FunctionSpec, InstructionRelocation, ProgramSpec } from './object-spec.js';
import { findSectionDefinition } from './section-table.js';

export interface Functions {
  readonly programs: ProgramSpec[];
  readonly subprograms: FunctionSpec[];
}

/** Cuts; `relocationsOf` gives what the section's instructions refer to, offsets from the section's start. */
export function readFunctions(
  object: ElfObject,
  btf: Btf | undefined,
  btfExt: BtfExt | undefined,
  relocationsOf: (section: ElfSection) => readonly InstructionRelocation[],
): Functions {
  const cut = object.code.flatMap((section) =>
    cutSection(object, section, btf, btfExt, relocationsOf(section)),
  );
  const subprograms = cut.filter((one) => one.section === '.text');
  const programs = cut.filter((one) => one.section !== '.text').map(asProgram);
  return { programs, subprograms };
}

function cutSection(
  object: ElfObject,
  section: ElfSection,
  btf: Btf | undefined,
  btfExt: BtfExt | undefined,
  relocations: readonly InstructionRelocation[],
): FunctionSpec[] {
  const references = new Sorted(relocations, ({ offset }) => offset);
  const core = new Sorted(
    (btfExt?.coreRelocations ?? []).flatMap(({ sectionName, records }) =>
      sectionName === section.name ? records : [],
    ),
    ({ insnOffset }: CoreRelocation) => insnOffset,
  );
  const symbols = functionSymbols(object, section);
  return symbols.map((symbol) => {
    const start = symbol.value;
    const end = start + symbol.size;
    const hidden = symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL;
    return {
      name: symbol.name,
      section: section.name,
      sectionIndex: section.index,
      sectionOffset: start,
      instructions: section.data.slice(start, end),
      relocations: references.between(start, end).map((one) => ({
        ...one,
        offset: one.offset - start,
      })),
      coreRelocations: core.between(start, end).map((one) => ({
        ...one,
        insnOffset: one.insnOffset - start,
      })),
      compiledSize: symbol.size,
      btfFuncId: btf?.findByNameAndKind(symbol.name, BtfKind.FUNC) ?? 0,
      isGlobal: symbol.binding !== STB_LOCAL && !hidden,
    };
  });
}

/** Records by offset, stable for those at the same one, so that a function's own are found without looking at all. */
class Sorted<Item> {
  readonly #items: readonly Item[];
  readonly #at: (item: Item) => number;

  constructor(items: readonly Item[], at: (item: Item) => number) {
    this.#items = [...items].sort((a, b) => at(a) - at(b));
    this.#at = at;
  }

  /** Those from `start` to before `end`. */
  between(start: number, end: number): readonly Item[] {
    return this.#items.slice(this.#firstFrom(start), this.#firstFrom(end));
  }

  #firstFrom(offset: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(this.#items[middle]!) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function functionSymbols(object: ElfObject, section: ElfSection): ElfSymbol[] {
  const symbols = object.elf.symbols
    .filter((symbol) => symbol.sectionIndex === section.index && symbol.type === STT_FUNC)
    .sort((a, b) => a.value - b.value);
  for (const { name, value, size, binding } of symbols) {
    const facts = { section: section.name, program: name };
    if (size === 0 || size % 8 !== 0 || value % 8 !== 0 || value + size > section.sh_size) {
      throw badObject(
        object.name,
        `function "${name}" lies at ${value}, ${size} bytes, in section "${section.name}" of ${section.sh_size} bytes; expected whole instructions of 8 bytes inside it`,
        facts,
      );
    }
    if (binding === STB_LOCAL && section.name !== '.text') {
      throw badObject(
        object.name,
        `program "${name}" in section "${section.name}" is static; programs are global functions, remove "static"`,
        facts,
      );
    }
  }
  return symbols;
}

function asProgram(code: FunctionSpec): ProgramSpec {
  const optional = code.section.startsWith('?');
  const section = optional ? code.section.slice(1) : code.section;
  const definition = findSectionDefinition(section);
  let flags = 0;
  if (definition?.sleepable) flags |= BPF_F_SLEEPABLE;
  if (definition?.xdpFrags) flags |= BPF_F_XDP_HAS_FRAGS;
  const extras = definition === undefined ? '' : section.slice(definition.name.length + 1);
  const program: ProgramSpec = {
    ...code,
    type: definition?.type ?? 0,
    expectedAttachType: definition?.expectedAttachType ?? 0,
    sectionDefinition: definition,
    flags,
    ifindex: 0,
    autoload: !optional,
    autoattach: true,
    attachTarget: definition?.needsAttachBtf && extras !== '' ? extras : undefined,
    attachProgFd: 0,
  };
  definition?.handler?.setup?.(program);
  return program;
}
