/**
 * BTF.ext rewritten for a BTF whose types and strings have moved: every record stays where and as long as it is, with its
 * type ids and string offsets exchanged.
 */

import type { Btf } from './btf.js';
import { type ByteRange, readBtfExtHeader } from './header.js';
import { parseBtfExt } from './parse-btf-ext.js';

/** How {@link remapBtfExt} exchanges what records refer to. */
export interface BtfExtMapping {
  /** New id of an old one. */
  typeId(id: number): number;
  /** New string offset of an old one. */
  string(offset: number): number;
}

/**
 * Rewrites a BTF.ext.
 *
 * @param btf - the BTF that it came with
 * @returns a copy
 * @throws {@link BtfError} as `parseBtfExt`
 */
export function remapBtfExt(bytes: Uint8Array, btf: Btf, mapping: BtfExtMapping): Uint8Array {
  // Nothing below checks bounds again.
  parseBtfExt(bytes, btf);
  const copy = new Uint8Array(bytes);
  const view = new DataView(copy.buffer);
  const { littleEndian, funcInfo, lineInfo, coreRelocations } = readBtfExtHeader(view);
  const exchange = (at: number, by: (value: number) => number): void =>
    view.setUint32(at, by(view.getUint32(at, littleEndian)), littleEndian);
  const string = (at: number): void => exchange(at, (offset) => mapping.string(offset));
  const typeId = (at: number): void => exchange(at, (id) => mapping.typeId(id));
  eachRecord(view, littleEndian, funcInfo, string, (at) => typeId(at + 4));
  eachRecord(view, littleEndian, lineInfo, string, (at) => {
    string(at + 4);
    string(at + 8);
  });
  eachRecord(view, littleEndian, coreRelocations, string, (at) => {
    typeId(at + 4);
    string(at + 8);
  });
  return copy;
}

function eachRecord(
  view: DataView,
  littleEndian: boolean,
  { start, end }: ByteRange,
  onName: (at: number) => void,
  onRecord: (at: number) => void,
): void {
  if (start === end) return;
  const recordSize = view.getUint32(start, littleEndian);
  for (let at = start + 4; at < end; ) {
    const count = view.getUint32(at + 4, littleEndian);
    onName(at);
    at += 8;
    for (let index = 0; index < count; index++, at += recordSize) onRecord(at);
  }
}
