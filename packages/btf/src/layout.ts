/**
 * The layout section, which Linux 7.2 defined: for each kind that the writer knew, how many bytes follow the first 12 of its
 * records. With it a reader gets past kinds that are newer than itself, and reads everything else.
 *
 * Source of truth: linux/include/uapi/linux/btf.h, struct btf_layout (`info_sz` and `elem_sz`, a byte each, then 16 bits of flags).
 * As in libbpf, kinds that are known have their own sizes whatever the section says, and a split BTF without one uses its base's.
 */

import { BtfError } from './errors.js';
import { infoKind, infoVlen, RECORD_SIZE } from './record.js';

/** Bytes of one entry: that of kind 0 comes first. */
export const LAYOUT_ENTRY_SIZE = 4;

/** The section's bytes and where they lie in the input. */
export interface LayoutSection {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/**
 * Bytes of a record of a kind that only the layout describes.
 *
 * @param at - where the record starts
 * @throws {@link BtfError} `BTF_BAD_KIND` if it isn't described; `BTF_BAD_HEADER` for a description that can't be
 */
export function sizeByLayout(
  layout: LayoutSection | undefined,
  { info, at, typeId }: { info: number; at: number; typeId: number },
): number {
  const kind = infoKind(info);
  const entry = kind * LAYOUT_ENTRY_SIZE;
  const { bytes, offset } = layout ?? { bytes: new Uint8Array(0), offset: 0 };
  // Nothing can be of kind 0, which is void.
  if (kind === 0 || entry >= bytes.length) {
    throw new BtfError({ code: 'BTF_BAD_KIND', offset: at + 4, typeId, found: kind });
  }
  const wordAligned = (field: string, place: number): number => {
    const found = bytes[place]!;
    if (found % 4 === 0) return found;
    throw new BtfError({
      code: 'BTF_BAD_HEADER',
      format: 'BTF',
      field: `layout of kind ${kind}, ${field}`,
      offset: offset + place,
      found,
      expected: 'a multiple of 4',
    });
  };
  const [fixed, each] = [wordAligned('info_sz', entry), wordAligned('elem_sz', entry + 1)];
  return RECORD_SIZE + fixed + infoVlen(info) * each;
}
