// ELF: every section and symbol of a file with its name, against libelf. One large file with many symbols, one small object.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readElf } from '@libbpf-ts/elf';

const OBJECT = fileURLToPath(
  new URL('../packages/libbpf/test/fixtures/maps-attributes.bpf.o', import.meta.url),
);

function readCase(name, file, rounds) {
  return {
    name,
    skip: () => (existsSync(file) ? undefined : `no ${file}`),
    setup() {
      const bytes = readFileSync(file);
      for (let round = 0; round < 2 * rounds; round++) walk(bytes);
      return bytes;
    },
    js(bytes) {
      const start = process.hrtime.bigint();
      for (let round = 0; round < rounds; round++) walk(bytes);
      return Number(process.hrtime.bigint() - start) / rounds;
    },
    c: { source: 'elf_read.c', args: [file, String(rounds)] },
  };
}

function walk(bytes) {
  const elf = readElf(bytes);
  let named = 0;
  for (const section of elf.sections) if (section.name !== '') named++;
  for (const table of [elf.symbolTable, elf.dynamicSymbolTable]) {
    if (table === undefined) continue;
    for (const symbol of table.symbols) if (symbol.name !== '' && symbol.address >= 0n) named++;
  }
  if (named === 0) throw new Error('nothing has a name');
}

export const cases = [
  // Node itself: 185,000 symbols. Ours are objects with strings for names, libelf copies a struct: no limit is set on the ratio.
  readCase('elf/symbols/node', process.execPath, 3),
  readCase('elf/symbols/object', OBJECT, 300),
];
