// The committed objects and executables under fixtures/, and what llvm-readelf 16 says of them.

import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('fixtures/', import.meta.url);
const READELF = '.readelf.txt';

/** The bytes of a fixture, a copy that a test may change. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

/** What `llvm-readelf-16 -W -S -s --dyn-syms -r -n` printed of a fixture. */
export function readelfOf(name: string): string {
  return readFileSync(new URL(name + READELF, folder), 'utf8');
}

/** All fixtures that are ELF files and well-formed. */
export const fixtureNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(READELF))
  .map((name) => name.slice(0, -READELF.length))
  .sort();

/** The inputs in fixtures/crash/ that once broke a reader. */
export function crashers(): { name: string; bytes: Uint8Array }[] {
  const crash = new URL('crash/', folder);
  return readdirSync(crash)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(new URL(name, crash))) }));
}
