/** BTF with a kind that nobody has defined yet, and a layout section that tells how long its records are. */

import { encodeBtf } from '../src/encode-btf.js';
import { type Btf, btfBuilder } from '../src/index.js';

/** A kind that nobody has defined. */
export const NEW_KIND = 20;

interface Described {
  readonly littleEndian?: boolean;
  readonly infoSize?: number;
  readonly entrySize?: number;
  readonly vlen?: number;
  readonly base?: Btf;
  /** Entries of the layout section: one for each kind from 0 on. */
  readonly entries?: number;
}

/** An int, a type of the new kind called "new", a typedef "next" and a typedef "last", with a layout section. */
export function withNewKind(options: Described = {}): Uint8Array {
  const { littleEndian = true, infoSize = 0, entrySize = 0, vlen = 0, base } = options;
  const builder = btfBuilder({ littleEndian, ...(base === undefined ? {} : { base }) });
  const int = builder.int('int', { size: 4, signed: true });
  const changed = builder.typedef('new', int);
  builder.typedef('next', int);
  builder.typedef('last', int);
  const plain = builder.build();
  const { bytes } = plain;
  const info = (NEW_KIND << 24) | vlen;
  plain.view.setUint32(plain.recordOffset(changed) + 4, info, littleEndian);
  const layout = new Uint8Array((options.entries ?? NEW_KIND + 1) * 4);
  if (layout.length > NEW_KIND * 4) layout.set([infoSize, entrySize], NEW_KIND * 4);
  const types = bytes.subarray(24, bytes.length - plain.strings.length);
  return encodeBtf(types, plain.strings, littleEndian, layout);
}
