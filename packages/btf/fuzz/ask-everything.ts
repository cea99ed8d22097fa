/**
 * Asks a BTF all there is to ask, so that a mutated one has every chance to go wrong. Errors of ours are answers; anything
 * else goes up.
 */

import {
  type Btf,
  compileCodec,
  convertEndianness,
  dedupBtf,
  findMember,
  formatRaw,
  isBtfError,
  parseBtf,
  validateBtf,
} from '../src/index.js';

/** Runs `call` for its errors. */
export function tolerate(call: () => unknown): void {
  try {
    call();
  } catch (error) {
    if (!isBtfError(error)) throw error;
  }
}

/** Parses `bytes` and walks all of it. */
export function askEverything(bytes: Uint8Array): void {
  tolerate(() => {
    const btf = parseBtf(bytes);
    askTypes(btf);
    for (const ask of [formatRaw, validateBtf, dedupBtf] as const) tolerate(() => ask(btf));
    tolerate(() => parseBtf(convertEndianness(bytes, !btf.littleEndian)));
    tolerate(() => askTypes(parseBtf(bytes, { lazy: true })));
    // A second BTF may stand on the first.
    tolerate(() => askTypes(parseBtf(bytes, { base: btf })));
  });
}

function askTypes(btf: Btf): void {
  void btf.pointerSize;
  const names = ['node', 'moved', 'int', 'x'];
  // The names of some are found before anybody asks for them.
  if (btf.typeCount % 2 === 0) btf.expectNames(names);
  for (const name of names) {
    const id = btf.findByName(name);
    btf.findAllByName(name);
    if (id === undefined) continue;
    tolerate(() => findMember(btf, id, 'value'));
    tolerate(() => compileCodec(btf, id));
  }
  for (let id = 0; id < btf.typeCount; id++) {
    tolerate(() => btf.type(id));
    tolerate(() => btf.sizeOf(id));
    tolerate(() => btf.alignOf(id));
    tolerate(() => btf.resolve(id));
  }
}
