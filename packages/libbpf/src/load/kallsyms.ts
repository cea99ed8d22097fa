/**
 * Addresses of kernel symbols, from /proc/kallsyms.
 */

import { closeSync, openSync, readSync } from 'node:fs';

const CHUNK = 1 << 20;

/**
 * Looks symbols up.
 *
 * @param names - all at once: the file has 200,000 lines and is made by the kernel as it is read
 * @param path - for tests
 * @returns every address of each name that is there; 0 where the kernel hides addresses
 */
export function kernelSymbols(
  names: ReadonlySet<string>,
  path = '/proc/kallsyms',
): Map<string, Set<bigint>> {
  const found = new Map<string, Set<bigint>>();
  forEachSymbol(path, (address, type, name) => {
    // Compilers that optimise over files rename static data: `name.llvm.1234`.
    const plain = type === 'd' ? name.replace(/\.llvm\..*$/, '') : name;
    const wanted = names.has(name) ? name : names.has(plain) ? plain : undefined;
    if (wanted === undefined) return;
    const addresses = found.get(wanted) ?? new Set<bigint>();
    addresses.add(BigInt(`0x${address}`));
    found.set(wanted, addresses);
  });
  return found;
}

/** Calls `take` for each line: `ffffffff81000000 T _text`, and the module in brackets for those of modules. */
export function forEachSymbol(
  path: string,
  take: (address: string, type: string, name: string) => void,
): void {
  const fd = openSync(path, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let rest = '';
    for (;;) {
      const length = readSync(fd, chunk, 0, CHUNK, null);
      if (length === 0) break;
      const text = rest + chunk.toString('latin1', 0, length);
      let start = 0;
      for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
        takeLine(text, start, end, take);
        start = end + 1;
      }
      rest = text.slice(start);
    }
    if (rest !== '') takeLine(rest, 0, rest.length, take);
  } finally {
    closeSync(fd);
  }
}

function takeLine(
  text: string,
  start: number,
  end: number,
  take: (address: string, type: string, name: string) => void,
): void {
  const space = text.indexOf(' ', start);
  if (space === -1 || space + 3 > end) return;
  const tab = text.indexOf('\t', space + 3);
  const nameEnd = tab === -1 || tab > end ? end : tab;
  take(text.slice(start, space), text[space + 1]!, text.slice(space + 3, nameEnd));
}
